"""What ``binarycop aim`` shows: figures, a grid with one mark, a bar and a judgement. Numbers and words, no picture."""

from dataclasses import dataclass

from binarycop.aim.figures import WINDOW_S, FaceFigures
from binarycop.aim.judgement import LEAST_SHARPNESS, MOST_CLIPPED, Camera, Judgement
from binarycop.aim.sample import FaceSample
from binarycop.aim.session import View
from binarycop.classes import MaskClass
from binarycop.cli.terminal import Line, Words, bold, dim, fail, ok, warn
from binarycop.cli.wrapping import wrap
from binarycop.detection.light_limits import LEAST_BRIGHTNESS
from binarycop.frames.camera_controls import CameraControls
from binarycop.service.person_votes import PersonVotes
from binarycop.settings.lines import MOCK

COLUMNS, ROWS = 16, 9
"""The grid: a cell is a sixteenth of the frame's width and a ninth of its height."""

_BAR = 60
_BAR_BEYOND = 1.15  # the bar ends somewhat beyond the largest right width
_TEXT = 78


@dataclass(frozen=True)
class Heading:
    """What does not change while the command runs.

    lines: the name of the pin factory; ``mock`` holds no line. least_px, votes: of the settings. lead_needed: a frame
    with less gives no vote. opens_when_off: the relay that is off gives the permission (``gate.fail: open``).
    """

    gate: str
    source: str
    lines: str
    least_px: int
    votes: int
    lead_needed: int
    opens_when_off: bool


def screen(view: View, heading: Heading, *, is_relay_on: bool) -> list[Line]:
    """The screen, 80 columns wide; with three problems and a setting it has 23 rows."""
    figures = _figures(view, heading)
    grid = _grid(view.face)
    rows: list[Line] = [(bold(f"{heading.gate}: {heading.source}"), f"   {view.elapsed_s:.0f} s   Ctrl-C ends")]
    rows.append(_lines_held(heading, is_relay_on=is_relay_on))
    for index in range(max(len(grid), len(figures))):
        left = grid[index] if index < len(grid) else " " * len(grid[0])
        right = figures[index] if index < len(figures) else ("",)
        rows.append((left, "  ", *right))
    if view.camera.most_px:
        rows += _bar(view.face, view.camera, heading)
    if view.trouble:
        rows += ["", fail(view.trouble)]
    rows.append("")
    if view.judgement is None:
        left_s = max(WINDOW_S - view.elapsed_s, 0.0)
        return [*rows, dim(f"Stand where people stop. A judgement comes in {left_s:.0f} s.")]
    return rows + judgement_lines(view.judgement, heading, view.elapsed_s)


def line(view: View, heading: Heading) -> str:
    """All of it in one line, for a pipe or a log."""
    parts = [f"{heading.gate} {view.elapsed_s:5.1f} s"]
    if view.trouble:
        parts.append(view.trouble)
    face, light = view.face, view.live.face
    if face is None or light is None:
        parts.append("no face")
    else:
        column, row = cell_of(face)
        parts.append(f"face {face.width_px:.0f} px at column {column + 1} of {COLUMNS}, row {row + 1} of {ROWS}")
        parts.append(f"bright {light.brightness:.0f}, sharp {light.sharpness:.0f}")
    if view.votes is not None:
        parts.append(_class_words(view.votes, heading))
    if view.live.rate_hz is not None:
        parts.append(f"{view.live.rate_hz:.1f} Hz")
    return "; ".join(parts)


def judgement_lines(judgement: Judgement, heading: Heading, of_s: float) -> list[Line]:
    """The judgement in words, with the setting that it proposes. of_s: how many seconds it is of."""
    lines: list[Line] = []
    if of_s < WINDOW_S:
        lines.append(
            dim(f"A judgement of {of_s:.0f} s only; it needs {WINDOW_S:.0f} s with somebody where people stop.")
        )
    for problem in judgement.problems:
        lines += [warn(row) for row in wrap(problem.words, _TEXT)]
        lines += wrap(problem.remedy, _TEXT, begin="  -> ", indent="     ")
    if not judgement.problems:
        is_placed = "Place, light and rate are right." if judgement.is_place_known else "Light and rate are right."
        lines.append(ok(is_placed))
    if not judgement.is_place_known:
        lines.append("The detector fixed does not measure where the face is or how wide it is.")
    if judgement.least_px is not None:
        now = "as it is" if judgement.least_px == heading.least_px else f"now {heading.least_px}"
        lines.append(f"Proposed setting: faces.least_px: {judgement.least_px} ({now}). Nothing was changed.")
    return lines


def cell_of(face: FaceSample) -> tuple[int, int]:
    """Column and row of the grid in which the centre of a face is, from 0."""
    return min(int(face.across * COLUMNS), COLUMNS - 1), min(int(face.down * ROWS), ROWS - 1)


def _lines_held(heading: Heading, *, is_relay_on: bool) -> Line:
    if heading.lines == MOCK:
        return fail("lines.factory is mock: no wire is held or driven")
    if is_relay_on:
        return fail("lines held; THE RELAY'S LINE READS ON, though it is commanded off")
    gets = "the speed gate is open (gate.fail: open)" if heading.opens_when_off else "nobody gets a permission"
    return f"lines held ({heading.lines}), relay off: {gets}"


