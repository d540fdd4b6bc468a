"""docs/wiring.md agrees with the settings and the code."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from binarycop.errors import SettingsErrors
from binarycop.lines.lane_io import LaneIo
from binarycop.lines.mock import MockLines
from binarycop.lines.wiring_test import WiringTest
from binarycop.settings.gate import Contact, Fail, GateSettings
from binarycop.settings.lines import LineSettings, LinesSettings
from binarycop.settings.load import load
from binarycop.settings.schema import LaneSettings, Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "wiring.md").read_text(encoding="utf-8")


def rows(first_cell: str) -> list[list[str]]:
    """The cells of the table rows that begin with this cell, a regular expression."""
    lines = re.findall(rf"^\| ({first_cell}) \|(.*)\|$", PAGE, re.MULTILINE)
    return [[first, *(cell.strip() for cell in rest.split("|"))] for first, rest in lines]


def test_each_settings_key_of_the_page_exists() -> None:
    keys = re.findall(r"`((?:gate|lines|frames|signals|service|classifier)\.(?!yaml)[a-z_.]+)(?::[^`]*)?`", PAGE)
    assert len(set(keys)) > 8
    for key in keys:
        section = Settings() if key.startswith(("service", "classifier")) else LaneSettings()
        for name in key.split("."):
            assert hasattr(section, name), key
            section = getattr(section, name)


@pytest.mark.parametrize("fail", Fail)
def test_the_relay_is_on_and_off_as_the_page_says(fail: Fail) -> None:
    [row] = rows(f"`fail: {fail.value}`")
    relay_off, relay_on = row[2], row[3]
    with LaneIo(LaneSettings(gate=GateSettings(fail=fail)), MockLines()) as lane_io:
        for permission, status in ((True, "permission"), (False, "no permission")):
            lane_io.drive(permission, {}, 0.0)
            assert status == (relay_on if lane_io.is_relay_on else relay_off)


@pytest.mark.parametrize("fail", Fail)
def test_check_config_demands_what_the_page_says(fail: Fail, tmp_path: Path) -> None:
    [row] = rows(f"`fail: {fail.value}`")
    file = tmp_path / "gate.yaml"
    for permission in ("true", "false"):
        file.write_text(f"gate: {{fail: {fail.value}}}\nsignals: {{fault: {{permission: {permission}}}}}\n")
        if row[4] == f"`signals.fault.permission: {permission}`":
            load(file)
        else:
            with pytest.raises(SettingsErrors, match=r"signals\.fault\.permission"):
                load(file)


def test_the_settings_of_several_lanes_are_right(tmp_path: Path) -> None:
    [block] = re.findall(r"^## Several lanes\n.*?^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    file = tmp_path / "gate.yaml"
    file.write_text(block)
    lanes = load(file).settings.gates
    assert [lane.name for lane in lanes] == ["left", "right"]
    assert all(lane.gate.contact is Contact.HOLD and lane.lines.feedback and not lane.lines.lamps for lane in lanes)


def test_the_table_of_inputs_has_each_input_of_a_lane() -> None:
    others = {"factory", "permission", "lamps", "heartbeat", "max_on_s"}
    names = {field.name for field in fields(LinesSettings)} - others
    _, _, section = PAGE.partition("## Inputs\n")
    section, _, _ = section.partition("## ")
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == names


def test_a_pulse_toggles_the_heartbeat_as_often_as_the_page_says() -> None:
    [period_s] = re.findall(r"toggles\s+the heartbeat every ([\d.]+) s during the pulse", PAGE)
    lane = replace(LaneSettings(), lines=LinesSettings(heartbeat=LineSettings("HEARTBEAT")))
    factory = MockLines()
    levels: list[bool] = []
    waits_s: list[float] = []

    def wait(for_s: float) -> None:
        waits_s.append(for_s)
        levels.append(factory.pin("HEARTBEAT").state)

    with WiringTest(lane, factory) as wiring:
        wiring.pulse("permission", 1.0, wait)
    assert waits_s == pytest.approx([float(period_s)] * 10)
    assert levels == [True, False] * 5


def test_the_overlays_pins_and_time_are_those_of_the_page() -> None:
    overlay = pytest.importorskip("overlays.finn.lines")
    pulls = {overlay.Pull.NONE: "low", overlay.Pull.UP: "weakly up", overlay.Pull.DOWN: "weakly down"}
    for line in overlay.LINES:
        [row] = rows(f"`{line.name}` \\| `{line.gpio}`")
        assert row[1] == (", ".join(pin.place for pin in line.pins) or "none")
        assert row[3].startswith(pulls[line.pull])
    assert f"at most {overlay.TIMEOUT_S:g} s apart at 100 MHz" in PAGE
