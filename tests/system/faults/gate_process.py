"""The daemon under test: ``binarycop run`` as its unit starts it, with a fake camera and a fake GPIO chip."""

import json
import os
import pwd
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from select import select
from threading import Thread
from time import monotonic, sleep
from types import TracebackType
from typing import IO, Any

import yaml

from binarycop.journal.events import Event
from tests.system.faults.fake_camera import FakeCamera, Scene
from tests.system.faults.fake_chip import RELAY, FakeChip, LevelChange
from tests.system.journal_process import JournalProcess, fields_of

ROOT = Path(__file__).resolve().parents[3]
HELPER = ROOT / "build" / "gate-release"
PATIENCE_S = 60.0  # for steps without a limit of their own, such as a start on a busy machine
CAMERA = "/dev/full"
SETTINGS: dict[str, Any] = {
    "frames": {"source": CAMERA, "width_px": 320, "height_px": 240},
    # On a busy machine frames are late; the person must not be lost because of that.
    "faces": {"finder": "lookout", "lost_s": 1.0},
    "verdict": {"votes": 3, "window": 5, "within_s": 5.0},
    # The contact is held, so that only the fault can switch the relay off.
    "gate": {"contact": "hold", "hold_s": 60, "pass_timeout_s": 60, "fresh_s": 5.0},
    "lines": {
        "factory": "gpiochip",
        "permission": {"pin": RELAY},
        "lamps": {
            "correct": {"pin": "lamp-correct"},
            "nose": {"pin": "lamp-nose"},
            "nose_mouth": {"pin": "lamp-mouth"},
            "chin": {"pin": "lamp-chin"},
        },
    },
}
_START = "import sys; {before}from binarycop.__main__ import main; sys.exit(main())"
_POLL_S = 0.01


class CheckFailed(AssertionError):
    """The gate did not do what its row in the fault table promises."""


@dataclass(frozen=True)
class JournalLine:
    """A line that the daemon wrote. at_s: when it was read. event: None if the line is not an event."""

    at_s: float
    text: str
    event: Event | None


