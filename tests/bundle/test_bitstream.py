"""A .bit file is what its name says, or the error says what it is instead and what would be right."""

import pytest

from binarycop.accelerator.simulated import design
from binarycop.bundle import bitstream
from binarycop.bundle.bitstream import Bitstream
from tests.bundle import other_files
from tests.bundle.other_files import COMPRESSED, FRAME, PART, TOP
from tests.tried import Kind, tried

FULL = other_files.full()


def reason(data: bytes) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        bitstream.parse(data)
    return str(caught.value)


@tried(Kind.BUILD, "Vivado's .bit of a 7z020, 4,045,564 bytes of configuration", "read: design, version, part")
def test_a_full_bitstream_is_read() -> None:
    assert len(other_files.configuration_of(FULL)) == 4_045_564
    assert bitstream.parse(FULL) == Bitstream("top_wrapper", "2022.2", "7z020", "clg400", is_compressed=False)


@tried(Kind.BUILD, ".bit of a 7z010 (Arty Z7-10)", "read; the simulated PYNQ-Z1 does not load it")
def test_a_full_bitstream_of_the_smaller_chip_is_read() -> None:
    data = other_files.full("7z010")
    assert len(other_files.configuration_of(data)) == 2_083_740
    assert bitstream.parse(data).chip == "7z010"


@pytest.mark.parametrize(
    ("options", "version"),
    [
        pytest.param(COMPRESSED, "2022.2", marks=tried(Kind.BUILD, ".bit with BITSTREAM.GENERAL.COMPRESS", "read")),
        pytest.param(
            "top_wrapper;UserID=0XFFFFFFFF;COMPRESS=TRUE;Version=2016.2_AR67511",
            "2016.2_AR67511",
            marks=tried(Kind.BUILD, ".bit of a patched Vivado, its options in another order", "read"),
        ),
    ],
)
def test_a_compressed_bitstream_is_read(options: str, version: str) -> None:
    read = bitstream.parse(other_files.compressed(options))
    assert (read.version, read.is_compressed) == (version, True)


def test_the_part_may_be_written_as_other_tools_do() -> None:
    assert bitstream.parse(other_files.compressed(part="xc7z020clg400-1")).chip == "7z020"


def test_the_simulated_boards_own_file_is_read_and_says_what_it_is() -> None:
    data = design.bitstream("not a bitstream")
    assert bitstream.parse(data) == Bitstream("top_wrapper", "SIMULATED", "7z020", "clg400", is_compressed=True)
    assert b"not a bitstream" in data


