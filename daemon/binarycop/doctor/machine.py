"""Checks of the machine and its operating system. Pure; they need no package besides Python's own.

``deploy/install`` runs ``before_install`` with a Python that has nothing else yet.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from binarycop.doctor.finding import Finding, Level, fail, not_checked, ok, warn
from binarycop.doctor.temperature import HOT_C, WARM_C

LEAST_FREE_MIB, ENOUGH_FREE_MIB = 100, 300
"""In /var. The journal takes 64 MiB, a package with its bundles 40."""
LEAST_MEMORY_MIB = 400
"""A PYNQ-Z1 has 512 MiB, of which the kernel shows about 490. The daemon's unit may use 256."""

_BOARD = ("ubuntu", "22.04", "armv7l", "Pynq-Z1")
_ZYNQ = frozenset({"zynq_gpio", "zynq-gpio"})


@dataclass(frozen=True)
class Swap:
    """A place to which memory is written. is_disk: it outlives a power cut; zram does not."""

    name: str
    size_mib: int
    is_disk: bool


@dataclass(frozen=True)
class MachineFacts:
    """What a machine says of itself; None for what it does not say.

    os_id, os_version, os_name: of os-release. architecture: as in ``uname -m``. board: of a PYNQ image. free_mib,
    is_read_only: of /var. swaps_off: the kernel keeps the daemon's own memory out of the swap. dumps_kernel: a kernel
    that crashes writes all memory to a file. core_pattern: where core files go. now_s: the clock, seconds since 1970;
    built_s: when this program was built. is_synchronised: by a time server. has_seccomp, limits_memory: of the kernel.
    keeps_journal: over a boot. chips: labels of the GPIO chips. cameras: device files.
    """

    os_id: str = ""
    os_version: str = ""
    os_name: str = ""
    architecture: str = ""
    kernel: str = ""
    board: str = ""
    model: str = ""
    free_mib: int | None = None
    is_read_only: bool = False
    memory_mib: int | None = None
    swaps: tuple[Swap, ...] = ()
    swaps_off: bool = False
    dumps_kernel: bool = False
    core_pattern: str = ""
    temperature_c: float | None = None
    now_s: float = 0.0
    built_s: float = 0.0
    is_synchronised: bool | None = None
    has_seccomp: bool = False
    limits_memory: bool = False
    keeps_journal: bool = False
    chips: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()


def check_image(facts: MachineFacts) -> Finding:
    """The board and its image."""
    model = f", {facts.model}" if facts.model else ""
    if (facts.os_id, facts.os_version, facts.architecture, facts.board) == _BOARD:
        return ok("board and image", f"PYNQ image for {facts.board}, {facts.os_name}")
    text = f"{facts.os_name or 'an unknown system'} on {facts.architecture}{model}: not a PYNQ-Z1 image"
    remedy = "a gate needs the PYNQ-Z1 image 3.0.1 or 3.1 on its SD card: Ubuntu 22.04 on armhf"
    return warn("board and image", text, remedy)


def check_disk(facts: MachineFacts) -> Finding:
    """Room for journal and package."""
    if facts.free_mib is None:
        return not_checked("disk", "/var cannot be looked at")
    if facts.is_read_only:
        remedy = "mount it writable: an SD card that fails is mounted read-only by the kernel (dmesg), replace it"
        return fail("disk", "/var is read-only: neither journal nor package can be written", remedy)
    text = f"{facts.free_mib} MiB are free in /var"
    remedy = "remove what is not needed: apt clean, old logs; journalctl --disk-usage"
    if facts.free_mib < LEAST_FREE_MIB:
        return fail("disk", f"only {text}; {LEAST_FREE_MIB} are needed", remedy)
    return warn("disk", f"only {text}", remedy) if facts.free_mib < ENOUGH_FREE_MIB else ok("disk", text)


def check_memory(facts: MachineFacts) -> Finding:
    """Room for the daemon."""
    if facts.memory_mib is None:
        return not_checked("memory", "/proc/meminfo cannot be read")
    text = f"{facts.memory_mib} MiB"
    if facts.memory_mib < LEAST_MEMORY_MIB:
        return warn("memory", text, "the daemon's unit may use 256 MiB; end what else runs here")
    return ok("memory", text)


def check_swap(facts: MachineFacts) -> Finding:
    """Nothing of the daemon's memory, which has pictures, may reach a disk."""
    if not facts.swaps:
        return ok("swap", "none, so no memory reaches a disk")
    names = ", ".join(f"{swap.name} ({swap.size_mib} MiB)" for swap in facts.swaps)
    if not any(swap.is_disk for swap in facts.swaps):
        return ok("swap", f"in memory only: {names}")
    remedy = "swapoff -a, and remove it from /etc/fstab: pictures of people in memory must not reach a disk"
    if facts.swaps_off:
        return warn("swap", f"{names}; the kernel keeps the daemon out of it (MemorySwapMax=0)", remedy)
    return fail("swap", f"{names}, and this kernel does not keep the daemon out of it", remedy)


