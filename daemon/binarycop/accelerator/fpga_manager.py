"""The state of the programmable logic, from the kernel's FPGA manager and a record of the loaded bitstream.

The kernel knows the state of the logic but not which bitstream is loaded
(Documentation/ABI/testing/sysfs-class-fpga-manager). So the program that loads a bitstream writes its sha256 to a file
in /run, which outlives every service but not a reboot. The record counts only while the state is "operating".

Another file there exists while the logic's clock is slow. It holds the full frequency in MHz. A third one is the lock
of the process that uses the logic (``owner_lock``).
"""

import os
from contextlib import suppress
from pathlib import Path

from binarycop import atomic
from binarycop.accelerator.owner_lock import OwnerLock
from binarycop.errors import OverlayError

MANAGER = Path("/sys/class/fpga_manager/fpga0")
FIRMWARE = Path("/lib/firmware")
RECORD = Path("/run/binarycop-overlay/sha256")
SLOW_CLOCK, LOCK = "slow-clock", "lock"


class SysfsFpgaManager:
    """The kernel's ``FpgaManager``.

    manager: its folder in sysfs. firmware: the folder from which the kernel takes a bitstream; pynq copies it there.
    record: the file with the sha256 of the loaded bitstream; ``slow-clock`` and ``lock`` are in the same folder.
    """

    def __init__(self, manager: Path = MANAGER, firmware: Path = FIRMWARE, record: Path = RECORD) -> None:
        self._manager, self._firmware, self._record = manager, firmware, record
        self._slow_clock = record.with_name(SLOW_CLOCK)
        self._lock = OwnerLock(record.with_name(LOCK))

    def is_operating(self) -> bool:
        """See ``FpgaManager.is_operating``. False also if there is no FPGA manager."""
        with suppress(OSError):
            return (self._manager / "state").read_text(encoding="ascii").strip() == "operating"
        return False

    def loaded_sha256(self) -> str | None:
        """See ``FpgaManager.loaded_sha256``."""
        with suppress(OSError):
            if self.is_operating():
                return self._record.read_text(encoding="ascii").strip()
        return None

    def record_loaded(self, sha256: str | None) -> None:
        """See ``FpgaManager.record_loaded``."""
        _record(self._record, sha256)

    def record_slowed(self, full_mhz: float | None) -> None:
        """See ``FpgaManager.record_slowed``."""
        _record(self._slow_clock, None if full_mhz is None else repr(full_mhz))

    def slowed_from_mhz(self) -> float | None:
        """See ``FpgaManager.slowed_from_mhz``."""
        try:
            return float(self._slow_clock.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise OverlayError(f"{self._slow_clock} should hold the clock's full frequency in MHz: {error}") from error

    def why_load_denied(self) -> str | None:
        """See ``FpgaManager.why_load_denied``. pynq writes to the kernel's ``firmware`` attribute and to its folder."""
        if not self._manager.exists():
            return f"there is no FPGA manager, {self._manager}"
        record_folder = next(path for path in self._record.parents if path.exists())
        for path in (self._manager / "firmware", self._firmware, record_folder):
            if not os.access(path, os.W_OK):
                return f"this process may not write {path}"
        return None

    def claim(self) -> None:
        """See ``FpgaManager.claim``."""
        self._lock.take()

    def release(self) -> None:
        """See ``FpgaManager.release``."""
        self._lock.release()

    def why_in_use(self) -> str:
        """See ``FpgaManager.why_in_use``."""
        return self._lock.why_taken()


def _record(file: Path, text: str | None) -> None:
    """Write a line to a file, or remove the file."""
    if text is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    # The daemon is another user and must be able to read the record, whatever the umask of the unit that loads.
    file.parent.chmod(0o755)
    atomic.write_file(file, f"{text}\n".encode("ascii"), mode=0o644)
