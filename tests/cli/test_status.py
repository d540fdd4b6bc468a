"""``binarycop status``: what it shows, its exit codes, and a daemon that really runs."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from binarycop.cli import machine_state
from binarycop.cli.exit_codes import NOT_IN_SERVICE
from binarycop.cli.machine_state import MachineState
from binarycop.cli.main import COMMANDS, main
from binarycop.cli.status_page import Page, duration
from binarycop.cli.terminal import Terminal, columns_of
from binarycop.clock import MonotonicClock
from binarycop.errors import StatusError
from binarycop.service import unit
from binarycop.service.status import LineLevel, SettingsStatus, State, Status, WatchdogStatus
from binarycop.service.status_codec import decode, encode
from binarycop.service.status_server import open_status
from binarycop.service.unit import UnitState, parse
from tests.patience import PATIENCE_S
from tests.service.statuses import GATE, STATUS, with_gate

FACTS = MachineState(94.4, 101.2, 6, 230.0, 0.0, 54.3, 3200.0)
NOW = datetime(2026, 5, 4, 18, 30, 0)
HOSTILE = "x\n\x1b[2Jall is well\u202e"


def shown(status: Status, facts: MachineState = FACTS, state: UnitState | None = None, columns: int = 80) -> str:
    """The page as text, without colours."""
    terminal = Terminal(io.StringIO(), {})
    return "\n".join(terminal.styled(line) for line in Page(status, facts, state, NOW, columns).lines())


def coloured(status: Status) -> str:
    terminal = Terminal(io.StringIO(), {"CLICOLOR_FORCE": "1"})
    return "\n".join(terminal.styled(line) for line in Page(status, FACTS, None, NOW).lines())


@contextmanager
def answered(path: Path, status: Status) -> Iterator[Path]:
    """A daemon that gives this answer."""
    with open_status(path, {}, MonotonicClock()) as server:
        assert server is not None
        server.publish(status)
        yield path


@pytest.fixture(autouse=True)
def _no_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "read", lambda name=unit.UNIT: None)


def test_a_page_has_all_that_an_operator_asks_for() -> None:
    page = shown(STATUS, state=UnitState(True, 0.0, 0.0, 2, "", "active", 812))
    for part in (
        "binarycop 1.0  IN SERVICE",
        "17:29:58 (1 h 0 min ago), process 812",
        "n-cnv 0.3.0 on emulator; 96 golden vectors right at the start",
        "performance; latency 12.3 ms (median), 99 % within 31.0 ms",
        "94 MiB (at most 101), 6 threads; 230 MiB left; disk 3200 MiB left; 54 °C",
        "8 s, notified 0.9 s ago",
        "2 restarts after a failure",
        "gate  IN SERVICE",
        "policy enforce",
        "/dev/video0: MJPG 640×480 at 29.97 Hz",
        "29.9 a second, newest 0.2 s old; 9000 taken, 3 dropped, 0 withheld",
        "lookout on ncnn; last face 0.4 s ago",
        "ON (verdict), permitted",
        "person 13: still looking; 4 frames: correct 3, nose 1; lead 34/22",
        "3.2 s ago: person 12: nose; 14 frames: nose 9",
        "3.1 s ago: person 12: permission refused (nose)",
        "13 since the start: 9 permitted, 3 refused, 1 undecided; 9 passed",
        "gpiochip",
        "permission on, lamps.nose off",
        "fire inactive",
    ):
        assert re.sub(r"\s+", " ", part) in re.sub(r"\s+", " ", page), part


@pytest.mark.parametrize("columns", [80, 60, 200])
def test_no_line_is_longer_than_the_terminal(columns: int) -> None:
    wires = tuple(LineLevel(f"lines.lamps.lamp{number}", "gpio:1", False, None) for number in range(30))
    waiting = SettingsStatus(5.0, ("frames.source (gate)",) * 20, "gate.yaml:3: " + "wrong " * 40)
    status = replace(with_gate(lines=wires, causes=("no frames",)), settings=waiting)
    lines = shown(status, columns=columns).splitlines()
    assert max(map(columns_of, lines)) < columns


def test_mock_lines_cannot_be_missed() -> None:
    mock = replace(STATUS, origin=replace(STATUS.origin, factory="mock", is_mock=True))
    assert "MOCK: NO WIRE IS READ OR DRIVEN" in shown(mock)
    assert "\x1b[1;31mMOCK" in coloured(mock)
    assert "MOCK" not in shown(STATUS)


def test_a_fault_has_its_cause_and_its_time() -> None:
    page = shown(with_gate(state=State.OUT_OF_ORDER, causes=("no frames", "no scores"), since_s=90.0))
    assert "gate  OUT OF ORDER: no frames, no scores" in page
    assert "18:28:29 (90 s ago)" in page


def test_a_machine_that_is_not_well_is_said() -> None:
    page = shown(STATUS, MachineState(94.4, 101.2, 6, 230.0, 512.0, 76.0, 40.0))
    for part in ("SWAP of 512 MiB", "WARM: 76 °C", "DISK: 40 MiB left"):
        assert part in page
        assert part not in shown(STATUS)


def test_the_usual_page_fits_a_terminal_of_24_rows() -> None:
    assert len(shown(with_gate(front=None)).splitlines()) <= 23


def test_of_several_gates_the_first_line_names_those_that_are_out_of_order() -> None:
    south = replace(GATE, gate="south", state=State.OUT_OF_ORDER, causes=("no frames", "no scores"))
    page = shown(replace(STATUS, gates=(GATE, south)))
    assert page.startswith("binarycop 1.0  OUT OF ORDER: south (no frames, no scores)\n")


def test_a_camera_that_has_given_no_picture_is_said() -> None:
    page = shown(with_gate(source=replace(GATE.source, captured=0, frame_age_s=7.5)))
    assert "no picture yet, for 7.7 s" in page
    assert "NO PICTURES" not in page


@pytest.mark.parametrize("captured", [0, 9000])
def test_why_a_camera_gives_no_pictures_is_said(captured: int) -> None:
    source = replace(GATE.source, mode="not open", captured=captured, problem="there is no /dev/video0 now")
    page = shown(with_gate(source=source))
    assert "/dev/video0: not open\n           NO PICTURES: there is no /dev/video0 now\n" in page


def test_too_few_frames_are_said_with_how_many_a_verdict_needs() -> None:
    assert "FRAMES" not in shown(STATUS)
    page = " ".join(shown(with_gate(every_ms=400)).split())  # the sentence takes two lines
    assert "TOO FEW FRAMES: one frame in 400 ms is looked at; a verdict needs one in 188 ms" in page


def test_a_loop_that_hangs_is_the_first_thing_that_is_said() -> None:
    page = shown(replace(STATUS, age_s=4.2))
    assert page.startswith("binarycop 1.0  HANGS: the loop has not stepped for 4.2 s")


def test_while_the_loop_hangs_all_ages_grow() -> None:
    page = shown(replace(STATUS, age_s=600.2))
    for part in ("17:19:58 (1 h 10 min ago)", "notified 10 min ago", "newest 10 min old", "last face 10 min ago"):
        assert part in page


def test_what_waits_and_what_was_refused_is_said() -> None:
    page = shown(replace(STATUS, settings=SettingsStatus(7.0, ("service.hang_s",), "gate.yaml:3: is '30'")))
    assert "WAITING FOR A RESTART: service.hang_s" in page
    assert "NEW SETTINGS REFUSED: gate.yaml:3: is '30'" in page


def test_what_is_not_known_is_left_out_or_said() -> None:
    status = replace(
        with_gate(front=None, verdict=None, decision=None, face_age_s=None, permission=None),
        p50_ms=None,
        watchdog=WatchdogStatus(None, None, ("perception",)),
        has_scores=False,
    )
    page = shown(status, MachineState(None, None, None, None, None, None, None))
    for part in (
        "nobody in front",
        "none yet",
        "no latency yet",
        "not known",
        "off, permitted",
        "IT GIVES NO SCORES",
        "does not watch",
    ):
        assert part in page
    assert "HANGS: perception" in page


def test_a_hostile_answer_cannot_move_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = replace(with_gate(gate=HOSTILE, causes=(HOSTILE,), policy=HOSTILE), backend=HOSTILE, mode=HOSTILE)
    with answered(tmp_path / "status", status) as path:
        assert main(["status", "--socket", str(path)]) == 0
        assert main(["status", "--json", "--socket", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() for line in lines)
    assert any("\\x1b[2J" in line for line in lines)


@pytest.mark.parametrize("age_s", [1e9, -1e9, 0.0])
def test_any_age_that_an_answer_may_have_can_be_shown(age_s: float) -> None:
    status = replace(with_gate(since_s=age_s, face_age_s=age_s), running_s=age_s, age_s=age_s)
    assert decode(encode(status, age_s)) == status
    assert shown(status)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (STATUS, 0),
        (with_gate(state=State.RECORDING_OVER), 0),
        (with_gate(state=State.OUT_OF_ORDER, causes=("no frames",)), 12),
        (replace(STATUS, is_ready=False), 12),
    ],
    ids=["in service", "recording over", "out of order", "starting"],
)
def test_the_exit_code_is_for_monitoring(
    status: Status, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answered(tmp_path / "status", status) as path:
        assert main(["status", "--json", "--socket", str(path)]) == code
    found = json.loads(capsys.readouterr().out)
    assert (found["event"], found["state"]) == ("status", status.state.value)
    assert found["gates"][0]["decision"]["fields"] == {"person": 12, "latency_ms": 12.5}
    assert set(found["machine"]) >= {"memory_mib", "temperature_c", "disk_free_mib"}


def test_a_daemon_that_does_not_run_has_its_own_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "status"
    assert main(["status", "--socket", str(path)]) == 13
    assert capsys.readouterr().err == f"binarycop: {path}: the daemon does not run\n"
    assert main(["status", "--json", "--socket", str(path)]) == 13
    assert json.loads(capsys.readouterr().out)["exit_code"] == 13


def test_what_systemd_knows_of_a_daemon_that_does_not_run_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "status"
    monkeypatch.setattr("binarycop.cli.status.PATH", path)
    states = {unit.UNIT: UnitState(False, 0.0, 0.0, 0, "", "failed", 0, 3)}
    monkeypatch.setattr(unit, "read", lambda name=unit.UNIT: states.get(name))
    assert main(["status", "--socket", str(path)]) == 13
    said = capsys.readouterr().err
    look = "journalctl -u 'binarycop*' -x -n 20 says why"
    ended = "binarycop.service is failed, its last exit code is 3 (wrong settings)"
    assert said.endswith(f"does not run; {ended}: {look}\n")
    states = {unit.UNIT: parse("ActiveState=inactive\n"), unit.DEGRADED: parse("ActiveState=active\n")}
    assert main(["status", "--socket", str(path)]) == 13
    said = capsys.readouterr().err
    assert f"is inactive, out of order after failed starts: {look}" in said
    states = {unit.UNIT: parse("ActiveState=inactive\n")}
    assert main(["status", "--socket", str(path)]) == 13
    assert capsys.readouterr().err.endswith("binarycop.service is inactive: systemctl start binarycop\n")
    states = {}
    assert main(["status", "--socket", str(path)]) == 13
    assert "one in a terminal answers at the PATH of its --status-socket" in capsys.readouterr().err


def test_a_daemon_that_runs_without_its_socket_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "status"
    monkeypatch.setattr("binarycop.cli.status.PATH", path)
    monkeypatch.setattr(unit, "read", lambda name=unit.UNIT: parse("ActiveState=active\n"))
    assert main(["status", "--socket", str(path)]) == 13
    said = capsys.readouterr().err
    assert said.endswith("binarycop.service runs, but without this socket: systemctl restart binarycop.service\n")


def test_after_a_restart_of_the_daemon_systemd_is_asked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = replace(STATUS, watchdog=WatchdogStatus(8.0, 0.7, ()))
    restarted = replace(watched, origin=replace(STATUS.origin, pid=STATUS.origin.pid + 1))
    answers: Iterator[Status | StatusError] = iter(
        [watched, watched, StatusError(tmp_path, "the daemon does not run"), restarted]
    )
    restarts = iter([0, 1])

    def ask(_: Path) -> Status:
        answer = next(answers)
        if isinstance(answer, StatusError):
            raise answer
        return answer

    def read(name: str = unit.UNIT) -> UnitState:
        restarts_now = next(restarts)
        return UnitState(True, 0.0, 0.0, restarts_now, "", "active", STATUS.origin.pid + restarts_now)

    now_s = iter(range(100))
    monkeypatch.setattr("binarycop.cli.status.ask", ask)
    monkeypatch.setattr(unit, "read", read)
    monkeypatch.setattr("binarycop.cli.status.time.sleep", lambda _: None)
    monkeypatch.setattr("binarycop.cli.status.time.monotonic", lambda: float(next(now_s)))
    assert main(["status", "--watch", "--json", "--seconds", "4"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("restarts") for line in lines] == [0, 0, None, 1]


def test_it_starts_without_what_it_does_not_need(tmp_path: Path) -> None:
    """Imports take nearly all of its time, and a monitoring system runs it every minute."""
    heavy = (
        *("numpy", "cv2", "yaml", "ctypes", "shutil", "tempfile", "logging", "decimal", "random", "asyncio"),
        *("binarycop.doctor.machine", "binarycop.settings.schema", "binarycop.journal.events", "binarycop.gate"),
        *("binarycop.service.status_server", "binarycop.service.daemon", "binarycop.cli.options"),
        *(f"binarycop.cli.{name.replace('-', '_')}" for name in COMMANDS if name != "status"),
    )
    program = (
        "import sys\nfrom binarycop.cli.main import main\n"
        "main(['status', '--socket', sys.argv[1]])\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    with answered(tmp_path / "status", STATUS) as path:
        command = [sys.executable, "-c", program, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("binarycop 1.0")  # it has decoded an answer and written it
    assert lines[-1] == "[]"


def test_watching_goes_on_while_the_daemon_does_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "status"
    assert main(["status", "--watch", "--seconds", "0", "--socket", str(path)]) == 13
    assert capsys.readouterr().out == "NO ANSWER: the daemon does not run\n"
    with answered(path, STATUS):
        assert main(["status", "--watch", "--seconds", "0", "--json", "--socket", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "in service"


def test_ctrl_c_ends_the_watching_of_a_gate_that_is_out_of_order_with_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    gate = replace(STATUS.gates[0], state=State.OUT_OF_ORDER, causes=("no frames",))
    monkeypatch.setattr("binarycop.cli.status.ask", lambda _: replace(STATUS, gates=(gate,)))
    assert main(["status", "--watch", "--seconds", "0", "--socket", str(tmp_path)]) == NOT_IN_SERVICE
    monkeypatch.setattr("binarycop.cli.status.time.sleep", interrupt)
    assert main(["status", "--watch", "--socket", str(tmp_path)]) == 0


def test_a_time_without_watching_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["status", "--seconds", "5"])
    assert "argument --seconds: only with --watch" in capsys.readouterr().err


def test_under_systemd_the_daemon_makes_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    assert main(["run", "--source", "demo", "--status-socket", str(tmp_path / "status")]) == 2
    assert "has the socket of binarycop-status.socket" in capsys.readouterr().err


def test_the_unit_is_read_from_what_systemctl_shows() -> None:
    text = "ActiveState=failed\nNRestarts=2\nMainPID=0\nResult=exit-code\nExecMainStatus=3\nStatusText=\n"
    state = unit.parse(text)
    assert (state.state, state.restarts, state.pid, state.failure) == ("failed", 2, 0, 3)
    assert unit.parse(text.replace("exit-code", "success")).failure == 0


def test_the_machine_is_read_from_the_kernels_files(tmp_path: Path) -> None:
    (tmp_path / "812").mkdir()
    (tmp_path / "812/status").write_text("Name:\tpython3\nVmHWM:\t  103628 kB\nVmRSS:\t   96666 kB\nThreads:\t6\n")
    (tmp_path / "meminfo").write_text("MemTotal: 512000 kB\nMemAvailable:  235520 kB\nSwapTotal:   0 kB\n")
    for number, text in enumerate(("41000", "54300", "", "no number")):
        (tmp_path / f"thermal_zone{number}").mkdir()
        (tmp_path / f"thermal_zone{number}/temp").write_text(text)
    facts = machine_state.read(812, tmp_path, tmp_path, tmp_path)
    assert replace(facts, disk_free_mib=None) == MachineState(94.4, 101.2, 6, 230.0, 0.0, 54.3, None)
    assert facts.disk_free_mib is not None
    nothing = machine_state.read(7, tmp_path / "none", tmp_path / "none", tmp_path / "none")
    assert nothing == MachineState(None, None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.9, "9.9 s"),
        (42, "42 s"),
        (119.6, "1 min"),
        (150, "2 min"),
        (11_520, "3 h 12 min"),
        (270_000, "3 d 3 h"),
    ],
)
def test_a_duration_is_short(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_daemon_that_runs_says_how_it_is(bundle: str, tmp_path: Path) -> None:
    path, settings = tmp_path / "status", tmp_path / "gate.yaml"
    settings.write_text("service: {hang_s: 30}\n")  # the machine of the tests may have other things to do
    program = [sys.executable, "-m", "binarycop"]
    run = [*program, "run", "--config", str(settings), "--source", "demo", "--bundle", bundle]
    watch = [*program, "status", "--watch", "--json", "--seconds", str(PATIENCE_S), "--socket", str(path)]
    found: dict[str, Any] = {}
    with (
        (tmp_path / "said").open("w") as said,
        subprocess.Popen([*run, "--status-socket", str(path)], stdout=said, stderr=said) as daemon,
        subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as watching,
    ):
        try:
            assert watching.stdout is not None
            for line in watching.stdout:
                found = json.loads(line)
                if daemon.poll() is not None or (found["event"] == "status" and found["gates"][0]["persons"]):
                    break
        finally:
            watching.terminate()
            daemon.terminate()
            daemon.wait(PATIENCE_S)
    assert found.get("state") == "in service", (found, (tmp_path / "said").read_text())
    assert found["origin"]["pid"] == daemon.pid
    assert found["origin"]["factory"] == "mock"
    assert found["machine"]["threads"] >= 4
    assert not path.exists()


def test_the_gates_of_a_page_are_those_of_the_status() -> None:
    two = replace(STATUS, gates=(replace(GATE, gate="north"), replace(GATE, gate="south")))
    page = shown(two)
    assert page.startswith("binarycop 1.0  IN SERVICE\n")
    assert page.index("north  IN SERVICE") < page.index("south  IN SERVICE")
