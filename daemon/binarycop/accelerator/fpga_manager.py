"""The state of the programmable logic, from the kernel's FPGA manager and a record of the loaded bitstream.

The kernel knows the state of the logic but not which bitstream is loaded
(Documentation/ABI/testing/sysfs-class-fpga-manager). So the program that loads a bitstream writes its sha256 to a file
in /run, which outlives every service but not a reboot. The record counts only while the state is "operating".
"""

import os
from contextlib import suppress
from pathlib import Path

from binarycop import atomic

MANAGER = Path("/sys/class/fpga_manager/fpga0")
FIRMWARE = Path("/lib/firmware")
RECORD = Path("/run/binarycop-overlay/sha256")


class SysfsFpgaManager:
    """The kernel's ``FpgaManager``.

    manager: its folder in sysfs. firmware: the folder from which the kernel takes a bitstream; pynq copies it there.
    record: the file with the sha256 of the loaded bitstream.
    """

    def __init__(self, manager: Path = MANAGER, firmware: Path = FIRMWARE, record: Path = RECORD) -> None:
        self._manager, self._firmware, self._record = manager, firmware, record

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
        if sha256 is None:
            self._record.unlink(missing_ok=True)
            return
        self._record.parent.mkdir(parents=True, exist_ok=True)
        # The daemon is another user and must be able to read the record, whatever the umask of the unit that loads.
        self._record.parent.chmod(0o755)
        atomic.write_file(self._record, f"{sha256}\n".encode("ascii"), mode=0o644)

    def why_load_denied(self) -> str | None:
        """See ``FpgaManager.why_load_denied``. pynq writes to the kernel's ``firmware`` attribute and to its folder."""
        if not self._manager.exists():
            return f"there is no FPGA manager, {self._manager}"
        record_folder = next(path for path in self._record.parents if path.exists())
        for path in (self._manager / "firmware", self._firmware, record_folder):
            if not os.access(path, os.W_OK):
                return f"this process may not write {path}"
        return None
