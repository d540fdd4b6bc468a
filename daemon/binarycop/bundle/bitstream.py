"""A Xilinx .bit file: its header, and the start of its configuration data.

The header has fields of a key, a length and a text: a is the design's name with the options of write_bitstream, b the
part, c and d the date, e the length of the configuration data. The data is a sequence of packets of 32-bit words after
a synchronization word (UG470, "7 Series FPGAs Configuration", chapter 5). The packets are read up to the first write of
frames. One of them has the IDCODE of the chip; another chip rejects the data. Only the chip checks the CRC.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from binarycop.file_kind import BIT_HEADER, file_kind

PACKAGE = "clg400"  # of the PYNQ-Z1 and the Arty Z7-10; in another one the pins are elsewhere


@dataclass(frozen=True)
class Chip:
    """A chip of the Zynq-7000 family. idcode: without the revision. words: of all its frames, in a full bitstream."""

    idcode: int
    words: int


# IDCODE: UG585, register PSS_IDCODE. Words: as in bitstreams of Vivado. µ-CNV also fits the 7z010.
CHIPS = {"7z020": Chip(0x3727093, 1_010_808), "7z010": Chip(0x3722093, 520_352)}

_SYNC, _SWAPPED_SYNC = b"\xaa\x99\x55\x66", b"\x66\x55\x99\xaa"
_SYNC_WITHIN_BYTES = 4096  # Vivado writes it after 48
_MAX_PACKETS = 4096  # before the first frames; Vivado writes 30
_FDRI, _CBC, _IDCODE = 0x02, 0x0B, 0x0C
_WRITE = 2
_REVISION_BITS = 28
_MAX_TEXT = 256


@dataclass(frozen=True)
class Bitstream:
    """What a .bit file says of itself. It configures a whole chip.

    design: the name of the top module. version: of Vivado, e.g. ``2022.2``. chip, package: e.g. ``7z020``, ``clg400``.
    is_compressed: equal frames are in the file only once.
    """

    design: str
    version: str
    chip: str
    package: str
    is_compressed: bool


def parse(data: bytes) -> Bitstream:
    """Read the contents of a .bit file for one of ``CHIPS``.

    Raises ValueError: what the file is instead, as the end of a sentence that begins with its name.
    """
    texts, configuration = _fields(data)
    design, *options = texts["a"].split(";")
    values = dict(option.upper().partition("=")[::2] for option in options)
    if values.get("PARTIAL") == "TRUE":
        raise ValueError("is a partial bitstream, for a part of the chip; write one of the whole design")
    part = re.fullmatch(r"(?:xc)?(7z\d+s?)([a-z]+\d+)(?:-.*)?", texts["b"].lower())
    if part is None or part[1] not in CHIPS or part[2] != PACKAGE:
        right = " or ".join(f"{chip}{PACKAGE}" for chip in CHIPS)
        raise ValueError(f"is for the part {texts['b'][:40]}, not for {right}; build it for the board of this gate")
    is_compressed = values.get("COMPRESS") == "TRUE"
    _check_packets(configuration, part[1], is_compressed)
    return Bitstream(design, values.get("VERSION", ""), part[1], part[2], is_compressed)


def _fields(data: bytes) -> tuple[dict[str, str], bytes]:
    """The texts of the header by key, and the configuration data, which must be all that follows."""
    if not data.startswith(BIT_HEADER):
        start = data[:_SYNC_WITHIN_BYTES]
        if kind := file_kind(data):
            raise ValueError(f"is {kind}")
        if _SYNC in start or _SWAPPED_SYNC in start:
            raise ValueError("is raw configuration data (.bin), which names no chip; take the .bit of the same build")
        raise ValueError("is no bitstream: it does not begin like a .bit file of Vivado")
    texts: dict[str, str] = {}
    offset = len(BIT_HEADER)
    cut = "is cut off within its header; copy it again"
    for key in "abcd":
        head = data[offset : offset + 3]
        if len(head) < 3:
            raise ValueError(cut)
        found, size = struct.unpack(">cH", head)
        if found != key.encode() or not 1 <= size <= _MAX_TEXT:
            raise ValueError(f"has no field {key} in its header, where Vivado writes it")
        text = data[offset + 3 : offset + 3 + size]
        if len(text) < size:
            raise ValueError(cut)
        texts[key] = text.rstrip(b"\0").decode("latin-1")
        if not texts[key].isprintable():
            raise ValueError(f"has a field {key} in its header that is not a text")
        offset += 3 + size
    if len(data) < offset + 5:
        raise ValueError(cut)
    found, length = struct.unpack_from(">cI", data, offset)
    if found != b"e":
        raise ValueError("has no field e in its header, where Vivado writes it")
    configuration = data[offset + 5 :]
    if len(configuration) < length:
        raise ValueError(f"is cut off: it has {len(configuration)} of {length} bytes of configuration; copy it again")
    if len(configuration) > length or length % 4:
        have = len(configuration)
        raise ValueError(f"has {have} bytes of configuration, {length} according to its header; copy it again")
    return texts, configuration


def _check_packets(configuration: bytes, name: str, is_compressed: bool) -> None:
    """Follow the packets up to the first frames: they must be for this chip, readable, and all of its frames."""
    chip = CHIPS[name]
    sync = configuration.find(_SYNC, 0, _SYNC_WITHIN_BYTES)
    if sync < 0 or sync % 4:
        if _SWAPPED_SYNC in configuration[:_SYNC_WITHIN_BYTES]:
            raise ValueError("has the bytes of its words swapped, as for the FPGA manager; take Vivado's own .bit")
        raise ValueError("has a header, but no configuration data after it: there is no synchronization word")
    idcode = -1
    for register, count, offset in _writes(configuration, sync + len(_SYNC)):
        if register == _CBC:
            raise ValueError("is encrypted; write it without BITSTREAM.ENCRYPTION")
        if register == _IDCODE and offset + 4 <= len(configuration):
            idcode = struct.unpack_from(">I", configuration, offset)[0] & (1 << _REVISION_BITS) - 1
        if register == _FDRI:
            if idcode != chip.idcode:
                found = f"IDCODE 0x{idcode:07x}" if idcode >= 0 else "no IDCODE"
                raise ValueError(f"has {found} in its configuration data; a {name} needs 0x{chip.idcode:07x}")
            if count > chip.words or (count < chip.words and not is_compressed):
                raise ValueError(f"configures {count} words of frames; a {name} has {chip.words}, all in one .bit")
            if offset + 4 * count > len(configuration):
                have = (len(configuration) - offset) // 4
                raise ValueError(f"is cut off: it has {have} of {count} words of frames; copy it again")
            return
    raise ValueError("configures nothing: no frames follow its synchronization word")


def _writes(configuration: bytes, offset: int) -> Iterator[tuple[int, int, int]]:
    """Each packet that writes to a register: the register, how many words, and the offset of the first one."""
    register = 0
    for _ in range(_MAX_PACKETS):
        if offset + 4 > len(configuration):
            return
        (word,) = struct.unpack_from(">I", configuration, offset)
        offset += 4
        kind, operation, count = word >> 29, word >> 27 & 3, 0
        if kind == 1:
            register, count = word >> 13 & 0x3FFF, word & 0x7FF
        elif kind == 2:  # more words for the register of the packet before
            count = word & 0x7FF_FFFF
        if operation == _WRITE and count:
            yield register, count, offset
        offset += 4 * count
