"""Reads the names that belong to one machine: they are taken out of a report."""

import os
import pwd
import socket
from contextlib import suppress
from pathlib import Path

_FIRST_PERSON = 1000  # Debian's first id of a user that a person is
_OF_EVERY_BOARD = frozenset({"localhost", "binarycop", "gate", "pynq", "xilinx", "ubuntu", "debian"})
_FILES = (
    "etc/hostname",
    "etc/machine-id",
    "proc/device-tree/serial-number",
    "sys/class/dmi/id/product_serial",
    "sys/class/dmi/id/product_uuid",
    "proc/sys/kernel/random/boot_id",
)


def read_own_names(root: Path = Path("/")) -> frozenset[str]:
    """Host name and its domain, people's user names, serial numbers, as far as they can be read."""
    found = {os.environ.get("SUDO_USER", ""), os.environ.get("USER", "")} - {"root"} | _host_names(socket.gethostname())
    found |= {user.pw_name for user in pwd.getpwall() if _FIRST_PERSON <= user.pw_uid < 65_534}
    for name in (*_FILES, *_serials(root)):
        with suppress(OSError):
            found.add((root / name).read_bytes()[:256].decode(errors="replace").strip("\0\n "))
    return frozenset(found - _OF_EVERY_BOARD - {""})


def _host_names(host: str) -> set[str]:
    """The full host name, and its parts: a text may have one of them only, such as the site's domain."""
    name, _, domain = host.partition(".")
    return {host, name, domain if "." in domain else ""}  # a domain such as local is a word of every text


def _serials(root: Path) -> list[str]:
    return [
        *(f"sys/bus/usb/devices/{path.parent.name}/serial" for path in (root / "sys/bus/usb/devices").glob("*/serial")),
        *(f"sys/class/net/{path.parent.name}/address" for path in (root / "sys/class/net").glob("*/address")),
    ]
