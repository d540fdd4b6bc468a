"""A .hwh, Vivado's hardware handoff: which IPs the processor can address, at which clock, on which chip."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from binarycop.errors import BundleError


@dataclass(frozen=True)
class AddressRange:
    """An IP's registers: its first address, and its size in bytes."""

    base: int
    size: int


@dataclass(frozen=True)
class HardwareHandoff:
    """What the driver needs of a .hwh.

    chip: the device, e.g. ``7z020``. ranges: by the IP's name. clocks_mhz: of each IP's ``ap_clk``,
    as far as the file says it.
    """

    chip: str
    ranges: dict[str, AddressRange]
    clocks_mhz: dict[str, float]


def read(file: Path) -> HardwareHandoff:
    """Read a .hwh. Raises BundleError where it is none."""
    try:
        root = ElementTree.parse(file).getroot()
        return _handoff(root)
    except (OSError, ElementTree.ParseError) as error:
        raise BundleError(file.parent, f"{file.name} cannot be read: {error}") from error
    except (KeyError, ValueError) as error:
        raise BundleError(file.parent, f"{file.name} is no hardware handoff of Vivado: {error!r}") from error


def _handoff(root: ElementTree.Element) -> HardwareHandoff:
    system = root.find("SYSTEMINFO")
    if system is None:
        raise ValueError("it has no SYSTEMINFO")
    windows, clocks_mhz = {}, {}
    for module in root.iter("MODULE"):
        if module.get("MODTYPE") == "processing_system7":
            for one in module.iter("MEMRANGE"):
                base, high = int(one.attrib["BASEVALUE"], 16), int(one.attrib["HIGHVALUE"], 16)
                windows[one.attrib["INSTANCE"]] = AddressRange(base, high - base + 1)
        for port in module.iter("PORT"):
            if port.get("NAME") == "ap_clk" and "CLKFREQUENCY" in port.attrib:
                clocks_mhz[module.attrib["INSTANCE"]] = int(port.attrib["CLKFREQUENCY"]) / 1e6
    return HardwareHandoff(system.attrib["DEVICE"], windows, clocks_mhz)
