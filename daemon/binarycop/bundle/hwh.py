"""The .hwh file, Vivado's hardware handoff: which IPs the processor can address, their clocks, and the chip."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from binarycop.errors import BundleError


@dataclass(frozen=True)
class AddressRange:
    """A range of addresses. base: its first address. size: in bytes."""

    base: int
    size: int


@dataclass(frozen=True)
class HardwareHandoff:
    """The part of a .hwh that the daemon needs.

    chip: Vivado's name of the device, e.g. ``7z020``. ranges: the registers of each IP, by the IP's name. clocks_mhz:
    the frequency of each IP's ``ap_clk``, if the file gives it.
    """

    chip: str
    ranges: dict[str, AddressRange]
    clocks_mhz: dict[str, float]


def read(file: Path) -> HardwareHandoff:
    """Read a .hwh. Raises BundleError if the file is no .hwh."""
    try:
        return _parse(ElementTree.parse(file).getroot())
    except (OSError, ElementTree.ParseError) as error:
        raise BundleError(file.parent, f"{file.name} cannot be read: {error}") from error
    except (KeyError, ValueError) as error:
        raise BundleError(file.parent, f"{file.name} is no hardware handoff of Vivado: {error!r}") from error


def _parse(root: ElementTree.Element) -> HardwareHandoff:
    system = root.find("SYSTEMINFO")
    if system is None:
        raise ValueError("it has no SYSTEMINFO")
    ranges, clocks_mhz = {}, {}
    for module in root.iter("MODULE"):
        if module.get("MODTYPE") == "processing_system7":
            for memrange in module.iter("MEMRANGE"):
                base, last = int(memrange.attrib["BASEVALUE"], 16), int(memrange.attrib["HIGHVALUE"], 16)
                ranges[memrange.attrib["INSTANCE"]] = AddressRange(base, last - base + 1)
        for port in module.iter("PORT"):
            if port.get("NAME") == "ap_clk" and "CLKFREQUENCY" in port.attrib:
                clocks_mhz[module.attrib["INSTANCE"]] = int(port.attrib["CLKFREQUENCY"]) / 1e6
    return HardwareHandoff(system.attrib["DEVICE"], ranges, clocks_mhz)
