"""A build is checked against its bundle's manifest before it is used."""

from pathlib import Path

import pytest

from binarycop.accelerator.simulated import design
from binarycop.bundle import check_build
from binarycop.bundle.files import Bundle
from binarycop.errors import BundleError
from tests.accelerator.fakes import SimulatedSetup
from tests.bundle import other_files
from tests.tried import Kind, tried

PUBLISHED_BITSTREAM = "ee6a72ae00883e9b039f554cc4d1df2305808a18646c83031b07ee7e8861d8a8"


@pytest.fixture
def simulated(tiny_bundle: Bundle, tmp_path: Path) -> SimulatedSetup:
    return SimulatedSetup(tiny_bundle, tmp_path)


def refusal(simulated: SimulatedSetup) -> str:
    with pytest.raises(BundleError) as caught:
        check_build.check(simulated.bundle.folder, simulated.bundle.manifest)
    return caught.value.reason


def test_the_simulated_boards_own_build_agrees(simulated: SimulatedSetup) -> None:
    check_build.check(simulated.bundle.folder, simulated.bundle.manifest)


@pytest.mark.parametrize("file", ["overlay.bit", "overlay.hwh"])
def test_a_bundle_without_a_build_is_refused_with_the_way_to_get_one(simulated: SimulatedSetup, file: str) -> None:
    hashes = {name: digest for name, digest in simulated.bundle.manifest.sha256.items() if name != file}
    reason = refusal(simulated.with_manifest(sha256=hashes))
    assert reason == f"{file} is not in the manifest; put it there with binarycop import-build"
    (simulated.bundle.folder / file).unlink()
    reason = refusal(simulated.with_manifest(sha256=hashes))
    assert reason == f"it has no {file}: build one (overlays/finn), then run binarycop import-build"


@tried(Kind.BUILD, "bundle with the published BinaryCoP bitstream", "refused: 72×72 pictures, three classes, a label")
def test_the_published_bitstream_is_refused_with_the_reason(simulated: SimulatedSetup) -> None:
    hashes = {**simulated.bundle.manifest.sha256, "overlay.bit": PUBLISHED_BITSTREAM}
    reason = refusal(simulated.with_manifest(sha256=hashes))
    assert "published BinaryCoP overlay" in reason
    assert "takes 72×72 pictures, not 32×32" in reason
    assert "knows three classes" in reason


SHAPES = [
    ({"output_type": "FLOAT32"}, "output type FLOAT32 is not a FINN integer type"),
    ({"output_type": "UINT8"}, "output type UINT8 does not hold scores from -20 to 20"),
    ({"output_type": "INT5"}, "output type INT5 does not hold scores from -20 to 20"),
    ({"output_type": "BIPOLAR"}, "output type BIPOLAR does not hold"),
    ({"output_type": "INT9"}, r"output packed as \[1, 4, 1\] does not hold 4 scores of type INT9"),
    ({"output_packed": (1, 1, 1)}, r"output packed as \[1, 1, 1\] does not hold"),
    ({"output_packed": (1, 3, 1)}, r"output packed as \[1, 3, 1\] is not 4 scores in equal words"),
    ({"output_packed": (1, 0, 1)}, "in equal words"),
    ({"output_packed": (4,)}, "in equal words"),
    ({"input_packed": (1, 72, 72, 1, 3)}, r"input packed as \[1, 72, 72, 1, 3\] is not one image of 3072 bytes"),
    ({"input_packed": (2, 32, 16, 1, 3)}, "is not one image"),
]


