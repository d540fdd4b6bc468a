"""The temperature of the machine, from the kernel's files. ``status`` imports it without the rest of this package."""

from contextlib import suppress
from pathlib import Path

WARM_C, HOT_C = 75.0, 85.0
"""A Zynq of the commercial grade, as on a PYNQ-Z1, is specified for 0 to 85 °C at the junction (AMD DS187)."""

_MOST_CHARACTERS = 64


def temperature_c(thermal: Path, adc: Path) -> float | None:
    """The hottest sensor in these folders of sysfs: thermal zones, and ADCs, as a Zynq's own is (XADC)."""
    found = []
    for raw in adc.glob("iio:device*/in_temp*_raw"):
        with suppress(OSError, ValueError):
            offset, scale = (_number(raw.with_name(raw.name.replace("raw", part))) for part in ("offset", "scale"))
            found.append((_number(raw) + offset) * scale / 1000)
    for zone in thermal.glob("thermal_zone*/temp"):
        with suppress(OSError, ValueError):
            found.append(_number(zone) / 1000)
    return max(found, default=None)


def _number(path: Path) -> float:
    with path.open(encoding="ascii", errors="replace") as file:
        return float(file.read(_MOST_CHARACTERS))
