"""Faults inside the daemon: an exception in each stage, threads that end, and a loop that hangs."""

from functools import partial
from pathlib import Path
from signal import SIGALRM
from time import monotonic

from binarycop.journal.events import Event
from tests.system.faults import fault_trigger
from tests.system.faults.fake_camera import Scene
from tests.system.faults.fault_row import FaultResult, FaultRow, check_no_permission, restart, stop_and_count
from tests.system.faults.gate_process import CheckFailed, GateProcess

_HANG_S = 2
_CAMERA, _DETECTOR = "binarycop.frames.camera:Camera.read", "binarycop.detection.lookout.detector:Lookout.detect"
_CLASSIFIER = "binarycop.service.failover_classifier:FailoverClassifier.scores"


def _before(target: str, how: str) -> str:
    return f"from tests.system.faults import fault_trigger; fault_trigger.fail('{target}', '{how}'); "


def _ends(target: str, how: str, work: Path, limit_s: float) -> FaultResult:
    """An unexpected exception ends the daemon, which switches the relay off first."""
    with GateProcess(work, before=_before(target, how)) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        if target.endswith("TextJournal.write"):
            # The journal is written when something happens: the person leaves.
            gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        code = gate.wait_for_exit()
        if code <= 0:
            raise CheckFailed(f"the exit code is {code}, which systemd takes for success: {gate.last_line()}")
        message = gate.last_line()
        check_no_permission(gate, at_s)
        back_s = restart(gate)
        return FaultResult(
            f"switches the relay off, ends with exit code {code}",
            relay_off_s,
            message,
            "Restart=",
            back_s,
            stop_and_count(gate),
        )


def _camera_raises(how: str, work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, before=_before(_CAMERA, how)) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        entry = gate.wait_for_event(Event.CAMERA_LOST, at_s, "unexpected")
        gate.wait_for_event(Event.CAMERA_BACK, entry.at_s)
        gate.camera.scene = Scene.NOBODY
        over_s = monotonic()
        gate.relay_off_after(over_s, limit_s)
        back_s = gate.wait_for_next_permit(over_s) - over_s
        # The person was out of sight only until the camera was open again, which is shorter than lost_s.
        return FaultResult(
            "opens the camera again; the person in front stays the same",
            None,
            Event.CAMERA_LOST,
            "by itself",
            back_s,
            stop_and_count(gate),
        )


def _hangs(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, {"service": {"hang_s": _HANG_S}}, before=_before(_CLASSIFIER, "hang")) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        code = gate.wait_for_exit()
        if code != -SIGALRM:
            raise CheckFailed(f"the exit code is {code}")
        gate.run_gate_release()
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        back_s = restart(gate)
        return FaultResult(
            "the hang timer ends the process; gate-release switches the relay off",
            relay_off_s,
            "systemd: killed, signal ALRM",
            "Restart=",
            back_s,
            stop_and_count(gate),
        )


def _classifier_does_not_return(work: Path, limit_s: float) -> FaultResult:
    """The loop goes on and keeps the limits; then the hang timer ends the process, since nobody would be classified."""
    changes = {"gate": {"contact": "hold"}, "service": {"hang_s": _HANG_S + 2}}
    with GateProcess(work, changes, before=_before(_CLASSIFIER, "wait")) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.wait_for_event(Event.FAULT, at_s, "not processed in time")
        check_no_permission(gate, at_s)
        code = gate.wait_for_exit()
        if code != -SIGALRM:
            raise CheckFailed(f"the exit code is {code}")
        gate.run_gate_release()
        back_s = restart(gate)
        reaction = "switches the relay off and reports a fault; later the hang timer ends the process"
        return FaultResult(reaction, relay_off_s, Event.FAULT, "Restart=", back_s, stop_and_count(gate))


def _detector_thread_ends(work: Path, limit_s: float) -> FaultResult:
    """A thread that has ended looks like one that hangs: the daemon stops notifying the watchdog."""
    with GateProcess(work, before=_before(_DETECTOR, "exit"), watchdog_s=8) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.wait_for_event(Event.FAULT, at_s, "no answer from the detector")
        entry = gate.wait_for_event(Event.STUCK, at_s, "detector")
        count = gate.notifications.count("WATCHDOG=1")
        check_no_permission(gate, at_s)
        if gate.notifications.count("WATCHDOG=1") > count:
            raise CheckFailed("the watchdog is still notified")
        # This is what systemd does after WatchdogSec=.
        gate.kill()
        back_s = restart(gate)
        reaction = f"switches the relay off, stops notifying the watchdog after {entry.at_s - at_s:.0f} s"
        return FaultResult(reaction, relay_off_s, Event.STUCK, "WatchdogSec=, Restart=", back_s, stop_and_count(gate))


_row = partial(FaultRow, "stages")


def _raised(stage: str, target: str, *, limit_s: float = 1.5, how: str = "raise", is_slow: bool = False) -> FaultRow:
    module, _, function = target.partition(":")
    name = function if "." in function else f"{module.rpartition('.')[2]}.{function}"
    error = "MemoryError" if how == "memory" else "an unexpected exception"
    return _row(
        f"exception in {stage}",
        f"{name} raises {error}",
        limit_s,
        "one step of the loop, plus 1 s",
        partial(_ends, target, how),
        is_slow=is_slow,
    )


ROWS = (
    _row(
        "exception in the camera",
        "Camera.read raises an unexpected exception",
        2.0,
        "",
        partial(_camera_raises, "raise"),
        is_slow=True,
    ),
    _raised("the detector", _DETECTOR, is_slow=True),
    _raised("the tracker", "binarycop.tracking.tracker:Tracker.step", is_slow=True),
    _raised("the crop", "binarycop.service.perception:cut_views", how="memory"),
    _raised("the classifier", _CLASSIFIER),
    _raised("the verdict", "binarycop.verdict:step", is_slow=True),
    _raised("the gate", "binarycop.gate.machine:step", is_slow=True),
    _raised("the lines", "binarycop.lines.lane_io:LaneIo.drive", is_slow=True),
    _raised("the journal", "binarycop.journal.writers:TextJournal.write", limit_s=2.5, is_slow=True),
    _raised("the link to systemd", "binarycop.service.systemd_link:SystemdLink.step", is_slow=True),
    _row(
        "camera ends its thread",
        "Camera.read raises SystemExit, which would end the thread without a message",
        2.0,
        "",
        partial(_camera_raises, "exit"),
    ),
    _row(
        "detector's thread ends",
        "the thread ends in Lookout.detect without a message",
        5.0,
        "faces.deadline_s 2 + lost_s 1, plus 2 s",
        _detector_thread_ends,
        is_slow=True,
    ),
    _row(
        "loop hangs",
        "a C function does not return and keeps the GIL",
        _HANG_S + 1.5,
        "service.hang_s 2, plus gate-release",
        _hangs,
    ),
    _row(
        "classifier does not return",
        "FailoverClassifier.scores waits for a minute; other threads go on",
        2.5,
        "gate.grace_s 2 or faces.deadline_s 2, plus 0.5 s",
        _classifier_does_not_return,
    ),
)
