"""The kernel's FPGA manager: is the logic configured, and with what?

The kernel knows a state, not a name (Documentation/ABI/testing/sysfs-class-fpga-manager), so whoever loads a
bitstream leaves its sha256 in a file that a reboot takes away, but no end of a service. It is believed only while the
state is "operating".
"""

import os
from contextlib import suppress
from pathlib import Path

MANAGER = Path("/sys/class/fpga_manager/fpga0")
FIRMWARE = Path("/lib/firmware")
NOTE = Path("/run/binarycop-overlay/sha256")


class SysfsFpgaManager:
    """See ``SysfsFpgaManager``. firmware: the folder that pynq copies a bitstream to for the kernel."""

    def __init__(self, manager: Path = MANAGER, firmware: Path = FIRMWARE, note: Path = NOTE) -> None:
        self._manager, self._firmware, self._note = manager, firmware, note

    def is_operating(self) -> bool:
        """See ``SysfsFpgaManager.is_operating``; False, too, where there is no such manager."""
        with suppress(OSError):
            return (self._manager / "state").read_text(encoding="ascii").strip() == "operating"
        return False

    def loaded_sha256(self) -> str | None:
        """See ``SysfsFpgaManager.loaded``."""
        with suppress(OSError):
            if self.is_operating():
                return self._note.read_text(encoding="ascii").strip()
        return None

    def record_loaded(self, sha256: str | None) -> None:
        """See ``SysfsFpgaManager.note``."""
        if sha256 is None:
            self._note.unlink(missing_ok=True)
            return
        self._note.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(sha256 + "\n", encoding="ascii")
        # The daemon reads it as another user, whatever the umask of the unit that loads.
        self._note.parent.chmod(0o755)
        self._note.chmod(0o644)

    def why_load_denied(self) -> str | None:
        """See ``SysfsFpgaManager.obstacle``: pynq writes to the kernel's ``firmware`` attribute and to its folder."""
        if not self._manager.exists():
            return f"there is no FPGA manager, {self._manager}"
        beside_note = next(path for path in self._note.parents if path.exists())
        for path in (self._manager / "firmware", self._firmware, beside_note):
            if not os.access(path, os.W_OK):
                return f"this process may not write {path}"
        return None
