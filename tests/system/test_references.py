"""What the system tests name in strings exists: functions of the daemon, checks, tests, and imports of other programs.

The suites that use these strings need a machine and minutes; a renamed function or test must fail earlier, here.
"""

import ast
import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.system.armhf import cost
from tests.system.armhf import run as armhf
from tests.system.faults import fault_trigger, stages
from tests.system.host import ROOT
from tests.system.systemd import guest as systemd
from tests.system.systemd import run as systemd_run

FOLDER = ROOT / "tests" / "system"
FILES = [file for file in sorted(FOLDER.rglob("*.py")) if file != Path(__file__)]
IMPORT = re.compile(r"(?:^|\n|; |\})from ((?:binarycop|tests)[\w.]*) import (\w+(?:, \w+)*)")
TARGET = re.compile(r"binarycop(?:\.\w+)+:\w+(?:\.\w+)?")
FAULTS = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def strings(file: Path) -> list[str]:
    """All strings of a Python file; of an f-string, its fixed parts."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def programs() -> dict[str, str]:
    """The whole Python programs in strings of the system tests, by file and first line."""
    found = {}
    for file in FILES:
        for text in strings(file):
            if re.match(r"\n(?:import|from) [\w.]+", text):
                found[f"{file.relative_to(FOLDER)}: {text.splitlines()[1]}"] = text
    return found


def imports() -> dict[str, tuple[str, str]]:
    """Each ``from MODULE import NAMES`` of our own modules in a string, with the whole string."""
    return {
        f"{file.relative_to(FOLDER)}: {module} {names}": (f"{module} {names}", text)
        for file in FILES
        for text in strings(file)
        for module, names in IMPORT.findall(text)
    }


def board_checks() -> set[str]:
    """The names of the board's checks. Its modules need gpiozero's chips, so they are read, not imported."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in (FOLDER / "board" / "guest").glob("*.py"))
    return set(re.findall(r'^    "([^"]+)": \w+,$', text, re.MULTILINE))


def test_every_target_of_a_fault_is_a_function_of_the_daemon() -> None:
    targets = {target for text in strings(Path(stages.__file__)) for target in TARGET.findall(text)}
    assert len(targets) >= 10
    for target in targets:
        owner, name = fault_trigger.resolve(target)
        assert callable(getattr(owner, name)), target


def test_a_target_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(AttributeError):
        fault_trigger.resolve("binarycop.verdict:no_such_function")


@pytest.mark.parametrize(("suite", "text"), re.findall(r"^\| [^|]+ \| (systemd|board): (.*) \|$", FAULTS, re.MULTILINE))
def test_every_check_that_the_page_of_faults_quotes_exists(suite: str, text: str) -> None:
    checks = {
        "systemd": {check.__name__ for boot_checks in systemd.CHECKS.values() for check in boot_checks},
        "board": board_checks(),
    }
    quoted = re.findall(r"`([^`]+)`", text)
    assert quoted
    assert set(quoted) <= checks[suite]


def test_every_check_of_the_units_has_a_container_and_is_there_once() -> None:
    assert sorted(boot for boots in systemd_run.CONTAINERS for boot in boots) == sorted(systemd.CHECKS)
    checks = [check for boot_checks in systemd.CHECKS.values() for check in boot_checks]
    assert len(set(checks)) == len(checks)
    named = {
        name for name in vars(systemd) if name.startswith(("a_", "the_", "an_")) and callable(getattr(systemd, name))
    }
    assert named <= {check.__name__ for check in checks}


@pytest.mark.parametrize("name", armhf.NOT_HERE)
def test_a_test_that_armhf_leaves_out_exists(name: str) -> None:
    file, test = name.split("::")
    assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*armhf.PROJECT, *(f"tests/{test}" for test in armhf.TESTS)])
def test_a_path_that_armhf_copies_or_runs_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("program", programs().values(), ids=programs())
def test_a_program_in_a_string_compiles(program: str) -> None:
    compile(program, "program", "exec")


@pytest.mark.parametrize(("line", "text"), imports().values(), ids=imports())
def test_an_import_in_a_string_exists_with_the_attributes_that_are_used(line: str, text: str) -> None:
    module_name, *names = re.findall(r"[\w.]+", line)
    module = importlib.import_module(module_name)
    for name in names:
        if not hasattr(module, name):
            importlib.import_module(f"{module_name}.{name}")
        value = getattr(module, name)
        for attribute in re.findall(rf"\b{name}\.(\w+)", text):
            if isinstance(value, ModuleType | type):
                assert hasattr(value, attribute), f"{name}.{attribute}"


def test_programs_and_imports_in_strings_are_found() -> None:
    assert {cost.PROGRAM, armhf.ENGINE} <= set(programs().values())
    assert any("hardening.forbid_dumps" in text for _, text in imports().values())
    assert any("from binarycop.__main__ import main" in text for _, text in imports().values())
