"""What the loop says of itself: made from a service whose lanes, lines and time are the test's."""

import threading
from dataclasses import replace

import pytest

from binarycop.clock import ManualClock
from binarycop.errors import LineError, SourceError
from binarycop.frames.base import Source
from binarycop.frames.grabber import Grabber
from binarycop.frames.source_event import SourceEventKind
from binarycop.frames.source_reader import GrabberSettings
from binarycop.lines.checked_output import CheckedOutput
from binarycop.service.faults import FaultReason
from binarycop.service.live import LiveLoop
from binarycop.service.notify import Notifier
from binarycop.service.reload import SettingsReader
from binarycop.service.status import Origin, State, Status
from binarycop.service.status_codec import decode, encode
from binarycop.service.status_recorder import INTERVAL_S, LATENCIES, StatusRecorder
from binarycop.service.systemd_link import SystemdLink
from binarycop.service.watchdog import Watchdog
from binarycop.settings.lines import InputSettings, LinesSettings
from binarycop.settings.schema import LaneSettings, Settings
from tests.service.fakes import CORRECT, NOSE, SimulatedSetup

ORIGIN = Origin("1.0", "tiny 1", 96, "mock", True, 812)


def _no_source() -> Source:
    raise SourceError("demo", "is not opened here")


class Recorded:
    """A setup with its recorder. Each ``step`` makes a status."""

    def __init__(self, lane: LaneSettings | None = None) -> None:
        lane = lane or LaneSettings()
        self.clock = ManualClock(50.0)
        self.setup = SimulatedSetup(lane, clock=self.clock)
        self.settings = Settings(gates=(lane,))
        grabber = Grabber(_no_source, self.clock, GrabberSettings(stale_s=2.0, frozen_s=1.0))
        self.loop = LiveLoop(self.setup.service, [grabber], self.clock)
        self.load = self.settings
        self.reload_requested = threading.Event()
        reader = SettingsReader(lambda: self.load, lambda work: work())
        self.link = SystemdLink(
            self.settings, self.setup.service, list, Notifier(None), Watchdog(8.0), self.setup.journal, reader,
            self.reload_requested,
        )  # fmt: skip
        self.statuses: list[Status] = []
        self.recorder = StatusRecorder(
            ORIGIN, ["scripted"], self.settings, self.setup.service, self.loop, self.link, self.statuses.append, 50.0
        )

    def step(self, seconds: float = INTERVAL_S) -> Status:
        """Let time pass, and return the newest status."""
        self.setup.now_s += seconds
        self.clock.advance_to(self.setup.now_s)
        self.link.step(self.setup.now_s)
        self.recorder.step(self.setup.now_s)
        return self.statuses[-1]

    def frames(self, count: int) -> Status:
        """Let the lane see this many frames, 0.1 s each, and return the newest status."""
        for _ in range(count):
            self.clock.advance_to(self.setup.now_s + 0.1)
            self.setup.frames(1)
        return self.step()


def test_it_starts_and_is_in_service_with_the_first_frame() -> None:
    recorded = Recorded()
    first = recorded.step()
    assert (first.state, first.is_ready, first.gates[0].state) == (State.STARTING, False, State.STARTING)
    later = recorded.frames(3)
    assert (later.state, later.is_ready) == (State.IN_SERVICE, True)
    assert later.running_s == pytest.approx(1.3)


def test_a_status_is_made_only_when_one_is_due() -> None:
    recorded = Recorded()
    recorded.step()
    for _ in range(4):
        recorded.step(INTERVAL_S / 5)
    assert len(recorded.statuses) == 1
    recorded.step(INTERVAL_S / 5)
    assert len(recorded.statuses) == 2


def test_a_fault_has_its_cause_and_its_time() -> None:
    recorded = Recorded()
    recorded.frames(3)
    recorded.setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=True)
    recorded.step()
    gate = recorded.step(3.0).gates[0]
    assert (gate.state, gate.causes, gate.since_s) == (State.OUT_OF_ORDER, ("no frames",), 3.0)
    recorded.setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=False)
    assert recorded.step().gates[0].since_s == 0.0


def test_a_recording_that_is_over_is_no_fault() -> None:
    recorded = Recorded()
    recorded.setup.service.lanes[0].source_end = SourceEventKind.ENDED
    assert recorded.step().state is State.RECORDING_OVER


def test_the_person_in_front_has_the_evidence_so_far() -> None:
    recorded = Recorded()
    recorded.setup.person_arrives(NOSE)
    gate = recorded.frames(2).gates[0]
    assert gate.front is not None
    assert (gate.front.person, gate.front.status) == (1, "still looking")
    assert gate.front.evidence["votes_nose"] == 2
    assert gate.face_age_s == pytest.approx(0.5)
    recorded.setup.person_leaves()
    recorded.frames(20)
    assert recorded.step().gates[0].front is None
    assert recorded.step(60.0).gates[0].face_age_s is not None