@pytest.mark.parametrize(("changes", "reason"), SHAPES)
def test_shapes_and_types_that_do_not_agree_are_refused(
    simulated: SimulatedSetup, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(BundleError, match=reason):
        check_build.check(simulated.bundle.folder, simulated.with_manifest(**changes).bundle.manifest)


@tried(Kind.BUILD, ".hwh of another overlay, without the DMAs", "refused: lists its IPs")
def test_a_hwh_without_the_manifests_dma_is_refused_with_a_list_of_its_ips(simulated: SimulatedSetup) -> None:
    assert "the manifest's DMA idma1 is not there; IPs with registers: idma0, odma0" in refusal(
        simulated.with_manifest(input_dma="idma1")
    )


@tried(Kind.BUILD, ".hwh built for a slower clock than the manifest's", "refused: both clocks")
def test_a_clock_above_that_of_the_build_is_refused(simulated: SimulatedSetup) -> None:
    assert "idma0 is built for 100 MHz, but the manifest has 125 MHz" in refusal(
        simulated.with_manifest(clock_mhz=125.0)
    )
    check_build.check(simulated.bundle.folder, simulated.with_manifest(clock_mhz=50.0).bundle.manifest)


# SYSTEMINFO of Vivado's .hwh for each board.
BOARDS = [
    ("a PYNQ-Z1", 'ARCH="zynq" DEVICE="7z020" NAME="top" PACKAGE="clg400"', True),
    ("a PYNQ-Z2", 'ARCH="zynq" BOARD="tul.com.tw:pynq-z2" DEVICE="7z020" NAME="top" PACKAGE="clg400"', True),
    ("a ZedBoard", 'ARCH="zynq" DEVICE="7z020" NAME="top" PACKAGE="clg484"', False),
    ("an Ultra96", 'ARCH="zynquplus" DEVICE="xczu3eg" NAME="top" PACKAGE="sbva484"', False),
    ("a ZCU104", 'ARCH="zynquplus" DEVICE="xczu7ev" NAME="top" PACKAGE="ffvc1156"', False),
    ("a KV260", 'ARCH="zynquplus" DEVICE="xck26" NAME="top" PACKAGE="sfvc784"', False),
]


@pytest.mark.parametrize(
    ("system", "is_right"),
    [
        pytest.param(
            system,
            is_right,
            id=board,
            marks=tried(
                Kind.BUILD, f".hwh of {board}", "read; the same part" if is_right else "refused: names the part"
            ),
        )
        for board, system, is_right in BOARDS
    ],
)
def test_a_hwh_of_another_part_is_refused(simulated: SimulatedSetup, system: str, is_right: bool) -> None:
    file = simulated.bundle.folder / "overlay.hwh"
    text = file.read_bytes()
    own = text[text.index(b"<SYSTEMINFO ") : text.index(b"<EXTERNALPORTS")]
    file.write_bytes(text.replace(own, f"<SYSTEMINFO {system}/>".encode()))
    if is_right:
        check_build.check(simulated.bundle.folder, simulated.bundle.manifest)
        return
    values = dict(part.split("=") for part in system.replace('"', "").split())
    part = values["DEVICE"] + values["PACKAGE"]
    assert refusal(simulated).startswith(f"overlay.hwh is for the part {part}, not for 7z020clg400 or 7z010clg400; ")


# Both files are right, but not of one build.
PAIRS = [
    (
        other_files.compressed(part="7z010clg400", idcode=0x0372_2093),
        "overlay.bit is for a 7z010, overlay.hwh for a 7z020",
        ".bit of an Arty Z7-10 with the .hwh of a PYNQ-Z1",
    ),
    (
        other_files.compressed("base_wrapper;COMPRESS=TRUE;UserID=0XFFFFFFFF;Version=2022.2"),
        "overlay.bit is of the design base_wrapper, overlay.hwh of top",
        ".bit of PYNQ's base overlay with FINN's .hwh",
    ),
    (
        other_files.compressed("top_wrapper;COMPRESS=TRUE;UserID=0XFFFFFFFF;Version=2024.1"),
        "overlay.bit is of Vivado 2024.1, overlay.hwh of 2022.2",
        ".bit and .hwh of two versions of Vivado",
    ),
]


@pytest.mark.parametrize(
    ("bit", "reason"),
    [
        pytest.param(bit, why, id=what, marks=tried(Kind.BUILD, what, "refused: the difference"))
        for bit, why, what in PAIRS
    ],
)
def test_a_bitstream_and_a_hwh_of_two_builds_are_refused(simulated: SimulatedSetup, bit: bytes, reason: str) -> None:
    folder = simulated.bundle.folder
    handoff = (folder / "overlay.hwh").read_bytes()
    (folder / "overlay.hwh").write_bytes(handoff.replace(b'VIVADOVERSION="simulated"', b'VIVADOVERSION="2022.2"'))
    (folder / "overlay.bit").write_bytes(bit)
    assert refusal(simulated) == f"{reason}; take both from the same build"


@tried(Kind.BUILD, ".bit whose top module has a name of its own", "read")
def test_a_top_module_of_somebody_else_may_have_any_name(simulated: SimulatedSetup) -> None:
    bit = other_files.compressed("gate_top;COMPRESS=TRUE;UserID=0XFFFFFFFF;Version=2022.2")
    (simulated.bundle.folder / "overlay.bit").write_bytes(bit)
    check_build.check(simulated.bundle.folder, simulated.bundle.manifest)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"<EDKSYSTEM", "cannot be read"),
        (b"<EDKSYSTEM/>", "no SYSTEMINFO"),
        (b'<EDKSYSTEM><SYSTEMINFO NAME="top"/></EDKSYSTEM>', "DEVICE"),
    ],
)
def test_a_file_that_is_no_hwh_is_refused(simulated: SimulatedSetup, data: bytes, reason: str) -> None:
    (simulated.bundle.folder / "overlay.hwh").write_bytes(data)
    assert reason in refusal(simulated)


def test_registers_too_small_for_a_dma_are_refused(simulated: SimulatedSetup) -> None:
    text = design.hwh("idma0", "odma0", 100.0).replace(b"0x40001FFF", b"0x4000100F")
    (simulated.bundle.folder / "overlay.hwh").write_bytes(text)
    assert "odma0 has 16 bytes of registers, fewer than 32" in refusal(simulated)
