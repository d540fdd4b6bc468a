"""The versions of the gate's parts."""

import platform
from importlib import import_module, metadata

import numpy as np

import binarycop
from binarycop.doctor.machine_facts import read_machine
from binarycop.service.unit import systemctl

_PACKAGES = ("gpiozero", "ncnn", "pynq", "PyYAML")


def read_versions() -> list[tuple[str, str]]:
    """Names and versions."""
    machine = read_machine()
    found = [
        ("binarycop", binarycop.__version__),
        ("system", machine.os_name),
        ("kernel", f"{machine.kernel} {machine.architecture}"),
        ("board", machine.board or machine.model or "unknown"),
        ("systemd", _systemd()),
        ("Python", platform.python_version()),
        ("numpy", np.__version__),
        ("OpenCV", str(import_module("cv2").__version__)),
    ]
    return found + [(name, _version(name)) for name in _PACKAGES]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _systemd() -> str:
    text = systemctl(["--version"])
    return "none" if text is None else text.partition("\n")[0]
