"""The output test: each output is driven, read back, and the relay's contact and the dead-man timer are tried."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from binarycop.clock import ManualClock
from binarycop.lines.gpiochip import GpioChipFactory
from binarycop.lines.output_walk import Reading
from binarycop.lines.wiring_test import WiringTest
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from tests.lines.fakes import FakeChip, FakeDeadMan, FakeKernel, FakeLine

LINES = LinesSettings(
    permission=LineSettings("relay"),
    lamps={"correct": LineSettings("lamp")},
    heartbeat=LineSettings("beat"),
    feedback=InputSettings("contact", False),
)


@dataclass
class Bench:
    """A lane with a dead-man timer and a relay whose mirror contact follows."""

    factory: GpioChipFactory
    clock: ManualClock
    relay: FakeLine
    lamp: FakeLine
    beat: FakeLine
    contact: FakeLine

    def follow(self) -> None:
        self.contact.level = not self.relay.pin

    def walk(self, wait: Callable[[float], None] | None = None) -> dict[str, tuple[str, ...]]:
        """The problems of each output."""

        def pass_time(for_s: float) -> None:
            self.clock.advance_to(self.clock.now_s() + for_s)
            self.follow()

        self.follow()
        with WiringTest(LaneSettings(lines=LINES), self.factory) as wiring:
            results = [wiring.walk_one(name, 0.5, wait or pass_time) for name in wiring.outputs]
        return {result.name: result.problems for result in results}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    lines = [FakeLine(name) for name in ("relay", "lamp", "beat", "contact")]
    kernel, clock = FakeKernel(tmp_path, FakeChip("gpiochip0", "zynq_gpio", lines)), ManualClock(100.0)
    FakeDeadMan(lines[0], lines[2], clock, max_on_s=125)
    with GpioChipFactory(dev=kernel.dev, ioctl=kernel.ioctl) as factory:
        yield Bench(factory, clock, *lines)


def test_outputs_that_follow_pass(bench: Bench) -> None:
    assert bench.walk() == {"permission": (), "lamps.correct": (), "heartbeat": ()}
    assert [line.level for line in (bench.relay, bench.lamp, bench.beat)] == [False] * 3


@pytest.mark.parametrize("for_s", [0.5, 0.6, 1.0])
def test_the_heartbeat_passes_however_often_it_has_changed_before(bench: Bench, for_s: float) -> None:
    lane = LaneSettings(lines=replace(LINES, lamps={}, feedback=None))
    with WiringTest(lane, bench.factory) as wiring:
        problems = {name: wiring.walk_one(name, for_s, lambda _: None).problems for name in wiring.outputs}
    assert problems["heartbeat"] == ()


def test_a_pulse_leaves_the_heartbeat_inactive(bench: Bench) -> None:
    with WiringTest(LaneSettings(lines=LINES), bench.factory) as wiring:
        for for_s in (0.1, 0.5, 0.6):
            wiring.pulse("lamps.correct", for_s, lambda _: None)
            assert wiring.level("heartbeat") is False, for_s


@pytest.mark.parametrize(
    ("level", "problem"), [(True, "switched off, it reads on"), (False, "switched on, it reads off")]
)
@pytest.mark.parametrize("name", ["relay", "lamp", "beat"])
def test_a_line_that_is_stuck_fails(bench: Bench, name: str, level: bool, problem: str) -> None:
    line: FakeLine = getattr(bench, name)
    line.stuck = level
    of_line = {"relay": "permission", "lamp": "lamps.correct", "beat": "heartbeat"}[name]
    assert problem in bench.walk()[of_line]


@pytest.mark.parametrize("level", [False, True])
def test_a_contact_that_does_not_follow_fails_with_the_relay(bench: Bench, level: bool) -> None:
    bench.contact.stuck = level
    problems = bench.walk()
    # Closed is off, as it is a mirror contact.
    expected = ["switched on, the relay's contact says off"] if level else ["switched off, the relay's contact says on"]
    assert list(problems["permission"]) == expected
    assert problems["lamps.correct"] == ()


def test_a_relay_behind_no_timer_fails(bench: Bench) -> None:
    bench.relay.dead_man = bench.beat.dead_man = None
    [problem] = bench.walk()["permission"]
    assert problem == "the dead-man timer did not end it 0.7 s after the last heartbeat"


def test_a_timer_that_blocks_every_permission_fails(bench: Bench) -> None:
    bench.beat.dead_man = None
    assert "switched on, it reads off" in bench.walk()["permission"]


def test_an_interrupted_walk_switches_everything_off(bench: Bench) -> None:
    def interrupted(_: float) -> None:
        assert bench.relay.pin
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.walk(interrupted)
    assert bench.relay.level is False


def test_an_output_that_another_program_has_fails_and_the_others_are_tried(bench: Bench) -> None:
    bench.lamp.consumer = "other"
    problems = bench.walk()
    assert "already in use by 'other'" in problems["lamps.correct"][0]
    assert problems["permission"] == ()


def test_a_pulse_reads_back_the_output_and_the_relays_contact(bench: Bench) -> None:
    def pass_time(for_s: float) -> None:
        bench.clock.advance_to(bench.clock.now_s() + for_s)
        bench.follow()

    bench.follow()
    with WiringTest(LaneSettings(lines=LINES), bench.factory) as wiring:
        result = wiring.pulse("permission", 0.5, pass_time)
        short = wiring.pulse("permission", 0.1, pass_time)
        lamp = wiring.pulse("lamps.correct", 0.5, pass_time)
    assert (result.on, result.off) == (Reading(True, True), Reading(False, False))
    assert short.on == Reading(True, None), "the contact has no time to follow"
    assert lamp.off == Reading(False, None), "the contact is the relay's"
    assert result.problems == short.problems == lamp.problems == ()


def test_a_pulse_says_which_contact_does_not_follow(bench: Bench) -> None:
    bench.contact.stuck = True
    with WiringTest(LaneSettings(lines=LINES), bench.factory) as wiring:
        result = wiring.pulse("permission", 0.5, lambda for_s: bench.clock.advance_to(bench.clock.now_s() + for_s))
    assert result.problems == ("switched on, the relay's contact says off",)
