"""An exception in each stage, threads that die, and a loop that hangs."""

from functools import partial
from pathlib import Path
from signal import SIGALRM
from time import monotonic

from binarycop.journal.events import Event
from tests.system.faults import saboteur
from tests.system.faults.film import Scene
from tests.system.faults.gate import Broken, Gate
from tests.system.faults.row import Outcome, Row, conclude, look, started_again

_HANG_S = 2
_CAMERA, _FINDER = "binarycop.frames.camera:Camera.read", "binarycop.detection.lookout.detector:Lookout.detect"
_CLASSIFIER = "binarycop.classifier.emulator:Emulator.scores"


def _before(target: str, how: str) -> str:
    return f"from tests.system.faults import saboteur; saboteur.fail('{target}', '{how}'); "


def _ends(target: str, how: str, work: Path, limit_s: float) -> Outcome:
    """What nobody expects ends the daemon, with its coil released on the way out."""
    with Gate(work, before=_before(target, how)) as gate:
        gate.permit()
        at_s = monotonic()
        saboteur.order(work)
        if target.endswith("TextJournal.write"):
            # It writes when something happens: the person leaves.
            gate.film.scene = Scene.NOBODY
        released_s = gate.released(at_s, limit_s)
        code = gate.ended()
        if code <= 0:
            raise Broken(f"it ended with {code}, which systemd takes for well: {gate.last_words()}")
        said = gate.last_words()
        look(gate, at_s)
        back_s = started_again(gate)
        return Outcome(
            f"releases on its way out, ends with {code}", released_s, said, "Restart=", back_s, conclude(gate)
        )


def _camera_raises(work: Path, limit_s: float) -> Outcome:
    with Gate(work, before=_before(_CAMERA, "raise")) as gate:
        gate.permit()
        at_s = monotonic()
        saboteur.order(work)
        entry = gate.reads(Event.CAMERA_LOST, at_s, "unexpected")
        gate.reads(Event.CAMERA_BACK, entry.at_s)
        gate.film.scene = Scene.NOBODY
        over_s = monotonic()
        gate.released(over_s, limit_s)
        back_s = gate.permit_again(over_s) - over_s
        # The person was out of sight for as long as the camera was opened anew, which is shorter than lost_s.
        return Outcome(
            "opens the camera anew, the person in front stays",
            None,
            Event.CAMERA_LOST,
            "by itself",
            back_s,
            conclude(gate),
        )


def _hangs(work: Path, limit_s: float) -> Outcome:
    with Gate(work, {"service": {"hang_s": _HANG_S}}, before=_before(_CLASSIFIER, "hang")) as gate:
        gate.permit()
        at_s = monotonic()
        saboteur.order(work)
        code = gate.ended()
        if code != -SIGALRM:
            raise Broken(f"it ended with {code}")
        gate.stop_post()
        released_s = gate.released(at_s, limit_s)
        back_s = started_again(gate)
        return Outcome(
            "the kernel ends it, gate-release releases",
            released_s,
            "systemd: killed, signal ALRM",
            "Restart=",
            back_s,
            conclude(gate),
        )


def _finder_dies(work: Path, limit_s: float) -> Outcome:
    """A thread that is gone looks like one that hangs: the watchdog is not fed any more."""
    with Gate(work, before=_before(_FINDER, "exit"), watchdog_s=8) as gate:
        gate.permit()
        at_s = monotonic()
        saboteur.order(work)
        released_s = gate.released(at_s, limit_s)
        gate.reads(Event.FAULT, at_s, "no answer from the detector")
        entry = gate.reads(Event.STUCK, at_s, "detector")
        fed = gate.notices.count("WATCHDOG=1")
        look(gate, at_s)
        if gate.notices.count("WATCHDOG=1") > fed:
            raise Broken("the watchdog is fed on")
        # As systemd does it, WatchdogSec= later.
        gate.kill()
        back_s = started_again(gate)
        did = f"releases, starves the watchdog after {entry.at_s - at_s:.0f} s"
        return Outcome(did, released_s, Event.STUCK, "WatchdogSec=, Restart=", back_s, conclude(gate))


_row = partial(Row, "stages")


def _raised(stage: str, target: str, *, limit_s: float = 1.5, how: str = "raise", is_slow: bool = False) -> Row:
    what = "there is no memory left" if how == "memory" else "raises what nobody expects"
    return _row(
        f"exception in {stage}",
        f"{target.split(':')[1]}: {what}",
        limit_s,
        "a step and a second",
        partial(_ends, target, how),
        is_slow=is_slow,
    )


ROWS = (
    _row("exception in the camera", "Camera.read raises what nobody expects", 2.0, "", _camera_raises, is_slow=True),
    _raised("the finder", _FINDER, is_slow=True),
    _raised("following", "binarycop.tracking.tracker:Tracker.step", is_slow=True),
    _raised("the crop", "binarycop.service.lane:crop", how="memory"),
    _raised("the classifier", _CLASSIFIER),
    _raised("the verdict", "binarycop.verdict:step", is_slow=True),
    _raised("the gate", "binarycop.gate.machine:step", is_slow=True),
    _raised("the lines", "binarycop.lines.lane_io:LaneIo.drive", is_slow=True),
    _raised("the journal", "binarycop.journal.writers:TextJournal.write", limit_s=2.5, is_slow=True),
    _raised("the link to systemd", "binarycop.service.systemd_link:SystemdLink.step", is_slow=True),
    _row(
        "camera's thread dies",
        "ends in Camera.read without a word",
        3.0,
        "frames.stale_s 2 and a second",
        partial(_ends, _CAMERA, "exit"),
    ),
    _row(
        "finder's thread dies",
        "ends in Lookout.detect without a word",
        5.0,
        "faces.deadline_s 2, lost_s 1 and two seconds",
        _finder_dies,
        is_slow=True,
    ),
    _row(
        "loop hangs",
        "a call into C that never returns, interpreter locked",
        _HANG_S + 1.5,
        "service.hang_s 2, and the helper",
        _hangs,
    ),
)
