"""What several gates cost: memory, threads, processor time and latency of a daemon in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2

from binarycop.errors import SourceError
from binarycop.frames.demo import Demo

GATES = (1, 2, 4, 8)
"""The numbers of gates that are measured by default."""
_SIZE_PX, _RATE_HZ = (640, 480), 30
_SAMPLE_S = 0.1
_KIB_PER_MIB = 1024


@dataclass(frozen=True)
class GateLoad:
    """What one daemon needed.

    peak_mib: the most resident memory. private_mib: the most of it that no file backs. threads: the most. cores:
    processor time divided by elapsed time. captured, dropped: frames of all gates. p50_ms, p99_ms: from a frame's
    capture until the lines were driven.
    """

    gates: int
    peak_mib: float
    private_mib: float
    threads: int
    cores: float
    captured: int
    dropped: int
    p50_ms: float
    p99_ms: float

    @property
    def row(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure_gates(counts: Sequence[int], clip: Path | None, options: Sequence[str]) -> list[GateLoad]:
    """Run a daemon for each number of gates.

    All its gates play the same clip at the same time, which is the worst case.

    clip: None draws one: four people, 640×480, 30 frames per second, JPEG as a camera sends it. options: of ``run``.
    Raises SourceError if there is no such clip, or a daemon fails, with its message.
    """
    if clip is not None and not os.path.exists(clip):
        raise SourceError(str(clip), "does not exist; name a video file or a folder of pictures")
    with TemporaryDirectory() as name:
        folder = Path(name)
        if clip is None:
            clip = folder / "drawn.avi"
            draw_clip(clip)
        return [_measure(count, clip.resolve(), folder, options) for count in counts]


def draw_clip(path: Path) -> None:
    """Write the demo's people in a camera's size and format."""
    demo, writer = Demo(), cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), _RATE_HZ, _SIZE_PX)
    while (frame := demo.read()) is not None:
        writer.write(cv2.resize(frame.pixels, _SIZE_PX, interpolation=cv2.INTER_CUBIC))
    writer.release()


def settings_text(sources: Sequence[str]) -> str:
    """A settings file with a gate for each source, on mock lines."""
    gates = [
        {"name": f"gate{at}", "source": source, "lines": {"permission": {"pin": f"RELAY{at}"}, "lamps": {}}}
        for at, source in enumerate(sources, start=1)
    ]
    # YAML reads JSON.
    return json.dumps({"lines": {"factory": "mock"}, "gates": gates})


def _measure(count: int, clip: Path, folder: Path, options: Sequence[str]) -> GateLoad:
    sources = [folder / f"{count}-{number}{clip.suffix}" for number in range(count)]
    for source in sources:
        # Two gates must not have the same source.
        source.symlink_to(clip)
    config = folder / f"{count}.yaml"
    config.write_text(settings_text([str(source) for source in sources]))
    command = [sys.executable, "-m", "binarycop", "run", "--json", "--config", str(config), *options]
    began_s = time.monotonic()
    # Files, not pipes: nobody reads while the daemon runs, and a pipe that is full would stop it.
    results, events = folder / "results", folder / "events"
    with results.open("w") as output, events.open("w") as errors:
        daemon = subprocess.Popen(command, stdout=output, stderr=errors)
        most, cpu_s = _watch(daemon)
    took_s = time.monotonic() - began_s
    if daemon.returncode:
        last = events.read_text().splitlines()[-1:] or [f"ended by signal {-daemon.returncode}"]
        raise SourceError(str(clip), f"the daemon with {count} gate{'s' * (count > 1)} failed: {last[0]}")
    summary = json.loads(results.read_text().splitlines()[-1])
    latency_ms = summary["latency_ms"]
    return GateLoad(
        count,
        most["VmHWM"] / _KIB_PER_MIB,
        most["RssAnon"] / _KIB_PER_MIB,
        most["Threads"],
        cpu_s / took_s,
        summary["captured"],
        summary["dropped"],
        latency_ms["p50"],
        latency_ms["p99"],
    )


def _watch(daemon: "subprocess.Popen[bytes]") -> tuple[Mapping[str, int], float]:
    """Sample a process until it ends: the most of each count in its status, and its processor time in seconds."""
    most, cpu_s = {"VmHWM": 0, "RssAnon": 0, "Threads": 0}, 0.0
    process, ticks_hz = Path("/proc", str(daemon.pid)), os.sysconf("SC_CLK_TCK")
    while daemon.poll() is None:
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        # A process that has just ended has no memory any more.
        most = {name: max(count, int(status.get(name, "0").split()[0])) for name, count in most.items()}
        times = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
        cpu_s = sum(map(int, times)) / ticks_hz
        time.sleep(_SAMPLE_S)
    return most, cpu_s
