"""A gate to be hurt: ``binarycop run`` as its unit starts it, between a played camera and a played GPIO chip."""

import json
import os
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
from tests.system.faults.film import Film, Scene
from tests.system.faults.lines import RELAY, Change, Lines

ROOT = Path(__file__).resolve().parents[3]
HELPER = ROOT / "build" / "gate-release"
PATIENCE_S = 60.0  # for what has no limit of its own, such as a start on a busy machine
CAMERA = "/dev/full"
SETTINGS: dict[str, Any] = {
    "frames": {"source": CAMERA, "width_px": 320, "height_px": 240},
    # Frames are late on a busy machine; a person must not be lost for that.
    "faces": {"finder": "lookout", "lost_s": 1.0},
    "verdict": {"votes": 3, "window": 5, "within_s": 5.0},
    # Held, so that a release has one reason only.
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
_LEVEL_S = 0.01


class Broken(AssertionError):
    """The gate did not do what its row in the matrix promises."""


@dataclass(frozen=True)
class EventSpec:
    """A line of the daemon's journal, when it was read; event: None for a line that is none of the table's."""

    at_s: float
    text: str
    event: Event | None


class Gate:
    """One daemon, alone in ``work``. Raises Broken where it does not do what is waited for.

    change: what its settings have otherwise. before: Python that its process runs first. starts_ready: wait for a
    first frame. watchdog_s: what systemd says of its patience; it is not lost here.
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
    ) -> None:
        self.work, self._before, self._starts_ready = work, before, starts_ready
        self._watchdog_s = watchdog_s
        self.run_folder, dev = work / "run", work / "dev"
        for folder in (self.run_folder, dev):
            folder.mkdir(exist_ok=True)
        (dev / "gpiochip0").touch()
        (work / "clock").write_bytes(bytes(8))
        self.lines, self.film = Lines(work / "lines"), Film(work / "picture")
        self.film.scene = scene
        self.write_settings(change or {})
        self.journal: list[EventSpec] = []
        self.notices: list[str] = []
        self.other_rises = 0
        self._output: list[str] = []

    def __enter__(self) -> "Gate":
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(self.work / "notify"))
        Thread(target=self._listen, daemon=True).start()
        self.film.__enter__()
        self._process: subprocess.Popen[str]
        self._ears: list[Thread] = []
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
        self.film.__exit__(kind, error, trace)
        self._manager.close()

    @property
    def environment(self) -> dict[str, str]:
        """Of the daemon, and of gate-release after it."""
        built = ROOT / "build" / "faults"
        preloaded = [str(built / f"{name}.so") for name in ("fake_gpio", "fake_v4l2", "fake_clock")]
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OPENCV_", "LD_", "JOURNAL_"))}
        watched = {} if self._watchdog_s is None else {"WATCHDOG_USEC": str(round(self._watchdog_s * 1e6))}
        own = {
            "LD_PRELOAD": ":".join(preloaded),
            "FAKE_PICTURE": str(self.film.picture),
            "FAKE_HZ": "20",
            "FAKE_GPIO": str(self.lines.file),
            "FAKE_DEV": str(self.work / "dev"),
            "FAKE_CLOCK": str(self.work / "clock"),
            "NOTIFY_SOCKET": str(self.work / "notify"),
            "RUNTIME_DIRECTORY": str(self.run_folder),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "daemon"), str(ROOT)]),
        }
        return kept | watched | own

    @property
    def pid(self) -> int:
        """The daemon's process."""
        return self._process.pid

    def start(self) -> None:
        """Start it, the first time or after it has ended, as Restart= does."""
        self.notices.clear()
        self._born = told = len(self.journal)
        # Our own end of its mouth is kept, to stuff it; so the ear ends with the process, and not with the pipe.
        ear, self._mouth = os.pipe()
        self._is_deaf = self._is_stuffed = False
        command = [sys.executable, "-c", _START.format(before=self._before)]
        self._process = subprocess.Popen(
            [*command, "run", "--json", "--config", str(self.work / "gate.yaml")],
            env=self.environment,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._mouth,
            text=True,
        )
        self._ears = [
            Thread(target=self._log_source_events, args=(self._process, ear, self._mouth), daemon=True),
            Thread(target=self._collect, args=(self._process.stdout,), daemon=True),
        ]
        for thread in self._ears:
            thread.start()
        if self._starts_ready:
            self.until("it is ready", lambda: any(one.event is Event.READY for one in self.journal[told:]))

    def write_settings(self, change: Mapping[str, Any]) -> None:
        """For its next start, or a reload."""
        (self.work / "gate.yaml").write_text(yaml.safe_dump(_merged(SETTINGS, change)))

    def until(self, what: str, is_so: Callable[[], bool], longest_s: float = PATIENCE_S) -> float:
        """Wait; returns the monotonic time at which it was so. Raises Broken."""
        end_s = monotonic() + longest_s
        while not is_so():
            if monotonic() > end_s:
                raise Broken(f"not within {longest_s:g} s: {what}")
            sleep(_LEVEL_S)
        return monotonic()

    def permit(self) -> None:
        """Somebody correctly masked comes, and holds the permission."""
        self.film.scene = Scene.PEOPLE
        self.until("permission is given", lambda: self.lines.level(RELAY))
        self.reads(Event.PERMIT, 0.0)

    def permit_again(self, since_s: float) -> float:
        """The next permission after a fault; when it was given."""
        self.film.scene = Scene.PEOPLE
        self.until("permission is given again", lambda: any(one.level for one in self.relay_since(since_s)))
        self.reads(Event.PERMIT, since_s)
        return next(one.at_s for one in self.relay_since(since_s) if one.level)

    def relay_since(self, at_s: float) -> list[Change]:
        """Changes of the relay's coil since then."""
        return [one for one in self.lines.changes(RELAY) if one.at_s >= at_s]

    def released(self, since_s: float, limit_s: float) -> float:
        """Seconds from then until the coil was released. Raises Broken where that took longer than the limit."""

        def is_released() -> bool:
            return any(not one.level for one in self.relay_since(since_s))

        self.until(f"the coil is released (limit {limit_s:g} s)", is_released, limit_s + 5)
        took_s = next(one.at_s for one in self.relay_since(since_s) if not one.level) - since_s
        if took_s > limit_s:
            raise Broken(f"the coil was released after {took_s:.2f} s, limit {limit_s:g} s")
        return took_s

    def stays_released(self, since_s: float) -> None:
        """Raises Broken where the coil was energised since then, or is."""
        if self.lines.level(RELAY) or any(one.level for one in self.relay_since(since_s)):
            raise Broken("permission was given")

    def reads(self, event: Event, since_s: float, word: str = "", longest_s: float = PATIENCE_S) -> EventSpec:
        """The first such event since then, with that word."""

        def found() -> list[EventSpec]:
            return [
                one for one in list(self.journal) if one.event is event and one.at_s >= since_s and word in one.text
            ]

        self.until(f"event {event.spec.name} {word}".strip(), lambda: bool(found()), longest_s)
        return found()[0]

    def signal(self, number: signal.Signals) -> None:
        """Send it one."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def ended(self, longest_s: float = PATIENCE_S) -> int:
        """Its exit code, once it has ended and all its words are read."""
        try:
            code = self._process.wait(longest_s)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"not within {longest_s:g} s: it ends") from error
        for ear in self._ears:
            ear.join(PATIENCE_S)
        return code

    def deafen(self) -> None:
        """Whoever reads its journal is gone."""
        self._is_deaf = True
        self._ears[0].join(PATIENCE_S)

    def stuff(self) -> None:
        """Whoever reads its journal does not read any more, and what it was lent as a buffer is full."""
        self._is_stuffed = True
        sleep(5 * _LEVEL_S)
        os.set_blocking(self._mouth, False)
        with suppress(BlockingIOError):
            while True:
                os.write(self._mouth, b"\n")
        os.set_blocking(self._mouth, True)

    def stop_post(self) -> float:
        """What systemd does after its end (ExecStopPost=); when that was done."""
        done = subprocess.run(
            [HELPER, f"@{self.run_folder}/release"], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Broken(f"gate-release: {done.stderr.strip()}")
        return monotonic()

    def last_words(self) -> str:
        """Its last line."""
        return self.journal[-1].text if self.journal else ""

    def step_clock(self, seconds: float) -> None:
        """Its wall clock goes on from there."""
        (self.work / "clock").write_bytes(struct.pack("=q", int(seconds * 1e9)))

    def summary(self) -> dict[str, Any]:
        """Its own counts, once it has ended in order."""
        if not self._output:
            raise Broken("it ended without a summary")
        counts: dict[str, Any] = json.loads(self._output[-1])
        return counts

    def count(self, event: Event) -> int:
        """How often the journal has it, since the last start."""
        return sum(one.event is event for one in self.journal[self._born :])

    def account(self) -> str:
        """Whether every permission has its cause, over all its lives. Raises Broken."""
        rises = sum(one.level for one in self.lines.changes(RELAY)) - self.other_rises
        permits = sum(one.event is Event.PERMIT for one in self.journal)
        if rises != permits:
            raise Broken(f"the coil was energised {rises} times, and the journal has {permits} permissions")
        return f"{permits} permissions, {rises} energised"

    def _listen(self) -> None:
        while True:
            try:
                self.notices.append(self._manager.recv(4096).decode())
            except OSError:
                return

    def _log_source_events(self, process: "subprocess.Popen[str]", ear: int, mouth: int) -> None:
        rest = b""
        while True:
            has_ended = process.poll() is not None
            if self._is_deaf:
                break
            if self._is_stuffed or not select([ear], [], [], _LEVEL_S)[0]:
                if has_ended:
                    break
                sleep(_LEVEL_S)
                continue
            *lines, rest = (rest + os.read(ear, 1 << 16)).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                self.journal.append(EventSpec(monotonic(), text, event_of(text)))
        os.close(ear)
        os.close(mouth)

    def _collect(self, stream: IO[str]) -> None:
        for line in stream:
            self._output.append(line)


def event_of(text: str) -> Event | None:
    """The event that a line of the journal tells of."""
    text = text.removeprefix("gate: ")
    return next((event for event, pattern in _PATTERNS.items() if pattern.fullmatch(text)), None)


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
