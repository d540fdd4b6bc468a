"""The subcommand ``binarycop lines``, the wiring test."""

import errno
import io
import json
import signal
from io import TextIOWrapper
from pathlib import Path

import pytest
from gpiozero import DigitalInputDevice

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.cli.main import main
from binarycop.errors import LineError
from binarycop.lines.devices import open_input
from binarycop.lines.mock import MockLine, MockLines
from binarycop.settings.lines import InputSettings


def test_it_shows_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--json"]) == 0
    wires, *shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert wires == {"gate": "gate", "factory": "mock", "chips": [], "denied": [], "drives": False}
    assert [line["name"] for line in shown] == [
        "permission", "lamps.correct", "lamps.nose", "lamps.nose_mouth", "lamps.chin",
    ]  # fmt: skip
    assert all(line["active"] is False for line in shown)


def test_an_output_is_off_and_an_input_inactive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text("lines: {factory: mock, lamps: {}, fire: {pin: FIRE}, ready: {pin: READY, active_high: false}}\n")
    assert main(["lines", "--config", str(config)]) == 0
    shown = [line.split()[2::2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert shown == [["permission", "off"], ["ready", "active"], ["fire", "inactive"]]


@pytest.mark.parametrize(("answer", "pulsed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_it_asks_before_a_pulse(
    answer: str, pulsed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["lines", "--pulse", "permission", "--for", "0.3"]) == 0
    assert "Drive permission of the gate for 0.3 s? It may open the speed gate." in capsys.readouterr().err
    assert waits == ([0.3] if pulsed else [])


@pytest.mark.parametrize("arguments", [["--pulse", "permission"], ["--walk"]], ids=lambda words: words[0])
def test_ctrl_z_cannot_stop_it_with_the_relay_on(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handlers: list[object] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", lambda _: handlers.append(signal.getsignal(signal.SIGTSTP)))
    before = signal.getsignal(signal.SIGTSTP)
    main(["lines", *arguments, "--yes"])
    assert set(handlers) == {signal.SIG_IGN}
    assert signal.getsignal(signal.SIGTSTP) is before


class GoneTerminal:
    """Answers as a terminal that was closed."""

    def readline(self) -> str:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("arguments", [["--pulse", "permission"], ["--walk"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    "answers",
    [GoneTerminal(), TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8")],
    ids=["terminal gone", "no text"],
)
def test_an_answer_that_cannot_be_read_is_none(
    answers: object, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", answers)
    with pytest.raises(SystemExit) as ended:
        main(["lines", *arguments])
    assert ended.value.code == 2
    assert "nobody answered, and nothing was driven" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gate", "south"], "argument --gate: south is not the name of a gate; gates are gate"),
        (["--pulse", "lamps.red", "--yes"], "argument --pulse: lamps.red is not an output of the gate; outputs are"),
        (["--pulse", "permission", "--for", "60"], "argument --for: '60' is not a number of seconds from 0 to 10"),
        (["--pulse", "permission", "--for", "nan"], "argument --for: 'nan' is not a number of seconds from 0 to 10"),
        (["--pulse", "permission", "--for", "0"], "argument --for: an output is driven for more than 0 s"),
        (["--watch", "-1"], "argument --watch: "),
        (["--walk", "--pulse", "permission"], "not allowed with argument"),
    ],
)
def test_a_wrong_argument_is_told_as_one(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["lines", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("driven", [["--walk"], ["--pulse", "permission"]])
def test_a_script_without_yes_does_not_take_the_test_for_passed(
    driven: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit) as ended:
        main(["lines", *driven])
    assert ended.value.code == 2
    assert "nobody answered, and nothing was driven; --yes drives without a question" in capsys.readouterr().err
    assert waits == []


@pytest.mark.parametrize(("answer", "walked"), [("y\n" * 6, True), ("n\n", False)])
def test_it_asks_before_a_walk(
    answer: str, walked: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["lines", "--walk"]) == 0
    assert "Drive each output, one after another, of the gate for 0.5 s? It may" in capsys.readouterr().err
    assert bool(waits) is walked


def test_a_walk_shows_each_output_and_ends_with_0_if_all_have_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", lambda _: None)
    assert main(["lines", "--walk", "--yes"]) == 0
    printed = capsys.readouterr()
    tested = [line for line in printed.out.splitlines() if "  test  " in line]
    assert tested[0] == "gate  test    permission        RELAY                passed"
    assert len(tested) == 5
    said = "binarycop: 5 passed; mock: no wire was driven, so this proves nothing"
    assert printed.err.splitlines()[-1] == said


def test_a_walk_in_which_an_output_does_not_follow_ends_with_6(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", lambda _: None)
    monkeypatch.setattr(MockLine, "_get_state", lambda line: 0)
    assert main(["lines", "--walk", "--yes", "--json"]) == 6
    printed = capsys.readouterr()
    results = [json.loads(line) for line in printed.out.splitlines()][6:]
    assert [result["passed"] for result in results] == [False] * 5
    assert results[0]["problems"] == ["switched on, it reads off"]
    names = "permission, lamps.correct, lamps.nose, lamps.nose_mouth, lamps.chin"
    assert printed.err.splitlines()[-1].startswith(f"binarycop: 0 passed; 5 FAILED: {names}; mock")


def test_its_first_line_says_that_mock_lines_are_no_wires(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "gate  factory mock: drives nothing, reads no wire"


def test_a_pulse_says_what_it_did_and_what_it_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--pulse", "permission", "--for", "0.01", "--yes"]) == 0
    expected = "on for 0.01 s: read on, then off (mock: no wire was driven)"
    assert (
        capsys.readouterr().out.splitlines()[-1] == f"gate  pulse   permission        RELAY                {expected}"
    )


def test_a_pulse_that_the_line_does_not_follow_ends_with_6(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(MockLine, "_get_state", lambda line: 0)
    assert main(["lines", "--pulse", "permission", "--for", "0.01", "--yes"]) == 6
    assert "DOES NOT FOLLOW: switched on, it reads off" in capsys.readouterr().out
    assert main(["lines", "--pulse", "permission", "--for", "0.01", "--yes", "--json"]) == 6
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["problems"] == ["switched on, it reads off"]
    assert result["on"] == {"output": False, "contact": None}


def test_a_walk_asks_what_was_seen_and_writes_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", lambda _: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" + "yes\n" + "what\na\nn\n" + "s\n" + "y\ny\n"))
    file = tmp_path / "record.txt"
    assert main(["lines", "--walk", "--record", str(file)]) == 6
    printed = capsys.readouterr()
    assert printed.err.count("Did the lamp correct light? [y/n, a: again, s: skip]") == 3
    text = file.read_text()
    assert text in printed.out
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "factory   mock: drives nothing, reads no wire" in lines
    assert "permission        output  RELAY                 passed" in lines
    assert "  wrong: nobody saw it: check the wire, the lamp or relay, and its supply" in lines
    assert "result    3 passed; 1 FAILED: lamps.correct; 1 not tested: lamps.nose; mock:" in lines


def test_a_walk_is_not_passed_if_nobody_answers_what_was_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", lambda _: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\ny\n"))
    with pytest.raises(SystemExit) as ended:
        main(["lines", "--walk"])
    assert ended.value.code == 2
    assert "nobody answered; --yes drives without a question" in capsys.readouterr().err


@pytest.mark.parametrize("driven", [["--walk"], ["--pulse", "permission"]])
def test_nothing_is_driven_while_the_overlays_clock_is_slow(
    driven: list[str], wired: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lines", *wired, *driven, "--yes"]) == 8
    said = (
        "binarycop: overlay: its clock, 100 MHz in full, was left slow by a daemon that was killed, and so its dead-man"
    )
    assert said in capsys.readouterr().err


def test_with_a_slow_clock_the_levels_are_shown_with_a_warning(
    wired: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lines", *wired]) == 0
    printed = capsys.readouterr()
    assert "no output can be driven until load-overlay" in printed.err
    assert printed.out.splitlines()[0] == "gate  factory other: of another package"


@pytest.fixture
def wired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments: a gate whose lines are no mock, on a board whose logic has a slow clock."""
    (tmp_path / "slow-clock").write_text("100.0\n")
    manager = SysfsFpgaManager(record=tmp_path / "sha256")
    monkeypatch.setattr("binarycop.cli.lines.SysfsFpgaManager", lambda: manager)
    monkeypatch.setattr("binarycop.cli.lines.open_factory", lambda _: MockLines())
    config = tmp_path / "gate.yaml"
    config.write_text("lines: {factory: other}\n")
    return ["--config", str(config)]


def test_only_a_walk_writes_a_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        (["--record", str(tmp_path / "x")], "argument --record: only --walk writes a record"),
        (["--walk", "--record", str(tmp_path / "no" / "x")], "argument --record: there is no folder"),
    ):
        with pytest.raises(SystemExit):
            main(["lines", *arguments])
        assert message in capsys.readouterr().err


def test_a_gate_without_inputs_has_nothing_to_watch_and_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    assert main(["lines", "--watch", "1"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "binarycop: the gate has no inputs: there is nothing to watch"
    assert not waits


@pytest.fixture
def two_gates(tmp_path: Path) -> list[str]:
    """Arguments: two gates, of which the first has a line that is open elsewhere."""
    config = tmp_path / "gate.yaml"
    gates = [
        "{name: north, source: /dev/video0, lines: {permission: {pin: A}, lamps: {}, passed: {pin: TAKEN}}}",
        "{name: south, source: /dev/video1, lines: {permission: {pin: B}, lamps: {}}}",
    ]
    config.write_text(f"lines: {{factory: mock}}\ngates: [{', '.join(gates)}]\n")
    return ["--config", str(config)]


@pytest.fixture
def _a_line_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_some(line: InputSettings, factory: MockLines) -> DigitalInputDevice:
        if line.pin == "TAKEN":
            raise LineError(line.pin, "in use")
        return open_input(line, factory)

    monkeypatch.setattr("binarycop.lines.wiring_test.open_input", open_some)


def test_it_names_the_gates_whose_lines_it_does_not_show(
    two_gates: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lines", *two_gates]) == 0
    printed = capsys.readouterr()
    assert "south" not in printed.out
    assert "binarycop: gate north only; --gate NAME takes south" in printed.err.splitlines()
    assert main(["lines", *two_gates, "--gate", "south"]) == 0
    assert "only" not in capsys.readouterr().err


def test_lines_that_the_daemon_has_say_what_to_do(
    two_gates: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(line: InputSettings, factory: MockLines) -> DigitalInputDevice:
        raise LineError(line.pin, f"cannot be opened: {line.pin} is already in use by 'binarycop'")

    monkeypatch.setattr("binarycop.lines.wiring_test.open_input", refuse)
    assert main(["lines", *two_gates]) == 6
    expected = "binarycop: cannot be opened: passed; if the daemon runs, stop it first: systemctl stop binarycop"
    assert capsys.readouterr().err.splitlines()[-1] == expected


@pytest.mark.usefixtures("_a_line_is_taken")
@pytest.mark.parametrize("asked", [["--walk"], ["--pulse", "permission"], ["--walk", "--yes"]])
def test_a_line_that_cannot_be_opened_is_a_failure_whatever_is_answered(
    asked: list[str],
    two_gates: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", lambda _: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert main(["lines", *two_gates, *asked]) == 6
    assert capsys.readouterr().err.splitlines()[-1] == "binarycop: cannot be opened: passed"
