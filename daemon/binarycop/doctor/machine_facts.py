"""Reads the facts that ``machine`` checks, from files of the kernel and of the system. Python's own packages only."""

import ctypes
import os
import time
from pathlib import Path

from binarycop.doctor.machine import MachineFacts, Swap
from binarycop.doctor.temperature import temperature_c

_TIME_ERROR = 5  # sys/timex.h: the clock is not synchronised
_TIMEX_BYTES = 256  # struct timex has 208 bytes at most
_MIB = 1 << 20


def read_machine(root: Path = Path("/"), now_s: float | None = None) -> MachineFacts:
    """The facts of the machine whose files are below ``root``. What cannot be read is left out."""
    release = _release(root)
    free_mib, is_read_only = _disk(root / "var")
    return MachineFacts(
        os_id=release.get("ID", ""),
        os_version=release.get("VERSION_ID", ""),
        os_name=release.get("PRETTY_NAME", ""),
        architecture=os.uname().machine,
        kernel=os.uname().release,
        board=_board(root),
        model=_text(root / "proc/device-tree/model").strip("\0\n "),
        free_mib=free_mib,
        is_read_only=is_read_only,
        memory_mib=_memory_mib(root),
        swaps=_swaps(root),
        swaps_off=_swaps_off(root / "sys/fs/cgroup/system.slice"),
        dumps_kernel=_text(root / "sys/kernel/kexec_crash_loaded").strip() == "1",
        core_pattern=_text(root / "proc/sys/kernel/core_pattern").split(" ")[0].strip(),
        temperature_c=temperature_c(root / "sys/class/thermal", root / "sys/bus/iio/devices"),
        now_s=time.time() if now_s is None else now_s,
        built_s=Path(__file__).stat().st_mtime,
        is_synchronised=_is_synchronised(),
        has_seccomp=(root / "proc/sys/kernel/seccomp/actions_avail").exists(),
        limits_memory=_limits_memory(root),
        keeps_journal=any((root / "var/log/journal").glob("*/*.journal")),
        chips=_chips(root),
        cameras=_cameras(root),
    )


def _text(path: Path) -> str:
    """A small file's text; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(64 << 10).decode(errors="replace")
    except OSError:
        return ""


def _release(root: Path) -> dict[str, str]:
    pairs = (line.partition("=")[::2] for line in _text(root / "etc/os-release").splitlines())
    return {key: value.strip('"') for key, value in pairs}


def _board(root: Path) -> str:
    lines = _text(root / "etc/profile.d/boardname.sh").splitlines()
    return next((line.partition("=")[2].strip() for line in lines if line.startswith("export BOARD=")), "")


def _disk(folder: Path) -> tuple[int | None, bool]:
    try:
        found = os.statvfs(folder)
    except OSError:
        return None, False
    return found.f_bavail * found.f_frsize // _MIB, bool(found.f_flag & os.ST_RDONLY)


def _memory_mib(root: Path) -> int | None:
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemTotal":
            return int(value.split()[0]) // 1024
    return None


def _swaps(root: Path) -> tuple[Swap, ...]:
    rows = (line.split() for line in _text(root / "proc/swaps").splitlines()[1:])
    return tuple(Swap(row[0], int(row[2]) // 1024, not row[0].startswith("/dev/zram")) for row in rows if len(row) > 2)


def _swaps_off(folder: Path) -> bool:
    """Whether MemorySwapMax=0 has an effect: its unit's file says so, or its slice has one while it is stopped."""
    of_unit = folder / "binarycop.service/memory.swap.max"
    return _text(of_unit).strip() == "0" if of_unit.exists() else (folder / "memory.swap.max").exists()


def _is_synchronised() -> bool | None:
    """As adjtimex(2) says, which changes nothing if it is given no modes."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def _limits_memory(root: Path) -> bool:
    if "memory" in _text(root / "sys/fs/cgroup/cgroup.controllers").split():
        return True
    rows = (line.split() for line in _text(root / "proc/cgroups").splitlines())
    has_controller = any(row[0] == "memory" and row[-1] == "1" for row in rows if row)
    return has_controller and (root / "sys/fs/cgroup/memory").is_dir()


def _chips(root: Path) -> tuple[str, ...]:
    """The labels of the chips that have a device file, as far as sysfs names them."""
    if not list((root / "dev").glob("gpiochip*")):
        return ()
    files = [*(root / "sys/bus/gpio/devices").glob("*/of_node/name")]
    files += (root / "sys/class/gpio").glob("gpiochip*/label")
    labels = {_text(file).strip("\0\n ") for file in files} - {""}
    return tuple(sorted(labels)) or ("gpiochip",)


def _cameras(root: Path) -> tuple[str, ...]:
    """Device files: first the names that do not depend on the order of probing."""
    dev = root / "dev"
    found = [*sorted((dev / "v4l/by-id").glob("*-index0")), *sorted(dev.glob("video*"))]
    return tuple(f"/{path.relative_to(root)}" for path in found)
