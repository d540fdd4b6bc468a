"""A status as the daemon makes it, with every kind of value in it, for the tests of those who read one."""

from dataclasses import replace

from binarycop.service.status import (
    Entry,
    Fields,
    FrontPerson,
    GateReport,
    LineLevel,
    Origin,
    SettingsStatus,
    SourceStatus,
    State,
    Status,
    WatchdogStatus,
)

EVIDENCE: Fields = {
    "outcome": "still_looking", "seen": 4, "without_scores": 0, "votes_correct": 3, "votes_nose": 1,
    "votes_nose_mouth": 0, "votes_chin": 0, "lead": 34, "lead_needed": 22, "face_px": 92, "brightness": 130,
    "sharpness": 10,
}  # fmt: skip

GATE = GateReport(
    gate="gate",
    state=State.IN_SERVICE,
    causes=(),
    since_s=3600.0,
    policy="enforce",
    phase="permitted",
    permission="verdict",
    finder="lookout on ncnn",
    source=SourceStatus("/dev/video0", "MJPG 640×480 at 29.97 Hz", None, 29.9, 9000, 3, 0, 0.03),
    every_ms=None,
    needed_ms=188,
    face_age_s=0.2,
    front=FrontPerson(13, "still looking", EVIDENCE),
    verdict=Entry(3.0, "verdict", "person 12: nose; 14 frames: nose 9", {"person": 12, "class": "nose"}),
    decision=Entry(2.9, "refuse", "person 12: permission refused (nose)", {"person": 12, "latency_ms": 12.5}),
    lines=(
        LineLevel("lines.permission", "gpio:1", False, True),
        LineLevel("lines.lamps.nose", "gpio:2", False, False),
        LineLevel("lines.fire", "gpio:9", True, False),
    ),
    persons=13,
    permits=9,
    refusals=3,
    undecided=1,
    passed=9,
)

STATUS = Status(
    origin=Origin("1.0", "n-cnv 0.3.0", 96, "gpiochip", False, 812),
    age_s=0.2,
    running_s=3601.0,
    is_ready=True,
    mode="performance",
    is_asleep=False,
    backend="emulator",
    has_scores=True,
    p50_ms=12.3,
    p99_ms=31.0,
    latencies=1000,
    watchdog=WatchdogStatus(8.0, 0.7, ()),
    settings=SettingsStatus(3601.0, (), None),
    gates=(GATE,),
)


def with_gate(**changes: object) -> Status:
    """The status with other values of its gate."""
    return replace(STATUS, gates=(replace(GATE, **changes),))  # type: ignore[arg-type]
