"""The whole examination, section by section, and the facts that one section passes to the next."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.clock import Clock
from binarycop.detection.base import Detector
from binarycop.detection.fixed_region import FixedRegion
from binarycop.doctor import machine
from binarycop.doctor.camera import check_camera
from binarycop.doctor.camera_facts import look, read_source
from binarycop.doctor.engine import FinderFacts, check_engine, check_finder
from binarycop.doctor.engine_facts import read_engine, read_finder
from binarycop.doctor.finding import Section, not_checked
from binarycop.doctor.machine_facts import read_machine
from binarycop.doctor.running import check_running
from binarycop.doctor.settings_check import SettingsFacts, check_settings
from binarycop.doctor.units import UnitFacts, check_units
from binarycop.doctor.units_facts import read_units
from binarycop.doctor.wires import check_wires
from binarycop.doctor.wires_facts import read_wires
from binarycop.errors import SettingsErrors, StatusError
from binarycop.frames.names import DEMO
from binarycop.service import status_socket
from binarycop.service.assembly import grabber_of
from binarycop.service.status import Status
from binarycop.service.status_client import ask
from binarycop.settings.files import unread
from binarycop.settings.load import Loaded, load
from binarycop.settings.notes import notes
from binarycop.settings.schema import Settings

Tell = Callable[[str], None]

_NICE = 10


class Examination:
    """One look at everything. No output is driven and no line is opened; the overlay classifies golden vectors.

    config: the settings' file, None for those of the system. tell: says what takes some seconds now.
    """

    def __init__(self, config: Path | None, clock: Clock, tell: Tell) -> None:
        self._clock, self._tell = clock, tell
        self._facts, self.settings = _load(config)
        self._units = UnitFacts()
        self._status, self._why_not = _ask()
        self._detectors: list[Detector | None] = []

    def run(self) -> Iterator[Section]:
        """The sections, as they are done. With wrong settings, only the checks that need no settings."""
        yield Section("settings", tuple(check_settings(self._facts)))
        self._units = read_units(self.settings)
        running = check_running(self._status, self._why_not) if self._is_daemon_running else []
        yield Section("daemon", (*check_units(self._units), *running))
        if self.settings is None:
            why = "the settings are wrong"
            yield Section("gate", (not_checked("cameras, detector, network, lines", why),))
        else:
            yield self._network(self.settings)
            yield self._cameras(self.settings)
            yield self._lines(self.settings)
        facts = read_machine()
        yield Section("machine", tuple(check(facts) for check in machine.CHECKS))

    @property
    def _is_daemon_running(self) -> bool:
        """Also for a daemon that was started in a terminal, if it answers."""
        return self._units.is_running or self._status is not None

    def _network(self, settings: Settings) -> Section:
        self._tell("the detector and the network are tried")
        is_beside = self._is_daemon_running
        if is_beside:
            os.nice(_NICE)  # before the first frame: the detector's threads take over the priority of this one
        found = [(replace(facts, beside_gate=is_beside), detector) for facts, detector in _finders(settings)]
        self._detectors = [detector for _, detector in found]
        engine = read_engine(settings, SysfsFpgaManager(), self._status, is_daemon_running=is_beside)
        engine = replace(engine, beside_gate=is_beside)
        return Section("detector and network", (*(check_finder(facts) for facts, _ in found), *check_engine(engine)))

    def _cameras(self, settings: Settings) -> Section:
        is_running = self._is_daemon_running
        reports = {} if self._status is None else {report.gate: report for report in self._status.gates}
        sources = [read_source(lane, reports.get(lane.name), is_held=is_running) for lane in settings.gates]
        if not is_running:
            self._tell("the cameras are looked through")
        facts = look(
            sources,
            lambda index: grabber_of(settings.gates[index].frames, self._clock),
            lambda index: self._detectors[index],
            self._clock,
        )
        return Section("cameras", tuple(finding for one in facts for finding in check_camera(one)))

    def _lines(self, settings: Settings) -> Section:
        facts = read_wires(settings, is_daemon_running=self._is_daemon_running)
        return Section("lines", tuple(check_wires(facts)))


def _finders(settings: Settings) -> list[tuple[FinderFacts, Detector | None]]:
    """Each gate's detector; gates with the same settings share one, as in the daemon: each has its own buffers."""
    found: list[tuple[FinderFacts, Detector | None]] = []
    tried: dict[object, tuple[FinderFacts, Detector | None]] = {}
    for lane in settings.gates:
        key = lane.faces, lane.frames.width_px, lane.frames.height_px, lane.frames.rate_hz, lane.frames.source == DEMO
        facts, detector = tried.get(key) or read_finder(lane)
        if not isinstance(detector, FixedRegion):  # it learns its own gate's background
            tried[key] = facts, detector
        found.append((replace(facts, gate=lane.name), detector))
    return found


def _ask() -> tuple[Status | None, str]:
    """The running daemon's status; without an answer, the reason."""
    try:
        return ask(status_socket.PATH), ""
    except StatusError as error:
        return None, error.reason


def _load(config: Path | None) -> tuple[SettingsFacts, Settings | None]:
    try:
        loaded = load(config)
    except SettingsErrors as error:
        return SettingsFacts(problems=tuple(map(str, error.problems))), None
    return _facts_of(loaded, config), loaded.settings


def _facts_of(loaded: Loaded, config: Path | None) -> SettingsFacts:
    return SettingsFacts(
        files=tuple(map(str, loaded.files)),
        notes=(*notes(loaded.settings), *unread(config)),
        gates=len(loaded.settings.gates),
    )
