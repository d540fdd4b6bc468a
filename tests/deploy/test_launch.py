"""The launcher starts the package's own modules, and the former program ``binarycop-bundle`` starts the new command."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import deb

MODULE = "def main():\n    import sys\n    print(*sys.argv)\n    return 7\n"


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    """The launcher of an installed tree with a fake module."""
    package = tmp_path / "lib/python/binarycop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(MODULE)
    script = tmp_path / "lib/launch.py"
    script.write_bytes((deb.HERE / "launch/launch.py").read_bytes())
    return script


@pytest.fixture
def former(launch: Path, tmp_path: Path) -> Path:
    """The former program of an installed tree."""
    for folder, name, text in (
        ("bin", "binarycop", f'#!/bin/sh\nexec {sys.executable} -I {launch} "$@"\n'),
        ("sbin", "binarycop-bundle", (deb.HERE / "launch/binarycop-bundle").read_text()),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
        (tmp_path / folder / name).chmod(0o755)
    return tmp_path / "sbin/binarycop-bundle"


def test_the_program_gets_its_name_and_arguments_and_returns_its_exit_code(launch: Path) -> None:
    command = [sys.executable, "-I", str(launch), "run", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("binarycop run --json\n", 7)


@pytest.mark.parametrize(
    ("arguments", "expected", "name"),
    [
        (["list"], "list", " list"),
        (["install", "--shipped", "back"], "install --shipped back", " install"),
        (["back", "n-cnv"], "rollback n-cnv", " rollback"),
        (["ready", "--config", "ready"], "ensure --config ready", " ensure"),
        (["--root", "a b", "back", "n-cnv"], "--root=a b rollback n-cnv", " rollback"),
        (["--root=a b", "ready"], "--root=a b ensure", " ensure"),
        (["--roo", "a b", "back", "n-cnv"], "--root=a b rollback n-cnv", " rollback"),
        (["--r=a b", "ready"], "--root=a b ensure", " ensure"),
        (["--help"], "--help", " --help"),
        ([], "", ""),
    ],
)
def test_the_former_program_starts_the_new_command_and_names_it_on_one_line(
    former: Path, arguments: list[str], expected: str, name: str
) -> None:
    done = subprocess.run([former, *arguments], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"binarycop bundle {expected}".rstrip() + "\n", 7)
    assert done.stderr == f"binarycop-bundle: please use the new name of this command: binarycop bundle{name}\n"


def test_a_module_in_the_current_folder_is_not_used(launch: Path, tmp_path: Path) -> None:
    (tmp_path / "binarycop.py").write_text("raise SystemExit('taken')")
    command = [sys.executable, "-I", str(launch)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 7


def test_the_former_program_starts_the_command_through_a_symbolic_link_too(former: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "binarycop-bundle"
    link.parent.mkdir()
    link.symlink_to(former)
    for command, folder in (([str(link), "list"], tmp_path), (["sh", former.name, "list"], former.parent)):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert (done.stdout, done.returncode) == ("binarycop bundle list\n", 7)
