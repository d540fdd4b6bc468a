"""What is wrong with how a camera is mounted, from the figures of some seconds, in plain words. Pure.

Each threshold stands here with its reason, or in ``detection/light_limits.py``. They are starting points: no camera at
a gate was available to measure with.
"""

from dataclasses import dataclass
from enum import Enum

from binarycop.aim.figures import FaceFigures, Figures
from binarycop.detection.light_limits import BACKLIT, BACKLIT_BRIGHTNESS, LEAST_BRIGHTNESS, LEAST_RATE
from binarycop.settings.faces import FacesSettings
from binarycop.settings.verdict import VerdictSettings

REFERENCE_PX = 640
"""The longer side of the frames for which widths of faces are given; they grow in proportion with larger frames."""
GOOD_PX = 64
"""Least width of a face at the spot where people stop: mean recall and votes for a bare face are level from 40 pixels
on (EXPERIMENTS.md of overlays, "The smallest face"), and people must count before they stand there."""
MOST_HEIGHT = 0.375
"""Most of the picture's height that a face may take. Most adults are 1.50 to 1.90 m tall; with faces of 0.24 m
the picture must show 0.64 m at the spot, so that none is cut off."""
HEIGHT_OF_WIDTH = 1.3
"""How tall a face's box is, as a multiple of its width: the median of 103 photographs."""
LEAST_ROOM = 0.5
"""Least room from a face to the picture's edge, in widths of the face: people sway, and stand beside the spot."""
MOST_CLIPPED = 0.2
"""Most of a face that may be overexposed: 1 of 103 photographs in ordinary light has more."""
LEAST_SHARPNESS = 6.0
"""Least sharpness of the crop. Nine of ten photographs have 11 or more; a dark picture is less sharp by itself."""
MOST_SLOW_INTERVAL = 1.5
"""The largest 90th percentile of the frame intervals, as a multiple of the median interval."""
LEAST_WITH_FACE = 0.05
"""Least share of frames with a face, and of 20 s one second: less says nothing about the spot."""
LEAST_VOTES = 0.5
"""Least share of scored frames that give a vote, if nothing else is wrong: 83 % of faces as wide as ``GOOD_PX`` do."""


