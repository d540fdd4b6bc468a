"""A daemon in a process of its own, with several gates that all play one clip, and what it needed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from binarycop.benchmarks.daemon_process import daemon_process
from binarycop.errors import SourceError
from binarycop.frames.choose import open_recording

_SAMPLE_S = 0.1
_SPARE_S = 60.0  # for its start and its end, on a machine with much else to do
_KIB_PER_MIB = 1024


@dataclass(frozen=True)
class DaemonRun:
    """What one daemon needed.

    peak_mib: the most resident memory. private_mib: the most of it that no file backs. pss_mib: the most of its
    proportional share, in which memory of several processes is divided by their number; 0 unless asked for. threads:
    the most. cores: processor time divided by elapsed time. captured, processed, dropped: frames of all gates.
    latency_ms: ``p50``, ``p99`` and ``max``, from a frame's capture until the lines were driven.
    """

    gates: int
    peak_mib: float
    private_mib: float
    pss_mib: float
    threads: int
    cores: float
    captured: int
    processed: int
    dropped: int
    latency_ms: Mapping[str, float]


def run_daemon(gates: int, clip: Path, options: Sequence[str] = (), *, samples_pss: bool = False) -> DaemonRun:
    """Run a daemon whose gates all play the clip at the same time, which is the worst case.

    options: of ``run``. samples_pss: the kernel walks all of the process's pages for it, so the latency suffers.

    Raises SourceError if there is no such clip or it cannot be read to its end, if the daemon fails, with its message,
    or if it has not ended a minute after the clip.
    """
    if not os.path.exists(clip):
        raise SourceError(str(clip), "does not exist; name a video file or a folder of pictures")
    limit_s = _length_s(clip) + _SPARE_S
    with TemporaryDirectory() as name:
        folder = Path(name)
        sources = [folder / f"{number}{clip.suffix}" for number in range(gates)]
        for source in sources:
            # Two gates must not have the same source.
            source.symlink_to(clip.resolve())
        config = folder / "gates.yaml"
        config.write_text(settings_text([str(source) for source in sources]), encoding="utf-8")
        command = [sys.executable, "-m", "binarycop", "run", "--json", "--config", str(config), *options]
        # Files, not pipes: nobody reads while the daemon runs, and a pipe that is full would stop it.
        results, events = folder / "results", folder / "events"
        began_s = time.monotonic()
        with (
            results.open("w") as output,
            events.open("w") as errors,
            daemon_process(command, stdout=output, stderr=errors) as daemon,
        ):
            try:
                most, cpu_s = _watch(daemon, began_s + limit_s, samples_pss)
            except TimeoutError:
                raise SourceError(str(clip), f"{_named(gates)} did not end within {limit_s:.0f} s") from None
        took_s = time.monotonic() - began_s
        if daemon.returncode:
            last = events.read_text().splitlines()[-1:] or [f"ended by signal {-daemon.returncode}"]
            raise SourceError(str(clip), f"{_named(gates)} failed: {last[0]}")
        summary: dict[str, Any] = json.loads(results.read_text().splitlines()[-1])
    return DaemonRun(
        gates,
        most["VmHWM"] / _KIB_PER_MIB,
        most["RssAnon"] / _KIB_PER_MIB,
        most["Pss"] / _KIB_PER_MIB,
        most["Threads"],
        cpu_s / took_s,
        summary["captured"],
        summary["frames"],
        summary["dropped"],
        summary["latency_ms"],
    )


def settings_text(sources: Sequence[str]) -> str:
    """A settings file with a gate for each source, on mock lines."""
    gates = [
        {"name": f"gate{at}", "source": source, "lines": {"permission": {"pin": f"RELAY{at}"}, "lamps": {}}}
        for at, source in enumerate(sources, start=1)
    ]
    # YAML reads JSON.
    return json.dumps({"lines": {"factory": "mock"}, "gates": gates})


def _named(gates: int) -> str:
    return f"the daemon with {gates} gate{'s' * (gates > 1)}"


def _length_s(clip: Path) -> float:
    """How long a clip or folder plays. All of its pictures are read: what a header says can be wrong."""
    source, length_s = open_recording(str(clip)), 0.0
    try:
        while (frame := source.read()) is not None:
            length_s = frame.captured_s
    finally:
        source.close()
    return length_s


def _watch(daemon: "subprocess.Popen[bytes]", deadline_s: float, samples_pss: bool) -> tuple[Mapping[str, int], float]:
    """Sample a process until it ends: the most of each count in its status, and its processor time in seconds.

    Raises TimeoutError if it has not ended at ``deadline_s`` of the monotonic clock.
    """
    most, cpu_s = {"VmHWM": 0, "RssAnon": 0, "Threads": 0, "Pss": 0}, 0.0
    process, ticks_hz = Path("/proc", str(daemon.pid)), os.sysconf("SC_CLK_TCK")
    while daemon.poll() is None:
        if time.monotonic() >= deadline_s:
            raise TimeoutError
        text = (process / "status").read_text()
        if samples_pss:
            text += _rollup(process)
        status = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        # A process that has just ended has no memory any more.
        most = {name: max(count, int(status.get(name, "0").split()[0])) for name, count in most.items()}
        times = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
        cpu_s = sum(map(int, times)) / ticks_hz
        time.sleep(_SAMPLE_S)
    return most, cpu_s


def _rollup(process: Path) -> str:
    try:
        return (process / "smaps_rollup").read_text()
    except OSError:  # it has just ended
        return ""
