"""Every unit is within its limit, and a unit that loses a protection is found."""

import re
import shutil
from pathlib import Path

import pytest

from tests.system.sandbox.run import (
    CASES,
    DROP_INS,
    OFFLINE_SINCE,
    ROOT,
    SYSTEMD,
    Case,
    check,
    score,
    shipped,
    version,
)

PAGE_IS_OF = 252  # the version of systemd-analyze whose scores docs/privacy.md gives
ROOT_WITHOUT_SANDBOX: set[str] = set()
"""Commands that systemd runs with all rights of root, which no score shows."""

needs_systemd = pytest.mark.skipif(version() < OFFLINE_SINCE, reason="needs systemd 250: make test-sandbox fails there")


def test_every_unit_and_drop_in_that_is_shipped_has_a_limit() -> None:
    assert {name for case in CASES for name in (case.unit, *case.drop_ins)} == shipped()


def test_no_command_escapes_the_sandbox_of_its_unit() -> None:
    """``+`` and ``!`` before a command lift the sandbox, and the score does not show it."""
    files = [file for folder in (SYSTEMD, DROP_INS) for file in folder.glob("binarycop*.service")]
    files += [file for folder in (SYSTEMD, DROP_INS) for file in folder.glob("*.conf")]
    commands = {
        line for file in files for line in re.findall(r"^Exec\w+=[-@:]*[+!]\S+.*", file.read_text(), re.MULTILINE)
    }
    assert commands == ROOT_WITHOUT_SANDBOX


def test_every_unit_that_can_hang_has_a_limit_of_its_start() -> None:
    """systemd gives a oneshot none."""
    for file in SYSTEMD.glob("*.service"):
        assert re.search(r"^TimeoutStartSec=\d+$", file.read_text(), re.MULTILINE), file.name


def test_what_a_failure_starts_has_a_limit_of_its_own_and_the_retry_does_not_depend_on_it() -> None:
    def values(unit: str, key: str) -> list[str]:
        return re.findall(rf"^{key}=(.+)$", (SYSTEMD / unit).read_text(), re.MULTILINE)

    [started] = values("binarycop.service", "OnFailure")
    assert started.split() == ["binarycop-degraded.service", "binarycop-retry.timer"]
    for unit in ("binarycop-degraded.service", *values("binarycop-degraded.service", "Wants")):
        assert int(values(unit, "StartLimitBurst")[0]) > 1, unit
        assert int(values(unit, "StartLimitIntervalSec")[0]) > 0, unit
    for key in ("After", "Requires", "BindsTo", "Requisite"):
        assert values("binarycop-retry.timer", key) == []


def test_the_page_has_every_unit_with_its_limit() -> None:
    assert {(unit, drop_in): most for unit, drop_in, _, most in page_rows()} == {
        (case.unit, "".join(case.drop_ins)): case.most / 10 for case in CASES
    }


@needs_systemd
@pytest.mark.skipif(version() != PAGE_IS_OF, reason="the page has the scores of another version of systemd")
def test_the_page_has_every_units_score() -> None:
    for unit, drop_in, given, most in page_rows():
        case = Case(unit, round(10 * most), (drop_in,) if drop_in else ())
        assert score(case) == given, case.name


def page_rows() -> list[tuple[str, str, float, float]]:
    """Unit, drop-in, score and limit of each row in docs/privacy.md."""
    text = (ROOT / "docs/privacy.md").read_text()
    found = re.findall(r"^\| `(\S+\.service)`(?: with `(\S+)`)? \| ([\d.]+) \| ([\d.]+) \|", text, re.MULTILINE)
    return [(unit, drop_in, float(given), float(most)) for unit, drop_in, given, most in found]


@needs_systemd
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_unit_is_within_its_limit(case: Case) -> None:
    is_good, output = check(case)
    assert is_good, output


@needs_systemd
@pytest.mark.parametrize(
    ("without", "shows"),
    [
        ("PrivateNetwork=yes\n", "network"),
        ("User=binarycop\n", "root"),
        ("CapabilityBoundingSet=\n", "CAP_"),
    ],
)
def test_a_unit_that_lost_a_line_is_found(without: str, shows: str, tmp_path: Path) -> None:
    for file in SYSTEMD.iterdir():
        text = file.read_text()
        (tmp_path / file.name).write_text(text.replace(without, "") if file.name == "binarycop.service" else text)
    is_good, output = check(CASES[0], tmp_path)
    assert not is_good
    assert shows in output


@needs_systemd
def test_a_line_that_systemd_does_not_know_is_found(tmp_path: Path) -> None:
    shutil.copytree(SYSTEMD, tmp_path, dirs_exist_ok=True)
    unit = tmp_path / "binarycop.service"
    unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTmp=yes\nPrivateEverything=yes"))
    is_good, output = check(CASES[0], tmp_path)
    assert not is_good
    assert "PrivateEverything" in output
