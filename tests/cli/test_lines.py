"""The subcommand ``binarycop lines``, the wiring test."""

import io
import json
from pathlib import Path

import pytest
from gpiozero import DigitalInputDevice

from binarycop.cli.main import main
from binarycop.errors import LineError
from binarycop.lines.devices import open_input
from binarycop.lines.mock import MockLine, MockLines
from binarycop.settings.lines import InputSettings


def test_it_shows_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in shown] == [
        "permission", "lamps.correct", "lamps.nose", "lamps.nose_mouth", "lamps.chin",
    ]  # fmt: skip
    assert all(line["active"] is False for line in shown)


@pytest.mark.parametrize(("answer", "pulsed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_it_asks_before_a_pulse(
    answer: str, pulsed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["lines", "--pulse", "permission", "--for", "0.3"]) == 0
    assert "Drive permission of gate gate for 0.3 s? It may open the speed gate." in capsys.readouterr().err
    assert waits == ([0.3] if pulsed else [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gate", "south"], "argument --gate: south is not the name of a gate; gates are gate"),
        (["--pulse", "lamps.red", "--yes"], "argument --pulse: lamps.red is not an output of gate gate; outputs are"),
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


@pytest.mark.parametrize(("answer", "walked"), [("y\n", True), ("n\n", False)])
def test_it_asks_before_a_walk(
    answer: str, walked: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["lines", "--walk"]) == 0
    assert "Drive each output, one after another, of gate gate for 0.5 s? It may" in capsys.readouterr().err
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
    assert printed.err.splitlines()[-1] == "binarycop: every output passed"


def test_a_walk_in_which_an_output_does_not_follow_ends_with_6(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", lambda _: None)
    monkeypatch.setattr(MockLine, "_get_state", lambda line: 0)
    assert main(["lines", "--walk", "--yes", "--json"]) == 6
    printed = capsys.readouterr()
    results = [json.loads(line) for line in printed.out.splitlines()][5:]
    assert [result["passed"] for result in results] == [False] * 5
    assert results[0]["problems"] == ["switched on, it reads off"]
    assert printed.err.splitlines()[-1] == "binarycop: the test has failed"


def test_it_says_what_it_did_and_that_mock_lines_are_no_wires(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--pulse", "permission", "--for", "0.01", "--yes"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "binarycop: lines.factory is mock: no wire is read or driven",
        "binarycop: permission was on for 0.01 s",
    ]


def test_a_gate_without_inputs_has_nothing_to_watch_and_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    assert main(["lines", "--watch", "1"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "binarycop: gate gate has no inputs: there is nothing to watch"
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
    assert "binarycop: gate north only; --gate NAME tests south" in printed.err.splitlines()
    assert main(["lines", *two_gates, "--gate", "south"]) == 0
    assert "only" not in capsys.readouterr().err


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
