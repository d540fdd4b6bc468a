"""What the program imports: on a board OpenCV and numpy alone take seconds."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from binarycop.cli import main
from binarycop.cli.console import counts_text, latency_text
from tests.patience import PATIENCE_S

HEAVY = ("cv2", "numpy", "gpiozero", "yaml")


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--version"], set()),
        (["--help"], set()),
        (["events", "--help"], {"yaml"}),
        (["run", "--help"], {"yaml"}),
        (["replay", "--help"], {"yaml"}),
        (["check-config"], {"yaml"}),
        (["bundle", "list"], {"gpiozero", "yaml"}),
        (["selftest", "--help"], set(HEAVY)),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], heavy: set[str], tmp_path: Path) -> None:
    program = (
        "import sys\nfrom binarycop.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print('imported:', *[name for name in {HEAVY} if name in sys.modules])"
    )
    if arguments[0] == "bundle":
        arguments = ["bundle", "--root", str(tmp_path), *arguments[1:]]
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert set(done.stdout.splitlines()[-1].split()[1:]) <= heavy


@pytest.mark.parametrize(("name", "head"), [("cut.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), ("other.avi", b"RIFF")])
def test_a_clip_that_cannot_be_read_is_an_error_of_one_line(name: str, head: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(head + bytes(range(256)) * 12)
    command = [sys.executable, "-m", "binarycop", "replay", str(tmp_path / name)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCV_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=environment)
    lines = done.stderr.splitlines()
    assert done.returncode == 5
    assert lines[-1].startswith(f"binarycop: source {tmp_path / name}: is not a video that can be read")
    # FFmpeg in OpenCV 4.5 cannot be told to be silent.
    assert len(lines) == 1 or cv2.__version__.startswith("4.5.")


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n    {name}" in text for name in main.COMMANDS)


def test_the_help_fits_a_terminal_of_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main.main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[lines.index("exit codes:") + 1] == "   0  success"


def test_every_command_has_arguments_and_something_that_it_runs() -> None:
    commands: dict[str, argparse.ArgumentParser] = main.parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr, assignment]
    assert list(commands) == list(main.COMMANDS)
    for name, parser in commands.items():
        assert parser.get_default("run") is not None or parser._subparsers is not None, name


def test_an_empty_store_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["bundle", "--root", str(tmp_path), "list"]) == 0
    said = f"binarycop: there is no bundle in {tmp_path}; binarycop bundle install FOLDER puts one there\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("latency_ms", "text"),
    [
        ({"p50": 0.9, "p99": 5.1}, "latency p50 0.9 ms, p99 5.1 ms"),
        ({"p50": 2.8734, "p99": 45.349}, "latency p50 2.87 ms, p99 45.3 ms"),
        ({"p50": 104.015, "p99": 1234.567}, "latency p50 104 ms, p99 1235 ms"),
        ({"p50": None, "p99": None}, "no latency: there was no frame"),
    ],
)
def test_a_summary_gives_its_latency_in_words(latency_ms: dict[str, float | None], text: str) -> None:
    assert latency_text(latency_ms) == text


def test_a_summary_counts_in_words() -> None:
    counts = {"frames": 1, "persons": 4, "permits": 1, "refusals": 3, "passed": 0}
    assert counts_text(counts) == "1 frame, 4 persons, 1 permitted, 3 refused, 0 passed"
