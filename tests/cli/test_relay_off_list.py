"""The subcommand ``binarycop relay-off-list``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from binarycop.cli.main import main

SETTINGS = """gates:
- {name: north, source: /dev/video0, lines: {factory: gpiochip, permission: {pin: relay-north}, lamps: {}}}
- {name: south, source: /dev/video1, lines: {factory: gpiochip, permission: {pin: relay-south, active_high: false}, lamps: {}}}
"""  # noqa: E501


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gate.yaml"
    file.write_text(SETTINGS)
    return file


def test_it_writes_the_relays_of_all_gates(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "release"
    assert main(["relay-off-list", "--config", str(config), str(file)]) == 0
    assert file.read_text() == "relay-north=0\nrelay-south=1\n"
    assert capsys.readouterr().out == f"{file}: 2 lines to switch off (lines.factory: gpiochip)\n"
    assert main(["relay-off-list", "--config", str(config), str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "lines": 2}


def test_with_wrong_settings_the_old_list_stays(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "release"
    main(["relay-off-list", "--config", str(config), str(file)])
    config.write_text(SETTINGS + "gate: {pulse: 1}\n")
    assert main(["relay-off-list", "--config", str(config), str(file)]) == 3
    assert file.read_text() == "relay-north=0\nrelay-south=1\n"


def test_a_folder_that_does_not_exist_ends_with_the_code_of_a_line(config: Path, tmp_path: Path) -> None:
    assert main(["relay-off-list", "--config", str(config), str(tmp_path / "nowhere/release")]) == 6


def test_it_starts_without_opencv_and_numpy_which_take_seconds_on_a_board(config: Path, tmp_path: Path) -> None:
    names = ("cv2", "numpy")
    program = f"import sys; from binarycop.cli.main import main; main(sys.argv[1:]); print([n for n in {names} if n in sys.modules])"  # noqa: E501
    command = [sys.executable, "-c", program, "relay-off-list", "--config", str(config), str(tmp_path / "release")]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == "[]"
