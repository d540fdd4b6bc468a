"""``binarycop aim``: what it shows in a terminal, in a pipe and as JSON, and what it says if it cannot."""

import json
import re
import signal
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from gpiozero import DigitalOutputDevice

from binarycop.aim import parts
from binarycop.cli.aim_json import judgement_as_json, view_as_json
from binarycop.cli.aim_screen import Heading, judgement_lines, line, screen
from binarycop.cli.main import main
from binarycop.cli.terminal import Terminal
from binarycop.errors import LineError, SourceError
from binarycop.frames.source_event import SourceEventKind
from binarycop.geometry import Box
from binarycop.lines.factory import open_factory
from binarycop.service import unit
from binarycop.service.unit import UnitState
from binarycop.settings.schema import LaneSettings
from tests.aim.fakes import Aiming
from tests.service.fakes import NOSE

HEADING = Heading("north", "/dev/video0", "gpiochip", 40, 5, 22, opens_when_off=False)
PLAIN = Terminal(environment={"TERM": "dumb"})


def shown(aiming: Aiming, heading: Heading = HEADING, *, is_relay_on: bool = False) -> list[str]:
    return [PLAIN.styled(row) for row in screen(aiming.session.view(), heading, is_relay_on=is_relay_on)]


def said(aiming: Aiming, heading: Heading = HEADING, of_s: float = 20) -> list[str]:
    return [PLAIN.styled(row) for row in judgement_lines(aiming.session.judgement(), heading, of_s)]


def grid(rows: list[str]) -> list[str]:
    return [row[1:17] for row in rows if re.match(r"\|[.O]{16}\|", row)]


def test_a_screen_has_all_that_an_installer_asks_for() -> None:
    aiming = Aiming()
    aiming.setup.classifier.scores_of = [NOSE]
    text = "\n".join(shown(aiming.frames(60)))
    for words in (
        "north: /dev/video0   2 s",
        "lines held (gpiochip), relay off: nobody gets a permission",
        "MJPG 640×480 at 30 Hz",
        "30.0 Hz, looked at 30.0 Hz",
        "10.0 ms (automatic), gain 16 of 255",
        "in 100 % of the frames",
        "80 px; 64 to 138 are right, 40 or more count",
        "bright 120, clipped 0 %, sharp 0",
        "bright 120, clipped 0 %, 1.0 times the face",
        "nose; lead 50, 22 needed",
        "nose 8 in 8 frames; 5 needed",
        "A judgement comes in 18 s.",
    ):
        assert words in text


def test_the_grid_has_one_mark_where_the_face_is_and_none_without_a_face() -> None:
    aiming = Aiming()
    aiming.setup.detectors[0].box = Box(0, 380, 80, 100)
    rows = grid(shown(aiming.frames(3)))
    assert [len(row) for row in rows] == [16] * 9
    assert rows[8] == ".O.............."
    assert "".join(rows).count("O") == 1
    aiming.setup.detectors[0].box = None
    assert "O" not in "".join(grid(shown(aiming.wait(1).frames(1))))


@pytest.mark.parametrize("box", [Box(-40, -50, 80, 100), Box(600, 430, 80, 100), Box(0, 0, 640, 480)])
def test_a_face_at_any_place_has_a_cell(box: Box) -> None:
    aiming = Aiming()
    aiming.setup.detectors[0].box = box
    assert "".join(grid(shown(aiming.frames(2)))).count("O") == 1


@pytest.mark.parametrize("width_px", [17, 64, 138, 500])
def test_the_bar_ends_where_the_face_does(width_px: int) -> None:
    aiming = Aiming()
    aiming.setup.detectors[0].box = Box(60, 60, width_px, 300)
    rows = shown(aiming.frames(40))
    at = next(index for index, row in enumerate(rows) if row.startswith("width |"))
    marks = rows[at + 1]
    filled = rows[at].rindex("#") if "#" in rows[at] else 0
    assert (filled >= marks.index("^64")) == (width_px >= 64)
    assert len(rows[at]) == 68
    assert ("^40" in marks, "^138" in marks) == (True, True)


@cache
def many_problems() -> Aiming:
    aiming = Aiming()
    aiming.grabber.mode = "YUYV 320×240 at 15 Hz, interlaced instead of MJPG 640×480 at 30 Hz"
    aiming.setup.detectors[0].box = Box(2, 2, 40, 50)
    aiming.pixels = aiming.pixels // 8
    return aiming.frames(620)


def test_it_fits_a_terminal_of_80_columns_and_24_rows() -> None:
    assert max(map(len, shown(many_problems()))) <= 79
    assert len(shown(many_problems())) <= 23


