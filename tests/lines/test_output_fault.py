"""Relay, heartbeat and lamps that do not do what they are commanded, on fake chips with a fake dead-man timer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from binarycop.clock import ManualClock
from binarycop.lines.gpiochip import GpioChipFactory
from binarycop.lines.lane_io import LaneIo
from binarycop.settings.gate import Fail, GateSettings
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import LampPattern
from tests.lines.fakes import FakeChip, FakeDeadMan, FakeKernel, FakeLine

STEP_S = 0.05
ON = {"correct": LampPattern.ON}
LAMPS = {"correct": LineSettings("lamp")}
PLAIN = LinesSettings(permission=LineSettings("relay"), lamps=LAMPS)
TIMED = LinesSettings(permission=LineSettings("relay"), lamps=LAMPS, heartbeat=LineSettings("beat"), max_on_s=10)
WATCHED = LinesSettings(permission=LineSettings("relay"), lamps=LAMPS, feedback=InputSettings("contact", False))


@dataclass
class Bench:
    """A chip with the lines of a lane. ``steps`` drives an open lane again and again, as the loop does."""

    kernel: FakeKernel
    factory: GpioChipFactory
    clock: ManualClock
    relay: FakeLine
    beat: FakeLine
    lamp: FakeLine
    contact: FakeLine

    def open(self, lines: LinesSettings, fail: Fail = Fail.SECURE) -> LaneIo:
        if lines.heartbeat is not None:
            FakeDeadMan(self.relay, self.beat, self.clock, max_on_s=lines.max_on_s or 1e9)
        return LaneIo(LaneSettings(lines=lines, gate=GateSettings(fail=fail)), self.factory)

    def steps(
        self, lane_io: LaneIo, permission: bool, for_s: float, *, step_s: float = STEP_S, renews: bool = False
    ) -> None:
        end_s = self.clock.now_s() + for_s
        while self.clock.now_s() < end_s - step_s / 2:
            lane_io.drive(permission, ON, self.clock.now_s(), renews=renews)
            self.clock.advance_to(self.clock.now_s() + step_s)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    lines = [FakeLine(name) for name in ("relay", "beat", "lamp", "contact")]
    kernel = FakeKernel(tmp_path, FakeChip("gpiochip0", "zynq_gpio", lines))
    with GpioChipFactory(dev=kernel.dev, ioctl=kernel.ioctl) as factory:
        yield Bench(kernel, factory, ManualClock(100.0), *lines)


@pytest.mark.parametrize("lines", [PLAIN, TIMED])
def test_outputs_that_follow_are_no_fault(bench: Bench, lines: LinesSettings) -> None:
    with bench.open(lines) as lane_io:
        for permission in (False, True, False, True):
            bench.steps(lane_io, permission, 3.0)
            assert bench.relay.pin is permission
        assert lane_io.output_fault is None
        assert lane_io.take_output_faults() == ()


def test_a_relay_line_that_reads_high_for_ever_is_a_fault_in_the_second_step(bench: Bench) -> None:
    bench.relay.stuck = True
    with bench.open(PLAIN) as lane_io:
        bench.steps(lane_io, False, STEP_S)
        assert lane_io.output_fault is None
        bench.steps(lane_io, False, STEP_S)
        assert lane_io.output_fault == "lines.permission (relay) was switched off and reads on"


def test_a_relay_line_that_reads_low_for_ever_is_a_fault_two_steps_after_the_permission(bench: Bench) -> None:
    bench.relay.stuck = False
    with bench.open(PLAIN) as lane_io:
        bench.steps(lane_io, False, 1.0)
        bench.steps(lane_io, True, 2 * STEP_S)
        assert lane_io.output_fault is None
        bench.steps(lane_io, True, STEP_S)
        assert lane_io.output_fault == "lines.permission (relay) was switched on and reads off"


def test_a_glitch_of_one_step_is_no_fault(bench: Bench) -> None:
    with bench.open(PLAIN) as lane_io:
        for _ in range(20):
            bench.steps(lane_io, True, 2 * STEP_S)
            bench.relay.stuck = False
            bench.steps(lane_io, True, STEP_S)
            bench.relay.stuck = None
        assert lane_io.output_fault is None


@pytest.mark.parametrize("lines", [PLAIN, TIMED])
def test_after_a_fault_the_relay_stays_off_and_the_heartbeat_stops(bench: Bench, lines: LinesSettings) -> None:
    with bench.open(lines) as lane_io:
        bench.steps(lane_io, True, 1.0)
        bench.relay.stuck = False
        bench.steps(lane_io, True, 2 * STEP_S)
        fault, beat = lane_io.output_fault, bench.beat.level
        assert fault is not None
        assert lane_io.take_output_faults() == (fault,)
        assert bench.relay.level is False
        bench.relay.stuck = None
        for permission in (True, False, True):
            bench.steps(lane_io, permission, 1.0)
            assert (bench.relay.level, bench.beat.level, lane_io.output_fault) == (False, beat, fault)
        assert lane_io.take_output_faults() == ()
    with bench.open(lines) as lane_io:
        bench.steps(lane_io, True, 1.0)
        assert (bench.relay.pin, lane_io.output_fault) == (True, None)


def test_with_fail_open_a_faulty_relay_is_off_too_which_gives_the_permission(bench: Bench) -> None:
    with bench.open(PLAIN, Fail.OPEN) as lane_io:
        bench.steps(lane_io, False, 1.0)
        assert bench.relay.pin is True
        bench.relay.stuck = False
        bench.steps(lane_io, False, 2 * STEP_S)
        assert lane_io.output_fault == "lines.permission (relay) was switched on and reads off"
        assert bench.relay.level is False


@pytest.mark.parametrize("level", [False, True])
def test_a_heartbeat_that_is_stuck_is_a_fault(bench: Bench, level: bool) -> None:
    with bench.open(TIMED) as lane_io:
        bench.steps(lane_io, False, 1.0)
        bench.beat.stuck = level
        bench.steps(lane_io, False, 4 * STEP_S)
        assert lane_io.output_fault is not None
        assert lane_io.output_fault.startswith("lines.heartbeat (beat) was switched ")


def test_a_lamp_that_does_not_follow_is_told_once_and_is_no_fault(bench: Bench) -> None:
    bench.lamp.stuck = False
    with bench.open(PLAIN) as lane_io:
        bench.steps(lane_io, True, 1.0)
        assert lane_io.take_output_faults() == ("lines.lamps.correct (lamp) was switched on and reads off",)
        bench.steps(lane_io, True, 1.0)
        assert lane_io.take_output_faults() == ()
        assert (lane_io.output_fault, bench.relay.pin) == (None, True)


# The dead-man timer


def test_the_timer_lets_a_permission_of_the_very_first_step_through(bench: Bench) -> None:
    with bench.open(TIMED) as lane_io:
        bench.steps(lane_io, True, 3 * STEP_S)
        assert (bench.relay.pin, lane_io.output_fault) == (True, None)


@pytest.mark.parametrize("stall_s", [0.45, 0.5, 1.0, 60.0])
def test_a_permission_that_the_timer_ended_in_a_stall_is_back_with_the_next_step(bench: Bench, stall_s: float) -> None:
    with bench.open(TIMED) as lane_io:
        for _ in range(3):
            bench.steps(lane_io, True, 1.0)
            bench.clock.advance_to(bench.clock.now_s() + stall_s)
            assert bench.relay.pin is (stall_s < 0.5 - STEP_S)
            bench.steps(lane_io, True, STEP_S, renews=True)
            assert (bench.relay.pin, lane_io.output_fault) == (True, None)


def test_a_permission_that_ended_in_a_stall_stays_off_and_is_no_fault(bench: Bench) -> None:
    with bench.open(TIMED) as lane_io:
        bench.steps(lane_io, True, 1.0)
        bench.clock.advance_to(bench.clock.now_s() + 1.0)
        bench.steps(lane_io, False, 1.0)
        assert (bench.relay.pin, lane_io.output_fault) == (False, None)
        bench.steps(lane_io, True, 1.0)
        assert (bench.relay.pin, lane_io.output_fault) == (True, None)


def test_a_relay_line_that_is_low_for_ever_is_found_behind_a_loop_that_is_always_late(bench: Bench) -> None:
    bench.relay.stuck = False
    with bench.open(TIMED) as lane_io:
        bench.steps(lane_io, True, 6.0, step_s=0.6)
        assert lane_io.output_fault is None
        bench.steps(lane_io, True, 1.2, step_s=0.6)
        assert lane_io.output_fault is not None


def test_a_pause_excuses_no_relay_that_reads_high(bench: Bench) -> None:
    bench.relay.stuck = True
    with bench.open(TIMED) as lane_io:
        bench.steps(lane_io, False, 1.2, step_s=0.6)
        assert lane_io.output_fault == "lines.permission (relay) was switched off and reads on"


def test_a_clock_that_stands_still_ends_at_the_timers_maximum_on_time_as_a_fault(bench: Bench) -> None:
    with bench.open(TIMED) as lane_io:
        bench.steps(lane_io, False, 1.0)
        stopped_s, began_s = bench.clock.now_s(), bench.clock.now_s()
        while lane_io.output_fault is None and bench.clock.now_s() < began_s + 60:
            lane_io.drive(True, ON, stopped_s)
            bench.clock.advance_to(bench.clock.now_s() + STEP_S)
            on_s = bench.clock.now_s() - began_s
        assert on_s == pytest.approx(10.0, abs=3 * STEP_S)
        assert (bench.relay.pin, bench.relay.level) == (False, False)


def test_a_permission_without_a_limit_of_its_own_outlasts_the_timers_maximum_on_time(bench: Bench) -> None:
    with bench.open(TIMED) as lane_io:
        for _ in range(1000):
            bench.steps(lane_io, True, STEP_S, renews=True)
            assert bench.relay.pin is True
        assert lane_io.output_fault is None


def test_a_permission_that_follows_another_without_a_break_has_its_own_on_time(bench: Bench) -> None:
    with bench.open(TIMED) as lane_io:
        bench.steps(lane_io, True, 8.0)
        bench.steps(lane_io, True, STEP_S, renews=True)
        bench.steps(lane_io, True, 8.0)
        assert (bench.relay.pin, lane_io.output_fault) == (True, None)
        bench.steps(lane_io, True, 2.5)
        assert lane_io.output_fault is not None


def test_with_fail_open_a_refusal_may_last_for_hours(bench: Bench) -> None:
    with bench.open(TIMED, Fail.OPEN) as lane_io:
        for _ in range(1000):
            bench.steps(lane_io, False, STEP_S)
            assert bench.relay.pin is True
        assert lane_io.output_fault is None


def test_without_a_maximum_on_time_the_relay_is_not_switched_again(bench: Bench) -> None:
    with bench.open(PLAIN) as lane_io:
        bench.steps(lane_io, True, 5.0, renews=True)
        assert bench.relay.writes == 1


# The relay's own contact


@pytest.mark.parametrize("fail", Fail)
@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.2])
def test_a_contact_that_follows_in_time_is_no_fault(bench: Bench, fail: Fail, delay_s: float) -> None:
    bench.contact.level = True
    with bench.open(WATCHED, fail) as lane_io:
        for level in (False, True, False, True):
            began_s = bench.clock.now_s()
            for _ in range(20):
                bench.steps(lane_io, level == (fail is Fail.SECURE), STEP_S)
                if bench.clock.now_s() - began_s >= delay_s - 1e-9:
                    bench.contact.level = not level
        assert lane_io.output_fault is None


@pytest.mark.parametrize(
    ("energised", "said"), [(False, "off, and its contact says on"), (True, "on, and its contact")]
)
def test_a_contact_that_does_not_follow_within_0_2_s_is_a_fault(bench: Bench, energised: bool, said: str) -> None:
    bench.contact.level = energised  # closed means de-energised: so the relay did not follow
    with bench.open(WATCHED) as lane_io:
        if energised:
            bench.steps(lane_io, False, 1.0)
        bench.steps(lane_io, energised, 0.2 + STEP_S)
        assert lane_io.output_fault is None
        bench.steps(lane_io, energised, STEP_S)
        assert lane_io.output_fault is not None
        assert f"lines.feedback (contact): the relay was switched {said}" in lane_io.output_fault
        assert bench.relay.level is False


def test_a_contact_that_opens_by_itself_later_is_a_fault(bench: Bench) -> None:
    with bench.open(WATCHED) as lane_io:
        bench.contact.level = True
        bench.steps(lane_io, False, 1.0)
        bench.contact.level = False
        bench.steps(lane_io, True, 5.0)
        assert lane_io.output_fault is None
        bench.contact.level = True
        bench.steps(lane_io, True, 0.3)
        assert lane_io.output_fault is not None


def test_a_stall_in_which_the_timer_ends_a_permission_is_no_fault_of_the_contact(bench: Bench) -> None:
    lines = LinesSettings(
        permission=LineSettings("relay"),
        lamps=LAMPS,
        heartbeat=LineSettings("beat"),
        feedback=InputSettings("contact", False),
    )
    bench.contact.level = True
    with bench.open(lines) as lane_io:
        bench.steps(lane_io, False, 1.0)
        bench.contact.level = False
        bench.steps(lane_io, True, 1.0)
        bench.clock.advance_to(bench.clock.now_s() + 1.0)
        bench.contact.level = True
        bench.steps(lane_io, True, 2 * STEP_S)
        bench.contact.level = False
        bench.steps(lane_io, True, 1.0)
        assert lane_io.output_fault is None
