"""The daemon as a whole, with mock lines and a clip as its source."""

import re
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.bundle.files import Bundle
from binarycop.classifier import choose
from binarycop.classifier.emulator import Emulator
from binarycop.errors import LineError
from binarycop.frames.grabber import Grabber
from binarycop.journal.entry import Entry, decode
from binarycop.journal.events import Event
from binarycop.journal.writers import WRITER_SOCKET
from binarycop.lines.lane_io import LaneIo
from binarycop.lines.mock import MockLines
from binarycop.service import daemon, parts
from binarycop.service.perception_runner import ThreadPerception
from binarycop.service.snapshot import LaneSnapshot
from binarycop.settings.classifier import ClassifierSettings
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.gate import Fail, GateSettings, Policy
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.tracking.runner import DetectorThread
from tests.tried import Kind, tried


class RecordingDisplay:
    """Keeps the lines of the journal. ``on_show`` is called at each step."""

    def __init__(self, on_show: Callable[[], None] = lambda: None) -> None:
        self._on_show = on_show
        self.lines: list[str] = []

    def show(self, snapshots: list[LaneSnapshot], latency_ms: float | None) -> None:
        self._on_show()

    def print_line(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(autouse=True)
def _same_signal_handlers() -> Iterator[None]:
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM]
    numbers += [signal.SIGTSTP, signal.SIGTTOU]
    handlers = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def settings(tiny_bundle: Bundle, tmp_path: Path) -> Settings:
    """A gate whose permission is always on, with a clip of one second as its source."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (160, 120))
    for _ in range(20):
        writer.write(np.full((120, 160, 3), 90, np.uint8))
    writer.release()
    lane = LaneSettings(
        frames=FramesSettings(source=str(path)),
        faces=FacesSettings(finder=DetectorKind.FIXED),
        gate=GateSettings(policy=Policy.OFF),
    )
    return Settings(ClassifierSettings(str(tiny_bundle.folder)), gates=(lane,))


class WriterSocket:
    """The socket of the journal's writer, as the daemon's unit names it."""

    def __init__(self, address: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.setblocking(False)

    def entries(self) -> list[Entry]:
        """All that wait."""
        found = []
        while True:
            try:
                found.append(decode(self._socket.recv(4096)))
            except BlockingIOError:
                self._socket.close()
                return found


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriterSocket:
    monkeypatch.setenv(WRITER_SOCKET, str(tmp_path / "socket"))
    return WriterSocket(tmp_path / "socket")


def test_events_go_to_the_writer_and_the_last_has_the_counts(settings: Settings, writer: WriterSocket) -> None:
    summary = daemon.run_daemon(lambda: settings, None)
    first, *_, last = writer.entries()
    assert (first.event, last.event) == (Event.STARTED, Event.STOPPED)
    assert first.values["mode"] == "recording"
    counts = {name: last.values[name] for name in ("captured", "dropped", "withheld", "processed", "permits")}
    [counters] = summary.counters
    assert counts == {
        "captured": summary.captured, "dropped": summary.dropped, "withheld": summary.withheld,
        "processed": counters.frames, "permits": counters.permits,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LineError("RELAY", "is gone"), "line RELAY: is gone"),
        (ValueError("x\n\x1b[2J"), r"ValueError in test_daemon.py:\d+: x \\x1b\[2J"),
    ],
)
def test_an_error_that_ends_the_daemon_is_its_last_event(
    error: Exception, reason: str, settings: Settings, writer: WriterSocket
) -> None:
    """Its standard error is closed by then."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        daemon.run_daemon(lambda: settings, RecordingDisplay(fail))
    last = writer.entries()[-1]
    assert last.event is Event.FAILED
    assert re.fullmatch(reason, str(last.values["reason"]))


