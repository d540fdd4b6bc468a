"""A build is held to its bundle's manifest before anything of it is used."""

from pathlib import Path

import pytest

from binarycop.accelerator.simulated import design
from binarycop.bundle import check_build
from binarycop.bundle.files import Bundle
from binarycop.errors import BundleError
from tests.accelerator.fakes import SimulatedSetup

PUBLISHED_BITSTREAM = "ee6a72ae00883e9b039f554cc4d1df2305808a18646c83031b07ee7e8861d8a8"


@pytest.fixture
def bench(tiny_bundle: Bundle, tmp_path: Path) -> SimulatedSetup:
    return SimulatedSetup(tiny_bundle, tmp_path)


def refusal(bench: SimulatedSetup) -> str:
    with pytest.raises(BundleError) as caught:
        check_build.check(bench.bundle.folder, bench.bundle.manifest)
    return caught.value.reason


def test_the_simulated_boards_own_build_agrees(bench: SimulatedSetup) -> None:
    check_build.check(bench.bundle.folder, bench.bundle.manifest)


@pytest.mark.parametrize("file", ["overlay.bit", "overlay.hwh"])
def test_a_bundle_without_a_build_is_refused_and_told_where_to_get_one(bench: SimulatedSetup, file: str) -> None:
    hashes = {name: digest for name, digest in bench.bundle.manifest.sha256.items() if name != file}
    said = refusal(bench.with_manifest(sha256=hashes))
    assert said == f"it has no {file}: build one (overlays/finn) and take it up with import-build"


def test_the_published_bitstream_is_refused_in_words_that_say_why(bench: SimulatedSetup) -> None:
    hashes = {**bench.bundle.manifest.sha256, "overlay.bit": PUBLISHED_BITSTREAM}
    said = refusal(bench.with_manifest(sha256=hashes))
    assert "published BinaryCoP overlay" in said
    assert "takes 72×72 pictures, not 32×32" in said
    assert "knows three classes" in said


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


@pytest.mark.parametrize(("changes", "said"), SHAPES)
def test_shapes_and_types_that_do_not_fit_are_refused(
    bench: SimulatedSetup, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(BundleError, match=said):
        check_build.check(bench.bundle.folder, bench.with_manifest(**changes).bundle.manifest)


def test_a_handoff_without_the_manifests_dma_is_refused_with_those_that_it_has(bench: SimulatedSetup) -> None:
    assert "the manifest's DMA idma1 is not there; IPs with registers: idma0, odma0" in refusal(
        bench.with_manifest(input_dma="idma1")
    )


def test_a_clock_above_the_one_that_it_was_built_for_is_refused(bench: SimulatedSetup) -> None:
    assert "idma0 is built for 100 MHz, the manifest wants 125" in refusal(bench.with_manifest(clock_mhz=125.0))
    check_build.check(bench.bundle.folder, bench.with_manifest(clock_mhz=50.0).bundle.manifest)


def test_another_chip_is_refused(bench: SimulatedSetup) -> None:
    file = bench.bundle.folder / "overlay.hwh"
    file.write_bytes(file.read_bytes().replace(b'DEVICE="7z020"', b'DEVICE="xczu3eg"'))
    assert "built for xczu3eg, not for one of 7z020, 7z010" in refusal(bench)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be read"),
        (b"<EDKSYSTEM", "cannot be read"),
        (b"<EDKSYSTEM/>", "no SYSTEMINFO"),
        (b'<EDKSYSTEM><SYSTEMINFO NAME="top"/></EDKSYSTEM>', "DEVICE"),
    ],
)
def test_what_is_no_handoff_is_refused(bench: SimulatedSetup, data: bytes, said: str) -> None:
    (bench.bundle.folder / "overlay.hwh").write_bytes(data)
    assert said in refusal(bench)


def test_registers_too_small_for_a_dma_are_refused(bench: SimulatedSetup) -> None:
    text = design.handoff("idma0", "odma0", 100.0).replace(b"0x40001FFF", b"0x4000100F")
    (bench.bundle.folder / "overlay.hwh").write_bytes(text)
    assert "odma0 has 16 bytes of registers, fewer than 32" in refusal(bench)
