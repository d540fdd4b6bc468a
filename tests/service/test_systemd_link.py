"""What the service manager and the journal get from a service: ready, status, watchdog, reload."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.errors import SettingsError
from binarycop.frames.source_event import SourceEventKind
from binarycop.journal.events import Event
from binarycop.service.faults import FaultReason
from binarycop.service.notify import Notifier
from binarycop.service.reload import SettingsReader
from binarycop.service.systemd_link import SystemdLink
from binarycop.service.watchdog import STUCK_S, Stage, Watchdog
from binarycop.settings.faces import FacesSettings
from binarycop.settings.gate import Fail, GateSettings, Policy
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from tests.service.fakes import CORRECT, NOSE, SimulatedSetup


class ManagedSetup:
    """A setup, its link to systemd, and systemd's end of the socket."""

    def __init__(self, listener: socket.socket) -> None:
        self.setup, self.reload_requested, self.stages = (
            SimulatedSetup(),
            threading.Event(),
            [Stage("source of gate", 0.0)],
        )
        self.load: Callable[[], Settings] = Settings
        self._listener = listener
        self._works: list[Callable[[], None]] = []
        self.link = SystemdLink(
            Settings(), self.setup.service, lambda: self.stages, Notifier(listener.getsockname()), Watchdog(8.0),
            self.setup.journal, SettingsReader(self._load, self._works.append), self.reload_requested,
        )  # fmt: skip

    def _load(self) -> Settings:
        return self.load()

    def read_files(self) -> None:
        """Read the settings, as the thread does."""
        self._works.pop()()

    def step(self) -> list[str]:
        """One step; returns the lines that systemd gets in it."""
        self.link.step(self.setup.now_s)
        lines: list[str] = []
        while True:
            try:
                lines += self._listener.recv(4096, socket.MSG_DONTWAIT).decode().splitlines()
            except BlockingIOError:
                return lines

    def reload(self) -> list[str]:
        """Request a reload, and step until it is done; returns the lines that systemd gets."""
        self.reload_requested.set()
        lines = self.step()
        self.read_files()
        return lines + self.step()


@pytest.fixture
def managed(tmp_path: Path) -> Iterator[ManagedSetup]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        yield ManagedSetup(listener)


def test_the_service_is_ready_when_each_gate_has_had_a_frame(managed: ManagedSetup) -> None:
    assert managed.step() == ["WATCHDOG=1"]
    managed.setup.frames(1)
    lines = managed.step()
    assert lines == [
        "READY=1",
        "STATUS=gate: in service, policy enforce; 0 persons, 0 permitted, 0 refused, 0 undecided",
    ]
    assert managed.step() == []
    assert managed.setup.event_names == ["ready"]


def test_without_a_camera_the_service_is_ready_but_out_of_order(managed: ManagedSetup) -> None:
    managed.setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=True)
    assert "READY=1" in managed.step()
    managed.setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=False)
    assert managed.step()[-1].startswith("STATUS=gate: in service")


def test_the_service_is_ready_with_a_recording_that_is_over(managed: ManagedSetup) -> None:
    """It may have ended before one of its frames was processed."""
    managed.setup.service.lanes[0].source_end = SourceEventKind.ENDED
    assert managed.step()[-1].startswith("STATUS=gate: recording over, policy enforce; 0 persons")


def test_without_any_source_that_can_give_a_frame_the_service_is_never_ready(managed: ManagedSetup) -> None:
    lane = managed.setup.service.lanes[0]
    lane.source_end = SourceEventKind.LOST
    lane.set_fault(FaultReason.NO_FRAMES, active=True)
    assert managed.step() == ["WATCHDOG=1"]


def test_the_status_of_a_fault_says_if_the_relay_is_on(managed: ManagedSetup) -> None:
    managed.setup.person_arrives(CORRECT).frames(5)
    managed.step()
    lane = managed.setup.service.lanes[0]
    lane.set_fault(FaultReason.NO_SCORES, active=True)
    lane.set_fault(FaultReason.NO_FRAMES, active=True)
    assert managed.step() == ["STATUS=gate: OUT OF ORDER, relay on: no frames, no scores"]
    lane.apply_faults(managed.setup.now_s)
    lane.drive(managed.setup.now_s)
    assert managed.step() == ["STATUS=gate: OUT OF ORDER, relay off: no frames, no scores"]


def test_the_status_counts_the_people(managed: ManagedSetup) -> None:
    managed.setup.frames(1)
    managed.step()
    managed.setup.person_arrives(NOSE).frames(6)
    assert managed.step() == ["STATUS=gate: in service, policy enforce; 1 person, 0 permitted, 1 refused, 0 undecided"]


def test_while_a_stage_hangs_the_watchdog_is_not_notified_and_the_journal_has_it_once(managed: ManagedSetup) -> None:
    managed.setup.frames(1)
    managed.step()
    managed.stages = [Stage("source of gate", STUCK_S + 1)]
    for _ in range(100):
        managed.setup.now_s += 0.1
        assert managed.step() == []
    assert managed.setup.records(Event.STUCK) == [("stuck", {"stage": "source of gate", "seconds": 11.0})]
    managed.stages = [Stage("source of gate", 0.0)]
    assert managed.step() == ["WATCHDOG=1"]


def test_a_source_that_hangs_while_another_gate_works_is_in_the_journal_once_and_the_watchdog_is_notified(
    managed: ManagedSetup,
) -> None:
    managed.setup.frames(1)
    managed.step()
    managed.stages = [Stage("source of gate", STUCK_S + 1, may_hang=True)]
    lines = []
    for _ in range(100):
        managed.setup.now_s += 0.1
        lines += managed.step()
    assert lines == ["WATCHDOG=1"] * 5
    assert managed.setup.records(Event.SOURCE_STUCK) == [("source_stuck", {"stage": "source of gate", "seconds": 11.0})]
    assert managed.setup.records(Event.STUCK) == []
    managed.stages = [Stage("source of gate", STUCK_S + 20)]
    managed.step()
    assert managed.setup.records(Event.STUCK) == [("stuck", {"stage": "source of gate", "seconds": 30.0})]


def test_new_settings_apply_from_the_next_frame_and_the_person_in_front_stays(managed: ManagedSetup) -> None:
    managed.setup.person_arrives(NOSE).frames(6)
    managed.step()
    managed.load = lambda: Settings(gates=(LaneSettings(gate=GateSettings(policy=Policy.OFF)),))
    assert managed.reload()[:2] == ["RELOADING=1", "READY=1"]
    assert managed.setup.records(Event.RELOADED) == [("reloaded", {"changed": "gate.policy (gate)"})]
    assert managed.setup.records(Event.RESTART_NEEDED) == []
    managed.setup.frames(1)
    assert managed.setup.is_relay_on
    assert len(managed.setup.records(Event.PERSON)) == 1


def test_a_permission_goes_on_during_a_reload(managed: ManagedSetup) -> None:
    managed.setup.person_arrives(CORRECT).frames(5)
    managed.step()
    managed.load = lambda: Settings(gates=(LaneSettings(gate=GateSettings(pulse_s=2.0)),))
    managed.reload()
    assert managed.setup.is_relay_on
    managed.setup.frames(1)
    assert managed.setup.is_relay_on


def test_keys_that_need_a_restart_are_in_the_journal(managed: ManagedSetup) -> None:
    managed.setup.frames(1)
    managed.step()
    lane = LaneSettings()
    managed.load = lambda: Settings(gates=(replace(lane, frames=replace(lane.frames, source="0")),))
    managed.reload()
    assert managed.setup.records(Event.RELOADED) == [("reloaded", {"changed": "nothing changed"})]
    assert managed.setup.records(Event.RESTART_NEEDED) == [("restart_needed", {"keys": "frames.source (gate)"})]


def test_settings_that_contradict_what_needs_a_restart_are_refused(managed: ManagedSetup) -> None:
    managed.setup.frames(1)
    managed.step()
    before = managed.setup.service.lanes[0].settings
    signals = replace(SignalsSettings(), fault=SignalSettings(permission=True))
    managed.load = lambda: Settings(gates=(LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=signals),))
    managed.reload()
    [(_, refused)] = managed.setup.records(Event.RELOAD_REFUSED)
    assert str(refused["reason"]).startswith("not without a restart: gate.signals.fault.permission: cannot work")
    assert managed.setup.service.lanes[0].settings.signals == before.signals


def test_wrong_settings_are_refused_and_the_old_ones_stay(managed: ManagedSetup) -> None:
    managed.setup.frames(1)
    managed.step()

    def load() -> Settings:
        raise SettingsError("is '30'", "write a number from 0.05 to 10", file="gate.yaml", line=2, key="gate.pulse_s")

    before = managed.setup.service.lanes[0].settings
    managed.load = load
    assert managed.reload()[:2] == ["RELOADING=1", "READY=1"]
    reason = "gate.yaml:2: gate.pulse_s: is '30'; write a number from 0.05 to 10"
    assert managed.setup.records(Event.RELOAD_REFUSED) == [("reload_refused", {"reason": reason})]
    assert managed.setup.service.lanes[0].settings is before


def test_a_request_while_the_files_are_read_causes_another_reading(managed: ManagedSetup) -> None:
    managed.setup.frames(1)
    managed.step()
    managed.reload_requested.set()
    managed.step()
    managed.reload_requested.set()
    managed.step()
    managed.read_files()
    managed.load = lambda: Settings(gates=(LaneSettings(faces=FacesSettings(least_px=99)),))
    managed.step()
    managed.step()
    managed.read_files()
    managed.step()
    assert managed.setup.service.lanes[0].settings.faces.least_px == 99