def test_a_mode_that_is_not_the_one_asked_for_has_a_row_of_its_own() -> None:
    rows = shown(many_problems())
    assert any(row.endswith("YUYV 320×240 at 15 Hz, interlaced") for row in rows)
    assert any(row.endswith("instead of MJPG 640×480 at 30 Hz") for row in rows)


def test_problems_have_what_to_do_below_them() -> None:
    rows = said(many_problems())
    assert rows[:2] == [
        "too far: the face is 40 px wide; 64 or more are right",
        "  -> mount the camera nearer, or use a longer lens",
    ]
    assert len([row for row in rows if row.startswith("  -> ")]) == 3
    assert not any("Setting" in row for row in rows)


def test_a_setting_is_proposed_and_never_changed() -> None:
    aiming = Aiming().frames(60)
    assert said(aiming)[-1] == "Proposed setting: faces.least_px: 40 (as it is). Nothing was changed."
    assert said(aiming, replace(HEADING, least_px=60))[-1].startswith("Proposed setting: faces.least_px: 40 (now 60).")


def test_a_short_time_is_said() -> None:
    assert "A judgement of 2 s only; it needs 20 s" in said(Aiming().frames(60), of_s=2)[0]


@pytest.mark.parametrize(
    ("heading", "is_relay_on", "words"),
    [
        (replace(HEADING, lines="mock"), False, "lines.factory is mock: no wire is held or driven"),
        (replace(HEADING, opens_when_off=True), False, "relay off: the speed gate is open (gate.fail: open)"),
        (HEADING, True, "THE RELAY'S LINE READS ON"),
    ],
)
def test_the_second_row_says_what_the_lines_do(heading: Heading, is_relay_on: bool, words: str) -> None:
    assert words in shown(Aiming().frames(1), heading, is_relay_on=is_relay_on)[1]


def test_a_camera_that_gives_no_frames_any_more_is_said() -> None:
    aiming = Aiming().frames(10).happens(SourceEventKind.LOST, "unplugged or stalled")
    assert "unplugged or stalled" in shown(aiming)
    assert "unplugged or stalled" in line(aiming.session.view(), HEADING)


def test_before_the_first_frame_there_is_a_screen_too() -> None:
    assert "no face" in "\n".join(shown(Aiming()))
    assert line(Aiming().session.view(), HEADING) == "north   0.0 s; no face"


def test_one_line_has_the_same_figures() -> None:
    text = line(Aiming().frames(60).session.view(), HEADING)
    assert text.startswith("north   2.0 s; face 80 px at column 9 of 16, row 5 of 9; bright 120, sharp 0; correct; ")
    assert text.endswith("lead 50, 22 needed; 30.0 Hz")


def test_json_has_each_figure_and_null_for_what_is_not_known() -> None:
    empty = view_as_json(Aiming().session.view(), HEADING, is_relay_on=False)
    full = view_as_json(Aiming().frames(60).session.view(), HEADING, is_relay_on=False)
    assert list(empty) == list(full)
    assert empty["face_px"] is None
    assert {key: full[key] for key in ("face_px", "column", "row", "class", "lead", "votes", "rate_hz")} == {
        "face_px": 80,
        "column": 8,
        "row": 4,
        "class": "correct",
        "lead": 50,
        "votes": {"correct": 8, "nose": 0, "nose_mouth": 0, "chin": 0},
        "rate_hz": 30.0,
    }
    json.dumps([empty, full])


def test_json_has_the_problems_by_name() -> None:
    judgement = judgement_as_json(many_problems().session.judgement(), HEADING)
    assert judgement["is_right"] is False
    assert [problem["kind"] for problem in judgement["findings"]] == ["too_far", "at_edge", "too_dark"]
    assert judgement["proposal"] == {"faces.least_px": None}
    right = judgement_as_json(Aiming("demo", is_region=True).frames(60).session.judgement(), HEADING)
    assert right["now"] == {"faces.least_px": 40}


