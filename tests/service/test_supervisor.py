"""What the service manager and the journal hear of a service: ready, status, watchdog, reload."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import pytest

from binarycop.errors import SettingsError
from binarycop.journal.events import Event
from binarycop.service.notify import Notifier
from binarycop.service.reload import SettingsReader
from binarycop.service.supervisor import Supervisor
from binarycop.service.watchdog import STUCK_S, Stage, Watchdog
from binarycop.settings.faces import FacesSettings
from binarycop.settings.gate import GateSettings, Policy
from binarycop.settings.schema import LaneSettings, Settings
from tests.service.fakes import CORRECT, NOSE, SimulatedSetup


class Desk:
    """A bench, its supervisor, and the manager's end of the socket."""

    def __init__(self, listening: socket.socket) -> None:
        self.bench, self.asked, self.stages = SimulatedSetup(), Flag(), [Stage("frames of gate", 0.0)]
        self.load: Callable[[], Settings] = Settings
        self._listening = listening
        self._works: list[Callable[[], None]] = []
        self.supervisor = Supervisor(
            Settings(), self.bench.service, lambda: self.stages, Notifier(listening.getsockname()), Watchdog(8.0),
            self.bench.journal, SettingsReader(self._load, self._works.append), self.asked,
        )  # fmt: skip

    def _load(self) -> Settings:
        return self.load()

    def read_files(self) -> None:
        """What a thread would do meanwhile."""
        self._works.pop()()

    def step(self) -> list[str]:
        """One round; returns what the manager heard in it."""
        self.supervisor.step(self.bench.now_s)
        heard: list[str] = []
        while True:
            try:
                heard += self._listening.recv(4096, socket.MSG_DONTWAIT).decode().splitlines()
            except BlockingIOError:
                return heard

    def reload(self) -> list[str]:
        """Ask for the settings to be read again, and go on until that is done."""
        self.asked.set()
        heard = self.step()
        self.read_files()
        return heard + self.step()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        yield Desk(listening)


def test_it_is_not_ready_before_each_gate_has_had_a_frame(desk: Desk) -> None:
    assert desk.step() == ["WATCHDOG=1"]
    desk.bench.frames(1)
    heard = desk.step()
    assert heard == ["READY=1", "STATUS=gate: looking, policy enforce; 0 persons, 0 permitted, 0 refused, 0 undecided"]
    assert desk.step() == []
    assert desk.bench.names == ["ready"]


def test_without_a_camera_it_is_ready_and_out_of_order(desk: Desk) -> None:
    desk.bench.service.lanes[0].fault("no frames", active=True)
    assert "READY=1" in desk.step()
    desk.bench.service.lanes[0].fault("no frames", active=False)
    assert desk.step()[-1].startswith("STATUS=gate: looking")


def test_a_fault_says_how_the_relay_stands(desk: Desk) -> None:
    desk.bench.somebody(CORRECT).frames(5)
    desk.step()
    lane = desk.bench.service.lanes[0]
    lane.fault("no scores", active=True)
    lane.fault("no frames", active=True)
    assert desk.step() == ["STATUS=gate: OUT OF ORDER, relay energised: no frames, no scores"]
    lane.apply_faults(desk.bench.now_s)
    lane.actuate(desk.bench.now_s)
    assert desk.step() == ["STATUS=gate: OUT OF ORDER, relay released: no frames, no scores"]


def test_the_status_counts_the_people(desk: Desk) -> None:
    desk.bench.frames(1)
    desk.step()
    desk.bench.somebody(NOSE).frames(6)
    assert desk.step() == ["STATUS=gate: looking, policy enforce; 1 persons, 0 permitted, 1 refused, 0 undecided"]


def test_a_stage_that_hangs_starves_the_watchdog_and_is_told_once(desk: Desk) -> None:
    desk.bench.frames(1)
    desk.step()
    desk.stages = [Stage("frames of gate", STUCK_S + 1)]
    for _ in range(100):
        desk.bench.now_s += 0.1
        assert desk.step() == []
    assert desk.bench.told(Event.STUCK) == [("stuck", {"stage": "frames of gate", "seconds": 11.0})]
    desk.stages = [Stage("frames of gate", 0.0)]
    assert desk.step() == ["WATCHDOG=1"]


def test_new_settings_hold_from_the_next_frame_on_and_nobody_is_forgotten(desk: Desk) -> None:
    desk.bench.somebody(NOSE).frames(6)
    desk.step()
    desk.load = lambda: Settings(gates=(LaneSettings(gate=GateSettings(policy=Policy.OFF)),))
    assert desk.reload()[:2] == ["RELOADING=1", "READY=1"]
    assert desk.bench.told(Event.RELOADED) == [("reloaded", {"changed": "gate.policy (gate)"})]
    assert desk.bench.told(Event.RESTART_NEEDED) == []
    desk.bench.frames(1)
    assert desk.bench.coil
    assert len(desk.bench.told(Event.PERSON)) == 1


def test_a_permission_that_runs_goes_on_over_a_reload(desk: Desk) -> None:
    desk.bench.somebody(CORRECT).frames(5)
    desk.step()
    desk.load = lambda: Settings(gates=(LaneSettings(gate=GateSettings(pulse_s=2.0)),))
    desk.reload()
    assert desk.bench.coil
    desk.bench.frames(1)
    assert desk.bench.coil


def test_what_waits_for_a_restart_is_told(desk: Desk) -> None:
    desk.bench.frames(1)
    desk.step()
    lane = LaneSettings()
    desk.load = lambda: Settings(gates=(replace(lane, frames=replace(lane.frames, source="0")),))
    desk.reload()
    assert desk.bench.told(Event.RELOADED) == [("reloaded", {"changed": "nothing changed"})]
    assert desk.bench.told(Event.RESTART_NEEDED) == [("restart_needed", {"keys": "frames.source (gate)"})]


def test_wrong_settings_are_refused_and_the_old_ones_stay(desk: Desk) -> None:
    desk.bench.frames(1)
    desk.step()

    def load() -> Settings:
        raise SettingsError("is '30'", "write a number from 0.05 to 10", file="gate.yaml", line=2, key="gate.pulse_s")

    before = desk.bench.service.lanes[0].settings
    desk.load = load
    assert desk.reload()[:2] == ["RELOADING=1", "READY=1"]
    reason = "gate.yaml:2: gate.pulse_s: is '30'; write a number from 0.05 to 10"
    assert desk.bench.told(Event.RELOAD_REFUSED) == [("reload_refused", {"reason": reason})]
    assert desk.bench.service.lanes[0].settings is before


def test_a_second_wish_while_files_are_read_has_them_read_again(desk: Desk) -> None:
    desk.bench.frames(1)
    desk.step()
    desk.asked.set()
    desk.step()
    desk.asked.set()
    desk.step()
    desk.read_files()
    desk.load = lambda: Settings(gates=(LaneSettings(faces=FacesSettings(least_px=99)),))
    desk.step()
    desk.step()
    desk.read_files()
    desk.step()
    assert desk.bench.service.lanes[0].settings.faces.least_px == 99
