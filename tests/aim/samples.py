"""Samples of a camera that is placed right, and of the ways in which it is not."""

from dataclasses import replace

from binarycop.aim.sample import FaceSample, Sample

RATE_HZ = 30.0
FACE = FaceSample(
    width_px=92,
    shorter_px=90,
    across=0.5,
    down=0.45,
    left=3.0,
    right=3.0,
    top=1.5,
    bottom=2.0,
    brightness=120,
    box_brightness=118,
    sharpness=13,
    clipped=0.0,
    backlight=1.1,
    lead=40,
    has_vote=True,
)


def samples(count: int = 600, *, rate_hz: float = RATE_HZ, behind: float = 130, **changes: object) -> list[Sample]:
    """Frames at an even rate, all with the same face. changes: of the face."""
    face = replace(FACE, **changes)  # type: ignore[arg-type]
    return [Sample(number / rate_hz, number, face, behind, 0.0) for number in range(count)]


def without_faces(count: int = 600, *, rate_hz: float = RATE_HZ, behind: float = 130) -> list[Sample]:
    """Frames at an even rate without a person."""
    return [Sample(number / rate_hz, number, None, behind, 0.0) for number in range(count)]
