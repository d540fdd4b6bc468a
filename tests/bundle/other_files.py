"""What arrives under the name of a bundle's or a build's file, and bitstreams that a PYNQ-Z1 does not take."""

import io
import struct
import zipfile

from binarycop.accelerator.simulated import design
from binarycop.bundle.bitstream import CHIPS

TOP = "top_wrapper;UserID=0XFFFFFFFF;Version=2022.2"
COMPRESSED = "top_wrapper;COMPRESS=TRUE;UserID=0XFFFFFFFF;Version=2022.2"
PART = "7z020clg400"
FRAME = bytes(404)

LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 4045671\n"
)
WEB_PAGE = b"\n<!DOCTYPE html>\n<html><head><title>Sign in to GitHub</title></head><body></body></html>\n"


def zip_archive(name: str = "top.bit") -> bytes:
    """A ZIP archive with one file, as an .xsa is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"content")
    return file.getvalue()


def full(chip: str = "7z020", options: str = TOP) -> bytes:
    """The .bit of a whole design without compression: as long as Vivado's."""
    configuration = design.packets(CHIPS[chip].idcode, bytes(4 * CHIPS[chip].words))
    length = 4 * (CHIPS[chip].words + 583)  # 4,045,564 bytes for a 7z020, 2,083,740 for a 7z010
    return design.bit_file(options, f"{chip}clg400", configuration.ljust(length, b"\0"))


def compressed(options: str = COMPRESSED, part: str = PART, idcode: int = 0x0372_7093, frames: bytes = FRAME) -> bytes:
    """A compressed .bit. Only its first frames are written out, as in Vivado's."""
    return design.bit_file(options, part, design.packets(idcode, frames))


def configuration_of(bit_file: bytes) -> bytes:
    """What a .bin has: the configuration data without the header."""
    return bit_file[bit_file.index(b"\xff" * 32) :]


def swapped(configuration: bytes) -> bytes:
    """The bytes of each word in the other order, as the kernel's FPGA manager wants them."""
    words = struct.unpack(f">{len(configuration) // 4}I", configuration)
    return struct.pack(f"<{len(words)}I", *words)


def encrypted() -> bytes:
    """A .bit whose configuration data is encrypted: after the synchronization a vector is written to CBC."""
    head = design.packets(0x0372_7093, FRAME)[: 4 * 14]
    words = [0x3001_6004, 1, 2, 3, 4, 0x3003_4001, 404]
    return design.bit_file(TOP, PART, head + struct.pack(f">{len(words)}I", *words) + bytes(range(256)) * 4)
