"""The mode low-power in a whole service: what sleeps, what wakes it, and what goes on meanwhile."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from binarycop.errors import OverlayError
from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, Word
from binarycop.service.faults import FaultReason
from binarycop.service.sleep import RESTLESS_S, Waker
from binarycop.settings.classifier import Fallback, OverlaySettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.gate import Contact, Fail, GateSettings, Policy
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.service import Mode, ServiceSettings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from binarycop.settings.verdict import VerdictSettings
from tests.service.fakes import CORRECT, NOSE, SimulatedSetup

LOW_POWER = ServiceSettings(mode=Mode.LOW_POWER, sleep_after_s=10.0, sleep_rate_hz=5.0)
INPUTS = LaneSettings(
    lines=LinesSettings(
        passed=InputSettings("PASSED"),
        ready=InputSettings("READY"),
        fire=InputSettings("FIRE"),
        override=InputSettings("OVERRIDE"),
    )
)
SLEEP_EVENTS = (Event.ASLEEP, Event.AWAKE)


def low_power(*lanes: LaneSettings, overlay: OverlaySettings | None = None) -> SimulatedSetup:
    return SimulatedSetup(*lanes, service=LOW_POWER, overlay=overlay)


def asleep(*lanes: LaneSettings, overlay: OverlaySettings | None = None) -> SimulatedSetup:
    """A service that sleeps, with frames as it takes them then."""
    setup = low_power(*lanes, overlay=overlay).frames(120).frames(20, every_s=0.2)
    assert is_asleep(setup)
    return setup


def is_asleep(setup: SimulatedSetup) -> bool:
    """Whether pictures are taken rarely and the overlay rests; one never without the other."""
    assert setup.classifier.is_resting == (setup.service.capture_interval_s > 0)
    return setup.classifier.is_resting


def something_moves(setup: SimulatedSetup) -> SimulatedSetup:
    setup.pixels = 255 - setup.pixels
    return setup


def test_with_nobody_there_it_sleeps_and_says_so_once() -> None:
    setup = low_power().frames(100)
    assert not is_asleep(setup)
    setup.frames(2)
    assert is_asleep(setup)
    assert setup.service.capture_interval_s == 0.2
    setup.frames(100, every_s=0.2).wait(1.0)
    assert is_asleep(setup)
    [(name, values)] = setup.records(*SLEEP_EVENTS)
    assert name == "asleep"
    assert values["seconds"] == pytest.approx(10.0)


def test_in_the_mode_performance_it_never_sleeps() -> None:
    setup = SimulatedSetup().frames(1000)
    assert not is_asleep(setup)
    assert setup.records(*SLEEP_EVENTS) == []


def test_a_lane_with_a_short_time_for_stale_frames_is_looked_at_more_often() -> None:
    setup = asleep(LaneSettings(frames=FramesSettings(stale_s=0.2)))
    assert setup.service.capture_interval_s == 0.05


def drive_input(name: str) -> Callable[[SimulatedSetup], None]:
    def drive(setup: SimulatedSetup) -> None:
        setup.factory.pin(name).drive_high()

    return drive


def fails(setup: SimulatedSetup) -> None:
    setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=True)


WAKES: dict[str, tuple[Callable[[SimulatedSetup], object], Waker]] = {
    "motion": (something_moves, Waker.MOTION),
    "a face without motion": (lambda setup: setup.person_arrives(CORRECT), Waker.FACE),
    "the speed gate's line ready": (drive_input("READY"), Waker.INPUT),
    "a passage": (drive_input("PASSED"), Waker.INPUT),
    "fire": (drive_input("FIRE"), Waker.INPUT),
    "the override": (drive_input("OVERRIDE"), Waker.INPUT),
    "a fault": (fails, Waker.FAULT),
}


@pytest.mark.parametrize(("cause", "waker"), WAKES.values(), ids=WAKES)
def test_each_sign_wakes_it_in_the_next_step(cause: Callable[[SimulatedSetup], object], waker: Waker) -> None:
    setup = asleep(INPUTS)
    cause(setup)
    setup.frames(1, every_s=0.2)
    assert not is_asleep(setup)
    assert setup.records(Event.AWAKE)[0][1]["woken_by"] == waker.value


def test_an_input_wakes_it_without_a_frame() -> None:
    setup = asleep(INPUTS)
    setup.factory.pin("FIRE").drive_high()
    setup.wait(0.05)
    assert not is_asleep(setup)


def test_every_word_of_the_event_is_one_that_the_journal_takes() -> None:
    field = FIELDS["woken_by"]
    assert isinstance(field, Word)
    assert set(field.words) == {waker.value for waker in Waker}


def test_the_relay_is_switched_on_after_the_overlay_has_its_whole_clock() -> None:
    setup, levels = asleep(INPUTS), list[bool]()
    setup.classifier.on_wake = lambda: levels.append(setup.is_relay_on)
    setup.factory.pin("FIRE").drive_high()
    setup.wait(0.05)
    assert setup.is_relay_on
    assert levels[0] is False
    setup.wait(100.0)
    assert setup.is_relay_on
    assert not is_asleep(setup), "the dead-man timer needs the clock for as long as the relay is on"


def test_with_a_relay_that_is_on_while_nobody_is_there_it_never_sleeps() -> None:
    permits = replace(SignalsSettings(), fault=SignalSettings(permission=True))
    for lane in (
        LaneSettings(gate=GateSettings(policy=Policy.OFF)),
        LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=permits),
    ):
        setup = low_power(lane).frames(1000)
        assert setup.is_relay_on
        assert not is_asleep(setup)


def test_a_person_who_stands_still_keeps_it_awake_and_it_sleeps_when_they_have_gone() -> None:
    setup = low_power().person_arrives(NOSE).frames(1000)
    assert not is_asleep(setup)
    setup.person_leaves().frames(100)
    assert not is_asleep(setup)
    setup.frames(10)
    assert is_asleep(setup)


def test_a_light_that_flickers_does_not_keep_it_awake_and_a_face_still_wakes_it() -> None:
    setup = low_power()
    for _ in range(round((RESTLESS_S + 12) / 0.1)):
        something_moves(setup).frames(1)
    assert is_asleep(setup)
    something_moves(setup).person_arrives(CORRECT).frames(1, every_s=0.2)
    assert not is_asleep(setup)
    assert setup.frames(6).is_relay_on


def test_while_it_sleeps_the_heartbeat_goes_on_and_inputs_are_read_in_each_step_with_or_without_a_frame() -> None:
    setup = asleep(replace(INPUTS, lines=replace(INPUTS.lines, heartbeat=LineSettings("HEARTBEAT"))))
    heartbeat, levels = setup.factory.pin("HEARTBEAT"), list[bool]()
    for _ in range(6):
        setup.wait(0.05)
        levels.append(bool(heartbeat.state))
    assert is_asleep(setup)
    assert levels in ([True, False] * 3, [False, True] * 3)


def test_after_three_weeks_asleep_the_journal_has_the_whole_time() -> None:
    setup = asleep()
    weeks_s = 21 * 86_400.0
    setup.now_s += weeks_s
    something_moves(setup).frames(1, every_s=0.2)
    (_, values) = setup.records(Event.AWAKE)[0]
    assert float(FIELDS["seconds"].write(values["seconds"])) >= weeks_s


def test_all_lanes_wake_together() -> None:
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    setup = asleep(LaneSettings(name="north"), south)
    setup.detectors[1].box = setup.person_arrives(CORRECT).detectors[0].box
    setup.detectors[0].box = None
    setup.frames(1, every_s=0.2)
    assert not is_asleep(setup)


def test_an_overlay_that_does_not_wake_is_a_fault_and_no_relay_goes_on_for_a_verdict() -> None:
    setup = asleep()

    def fail() -> None:
        raise OverlayError("its clock cannot be set")

    setup.classifier.on_wake = fail
    setup.person_arrives(CORRECT).frames(1, every_s=0.2)
    assert setup.records(Event.OVERLAY_FAILED) == [("overlay_failed", {"reason": "its clock cannot be set"})]
    assert "no scores" in [values["reason"] for _, values in setup.records(Event.FAULT)]


def test_the_emulator_does_not_take_over_while_the_dead_man_timer_has_a_slow_clock() -> None:
    setup = asleep(overlay=OverlaySettings(restarts=0, fallback=Fallback.EMULATOR))

    def fail() -> None:
        raise OverlayError("its clock cannot be set")

    setup.classifier.on_wake = fail
    with pytest.raises(OverlayError, match="its clock cannot be set"), setup.service:
        setup.person_arrives(CORRECT).frames(20, every_s=0.2)
    assert not setup.records(Event.ON_EMULATOR)
    assert setup.factory.pin("RELAY").state is False


def votes(setup: SimulatedSetup) -> int:
    """How many crops were classified since the last call."""
    count = sum(setup.classifier.batches)
    setup.classifier.batches.clear()
    return count


def test_a_person_who_gets_a_pulse_is_classified_until_the_verdict_and_not_again() -> None:
    setup = low_power().person_arrives(CORRECT).frames(50)
    assert len(setup.records(Event.PERMIT)) == 1
    assert votes(setup) == setup.service.lanes[0].settings.verdict.votes
    assert votes(SimulatedSetup().person_arrives(CORRECT).frames(50)) == 50


def test_a_pulse_that_is_not_used_leads_to_another_verdict_as_ever() -> None:
    for service in (LOW_POWER, ServiceSettings()):
        setup = SimulatedSetup(INPUTS, service=service)
        setup.factory.pin("READY").drive_high()
        setup.person_arrives(CORRECT).frames(200)
        assert [name for name, _ in setup.records(Event.PERMIT, Event.NOT_PASSED)] == ["permit", "not_passed", "permit"]


def test_a_refused_person_is_classified_less_often_and_gets_the_permission_soon_after_the_mask_is_put_right() -> None:
    setup = low_power().person_arrives(NOSE).frames(60, every_s=1 / 30)
    assert len(setup.records(Event.REFUSE)) == 1
    assert votes(setup) <= 15
    began_s = setup.now_s
    setup.person_arrives(CORRECT)
    while not setup.is_relay_on:
        setup.frames(1, every_s=1 / 30)
    # At most one interval until the first vote against the verdict, then every frame.
    assert setup.now_s - began_s <= 1.5 / 8 + 6 / 30


def test_a_held_permission_goes_on_with_fewer_votes_and_ends_soon_after_the_mask_is_taken_off() -> None:
    hold = GateSettings(contact=Contact.HOLD, hold_s=8.0, grace_s=0.5)
    setup = low_power(replace(INPUTS, gate=hold))
    setup.factory.pin("READY").drive_high()
    setup.person_arrives(CORRECT).frames(150, every_s=1 / 30)
    assert setup.is_relay_on
    assert votes(setup) <= 5 + 30
    began_s = setup.now_s
    setup.person_arrives(NOSE)
    while setup.is_relay_on:
        setup.frames(1, every_s=1 / 30)
    assert setup.now_s - began_s <= 1.5 / 8 + 6 / 30
    assert "verdict nose" in str(setup.records(Event.WITHDRAWN)[0][1]["reason"])


def test_a_held_permission_with_a_short_grace_time_goes_on_as_in_performance() -> None:
    few, hold = VerdictSettings(votes=2, window=3, within_s=3.0), GateSettings(contact=Contact.HOLD, grace_s=0.4)
    for service in (LOW_POWER, ServiceSettings()):
        setup = SimulatedSetup(replace(INPUTS, gate=hold, verdict=few), service=service)
        setup.factory.pin("READY").drive_high()
        setup.person_arrives(CORRECT).frames(90, every_s=1 / 30)
        assert setup.is_relay_on
        assert not setup.records(Event.WITHDRAWN)


def test_a_person_who_comes_right_after_another_is_classified_at_once() -> None:
    setup = low_power(INPUTS)
    setup.factory.pin("READY").drive_high()
    setup.person_arrives(CORRECT).frames(10)
    votes(setup)
    setup.factory.pin("PASSED").drive_high()
    setup.frames(2)
    assert votes(setup) >= 1