def _grid(face: FaceSample | None) -> list[str]:
    """The frame as the camera sees it, with a mark where the face is."""
    mark = None if face is None else cell_of(face)
    border = f"+{'-' * COLUMNS}+"
    cells = ["".join("O" if (column, row) == mark else "." for column in range(COLUMNS)) for row in range(ROWS)]
    return [border, *(f"|{row}|" for row in cells), border]


def _figures(view: View, heading: Heading) -> list[tuple[Words, ...]]:
    live, face = view.live, view.live.face
    mode, instead, wanted = (view.mode or "not open yet").partition(" instead of ")
    rows: list[tuple[Words, ...]] = [
        ("source    ", mode),
        *([("          ", f"{instead.strip()} {wanted}")] if instead else []),
        ("rate      ", _rate(live.rate_hz, live.looked_at_hz)),
        ("exposure  ", _exposure(view.controls)),
        ("faces     ", f"in {_percent(live.with_face)} of the frames"),
        ("width     ", _width(view, heading)),
        ("face      ", *_face_light(face)),
        ("behind    ", _behind(view)),
        ("class     ", "nobody" if view.votes is None else _class_words(view.votes, heading)),
    ]
    if view.votes is not None:
        rows.append(("votes     ", _votes_words(view.votes, heading)))
    return rows


def _rate(rate_hz: float | None, looked_at_hz: float | None) -> str:
    if rate_hz is None or looked_at_hz is None:
        return "not known yet"
    return f"{rate_hz:.1f} Hz, looked at {looked_at_hz:.1f} Hz"


def _exposure(controls: CameraControls) -> str:
    parts = []
    if controls.exposure_s is not None:
        how = {None: "", True: " (automatic)", False: " (fixed)"}[controls.is_automatic]
        parts.append(f"{1000 * controls.exposure_s:.1f} ms{how}")
    if controls.gain is not None:
        parts.append(f"gain {controls.gain} of {controls.most_gain}")
    if controls.may_slow_down:
        parts.append("may lower the rate")
    return ", ".join(parts) or "the source does not say"


def _width(view: View, heading: Heading) -> str:
    camera = view.camera
    shown = "no face" if view.face is None else f"{view.face.width_px:.0f} px"
    if camera.is_region:
        return f"{shown}, that of the settings (faces.fixed)"
    return f"{shown}; {camera.good_px} to {camera.most_px} are right, {heading.least_px} or more count"


def _face_light(face: FaceFigures | None) -> tuple[Words, ...]:
    if face is None:
        return ("no face",)
    bright, clipped, sharp = (
        f"bright {face.brightness:.0f}",
        f"clipped {_percent(face.clipped)}",
        f"sharp {face.sharpness:.0f}",
    )
    return (
        warn(bright) if face.brightness < LEAST_BRIGHTNESS else bright,
        ", ",
        warn(clipped) if face.clipped > MOST_CLIPPED else clipped,
        ", ",
        warn(sharp) if face.sharpness <= LEAST_SHARPNESS else sharp,
    )


def _behind(view: View) -> str:
    live = view.live
    if live.behind is None or live.behind_clipped is None:
        return "nothing in view"
    ratio = live.face.backlight if live.face is not None else None
    times = "" if ratio is None else f", {ratio:.1f} times the face"
    return f"bright {live.behind:.0f}, clipped {_percent(live.behind_clipped)}{times}"


def _class_words(votes: PersonVotes, heading: Heading) -> str:
    verdict = votes.current_verdict
    words = votes.outcome.words if verdict is None else verdict.status.value
    window = votes.window.votes if votes.window is not None else ()
    lead = f"{sum(vote.margin for vote in window) / len(window):.0f}" if window else "-"
    return f"{words}; lead {lead}, {heading.lead_needed} needed"


def _votes_words(votes: PersonVotes, heading: Heading) -> str:
    window = votes.window.votes if votes.window is not None else ()
    classes = [vote.mask_class for vote in window if vote.mask_class is not None]
    counts = [f"{one.label} {count}" for one in MaskClass if (count := classes.count(one))]
    frames = "1 frame" if len(window) == 1 else f"{len(window)} frames"
    return f"{', '.join(counts) or 'none'} in {frames}; {heading.votes} needed"


def _bar(face: FaceSample | None, camera: Camera, heading: Heading) -> list[Line]:
    """The face's width, and below it the least that counts, the least and the most that are right."""
    px_of_one = camera.most_px * _BAR_BEYOND / _BAR
    filled = 0 if face is None else min(round(face.width_px / px_of_one), _BAR)
    is_right = face is not None and camera.good_px <= face.width_px <= camera.most_px
    marks = [" "] * _TEXT
    for px in sorted({heading.least_px, camera.good_px, camera.most_px}):
        at = max(round(px / px_of_one) - 1, 0)
        if at < _BAR:
            marks[at : at + 1 + len(str(px))] = f"^{px}"
    bar = "#" * filled
    return [
        ("width |", ok(bar) if is_right else warn(bar), " " * (_BAR - filled), "|"),
        ("       ", "".join(marks).rstrip()),
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