REFUSED = [
    (b"", "is empty", "an empty file"),
    (bytes(4096), "is filled with zeros", "a file of zeros, from a copy that was interrupted"),
    (other_files.LFS_POINTER, "is a pointer of Git LFS instead of the file; run git lfs pull", "a Git LFS pointer"),
    (other_files.WEB_PAGE, "is a web page (HTML)", "a web page under the name of the .bit"),
    (b'{"message": "Not Found"}', "is a text", "an error message of a server as text"),
    (design.hwh("idma0", "odma0", 100.0), "is an XML file", "the .hwh under the name of the .bit"),
    (other_files.zip_archive(), "is a ZIP archive, as .zip and .xsa are; unpack it first", "an .xsa, a ZIP archive"),
    (b"\x1f\x8b\x08\0" + bytes(20), "is compressed by gzip; unpack it first", "a .bit.gz"),
    (b"xclbin2\0" + bytes(99), "is an .xclbin, for an Alveo card", "an .xclbin"),
    (b"\x7fELF" + bytes(60), "is a program (ELF)", "an ELF program"),
    (
        b"\xfe\xff\xff\xea" * 8 + b"\x66\x55\x99\xaaXNLX" + bytes(64),
        "is a boot image of bootgen (BOOT.BIN)",
        "BOOT.BIN of bootgen",
    ),
    (
        other_files.configuration_of(FULL)[:5000],
        "is raw configuration data (.bin), which names no chip; take the .bit",
        "a .bin of write_bitstream",
    ),
    (
        other_files.swapped(other_files.configuration_of(FULL)[:5000]),
        "is raw configuration data (.bin), which names no chip; take the .bit",
        "a .bin with swapped bytes, as the FPGA manager wants it",
    ),
    (
        design.bit_file(TOP, PART, other_files.swapped(other_files.configuration_of(FULL)[:5000])),
        "has the bytes of its words swapped",
        "a .bit whose words are swapped",
    ),
    (
        FULL[:3_000_000],
        "is cut off: it has 2999893 of 4045564 bytes of configuration; copy it again",
        "a .bit of which the end is missing",
    ),
    (FULL[:60], "is cut off within its header", "a .bit that ends in its header"),
    (
        FULL + b"\0",
        "has 4045565 bytes of configuration, 4045564 according to its header",
        "a .bit with a byte too many",
    ),
    (
        other_files.compressed(part="7z020clg484"),
        "is for the part 7z020clg484, not for 7z020clg400 or 7z010clg400",
        ".bit of a ZedBoard: the same chip in another package",
    ),
    (
        other_files.compressed(part="xczu7ev-ffvc1156-2-e", idcode=0x0473_0093),
        "is for the part xczu7ev-ffvc1156-2-e, not for 7z020clg400",
        ".bit of a ZCU104",
    ),
    (
        other_files.compressed(part="xck26-sfvc784-2LV-c", idcode=0x0472_4093),
        "is for the part xck26-sfvc784-2LV-c",
        ".bit of a KV260",
    ),
    (
        other_files.compressed(idcode=0x0372_2093),
        "has IDCODE 0x3722093 in its configuration data; a 7z020 needs 0x3727093",
        ".bit whose header and configuration are of two chips",
    ),
    (
        other_files.compressed(TOP.replace(";", ";PARTIAL=TRUE;", 1)),
        "is a partial bitstream, for a part of the chip; write one of the whole design",
        "a partial .bit (DFX)",
    ),
    (other_files.encrypted(), "is encrypted; write it without BITSTREAM.ENCRYPTION", "an encrypted .bit"),
    (
        other_files.compressed(TOP),
        "configures 101 words of frames; a 7z020 has 1010808, all in one .bit",
        "a .bit of one frame that does not say that it is compressed",
    ),
]


@pytest.mark.parametrize(
    ("data", "why"),
    [pytest.param(*row[:2], id=row[2], marks=tried(Kind.BUILD, row[2], "refused: says what it is")) for row in REFUSED],
)
def test_a_file_that_is_no_bitstream_for_this_board_is_refused_with_what_it_is(data: bytes, why: str) -> None:
    assert why in reason(data)


BROKEN = [
    (FULL[:30].replace(b"a\0", b"q\0"), "has no field a in its header"),
    (FULL.replace(b"b\0\x0c7z020", b"b\xff\xff7z020")[:200], "has no field b in its header"),
    (FULL.replace(b"7z020clg400", b"7z020\x1b[31m0")[:200], "has a field b in its header that is not a text"),
    (FULL.replace(b"\0e\0\x3d", b"\0f\0\x3d")[:200], "has no field e in its header"),
    (design.bit_file(TOP, PART, b""), "there is no synchronization word"),
    (design.bit_file(TOP, PART, b"\xff" * 8192), "there is no synchronization word"),
    (design.bit_file(TOP, PART, b"\xff\xaa\x99\x55\x66\xff\xff\xff"), "there is no synchronization word"),
    (design.bit_file(TOP, PART, b"\xaa\x99\x55\x66"), "configures nothing"),
    (design.bit_file(TOP, PART, b"\xaa\x99\x55\x66" + b"\x20\0\0\0" * 9000), "configures nothing"),
    (design.bit_file(TOP, PART, b"\xaa\x99\x55\x66\x30\x01\x80\x01"), "configures nothing"),
    (design.bit_file(COMPRESSED, PART, b"\xaa\x99\x55\x66\x30\0\x40\x01" + bytes(4)), "has no IDCODE in its"),
    (other_files.compressed()[:-4], "is cut off: it has"),
    (
        design.bit_file(COMPRESSED, PART, design.packets(0x0372_7093, FRAME)[:-80]),
        "is cut off: it has 90 of 101 words of frames",
    ),
]


@pytest.mark.parametrize(("data", "why"), BROKEN, ids=[f"{index} {why}" for index, (_, why) in enumerate(BROKEN)])
def test_a_header_or_packets_that_vivado_does_not_write_are_refused(data: bytes, why: str) -> None:
    assert why in reason(data)
