"""The command ``binarycop lines``."""

import io
import json

import pytest

from binarycop.cli.main import main


def test_it_shows_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["name"] for one in shown] == [
        "permission", "lamps.correct", "lamps.nose", "lamps.nose_mouth", "lamps.chin",
    ]  # fmt: skip
    assert all(one["active"] is False for one in shown)


@pytest.mark.parametrize(("answer", "pulsed"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_it_asks_before_it_pulses(
    answer: str, pulsed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("binarycop.cli.lines.time.sleep", waits.append)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["lines", "--pulse", "permission", "--for", "0.3"]) == 0
    assert "Drive permission of gate gate for 0.3 s? It may open the lane." in capsys.readouterr().err
    assert waits == ([0.3] if pulsed else [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--gate", "south"], "line south: is no gate; gates are gate"),
        (["--pulse", "lamps.red", "--yes"], "line lamps.red: is no output of gate gate"),
        (["--pulse", "permission", "--for", "60", "--yes"], "line permission: a pulse lasts up to 10 s"),
    ],
)
def test_what_is_not_there_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", *arguments]) == 6
    assert said in capsys.readouterr().err
