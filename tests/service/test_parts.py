"""The parts that may hang are closed within the time that systemd gives the daemon to end."""

import re
from pathlib import Path
from typing import cast

from binarycop.clock import ManualClock
from binarycop.frames.grabber import Grabber
from binarycop.service import parts, service

UNIT = Path(__file__).resolve().parents[2] / "systemd/binarycop.service"


class HangingGrabber:
    """Its source does not return, so each wait for its thread takes its whole time."""

    def __init__(self, clock: ManualClock, calls: list[str]) -> None:
        self._clock, self._calls = clock, calls

    def begin_close(self) -> None:
        self._calls.append("begin")

    def close(self, timeout_s: float) -> bool:
        self._calls.append("wait")
        self._clock.advance_to(self._clock.now_s() + timeout_s)
        return False


def test_many_sources_that_hang_take_as_long_to_close_as_one() -> None:
    clock, calls = ManualClock(100.0), list[str]()
    grabbers = [cast(Grabber, HangingGrabber(clock, calls)) for _ in range(3)]
    parts.close_grabbers(grabbers, clock)
    assert calls == ["begin"] * 3 + ["wait"] * 3
    assert clock.now_s() == 100.0 + parts._CLOSE_S


def test_if_everything_hangs_the_daemon_still_ends_before_systemd_kills_it() -> None:
    [stop_s] = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    perception_s, grabbers_s, detectors_s = service._CLOSE_S, parts._CLOSE_S, parts._CLOSE_S
    assert perception_s + grabbers_s + detectors_s < int(stop_s)
