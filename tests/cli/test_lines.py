"""The subcommand ``binarycop lines``, the wiring test."""

import io
import json

import pytest

from binarycop.cli.main import main


def test_it_shows_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in shown] == [
        "permission", "lamps.correct", "lamps.nose", "lamps.nose_mouth", "lamps.chin",
    ]  # fmt: skip
    assert all(line["active"] is False for line in shown)


@pytest.mark.parametrize(("answer", "pulsed"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
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
        (["--gate", "south"], "line south: is not the name of a gate; gates are gate"),
        (["--pulse", "lamps.red", "--yes"], "line lamps.red: is not an output of gate gate"),
        (["--pulse", "permission", "--for", "60", "--yes"], "line permission: a pulse lasts at most 10 s"),
    ],
)
def test_an_unknown_gate_or_line_and_a_long_pulse_are_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lines", *arguments]) == 6
    assert message in capsys.readouterr().err


def test_it_says_what_it_did_and_that_mock_lines_are_no_wires(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--pulse", "permission", "--for", "0.01", "--yes"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "binarycop: lines.factory is mock: no wire is read or driven",
        "binarycop: permission was on for 0.01 s",
    ]