def test_the_relay_is_off_before_a_source_is_closed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    factory = MockLines()
    relay_while_running: list[bool] = []
    relay_at_close: list[bool] = []
    close = Grabber.close

    def close_and_look(grabber: Grabber, timeout_s: float) -> bool:
        relay_at_close.append(factory.pin("RELAY").state)
        return close(grabber, timeout_s)

    def look_and_stop() -> None:
        relay_while_running.append(factory.pin("RELAY").state)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(parts, "open_factory", lambda _: factory)
    monkeypatch.setattr(Grabber, "close", close_and_look)
    summary = daemon.run_daemon(lambda: settings, RecordingDisplay(look_and_stop))
    assert summary.was_stopped
    assert relay_while_running == [True]
    assert relay_at_close == [False]


def test_the_summary_has_the_counts_of_each_gate(settings: Settings) -> None:
    display = RecordingDisplay()
    summary = daemon.run_daemon(lambda: settings, display)
    assert not summary.was_stopped
    assert summary.captured == 20 == summary.counters[0].frames + summary.dropped
    assert summary.failure is None
    assert display.lines[-1] == "stopped: every source has ended"


class Manager:
    """The service manager's end of the notify socket."""

    def __init__(self, address: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.setblocking(False)

    def lines(self) -> list[str]:
        """All that has come."""
        lines: list[str] = []
        while True:
            try:
                lines += self._socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                self._socket.close()
                return lines


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manager:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setattr(parts, "_harden", lambda _: None)  # these tests go on in this process
    return Manager(tmp_path / "notify")


def with_south(settings: Settings, source: str, fail: Fail = Fail.SECURE) -> Settings:
    """The settings with a second gate that has this source and this ``fail``."""
    north = replace(settings.gates[0], name="north")
    relay = replace(north.lines.permission, pin="R2")
    signals = replace(north.signals, fault=replace(north.signals.fault, permission=fail is Fail.OPEN))
    south = replace(
        north, name="south", frames=FramesSettings(source=source), gate=GateSettings(fail=fail), signals=signals,
        lines=replace(north.lines, permission=relay, lamps={}),
    )  # fmt: skip
    return replace(settings, gates=(north, south))


@pytest.mark.parametrize("fail", Fail)
@pytest.mark.parametrize(
    ("source", "reason", "is_over"),
    [
        ("video2", "does not exist; did you mean /dev/video2?", True),
        ("nowhere/clip.avi", "does not exist; a source is demo, a camera's number or /dev path", True),
        pytest.param(
            "empty", "has no picture (", True,
            marks=tried(Kind.FOLDER, "empty, for one gate of two", "a fault of its gate; the other one decides"),
        ),
        pytest.param(
            "bad", "has no frame that can be decoded", True,
            marks=tried(Kind.FOLDER, "no picture in it can be decoded", "a fault of its gate; the other one decides"),
        ),
        pytest.param(
            "/dev/video63", "there is no such device", False,
            marks=tried(Kind.CAMERA, "absent, for one gate of two", "a fault of its gate; the other one decides"),
        ),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_opened_is_a_fault_of_its_gate_and_the_other_gate_is_ready(
    settings: Settings, manager: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    source: str, reason: str, is_over: bool, fail: Fail,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("bad").mkdir()
    Path("bad/a.jpg").write_bytes(b"no picture")
    factory = MockLines()
    monkeypatch.setattr(parts, "open_factory", lambda _: factory)
    relays: list[tuple[bool, bool]] = []

    def look() -> None:
        relays.append((factory.pin("RELAY").state, factory.pin("R2").state))
        if not is_over and len(relays) > 20:
            signal.raise_signal(signal.SIGTERM)

    display = RecordingDisplay(look)
    summary = daemon.run_daemon(lambda: with_south(settings, source, fail), display)
    lines = manager.lines()
    status = lines[lines.index("READY=1") + 1]
    assert "STATUS=north: in service" in status
    assert "south: OUT OF ORDER, relay off: no frames" in status
    lost, fault, *_ = [line for line in display.lines if line.startswith("south: ") and "frame cannot" not in line][1:]
    assert lost.startswith(f"south: source gives no frames: {reason}")
    assert fault == "south: fault: no frames"
    assert not any(line.startswith("north: fault") for line in display.lines)
    # North's permission is always on. In a fault no coil is energised: with fail: open that is a permission.
    assert relays[-1] == (True, False)
    assert str(summary.failure).startswith(f"source {source}: {reason}") is is_over
    assert summary.captured == (20 if is_over else summary.captured)


def test_a_signal_ends_it_without_the_failure_of_a_source_that_was_lost_before(settings: Settings) -> None:
    def stop_once_it_is_lost() -> None:
        if any("source gives no frames" in line for line in display.lines):
            signal.raise_signal(signal.SIGTERM)

    display = RecordingDisplay(stop_once_it_is_lost)
    summary = daemon.run_daemon(lambda: with_south(settings, "nowhere.avi", Fail.SECURE), display)
    assert (summary.was_stopped, summary.failure) == (True, None)
    assert display.lines[-1] == "stopped: on request"


@pytest.mark.parametrize("source", ["video2", "nowhere/clip.avi"])
def test_with_only_such_a_source_the_daemon_ends_with_its_reason_and_is_never_ready(
    settings: Settings, manager: Manager, source: str
) -> None:
    lane = replace(settings.gates[0], frames=FramesSettings(source=source))
    display = RecordingDisplay()
    summary = daemon.run_daemon(lambda: replace(settings, gates=(lane,)), display)
    assert str(summary.failure).startswith(f"source {source}: does not exist")
    assert display.lines[-1] == f"stopped: {summary.failure}"
    assert "READY=1" not in manager.lines()


def test_each_gate_is_started_with_its_detector_in_the_journal(settings: Settings) -> None:
    north = replace(settings.gates[0], name="north")
    relay = replace(north.lines.permission, pin="R2")
    south = replace(north, name="south", lines=replace(north.lines, permission=relay, lamps={}))
    display = RecordingDisplay()
    daemon.run_daemon(lambda: replace(settings, gates=(north, south)), display)
    started = [line for line in display.lines if ": started: " in line]
    assert [line.partition(": ")[0] for line in started] == ["north", "south"]
    assert all("detector fixed, source " in line for line in started)


@pytest.mark.parametrize(
    ("fails", "closed"),
    [
        ("open_factory", ["classifier", "detector"]),
        ("make_service", ["classifier", "detector", "pin factory"]),
        ("grabber_of", ["relay", "classifier", "detector", "pin factory"]),
        ("_write_started", ["relay", "classifier", "grabber", "detector", "pin factory"]),
        ("HangTimer", ["relay", "classifier", "grabber", "detector", "pin factory"]),
    ],
)
def test_if_a_part_fails_at_the_start_all_open_parts_are_closed_and_the_relay_is_the_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fails: str, closed: list[str]
) -> None:
    monkeypatch.setattr(choose, "find_kernel", lambda features: None)  # it is Emulator on every machine
    # The service closes the classifier too, so a part may be closed twice. The first time counts.
    order: dict[str, None] = {}
    kinds: dict[str, type] = {
        "relay": LaneIo, "classifier": Emulator, "grabber": Grabber, "detector": DetectorThread,
        "pin factory": MockLines,
    }  # fmt: skip

    def fail(*_: object) -> None:
        raise LineError("RELAY", "broke")

    def record(part: str, close: Callable[..., object]) -> Callable[..., object]:
        def close_and_record(*arguments: object) -> object:
            order.setdefault(part)
            return close(*arguments)

        return close_and_record

    for part, kind in kinds.items():
        monkeypatch.setattr(kind, "close", record(part, kind.close))  # type: ignore[attr-defined]
    monkeypatch.setattr(parts if hasattr(parts, fails) else daemon, fails, fail)
    with pytest.raises(LineError, match="broke"):
        daemon.run_daemon(lambda: settings, None)
    assert list(order) == closed


def test_a_perception_that_hangs_keeps_its_classifier(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Emulator] = []
    monkeypatch.setattr(choose, "find_kernel", lambda features: None)
    monkeypatch.setattr(ThreadPerception, "close", lambda *_: False)
    monkeypatch.setattr(Emulator, "close", closed.append)
    daemon.run_daemon(lambda: settings, None)
    assert closed == []
