"""The installer's wiring test: the state of each line, or why it cannot be opened."""

import errno
from dataclasses import replace

import pytest
from gpiozero import DigitalOutputDevice

from binarycop.errors import LineError
from binarycop.lines.mock import MockLines
from binarycop.lines.wiring_test import WiringTest
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings

LANE = LaneSettings(
    name="north", lines=LinesSettings(passed=InputSettings("PASSED"), fire=InputSettings("FIRE", False))
)


def test_every_line_is_shown_with_its_level() -> None:
    factory = MockLines()
    with WiringTest(LANE, factory) as wiring:
        factory.pin("PASSED").drive_high()
        shown = {report.name: (report.direction, report.pin, report.active) for report in wiring.reports()}
    assert shown == {
        "permission": ("output", "RELAY", False),
        "lamps.correct": ("output", "LD0", False),
        "lamps.nose": ("output", "LD1", False),
        "lamps.nose_mouth": ("output", "LD2", False),
        "lamps.chin": ("output", "LD3", False),
        "passed": ("input", "PASSED", True),
        "fire": ("input", "FIRE", True),
    }


def test_a_line_that_cannot_be_opened_says_why_and_the_others_still_work() -> None:
    factory = MockLines()
    with DigitalOutputDevice("LD1", pin_factory=factory), WiringTest(LANE, factory) as wiring:
        problems = {report.name: report.problem for report in wiring.reports() if report.problem}
        assert list(problems) == ["lamps.nose"]
        assert "in use" in problems["lamps.nose"]
        with pytest.raises(LineError, match="in use"):
            wiring.pulse("lamps.nose", 1.0, lambda _: None)
        wiring.pulse("permission", 1.0, lambda _: None)


def test_a_pulse_is_on_while_it_waits_and_off_even_after_an_error() -> None:
    factory = MockLines()
    states: list[tuple[float, bool]] = []
    with WiringTest(LANE, factory) as wiring:
        wiring.pulse("permission", 0.7, lambda for_s: states.append((for_s, factory.pin("RELAY").state)))
        assert states == [(0.7, True)]
        assert factory.pin("RELAY").state is False

        def interrupted(_: float) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            wiring.pulse("permission", 0.7, interrupted)
        assert factory.pin("RELAY").state is False


def test_the_heartbeat_toggles_before_and_during_a_pulse() -> None:
    lane = replace(LANE, lines=replace(LANE.lines, heartbeat=LineSettings("BEAT")))
    factory = MockLines()
    states: list[tuple[bool, bool]] = []
    waited_s: list[float] = []

    def wait(for_s: float) -> None:
        waited_s.append(for_s)
        states.append((factory.pin("RELAY").state, factory.pin("BEAT").state))

    with WiringTest(lane, factory) as wiring:
        wiring.pulse("permission", 0.35, wait)
        assert sum(waited_s) == pytest.approx(0.35)
        assert states == [(True, True), (True, False), (True, True), (True, False)]
        assert factory.pin("RELAY").state is False


def test_only_outputs_can_be_pulsed() -> None:
    with (
        WiringTest(LANE, MockLines()) as wiring,
        pytest.raises(LineError, match="is not an output of gate north; outputs are perm"),
    ):
        wiring.pulse("fire", 1.0, lambda _: None)


@pytest.mark.parametrize("other", ["heartbeat", "feedback"])
def test_a_walk_does_not_pass_a_permission_that_it_could_not_test_in_full(other: str) -> None:
    lines = replace(LANE.lines, heartbeat=LineSettings("BEAT")) if other == "heartbeat" else LANE.lines
    lines = replace(lines, feedback=InputSettings("CONTACT")) if other == "feedback" else lines
    factory = MockLines()
    taken = DigitalOutputDevice("BEAT" if other == "heartbeat" else "CONTACT", pin_factory=factory)
    with taken, WiringTest(replace(LANE, lines=lines), factory) as wiring:
        permission = wiring.walk_one("permission", 0.1, lambda _: None)
    assert permission.problems == (f"tested without {other}, which cannot be opened",)


def test_a_line_that_can_no_longer_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unplugged(_: object) -> bool:
        raise OSError(errno.ENODEV, "No such device")

    with WiringTest(LANE, MockLines()) as wiring:
        monkeypatch.setattr(DigitalOutputDevice, "value", property(unplugged))
        with pytest.raises(LineError, match=r"^line RELAY: cannot be read: .*No such device"):
            wiring.reports()