class GateProcess:
    """One daemon in its own folder ``work``. Its methods raise CheckFailed if it does not do what they wait for.

    change: the settings that differ from SETTINGS. before: Python code that the process runs first. starts_ready: wait
    for the event ``ready``. watchdog_s: the value of WatchdogSec= that the daemon is given; nobody enforces it here.
    has_writer: the events go to the journal's writer, a process of its own, as on a board; otherwise the daemon writes
    them as lines to its standard error.
    """

    def __init__(
        self,
        work: Path,
        change: Mapping[str, Any] | None = None,
        *,
        before: str = "",
        starts_ready: bool = True,
        watchdog_s: float | None = None,
        scene: Scene = Scene.NOBODY,
        has_writer: bool = False,
    ) -> None:
        self.work, self._before, self._starts_ready = work, before, starts_ready
        self._watchdog_s = watchdog_s
        self.run_folder, dev = work / "run", work / "dev"
        for folder in (self.run_folder, dev):
            folder.mkdir(exist_ok=True)
        (dev / "gpiochip0").touch()
        (work / "clock").write_bytes(bytes(8))
        self.chip, self.camera = FakeChip(work / "lines"), FakeCamera(work / "picture")
        self.camera.scene = scene
        self.write_settings(change or {})
        self.journal: list[JournalLine] = []
        self.notifications: list[str] = []
        self._has_writer = has_writer
        self._stopped: dict[str, str] = {}
        user = pwd.getpwuid(os.getuid()).pw_name
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "daemon")}
        self.writer = JournalProcess(work / "journal", user, environment, self._keep_entry)
        self.override_rises = 0
        self._output: list[str] = []

    def __enter__(self) -> "GateProcess":
        self._notify_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify_socket.bind(str(self.work / "notify"))
        Thread(target=self._listen, daemon=True).start()
        self.camera.__enter__()
        self._process: subprocess.Popen[str]
        self._readers: list[Thread] = []
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self.writer.close()
        self.camera.__exit__(kind, error, trace)
        self._notify_socket.close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the daemon, and of gate-release after it."""
        built = ROOT / "build" / "faults"
        preloaded = [str(built / f"{name}.so") for name in ("fake_gpio", "fake_v4l2", "fake_clock")]
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith(("OPENCV_", "LD_", "JOURNAL_"))
        }
        watchdog = {} if self._watchdog_s is None else {"WATCHDOG_USEC": str(round(self._watchdog_s * 1e6))}
        own = {
            "LD_PRELOAD": ":".join(preloaded),
            "FAKE_PICTURE": str(self.camera.picture),
            "FAKE_STAMP": str(self.camera.stamp),
            "FAKE_NEW": "1",
            "FAKE_GPIO": str(self.chip.file),
            "FAKE_DEV": str(self.work / "dev"),
            "FAKE_CLOCK": str(self.work / "clock"),
            "NOTIFY_SOCKET": str(self.work / "notify"),
            "BINARYCOP_RELAY_OFF_LIST": str(self.relay_off_list),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "daemon"), str(ROOT)]),
        }
        journal = {"BINARYCOP_JOURNAL": str(self.writer.address)} if self._has_writer else {}
        return inherited | watchdog | own | journal

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        return self._process.pid

    @property
    def relay_off_list(self) -> Path:
        """The list that gate-release reads."""
        return self.run_folder / "release"

    def start(self, *, waits: bool = True, writes_list: bool = True) -> None:
        """Start the daemon, for the first time, or again after it has ended, as Restart= does.

        waits: until it is ready, if it is to be. writes_list: first, as binarycop-relay-off-list.service does.
        """
        self.list_problem = self.write_list() if writes_list else ""
        self.notifications.clear()
        self._first_line = first = len(self.journal)
        # This process keeps the write end open, to fill the pipe. So the reader must watch the process to know its end.
        read_end, self._write_end = os.pipe()
        self._is_closed = self._is_blocked = False
        command = [sys.executable, "-c", _START.format(before=self._before)]
        self._process = subprocess.Popen(
            [*command, "run", "--json", "--config", str(self.work / "gate.yaml")],
            env=self.environment,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._write_end,
            text=True,
        )
        self._readers = [
            Thread(target=self._read_journal, args=(self._process, read_end, self._write_end), daemon=True),
            Thread(target=self._collect, args=(self._process.stdout,), daemon=True),
        ]
        for thread in self._readers:
            thread.start()
        if self._starts_ready and waits:
            self.wait_until("it is ready", lambda: any(line.event is Event.READY for line in self.journal[first:]))

    def write_list(self) -> str:
        """Write the list for gate-release as root does. Returns the last line of what it says if it fails."""
        command = [sys.executable, "-m", "binarycop", "relay-off-list", "--config", str(self.work / "gate.yaml")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "daemon")}
        done = subprocess.run(
            [*command, str(self.relay_off_list)], env=environment, capture_output=True, text=True, check=False
        )
        return done.stderr.strip().rsplit("\n", 1)[-1] if done.returncode else ""

    def write_settings(self, change: Mapping[str, Any]) -> None:
        """Write the settings for the next start or reload."""
        (self.work / "gate.yaml").write_text(yaml.safe_dump(_merged(SETTINGS, change)))

    def wait_until(self, what: str, holds: Callable[[], bool], longest_s: float = PATIENCE_S) -> float:
        """Wait until ``holds`` is true. Returns the monotonic time. Raises CheckFailed."""
        end_s = monotonic() + longest_s
        while not holds():
            if monotonic() > end_s:
                raise CheckFailed(f"not within {longest_s:g} s: {what}")
            sleep(_POLL_S)
        return monotonic()

    def wait_for_permit(self) -> None:
        """Let a correctly masked person come, and wait until the permission is given."""
        self.camera.scene = Scene.PEOPLE
        self.wait_until("permission is given", lambda: self.chip.level(RELAY))
        self.wait_for_event(Event.PERMIT, 0.0)

    def wait_for_next_permit(self, since_s: float) -> float:
        """Wait for the next permission after a fault. Returns the monotonic time at which the relay was on."""
        self.camera.scene = Scene.PEOPLE
        self.wait_until("permission is given again", lambda: any(change.level for change in self.relay_since(since_s)))
        self.wait_for_event(Event.PERMIT, since_s)
        return next(change.at_s for change in self.relay_since(since_s) if change.level)

    def relay_since(self, at_s: float) -> list[LevelChange]:
        """The level changes of the relay's line since then."""
        return [change for change in self.chip.changes(RELAY) if change.at_s >= at_s]

    def relay_off_after(self, since_s: float, limit_s: float) -> float:
        """Wait until the relay is off. Returns the seconds since then. Raises CheckFailed if that is over the limit."""

        def is_off() -> bool:
            return any(not change.level for change in self.relay_since(since_s))

        self.wait_until(f"the relay is off (limit {limit_s:g} s)", is_off, limit_s + 5)
        took_s = next(change.at_s for change in self.relay_since(since_s) if not change.level) - since_s
        if took_s > limit_s:
            raise CheckFailed(f"the relay was off after {took_s:.2f} s, limit {limit_s:g} s")
        return took_s

    def check_relay_off(self, since_s: float) -> None:
        """Raises CheckFailed if the relay is on, or was switched on since then."""
        if self.chip.level(RELAY) or any(change.level for change in self.relay_since(since_s)):
            raise CheckFailed("permission was given")

    def wait_for_event(
        self, event: Event, since_s: float, word: str = "", longest_s: float = PATIENCE_S
    ) -> JournalLine:
        """Wait for the first such event since then whose line has that word."""

        def found() -> list[JournalLine]:
            return [
                line
                for line in list(self.journal)
                if line.event is event and line.at_s >= since_s and word in line.text
            ]

        self.wait_until(f"event {event.spec.name} {word}".strip(), lambda: bool(found()), longest_s)
        return found()[0]

    def signal(self, number: signal.Signals) -> None:
        """Send the daemon a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Send SIGKILL, and wait until the process is gone."""
        self._process.kill()
        self._process.wait()

    def wait_for_exit(self, longest_s: float = PATIENCE_S) -> int:
        """Wait until the daemon has ended and all its lines are read. Returns the exit code."""
        try:
            code = self._process.wait(longest_s)
        except subprocess.TimeoutExpired as error:
            raise CheckFailed(f"not within {longest_s:g} s: it ends") from error
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code

    def close_journal(self) -> None:
        """Close the reading end of the journal: the daemon's writes then fail with EPIPE."""
        self._is_closed = True
        self._readers[0].join(PATIENCE_S)

    def block_journal(self) -> None:
        """Stop reading the journal, and fill the pipe: the daemon's next write then blocks."""
        self._is_blocked = True
        sleep(5 * _POLL_S)
        os.set_blocking(self._write_end, False)
        with suppress(BlockingIOError):
            while True:
                os.write(self._write_end, b"\n")
        os.set_blocking(self._write_end, True)

    def run_gate_release(self) -> float:
        """Run gate-release as systemd does after the daemon's end (ExecStopPost=). Returns the time of its end."""
        done = subprocess.run(
            [HELPER, f"@{self.relay_off_list}"], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CheckFailed(f"gate-release: {done.stderr.strip()}")
        return monotonic()

    def last_line(self) -> str:
        """The last line that the daemon wrote."""
        return self.journal[-1].text if self.journal else ""

    def step_clock(self, seconds: float) -> None:
        """Step the daemon's wall clock by so many seconds."""
        (self.work / "clock").write_bytes(struct.pack("=q", int(seconds * 1e9)))

    def summary(self) -> dict[str, Any]:
        """The daemon's own counts, after an orderly end."""
        if self._has_writer:
            self.wait_until("it is stopped", lambda: bool(self._stopped))
            counted = {name.removeprefix("BINARYCOP_").lower(): value for name, value in self._stopped.items()}
            return {name: int(value) for name, value in counted.items() if value.isdigit()} | {
                "frames": int(counted["processed"])
            }
        if not self._output:
            raise CheckFailed("the daemon ended without a summary")
        counts: dict[str, Any] = json.loads(self._output[-1])
        return counts

    def count(self, event: Event) -> int:
        """How often the event was logged since the last start."""
        return sum(line.event is event for line in self.journal[self._first_line :])

    def check_permits(self) -> str:
        """Check that the relay was on once for each permission, over all starts. Raises CheckFailed."""
        rises = sum(change.level for change in self.chip.changes(RELAY)) - self.override_rises
        permits = sum(line.event is Event.PERMIT for line in self.journal)
        if rises != permits:
            raise CheckFailed(f"the relay was on {rises} times, and the journal has {permits} permissions")
        return f"permissions: {permits}, relay on: {rises}"

    def _keep_entry(self, datagram: bytes) -> None:
        fields = fields_of(datagram)
        event = _BY_NAME[fields["BINARYCOP_EVENT"]]
        self.journal.append(JournalLine(monotonic(), fields["MESSAGE"], event))
        if event is Event.STOPPED:
            self._stopped = fields

    def _listen(self) -> None:
        while True:
            try:
                self.notifications.append(self._notify_socket.recv(4096).decode())
            except OSError:
                return

    def _read_journal(self, process: "subprocess.Popen[str]", read_end: int, write_end: int) -> None:
        rest = b""
        while True:
            has_ended = process.poll() is not None
            if self._is_closed:
                break
            if self._is_blocked or not select([read_end], [], [], _POLL_S)[0]:
                if has_ended:
                    break
                sleep(_POLL_S)
                continue
            *lines, rest = (rest + os.read(read_end, 1 << 16)).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                self.journal.append(JournalLine(monotonic(), text, event_of(text)))
        os.close(read_end)
        os.close(write_end)

    def _collect(self, stream: IO[str]) -> None:
        for line in stream:
            self._output.append(line)


_BY_NAME = {event.spec.name: event for event in Event}


def event_of(text: str) -> Event | None:
    """The event that a line of the journal reports; None if it reports none."""
    text = text.removeprefix("gate: ")
    matching = [event for event, pattern in _PATTERNS.items() if pattern.fullmatch(text)]
    # The text of a verdict has few words of its own, so it fits other lines too.
    return max(matching, key=lambda event: len(_PATTERNS[event].pattern), default=None)


def _pattern(event: Event) -> re.Pattern[str]:
    literal = re.split(r"\{[^}]*\}", event.spec.text)
    return re.compile(".*".join(re.escape(part) for part in literal))


_PATTERNS = {event: _pattern(event) for event in Event}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged
