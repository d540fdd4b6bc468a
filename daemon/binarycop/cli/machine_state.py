"""Memory, temperature and disk, which the daemon's sandbox hides from the daemon itself."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from binarycop.doctor.temperature import temperature_c

_PROC, _THERMAL, _ADC = Path("/proc"), Path("/sys/class/thermal"), Path("/sys/bus/iio/devices")
_JOURNAL = Path("/var/log")
_FIELD = re.compile(r"^(VmRSS|VmHWM|Threads|MemAvailable|SwapTotal):\s+(\d{1,12})\b", re.MULTILINE)


@dataclass(frozen=True)
class MachineState:
    """At one moment; None where it is not known.

    memory_mib, most_memory_mib: of the daemon's process, now and at most. available_mib: memory that programs could
    still get. swap_mib: a gate must have none. temperature_c: of the warmest sensor. disk_free_mib: where the journal
    is.
    """

    memory_mib: float | None
    most_memory_mib: float | None
    threads: int | None
    available_mib: float | None
    swap_mib: float | None
    temperature_c: float | None
    disk_free_mib: float | None


def read(pid: int, proc: Path = _PROC, thermal: Path = _THERMAL, disk: Path = _JOURNAL) -> MachineState:
    """pid: the daemon's."""
    process, memory = _fields(proc / str(pid) / "status"), _fields(proc / "meminfo")
    return MachineState(
        memory_mib=_mib(process.get("VmRSS")),
        most_memory_mib=_mib(process.get("VmHWM")),
        threads=process.get("Threads"),
        available_mib=_mib(memory.get("MemAvailable")),
        swap_mib=_mib(memory.get("SwapTotal")),
        temperature_c=temperature_c(thermal, _ADC),
        disk_free_mib=_free_mib(disk),
    )


def _fields(file: Path) -> dict[str, int]:
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    return {name: int(number) for name, number in _FIELD.findall(text)}


def _mib(kib: int | None) -> float | None:
    return None if kib is None else round(kib / 1024, 1)


def _free_mib(folder: Path) -> float | None:
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return round(found.f_bavail * found.f_frsize / 2**20, 1)