@pytest.fixture(autouse=True)
def forbidden(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command forbids its own process; this one may still be traced and dumped."""
    calls = list[str]()
    monkeypatch.setattr("binarycop.service.hardening.forbid_dumps", lambda: calls.append("dumps"))
    return calls


def test_core_dumps_are_forbidden_before_a_source_is_opened(
    bundle: str, forbidden: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise SourceError("demo", f"after {forbidden}")

    monkeypatch.setattr(parts, "grabber_of", refuse)
    assert main([*ARGUMENTS, "--bundle", bundle]) == 5
    assert "after ['dumps']" in capsys.readouterr().err


ARGUMENTS = ["aim", "--source", "demo", "--seconds", "0.3"]


def test_in_a_pipe_it_prints_lines_and_the_judgement(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS, "--bundle", bundle]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("gate   0.")
    assert "A judgement of 0 s only; it needs 20 s with somebody where people stop." in lines
    assert any(row.startswith("  -> ") for row in lines)


def test_as_json_it_prints_views_and_the_judgement(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS, "--bundle", bundle, "--json"]) == 0
    *views, judgement = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert {view["event"] for view in views} == {"view"}
    assert len(views) in (1, 2)
    assert (views[0]["lines"], views[0]["relay_on"]) == ("mock", False)
    assert judgement["event"] == "judgement"


def test_it_ends_with_a_recording(bundle: str, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["aim", "--source", str(clip), "--bundle", bundle, "--finder", "fixed", "--json"]) == 0
    shown = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert any(view.get("face_px") == 92 for view in shown)
    assert shown[-1]["event"] == "judgement"


def test_a_signal_ends_it_with_the_judgement(
    bundle: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("binarycop.aim.session.Session.view", interrupting())
    assert main(["aim", "--source", "demo", "--bundle", bundle]) == 0
    assert "A judgement of 0 s only" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def interrupting() -> Callable[..., Any]:
    """A view, during which Ctrl-C is pressed."""
    view = Aiming().session.view()

    def interrupted(_: object) -> Any:
        signal.raise_signal(signal.SIGINT)
        return view

    return interrupted


def test_a_gate_that_does_not_exist_is_a_wrong_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["aim", "--gate", "south"])
    assert ended.value.code == 2
    assert "argument --gate: south is not the name of a gate; gates are gate" in capsys.readouterr().err


def test_gate_takes_one_of_several(bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gate.yaml"
    file.write_text(
        "gates: [{name: north, lines: {permission: {pin: A}, lamps: {}}},"
        " {name: south, lines: {permission: {pin: B}, lamps: {}}}]\n",
        encoding="utf-8",
    )
    assert main([*ARGUMENTS, "--bundle", bundle, "--config", str(file), "--gate", "south", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["gate"] == "south"
    assert main([*ARGUMENTS, "--bundle", bundle, "--config", str(file)]) == 0
    assert "binarycop: gate north only; --gate NAME takes south" in capsys.readouterr().err


def test_a_missing_source_is_one_line_and_one_object(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "none.avi")
    assert main(["aim", "--source", missing, "--bundle", bundle, "--json"]) == 5
    out, err = capsys.readouterr()
    assert len(err.splitlines()) == 1
    error = json.loads(out.splitlines()[-1])
    assert (error["event"], error["exit_code"]) == ("error", 5)


RUNNING = UnitState(is_active=True, since_s=0, started_s=0, restarts=0, status="")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RUNNING, "; the daemon is running: stop it first with systemctl stop binarycop"),
        (replace(RUNNING, is_active=False), "; if that is the daemon, stop it with systemctl stop binarycop"),
        (None, "; if that is the daemon, stop it with systemctl stop binarycop"),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        LineError("gpiochip0:54", "cannot be opened: zynq_gpio:54 is already in use by 'binarycop'"),
        SourceError("/dev/video0", "is busy: another program uses it"),
    ],
)
def test_a_daemon_that_holds_line_or_camera_is_named_in_one_line(
    error: LineError | SourceError, state: UnitState | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit, "read", lambda: state)
    with pytest.raises(type(error)) as raised, parts.naming_the_daemon():
        raise error
    assert str(raised.value) == f"{error}{words}"


def test_another_error_of_a_line_or_camera_says_nothing_of_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "read", lambda: pytest.fail("systemd was asked"))
    with pytest.raises(SourceError, match=r"^source 0: there is no such device$"), parts.naming_the_daemon():
        raise SourceError("0", "there is no such device")


def test_the_command_names_the_daemon_that_holds_the_relay(
    bundle: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    factory = open_factory("mock")
    monkeypatch.setattr(parts, "open_factory", lambda _: factory)
    monkeypatch.setattr(unit, "read", lambda: RUNNING)
    with closing(DigitalOutputDevice(LaneSettings().lines.permission.pin, pin_factory=factory)):
        assert main([*ARGUMENTS, "--bundle", bundle]) == 6
    [message] = capsys.readouterr().err.splitlines()
    assert message.endswith("the daemon is running: stop it first with systemctl stop binarycop")
