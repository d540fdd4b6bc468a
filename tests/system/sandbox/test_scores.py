"""Every unit is within its limit, and a unit that loses a protection is found."""

import shutil
from pathlib import Path

import pytest

from tests.system.sandbox.run import CASES, OFFLINE_SINCE, SYSTEMD, Case, check, version

pytestmark = pytest.mark.skipif(version() < OFFLINE_SINCE, reason="needs systemd 250: make test-sandbox fails there")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_unit_is_within_its_limit(case: Case) -> None:
    is_good, output = check(case)
    assert is_good, output


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


def test_a_line_that_systemd_does_not_know_is_found(tmp_path: Path) -> None:
    shutil.copytree(SYSTEMD, tmp_path, dirs_exist_ok=True)
    unit = tmp_path / "binarycop.service"
    unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTmp=yes\nPrivateEverything=yes"))
    is_good, output = check(CASES[0], tmp_path)
    assert not is_good
    assert "PrivateEverything" in output
