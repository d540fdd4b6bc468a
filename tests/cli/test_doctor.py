"""``binarycop doctor`` as a person, a program and the installer call it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.cli.exit_codes import NOT_RIGHT
from binarycop.cli.main import main
from binarycop.doctor.machine import MachineFacts
from binarycop.doctor.units import UnitFacts
from binarycop.service.status import State
from tests.cli.tty import Tty, grid_of
from tests.doctor.test_machine import GOOD
from tests.patience import PATIENCE_S
from tests.service.statuses import STATUS

SECTIONS = ["settings", "daemon", "detector and network", "cameras", "lines", "machine"]


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """By how much doctor lowers its priority; the tests could not take that back."""
    by = list[int]()
    monkeypatch.setattr("os.nice", by.append)
    return by


@pytest.fixture
def _good_machine(lowered: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine of the tests is like does not matter here."""
    for module in ("binarycop.doctor.examination", "binarycop.cli.doctor", "binarycop.doctor.versions"):
        monkeypatch.setattr(f"{module}.read_machine", lambda: GOOD)
    monkeypatch.setattr("binarycop.doctor.examination.read_units", lambda _: UnitFacts())
    monkeypatch.setattr("binarycop.doctor.examination._ask", lambda: (None, ""))
    monkeypatch.setattr("binarycop.doctor.camera_facts.SECONDS", 0.3)
    monkeypatch.setattr("binarycop.service.hardening.forbid_dumps", lambda: None)


@pytest.mark.usefixtures("_good_machine")
def test_the_demo_has_warnings_only(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], lowered: list[int]
) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text(f"classifier: {{bundle: {bundle}}}\n")
    assert main(["doctor", "--config", str(config), "--json"]) == 0
    [found] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [section["title"] for section in found["sections"]] == SECTIONS
    assert found["fail"] == 0
    assert lowered == [], "no gate runs that needs the processor first"
    levels = {finding["level"] for section in found["sections"] for finding in section["findings"]}
    assert levels == {"ok", "warn", "not_checked"}
    assert set(found["sections"][0]["findings"][0]) == {"name", "level", "text", "remedy", "gate"}


@pytest.mark.usefixtures("_good_machine")
def test_what_takes_some_seconds_is_said_on_a_terminal_and_replaced_by_what_was_found(
    bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, terminal = tmp_path / "gate.yaml", Tty()
    config.write_text(f"classifier: {{bundle: {bundle}}}\n")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["doctor", "--config", str(config)]) == 0
    assert "binarycop: the cameras are looked through …" in terminal.getvalue()
    assert "".join(grid_of(terminal, 80).rows) == ""


@pytest.mark.usefixtures("_good_machine")
def test_a_daemon_that_runs_keeps_camera_and_processor_and_is_asked_instead(
    bundle: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lowered: list[int],
) -> None:
    gate = replace(STATUS.gates[0], gate="gate", causes=(), state=State.IN_SERVICE)
    monkeypatch.setattr("binarycop.doctor.examination._ask", lambda: (replace(STATUS, gates=(gate,)), ""))

    def refuse(*_: object) -> None:
        raise AssertionError("the source was opened")

    monkeypatch.setattr("binarycop.doctor.examination.grabber_of", refuse)
    config = tmp_path / "gate.yaml"
    config.write_text(f"classifier: {{bundle: {bundle}}}\n")
    assert main(["doctor", "--config", str(config), "--json"]) == 0
    sections = {section["title"]: section["findings"] for section in json.loads(capsys.readouterr().out)["sections"]}
    names = {finding["name"]: finding["text"] for finding in (*sections["daemon"], *sections["cameras"])}
    assert names["answer"].startswith("in service")
    assert names["pictures"].startswith("the daemon's newest is 0.0 s old")
    assert lowered == [10]
    tried = {finding["name"]: finding["text"] for finding in sections["detector and network"]}
    assert "ms a frame beside the running gate, which goes first" in tried["detector"]
    assert "ms at most beside the running gate, which goes first" in tried["latency"]


@pytest.mark.usefixtures("_good_machine")
def test_a_check_that_fails_ends_with_its_own_exit_code(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text(f"classifier: {{bundle: {bundle}}}\nframes: {{source: /dev/nothing}}\n")
    assert main(["doctor", "--config", str(config)]) == NOT_RIGHT
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("FAIL  camera          /dev/nothing: there is no /dev/nothing now") for line in lines)
    assert max(map(len, lines)) <= 80
    assert lines[-1].endswith("FAIL, 3 not checked") or "FAIL" in lines[-1]


@pytest.mark.usefixtures("_good_machine")
def test_with_wrong_settings_the_rest_is_still_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text("gate: {policy: maybe}\n")
    assert main(["doctor", "--config", str(config), "--json"]) == NOT_RIGHT
    found = json.loads(capsys.readouterr().out)
    assert [section["title"] for section in found["sections"]] == ["settings", "daemon", "gate", "machine"]
    assert "gate.yaml:1: gate.policy" in found["sections"][0]["findings"][0]["text"]


@pytest.mark.usefixtures("_good_machine")
def test_the_report_is_written_for_its_owner_only(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, config = tmp_path / "report.txt", tmp_path / "gate.yaml"
    config.write_text(f"classifier: {{bundle: {bundle}}}\n")
    assert main(["doctor", "--config", str(config), "--report", str(file)]) == 0
    assert file.read_text().startswith("binarycop doctor: report for support")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is for support; read it before you send it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--report", "/nowhere/report.txt"], "argument --report: there is no folder /nowhere"),
        (["--other-board"], "argument --other-board: it is for --before-install"),
        (["--before-install", "--report", "x"], "argument --report: not allowed with argument --before-install"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_checked(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("facts", "options", "code"),
    [
        (GOOD, [], 0),
        (MachineFacts(free_mib=500), [], NOT_RIGHT),
        (MachineFacts(free_mib=500), ["--other-board"], NOT_RIGHT),
        (MachineFacts(free_mib=500), ["--other-board", "--without-camera"], 0),
        (MachineFacts(free_mib=50), ["--other-board", "--without-camera"], NOT_RIGHT),
    ],
)
def test_the_installer_asks_for_what_must_be_right_before(
    facts: MachineFacts, options: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("binarycop.cli.doctor.read_machine", lambda: facts)
    assert main(["doctor", "--before-install", *options]) == code


def test_before_an_installation_it_needs_no_other_package() -> None:
    """The installer runs it with the board's own Python, which need not have numpy, OpenCV or PyYAML yet."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "[sys.modules.__setitem__(name, None) for name in ('numpy', 'cv2', 'yaml', 'gpiozero')];"
        "from binarycop.cli.main import main; sys.exit(main(['doctor', '--before-install', '--json']))"
    )
    daemon = Path(__file__).resolve().parents[2] / "daemon"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(daemon)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode in (0, NOT_RIGHT), done.stderr
    assert json.loads(done.stdout)["sections"][0]["title"] == "before the installation"