def test_the_newest_verdict_and_decision_say_why_and_when() -> None:
    recorded = Recorded()
    assert recorded.step().gates[0].decision is None
    recorded.setup.person_arrives(NOSE)
    recorded.frames(8)
    gate = recorded.step(4.0).gates[0]
    assert gate.verdict is not None
    assert gate.decision is not None
    assert gate.verdict.text.startswith("person 1: nose; ")
    assert gate.decision.event == "refuse"
    assert gate.decision.text.startswith("person 1: permission refused (nose)")
    assert gate.decision.fields["latency_ms"] == 0.0
    assert 4.5 < gate.decision.age_s < 5.5


def test_every_wire_has_its_level() -> None:
    lines = LinesSettings(fire=InputSettings("FIRE"), ready=InputSettings("READY"))
    recorded = Recorded(LaneSettings(lines=lines))
    recorded.setup.factory.pin("READY").drive_high()
    recorded.setup.person_arrives(CORRECT)
    gate = recorded.frames(6).gates[0]
    levels = {line.name: line.active for line in gate.lines}
    assert levels["lines.permission"] is True
    assert levels["lines.lamps.nose"] is False
    assert (levels["lines.ready"], levels["lines.fire"]) == (True, False)
    assert [line.name for line in gate.lines if line.is_input] == ["lines.ready", "lines.fire"]


def test_a_wire_that_cannot_be_read_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded()

    def fail(output: CheckedOutput) -> bool:
        raise LineError(output.path, "is gone")

    with monkeypatch.context() as patched:
        patched.setattr(CheckedOutput, "read", fail)
        gate = recorded.step().gates[0]
    assert {line.active for line in gate.lines} == {None}


def test_the_rate_is_that_of_the_newest_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded()
    captured = 0
    monkeypatch.setattr(Grabber, "captured", property(lambda _: captured))
    assert recorded.step().gates[0].source.rate_hz is None
    for _ in range(40):
        captured += 15
        status = recorded.step()
    assert status.gates[0].source.rate_hz == 30.0
    for _ in range(10):
        status = recorded.step()
    assert status.gates[0].source.rate_hz == 0.0


def test_why_a_source_gives_no_pictures_is_said_and_no_longer_than_in_the_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = Recorded()
    assert recorded.step().gates[0].source.problem is None
    reason = "there is no such device"
    monkeypatch.setattr(Grabber, "problem", property(lambda _: reason))
    assert recorded.step().gates[0].source.problem == reason
    reason = "x" * 5000
    assert recorded.step().gates[0].source.problem == "x" * 300
    monkeypatch.setattr(Grabber, "mode", property(lambda _: "y" * 70_000))
    assert recorded.step().gates[0].source.mode == "y" * 300


def test_latencies_are_those_of_the_newest_frames() -> None:
    recorded = Recorded()
    assert recorded.step().p50_ms is None
    for number in range(LATENCIES + 500):
        recorded.loop.latencies.add(9.0 if number < 500 else 0.020)
    status = recorded.step(10.0)
    assert (status.p50_ms, status.p99_ms, status.latencies) == (20.0, 20.0, LATENCIES)


def test_settings_that_wait_for_a_restart_are_named_and_so_is_why_they_were_refused() -> None:
    recorded = Recorded()
    recorded.frames(1)
    lane = recorded.settings.gates[0]
    recorded.load = replace(recorded.settings, gates=(replace(lane, frames=replace(lane.frames, source="0")),))
    recorded.reload_requested.set()
    recorded.step()
    status = recorded.step()
    assert status.settings.waiting == ("frames.source (gate)",)
    assert (status.settings.loaded_s, status.settings.refused) == (0.0, None)


def test_the_watchdogs_last_notification_is_known() -> None:
    recorded = Recorded()
    status = recorded.step()
    assert (status.watchdog.limit_s, status.watchdog.notified_s) == (8.0, 0.0)
    assert recorded.step(1.5).watchdog.notified_s == 1.5


def test_a_status_of_a_real_service_is_one_that_a_reader_takes() -> None:
    recorded = Recorded()
    recorded.setup.person_arrives(NOSE)
    status = recorded.frames(8)
    assert decode(encode(status, 0.0)) == status


def test_no_score_is_in_a_status() -> None:
    """The classifier's scores are numbers that nothing else has."""
    recorded = Recorded()
    scores = (98_171, 98_179, 98_207, 98_213)
    recorded.setup.person_arrives(scores)
    recorded.frames(8)
    shown = encode(recorded.step(), 0.0).decode()
    assert '"seen":8' in shown
    assert not [score for score in scores if str(score) in shown]
