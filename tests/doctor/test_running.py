"""What the running daemon says of itself becomes findings."""

from dataclasses import replace

import pytest

from binarycop.doctor.camera_facts import read_source
from binarycop.doctor.engine_facts import _running
from binarycop.doctor.finding import Level
from binarycop.doctor.running import check_running
from binarycop.service.status import SettingsStatus, State, Status
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings
from tests.service.statuses import STATUS

GATE = STATUS.gates[0]
WAITING = SettingsStatus(5.0, ("service.hang_s",), None)
REFUSED = SettingsStatus(5.0, (), "gate.yaml:3: gate.pulse_s: is '30'")


def test_a_daemon_in_service_has_nothing_to_do() -> None:
    answer, *others = check_running(STATUS, "")
    assert {finding.level for finding in (answer, *others)} == {Level.OK}
    assert answer.text == "in service; started 60 min ago; version 1.0"


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (replace(STATUS, age_s=9.0), Level.FAIL, "hangs"),
        (
            replace(STATUS, gates=(replace(GATE, state=State.OUT_OF_ORDER, causes=("no frames",)),)),
            Level.FAIL,
            "no frames",
        ),
        (replace(STATUS, is_ready=False), Level.WARN, "starting"),
        (replace(STATUS, settings=WAITING), Level.WARN, "wait for a restart: service.hang_s"),
        (replace(STATUS, settings=REFUSED), Level.WARN, "the last one was refused: gate.yaml:3"),
        (None, Level.NOT_CHECKED, "not checked: no answer within 2 s"),
    ],
)
def test_each_check_says_what_is_wrong(status: Status | None, level: Level, words: str) -> None:
    [finding] = [one for one in check_running(status, "no answer within 2 s") if one.level is not Level.OK]
    assert finding.level is level
    assert words in finding.text
    assert bool(finding.remedy) is (level is not Level.NOT_CHECKED)


def test_what_the_daemon_says_of_its_camera_is_taken_over() -> None:
    lane = LaneSettings(frames=FramesSettings(source="demo"))
    running = read_source(lane, GATE, is_held=True).running
    assert running is not None
    assert (running.rate_hz, running.captured, running.withheld) == (29.9, 9000, 0)


def test_what_the_daemon_says_of_its_backend_is_taken_over() -> None:
    running = _running(STATUS)
    assert (running.backend, running.golden) == (STATUS.backend, STATUS.origin.golden)
