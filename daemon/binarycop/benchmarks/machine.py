"""The machine and the packages that something was measured with."""

import importlib
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import binarycop
from binarycop.classifier.native.kernel import find_kernel
from binarycop.classifier.native.variants import VARIANTS

_OTHERS = ("ncnn", "onnxruntime")


@dataclass(frozen=True)
class Machine:
    """What must be known of two machines to compare their figures.

    cores: those that this process may use. emulator: what the emulator computes with; flags: the words of the
    processor's features that this needs. load: the system's load over 1, 5 and 15 minutes at the start. priority: how
    the kernel ranks this process among the others, in words.
    """

    processor: str
    architecture: str
    cores: int
    memory_mib: int
    system: str
    emulator: str
    flags: tuple[str, ...]
    binarycop: str
    python: str
    numpy: str
    opencv: str
    others: tuple[str, ...]
    load: tuple[float, ...]
    priority: str

    @property
    def row(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def this_machine() -> Machine:
    """Describe the machine that this process runs on."""
    kernel = find_kernel()
    name = kernel.name if kernel is not None else "numpy"
    flags = next((variant.features for variant in VARIANTS if kernel is not None and variant.name == name), frozenset())
    return Machine(
        processor=_field(_lines("/proc/cpuinfo"), "model name") or platform.machine(),
        architecture=platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_mib=int((_field(_lines("/proc/meminfo"), "MemTotal") or "0").split()[0]) // 1024,
        system=f"{platform.system()} {platform.release()}",
        emulator=name,
        flags=tuple(sorted(flags)),
        binarycop=binarycop.__version__,
        python=platform.python_version(),
        numpy=np.__version__,
        opencv=cv2.__version__,
        others=tuple(f"{name} {version}" for name in _OTHERS if (version := _version(name))),
        load=tuple(round(load, 2) for load in os.getloadavg()),
        priority=_priority(),
    )


def _priority() -> str:
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        return "real-time, before all other work"
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    return f"nice {nice}" if nice else "normal"


def _lines(file: str) -> Iterable[str]:
    return Path(file).read_text(encoding="utf-8").splitlines()


def _field(lines: Iterable[str], name: str) -> str | None:
    """The value of the first line ``name : value``."""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), None)


def _version(package: str) -> str | None:
    """The version of a package that can be imported; None if it is not there."""
    try:
        importlib.import_module(package)
        return metadata.version(package)
    except ImportError:
        return None
