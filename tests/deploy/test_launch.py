"""The launcher starts the program it is called as, from the package's own modules and not from the current folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import deb

MODULE = "def main():\n    import sys\n    print({name!r}, *sys.argv[1:])\n    return 7\n"


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    """An installed tree with fake modules for both programs."""
    for module, name in (("__main__", "binarycop"), ("cli/bundle", "binarycop-bundle")):
        file = tmp_path / "lib/python/binarycop" / f"{module}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(MODULE.format(name=name))
    script = tmp_path / "lib/launch.py"
    script.write_bytes((deb.HERE / "launch/launch.py").read_bytes())
    return script


@pytest.mark.parametrize("program", ["binarycop", "binarycop-bundle"])
def test_each_program_is_started_with_its_arguments_and_gives_its_exit_code(launch: Path, program: str) -> None:
    command = [sys.executable, "-I", str(launch), program, "run", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"{program} run --json\n", 7)


def test_a_module_in_the_current_folder_is_not_used(launch: Path, tmp_path: Path) -> None:
    (tmp_path / "binarycop.py").write_text("raise SystemExit('taken')")
    command = [sys.executable, "-I", str(launch), "binarycop"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 7