def check_dumps(facts: MachineFacts) -> Finding:
    """No file with the memory of a daemon or a kernel that has crashed."""
    if facts.dumps_kernel:
        remedy = "systemctl disable kdump-tools, then reboot: its file would have pictures of people"
        return fail("core dumps", "a kernel that crashes writes all memory to a file (kexec is loaded)", remedy)
    where = f"; the kernel's pattern for those of others: {facts.core_pattern}" if facts.core_pattern else ""
    return ok("core dumps", f"the daemon forbids its own{where}")


def check_temperature(facts: MachineFacts) -> Finding:
    """The chip's own sensor."""
    if facts.temperature_c is None:
        return not_checked("temperature", "this machine has no sensor that the kernel shows")
    text = f"{facts.temperature_c:.0f} °C"
    remedy = "shade and air for the box; a Zynq of the commercial grade is specified up to 85 °C"
    if facts.temperature_c >= HOT_C:
        return fail("temperature", text, remedy)
    return warn("temperature", text, remedy) if facts.temperature_c >= WARM_C else ok("temperature", text)


def check_clock(facts: MachineFacts) -> Finding:
    """The times in the journal."""
    if facts.now_s < facts.built_s:
        remedy = "timedatectl set-time 'YYYY-MM-DD HH:MM', or a network with a time server"
        return fail("clock", "is before the day on which this program was built, so it was never set", remedy)
    if facts.is_synchronised is None:
        return not_checked("clock", "the kernel does not say whether it is synchronised")
    if not facts.is_synchronised:
        remedy = "if the gate has no network, set it by hand from time to time: timedatectl set-time"
        return warn("clock", "set, but no time server keeps it: it drifts by seconds a week", remedy)
    return ok("clock", "set and synchronised")


def check_seccomp(facts: MachineFacts) -> Finding:
    """The filter of system calls."""
    if facts.has_seccomp:
        return ok("seccomp", "the kernel has filters of system calls")
    remedy = "use a kernel with CONFIG_SECCOMP_FILTER; without it a daemon that was taken over can start programs"
    return fail("seccomp", "the kernel has no filters of system calls", remedy)


def check_memory_limit(facts: MachineFacts) -> Finding:
    """Whether MemoryMax= of the units has an effect."""
    if facts.limits_memory:
        return ok("memory limit", "the kernel can limit a unit's memory")
    remedy = "boot with cgroup_enable=memory; without it a leak ends some process, which need not be the daemon"
    return warn("memory limit", "the kernel cannot limit a unit's memory (MemoryMax=)", remedy)


def check_journal(facts: MachineFacts) -> Finding:
    """Whether the journal outlives a boot."""
    if facts.keeps_journal:
        return ok("journal", "kept over boots, in /var/log/journal")
    remedy = "mkdir -p /var/log/journal, systemctl restart systemd-journald; the package does both"
    return fail("journal", "in memory only: a power cut loses every event", remedy)


def check_cameras(facts: MachineFacts) -> Finding:
    """What could be a camera."""
    if facts.cameras:
        return ok("cameras", ", ".join(facts.cameras))
    return fail("cameras", "there is no camera", "plug it in; then lsusb, dmesg")


def check_chips(facts: MachineFacts) -> Finding:
    """The GPIO chips."""
    labels = ", ".join(facts.chips)
    if not facts.chips:
        return fail("GPIO chips", "there is no GPIO chip (/dev/gpiochip*)", "is this the board's own kernel?")
    if not _ZYNQ & set(facts.chips):
        return warn("GPIO chips", f"no chip of a Zynq (zynq_gpio) found, only {labels}", "is this a PYNQ-Z1?")
    return ok("GPIO chips", labels)


Check = Callable[[MachineFacts], Finding]

CHECKS: tuple[Check, ...] = (
    check_image,
    check_memory,
    check_memory_limit,
    check_disk,
    check_journal,
    check_clock,
    check_temperature,
    check_seccomp,
    check_swap,
    check_dumps,
)

OTHER_BOARD, WITHOUT_CAMERA = "--other-board", "--without-camera"
"""Options of the installer."""

BEFORE_INSTALL: tuple[tuple[Check, str], ...] = (
    (check_image, OTHER_BOARD),
    (check_disk, ""),
    (check_cameras, WITHOUT_CAMERA),
    (check_chips, OTHER_BOARD),
)
"""What must be right before anything is installed, with the option of the installer that continues anyway."""


def before_install(facts: MachineFacts, allowed: Collection[str]) -> list[Finding]:
    """The installer's findings: a warning fails, unless the option is given that allows it; then a failure is one."""
    findings = []
    for check, option in BEFORE_INSTALL:
        finding = check(facts)
        if option in allowed and finding.level is Level.FAIL:
            finding = replace(finding, level=Level.WARN)
        elif option and option not in allowed and finding.level in (Level.WARN, Level.FAIL):
            finding = replace(finding, level=Level.FAIL, remedy=f"{finding.remedy} (to continue anyway: {option})")
        findings.append(finding)
    return findings
