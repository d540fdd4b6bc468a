"""The .hwh file, Vivado's hardware handoff: which IPs the processor can address, their clocks, and the chip."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from binarycop import regular_file
from binarycop.errors import BundleError
from binarycop.file_kind import TEXT, XML, file_kind

_MAX_BYTES = 16 << 20
_MAX_DEPTH, _MAX_BLOCKS, _MAX_NAME = 64, 1000, 256


@dataclass(frozen=True)
class AddressRange:
    """A range of addresses. base: its first address. size: in bytes."""

    base: int
    size: int


@dataclass(frozen=True)
class HardwareHandoff:
    """The part of a .hwh that the daemon needs.

    chip, package: Vivado's names, e.g. ``7z020`` and ``clg400``. design: the name of the block design. version: of
    Vivado, e.g. ``2022.2``. ranges: the registers of each IP, by the IP's name. clocks_mhz: the frequency of each IP's
    ``ap_clk``, if the file gives it.
    """

    chip: str
    package: str
    design: str
    version: str
    ranges: dict[str, AddressRange]
    clocks_mhz: dict[str, float]


def read(file: Path) -> HardwareHandoff:
    """Read a .hwh. Raises BundleError if the file is no .hwh."""
    try:
        data = regular_file.read(file, _MAX_BYTES, follow_link=True)
    except OSError as error:
        raise BundleError(file.parent, f"{file.name} cannot be read: {error.strerror}") from error
    reader = _Reader()
    try:
        reader.parse(data)
        return reader.handoff()
    except (expat.ExpatError, KeyError, ValueError) as error:
        kind = file_kind(data)
        if kind and kind not in (XML, TEXT):
            reason = f"is {kind}"
        elif isinstance(error, expat.ExpatError):
            reason = f"cannot be read as XML, or is cut off: {error}"
        else:
            what = f"it has no {error.args[0]}" if isinstance(error, KeyError) else error
            reason = f"is no hardware handoff of Vivado: {what}; take the .hwh of the same build"
        raise BundleError(file.parent, f"{file.name} {reason}") from error


class _Reader:
    """Takes from the XML what is needed, element by element, so that nothing else is kept in memory."""

    def __init__(self) -> None:
        self._system: tuple[str, str, str] | None = None
        self._version = ""
        self._ranges: dict[str, AddressRange] = {}
        self._clocks_mhz: dict[str, float] = {}
        self._open: list[tuple[str, dict[str, str]]] = []

    def parse(self, data: bytes) -> None:
        """Read the whole file. Raises ExpatError, KeyError, ValueError."""
        # Vivado writes UTF-8. Any other name of an encoding would be looked up among Python's codecs.
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.Parse(data, True)

    def handoff(self) -> HardwareHandoff:
        """What was read. Raises ValueError if the chip is missing."""
        if self._system is None:
            raise ValueError("it has no SYSTEMINFO")
        return HardwareHandoff(*self._system, self._version, self._ranges, self._clocks_mhz)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open:
            self._version = attributes.get("VIVADOVERSION", "")[:_MAX_NAME]
        if name == "SYSTEMINFO" and len(self._open) == 1 and self._system is None:
            chip, package, design = (_name(attributes[key]) for key in ("DEVICE", "PACKAGE", "NAME"))
            self._system = chip, package, design
        modules = [values for opened, values in self._open if opened == "MODULE"]
        if name == "MEMRANGE" and any(values.get("MODTYPE") == "processing_system7" for values in modules):
            base, last = _hexadecimal(attributes["BASEVALUE"]), _hexadecimal(attributes["HIGHVALUE"])
            self._ranges[_name(attributes["INSTANCE"])] = AddressRange(base, last - base + 1)
        if name == "PORT" and attributes.get("NAME") == "ap_clk" and "CLKFREQUENCY" in attributes:
            for values in modules:
                self._clocks_mhz[_name(values["INSTANCE"])] = _hertz(attributes["CLKFREQUENCY"]) / 1e6
        self._open.append((name, attributes))
        if len(self._open) > _MAX_DEPTH or max(len(self._ranges), len(self._clocks_mhz)) > _MAX_BLOCKS:
            raise ValueError(f"it has more than {_MAX_DEPTH} levels or {_MAX_BLOCKS} blocks")

    def _end(self, name: str) -> None:
        self._open.pop()

    def _refuse_doctype(self, *_: object) -> None:
        raise ValueError("it has a DOCTYPE, which can define texts of any size; Vivado writes none")


def _name(text: str) -> str:
    if not 1 <= len(text) <= _MAX_NAME or not text.isprintable():
        raise ValueError(f"a name is {text[:20]!a}, not 1 to {_MAX_NAME} characters")
    return text


def _hexadecimal(text: str) -> int:
    if not re.fullmatch("(0[xX])?[0-9A-Fa-f]{1,16}", text):
        raise ValueError(f"an address is {text[:20]!a}, not a hexadecimal number of at most 16 digits")
    return int(text, 16)


def _hertz(text: str) -> int:
    if not re.fullmatch("[0-9]{1,10}", text):
        raise ValueError(f"a clock is {text[:20]!a}, not a number of at most 10 digits")
    return int(text)