class ProblemKind(Enum):
    """What can be wrong."""

    NO_FRAMES = "no_frames"
    NO_FACE = "no_face"
    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"
    NOT_COUNTED = "not_counted"
    AT_EDGE = "at_edge"
    TOO_DARK = "too_dark"
    CLIPPED = "clipped"
    BACKLIT = "backlit"
    BLURRED = "blurred"
    RATE_LOW = "rate_low"
    RATE_VARIES = "rate_varies"
    TOO_SLOW = "too_slow"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. words: what, with its figures. remedy: what to do."""

    kind: ProblemKind
    words: str
    remedy: str


@dataclass(frozen=True)
class Camera:
    """What the figures are compared with.

    width_px, height_px: of its frames. asked_hz: the rate of the settings; None for a recording. is_region: the
    detector is ``fixed``, so width and place of a face are those of its settings.
    """

    width_px: int
    height_px: int
    asked_hz: float | None
    is_region: bool = False

    @property
    def scale(self) -> float:
        """How much larger faces must be than in frames of 640×480."""
        return max(max(self.width_px, self.height_px) / REFERENCE_PX, 1.0)

    @property
    def good_px(self) -> int:
        """Least width of a face at the spot where people stop."""
        return round(GOOD_PX * self.scale)

    @property
    def most_px(self) -> int:
        """Most width of a face there."""
        return round(MOST_HEIGHT * self.height_px / HEIGHT_OF_WIDTH)


@dataclass(frozen=True)
class Judgement:
    """problems: empty if all is well. least_px: the value of ``faces.least_px`` that fits; None if none can be said.

    is_place_known: width and place of the face were measured.
    """

    problems: tuple[Problem, ...]
    least_px: int | None
    is_place_known: bool = True


def judge(
    figures: Figures, camera: Camera, faces: FacesSettings, verdict: VerdictSettings, trouble: str = ""
) -> Judgement:
    """Judge the figures of some seconds in which somebody stood at the spot where people stop.

    trouble: why there are no frames, if that is known.
    """
    if not figures.frames:
        words = f"no frames: {trouble}" if trouble else "no frames"
        return Judgement((Problem(ProblemKind.NO_FRAMES, words, "check camera, cable and frames.source"),), None)
    face, rate = figures.face, _rate_problems(figures, camera, verdict)
    if face is None or figures.with_face < LEAST_WITH_FACE:
        return Judgement((_no_face(figures), *rate), None)
    place = [] if camera.is_region else _place_problems(face, camera, faces)
    problems = [*place, *_light_problems(face), *rate] or _vote_problems(face)
    proposal = None if camera.is_region else _least_px(face, camera)
    return Judgement(tuple(problems), proposal, not camera.is_region)


def _no_face(figures: Figures) -> Problem:
    words = "no face seen"
    if figures.face is not None:
        words = f"a face in {_percent(figures.with_face)} of the frames only"
    if figures.behind is not None and figures.behind < LEAST_BRIGHTNESS:
        words += f"; the picture is dark (brightness {figures.behind:.0f})"
    remedy = "face the camera where people stop; mount it at nose height; add light"
    return Problem(ProblemKind.NO_FACE, words, remedy)


def _least_px(face: FaceFigures, camera: Camera) -> int | None:
    """Half the width of a face at the spot, but not below the default; None if the spot is wrong."""
    if not camera.good_px <= face.width_px <= camera.most_px:
        return None
    return max(round(face.shorter_px / 2), round(FacesSettings().least_px * camera.scale))


def _place_problems(face: FaceFigures, camera: Camera, faces: FacesSettings) -> list[Problem]:
    problems = []
    if face.width_px < camera.good_px:
        words = f"too far: the face is {face.width_px:.0f} px wide; {camera.good_px} or more are right"
        problems.append(Problem(ProblemKind.TOO_FAR, words, "mount the camera nearer, or use a longer lens"))
    elif face.width_px > camera.most_px:
        words = f"too near: the face is {face.width_px:.0f} px wide; {camera.most_px} or less are right"
        problems.append(Problem(ProblemKind.TOO_NEAR, words, "mount the camera further away, or use a wider lens"))
    elif face.shorter_px < faces.least_px:
        words = f"faces.least_px is {faces.least_px}: this face of {face.shorter_px:.0f} px does not count"
        problems.append(Problem(ProblemKind.NOT_COUNTED, words, "write the setting that is proposed below"))
    room, edge, turn = min(
        (face.left, "left", "turn the camera left, seen from behind it"),
        (face.right, "right", "turn the camera right, seen from behind it"),
        (face.top, "upper", "tilt the camera up, or mount it higher"),
        (face.bottom, "lower", "tilt the camera down, or mount it lower"),
    )
    if room < LEAST_ROOM and face.width_px <= camera.most_px:
        words = f"at the {edge} edge: {max(room, 0):.1f} of the face's width is free there; {LEAST_ROOM:g} is needed"
        problems.append(Problem(ProblemKind.AT_EDGE, words, turn))
    return problems


def _light_problems(face: FaceFigures) -> list[Problem]:
    problems = []
    is_dark = face.brightness < LEAST_BRIGHTNESS
    is_backlit = (face.backlight or 0.0) >= BACKLIT and face.box_brightness < BACKLIT_BRIGHTNESS
    if is_backlit:
        words = (
            f"backlit: what is behind is {face.backlight:.1f} times as bright as the face ({face.box_brightness:.0f})"
        )
        remedy = "no window, lamp or sun behind people; a lamp next to the camera"
        problems.append(Problem(ProblemKind.BACKLIT, words, remedy))
    elif is_dark:
        words = f"too dark: the face has brightness {face.brightness:.0f}; {LEAST_BRIGHTNESS:.0f} or more are needed"
        problems.append(Problem(ProblemKind.TOO_DARK, words, "a lamp next to the camera, about 500 lx at the spot"))
    if face.clipped > MOST_CLIPPED:
        words = f"overexposed: {_percent(face.clipped)} of the face is white without detail"
        problems.append(Problem(ProblemKind.CLIPPED, words, "less light on the spot, or automatic exposure"))
    if face.sharpness <= LEAST_SHARPNESS and not is_dark:
        words = f"blurred: sharpness {face.sharpness:.0f}; more than {LEAST_SHARPNESS:.0f} is needed"
        problems.append(Problem(ProblemKind.BLURRED, words, "focus and clean the lens; add light if people move"))
    return problems


def _rate_problems(figures: Figures, camera: Camera, verdict: VerdictSettings) -> list[Problem]:
    rate_hz, looked_at_hz = figures.rate_hz, figures.looked_at_hz
    if rate_hz is None or looked_at_hz is None:
        return []
    needed_hz, problems = verdict.needed_hz, []
    if camera.asked_hz is not None and rate_hz < LEAST_RATE * camera.asked_hz:
        words = f"the rate is too low: {rate_hz:.1f} Hz; frames.rate_hz asks for {camera.asked_hz:g}"
        remedy = "more light, exposure_dynamic_framerate off, or a rate that the camera has"
        problems.append(Problem(ProblemKind.RATE_LOW, words, remedy))
    elif rate_hz < needed_hz:
        words = f"the rate is too low: {rate_hz:.1f} Hz; the verdict needs {needed_hz:.1f}"
        problems.append(Problem(ProblemKind.RATE_LOW, words, "a camera with a higher rate, or another mode of it"))
    elif looked_at_hz < needed_hz:
        words = f"the processor is too slow: {looked_at_hz:.1f} of {rate_hz:.1f} Hz; the verdict needs {needed_hz:.1f}"
        problems.append(Problem(ProblemKind.TOO_SLOW, words, "smaller frames, or fewer classifier.views"))
    if (figures.slow_interval or 0.0) > MOST_SLOW_INTERVAL:
        words = f"the rate varies: a tenth of the frames take {figures.slow_interval:.1f} times as long as usual"
        remedy = "exposure_dynamic_framerate off; nothing else on the camera's USB hub"
        problems.append(Problem(ProblemKind.RATE_VARIES, words, remedy))
    return problems


def _vote_problems(face: FaceFigures) -> list[Problem]:
    share = face.voted / max(face.scored, 1)
    if not face.scored or share >= LEAST_VOTES:
        return []
    words = f"unclear: {_percent(1 - share)} of the frames give no vote; 17 % is usual"
    remedy = "face the camera; mount it at nose height; nothing in front of the face"
    return [Problem(ProblemKind.UNCLEAR, words, remedy)]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
