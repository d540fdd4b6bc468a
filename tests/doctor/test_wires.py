"""The checks of factory, chips, pins and their owners. No line is opened."""

from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.doctor.finding import Level
from binarycop.doctor.wires import Wire, WireFacts, check_wires
from binarycop.doctor.wires_facts import read_wires, wires_on
from binarycop.lines.chips import Chips, read_chips
from binarycop.settings.frames import FramesSettings
from binarycop.settings.lines import LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings, Settings
from tests.lines.fakes import FakeChip, FakeKernel, FakeLine

GOOD = WireFacts("gpiochip", chips=("gpiochip0 (zynq_gpio, 118 lines)",), wires=(Wire("north", "permission", "x:54"),))
LANE = LaneSettings(
    frames=FramesSettings(source="/dev/video0"),
    lines=LinesSettings("gpiochip", LineSettings("relay"), {"correct": LineSettings("gone")}),
)


def owned(owner: str, *, is_daemon_running: bool) -> WireFacts:
    return replace(GOOD, wires=(replace(GOOD.wires[0], owner=owner),), is_daemon_running=is_daemon_running)


def test_lines_that_exist_and_are_free_have_nothing_to_do() -> None:
    assert {finding.level for finding in check_wires(GOOD)} == {Level.OK}


def test_a_daemon_that_runs_holds_its_lines() -> None:
    assert {finding.level for finding in check_wires(owned("binarycop", is_daemon_running=True))} == {Level.OK}


@pytest.mark.parametrize(
    ("facts", "name", "level", "words"),
    [
        (WireFacts("mock"), "factory", Level.FAIL, "mock: drives nothing, though the gate has a camera"),
        (WireFacts("mock", is_live=False), "factory", Level.WARN, "mock: drives nothing"),
        (WireFacts("auto", "no pin factory is configured"), "factory", Level.FAIL, "no pin factory is configured"),
        (replace(GOOD, chips=()), "chips", Level.FAIL, "this machine has no GPIO chip"),
        (replace(GOOD, denied=("/dev/gpiochip0",)), "chips", Level.NOT_CHECKED, "may not open /dev/gpiochip0"),
        (replace(GOOD, denied=("/dev/gpiochip0",)), "pins", Level.NOT_CHECKED, "no chip that can be asked"),
        (
            replace(GOOD, wires=(Wire("north", "fire", "x:99", "there is no line 'x:99'"),)),
            "pins",
            Level.FAIL,
            "fire (x:99): there is no line 'x:99'",
        ),
        (
            owned("led.py", is_daemon_running=False),
            "owners",
            Level.FAIL,
            "other programs hold lines: permission is held by",
        ),
        (owned("binarycop", is_daemon_running=False), "owners", Level.FAIL, "permission is held by 'binarycop'"),
        (owned("led.py", is_daemon_running=True), "owners", Level.FAIL, "permission is held by 'led.py'"),
        (owned("", is_daemon_running=True), "owners", Level.FAIL, "the daemon runs and does not hold permission"),
        (replace(GOOD, slow_clock="slow, 100 MHz in full"), "overlay's clock", Level.FAIL, "slow, 100 MHz"),
        (
            replace(owned("binarycop", is_daemon_running=True), slow_clock="slow"),
            "overlay's clock",
            Level.NOT_CHECKED,
            "as it is while the gates sleep",
        ),
    ],
)
def test_each_check_says_what_is_wrong(facts: WireFacts, name: str, level: Level, words: str) -> None:
    finding = next(one for one in check_wires(facts) if one.name == name)
    assert finding.level is level
    assert words in finding.text


def test_of_another_packages_factory_the_pins_are_not_checked() -> None:
    findings = {one.name: one.level for one in check_wires(WireFacts("other"))}
    assert findings["factory"] is Level.OK
    assert findings["pins"] is Level.NOT_CHECKED


def test_each_wire_has_its_owner_or_why_it_has_no_line(tmp_path: Path) -> None:
    line = FakeLine("relay", consumer="binarycop")
    kernel = FakeKernel(tmp_path, FakeChip("gpiochip0", "zynq_gpio", [line]))
    relay, lamp = wires_on(Settings(gates=(LANE,)), read_chips(kernel.dev, kernel.ioctl))
    assert relay == Wire("gate", "permission", "relay", "", "binarycop")
    assert (lamp.name, lamp.owner) == ("lamps.correct", "")
    assert "there is no line 'gone'" in lamp.problem
    assert line.configs == [], "it opens no line"


def test_without_chips_the_factory_says_why() -> None:
    denied = Chips((), (Path("/dev/gpiochip0"),))
    assert "access to /dev/gpiochip0 is denied" in wires_on(Settings(gates=(LANE,)), denied)[0].problem


def test_the_facts_of_mock_lines_name_no_chip() -> None:
    lane = replace(LANE, lines=LinesSettings("mock"))
    facts = read_wires(Settings(gates=(lane,)), is_daemon_running=False)
    assert (facts.factory, facts.chips, facts.is_live) == ("mock", (), True)


def test_a_factory_that_is_not_installed_is_a_finding() -> None:
    lane = replace(LANE, lines=LinesSettings("nonsense"))
    facts = read_wires(Settings(gates=(lane,)), is_daemon_running=False)
    assert "there is no such pin factory" in facts.factory_problem
