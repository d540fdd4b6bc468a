"""The Makefile lists its targets, and installs for ``make run`` no more than that needs."""

import re
import shutil
import subprocess

import pytest

from tests.docs.pages import ROOT, rows, targets, tree

TEXT = (ROOT / "Makefile").read_text(encoding="utf-8")
PREPARING = {"lint", "environments", "images"}  # the targets of the table do this too, each for itself
GROUPS = ["Run", "Test", "Test whole systems", "Release"]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def make(*arguments: str) -> str:
    command = ["make", "--no-print-directory", "-C", str(ROOT), *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def called(text: str) -> set[str]:
    """The make targets that a text calls."""
    return set(re.findall(r"\bmake ([a-z][a-z-]*)", text))


def called_by_ci() -> set[str]:
    """The targets in the commands of ``.ci/run``."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    commands = [re.sub(r"\w+=\S+|\".*?\"", "", line) for line in lines if re.match(r"(make|side_by_side) ", line)]
    return {word for command in commands for word in command.replace("||", "").split()} - {"make", "side_by_side"}


def words_of(name: str) -> list[str]:
    """The words of one of its variables."""
    value = re.search(rf"^{name} := ((?:.*\\\n)*.*)$", TEXT, re.MULTILINE)
    assert value is not None
    return value[1].replace("\\\n", " ").split()


def files_with_tests() -> list[str]:
    """The files with tests, but for this one."""
    names = sorted(name for name in tree() if re.fullmatch(r"tests/(.*/)?test_\w+\.py", name))
    return [name for name in names if not __file__.endswith(name)]


def test_help_has_a_line_for_every_target_in_the_order_of_the_file() -> None:
    whole = re.sub(r"\n {20,}", " ", make("help"))
    listed = re.findall(r"^  make (\S+) +(\S.*)$", whole, re.MULTILINE)
    assert listed == list(targets().items())
    assert re.findall(r"^(\S.*)$", make("help"), re.MULTILINE) == GROUPS
    assert make() == make("help")


def test_help_fits_a_terminal_of_80_columns() -> None:
    assert max(map(len, make("help").splitlines())) < 80


def test_every_target_has_a_sentence_and_is_phony() -> None:
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", TEXT, re.MULTILINE)
    assert phony is not None
    names = phony[1].replace("\\\n", " ").split()
    assert sorted(names) == sorted(targets())
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in targets().values())


def test_run_installs_neither_pynq_nor_ncnn_nor_the_tests_tools() -> None:
    for_run, for_venv, for_test = (make("--dry-run", "--always-make", name) for name in ("run", "venv", "test"))
    assert "pip" in for_run
    assert not re.search(r"install[^\n]*(pynq|ncnn|\[test\])", for_run)
    assert re.search(r"install[^\n]*pynq", for_venv)
    assert re.search(r"install[^\n]*ncnn", for_venv)
    assert re.search(r"install[^\n]*\[test\]", for_test)


def test_only_distclean_removes_the_training_environment() -> None:
    clean, distclean = (make("--dry-run", name) for name in ("clean", "distclean"))
    assert re.search(r"\.venv\b(?!-)", clean)
    assert ".venv-train" not in clean
    assert ".venv-train" in distclean
    assert clean in distclean


def test_the_tests_that_the_makefile_names_exist() -> None:
    named = set(re.findall(r"\btests/[\w/.]+", TEXT))
    assert len(named) >= 5
    assert {name for name in named if name not in tree() and f"{name}/" not in tree()} == set()


def test_test_pynq_has_every_file_with_its_mark() -> None:
    marked = {name for name in files_with_tests() if "pytest.mark.pynq" in (ROOT / name).read_text(encoding="utf-8")}
    assert set(words_of("PYNQ_TESTS")) == marked


def test_test_training_has_every_file_that_needs_more_than_make_test_installs() -> None:
    folders = tuple(f"{folder}/" for folder in words_of("TRAINING_TESTS"))
    needs = re.compile(r"importorskip\((?!\"matplotlib\")")
    needing = {
        name
        for name in files_with_tests()
        if name.startswith("tests/overlays/") and needs.search((ROOT / name).read_text(encoding="utf-8"))
    }
    assert len(needing) > 10
    assert {name for name in needing if not name.startswith(folders)} == set()


def test_no_variable_is_set_twice() -> None:
    names = re.findall(r"^(\w+) *[?:]?=", TEXT, re.MULTILINE)
    assert len(names) > 10
    assert sorted(names) == sorted(set(names))


def test_ci_calls_what_contributing_says() -> None:
    ci = called_by_ci()
    page = ROOT / "CONTRIBUTING.md"
    table = called(" ".join(cell for row in rows(page, "What to run") for cell in row)) | {"test"}
    sentence = re.search(
        r"`\.ci/run` runs all of them except (.+?), which", page.read_text(encoding="utf-8"), re.DOTALL
    )
    assert sentence is not None
    assert ci <= set(targets())
    assert table - ci == called(sentence[1])
    assert ci - PREPARING <= table
