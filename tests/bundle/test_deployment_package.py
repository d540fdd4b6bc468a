"""A FINN build's deploy folder: read without running it, checked against the bundle, and imported."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from binarycop.accelerator.simulated import design
from binarycop.bundle import deployment_package, hwh
from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.cli.main import main
from binarycop.errors import BundleError
from tests.bundle import other_files
from tests.tried import Kind, tried

# As FINN's MakePYNQDriver writes it, shortened.
DRIVER = """
import argparse
from qonnx.core.datatype import DataType
from driver_base import FINNExampleOverlay

io_shape_dict = {
    # FINN DataType for input and output tensors
    "idt" : [DataType['UINT8']],
    "odt" : [DataType['INT8']],
    "ishape_normal" : [(1, 32, 32, 3)],
    "oshape_normal" : [(1, 4)],
    "ishape_folded" : [(1, 32, 32, 1, 3)],
    "oshape_folded" : [(1, 4, 1)],
    "ishape_packed" : [(1, 32, 32, 1, 3)],
    "oshape_packed" : [(1, 4, 1)],
    "input_dma_name" : ['idma0'],
    "output_dma_name" : ['odma0'],
    "number_of_external_weights": 0,
    "external_weights_input_shapes": {},
    "num_inputs" : 1,
    "num_outputs" : 1,
}
raise SystemExit("a driver is never run")
"""
# The published driver (github.com/NaelF/BinaryCoP, notebook/driver.py). Its files are all in one folder.
PUBLISHED_DRIVER = """
io_shape_dict = {
    "idt" : DataType.UINT8,
    "odt" : DataType.UINT8,
    "ishape_normal" : (1, 72, 72, 3),
    "oshape_normal" : (1, 1),
    "ishape_folded" : (1, 72, 72, 1, 3),
    "oshape_folded" : (1, 1, 1),
    "ishape_packed" : (1, 72, 72, 1, 3),
    "oshape_packed" : (1, 1, 1)
}
"""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A deploy folder for the tiny bundle."""
    folder = tmp_path / "deploy"
    for subfolder in ("bitfile", "driver"):
        (folder / subfolder).mkdir(parents=True)
    (folder / "driver" / "driver.py").write_text(DRIVER)
    (folder / "bitfile" / "finn-accel.bit").write_bytes(design.bitstream("a build"))
    (folder / "bitfile" / "finn-accel.hwh").write_bytes(design.hwh("idma0", "odma0", 100.0))
    return folder


@pytest.fixture
def copy(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle.folder, tmp_path / "copy"))


@tried(
    Kind.BUILD,
    "FINN 0.7 to 0.10.1 and dev: a list for each field, names of the DMAs",
    "read, and copied into its bundle",
)
def test_a_build_is_copied_into_its_bundle_and_added_to_the_manifest(
    build: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = bundles.load(copy).manifest.sha256
    assert main(["import-build", str(build), "--into", str(copy), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    after = bundles.load(copy).manifest.sha256
    assert set(after) - set(before) == {"overlay.bit", "overlay.hwh"}
    assert printed["files"] == {name: after[name] for name in ("overlay.bit", "overlay.hwh")}
    assert (copy / "overlay.bit").read_bytes() == design.bitstream("a build")


def test_an_interrupted_import_can_be_repeated_and_hides_no_change_of_other_files(build: Path, copy: Path) -> None:
    (copy / "overlay.bit").write_bytes(b"half a fi")
    assert main(["import-build", str(build), "--into", str(copy)]) == 0
    (copy / "overlay.bit").write_bytes(b"half a fi")
    assert main(["selftest", "--bundle", str(copy)]) == 4
    assert main(["import-build", str(build), "--into", str(copy)]) == 0
    (copy / "weights.npz").write_bytes(b"changed")
    assert main(["import-build", str(build), "--into", str(copy)]) == 4


CHANGES = [
    (
        "(1, 32, 32, 3)]",
        "(1, 72, 72, 3)]",
        "input shape: 1×72×72×3 in the build's driver, 1×32×32×3 in the bundle's manifest",
    ),
    ("(1, 4)]", "(1, 1)]", "output shape: 1×1 in the build's driver, 1×4 in the bundle's manifest"),
    ("DataType['UINT8']", "DataType['INT8']", "input type: INT8 in the build's driver, UINT8 in the bundle's manifest"),
    (
        "[DataType['INT8']]",
        "[DataType['INT11']]",
        "output type: INT11 in the build's driver, INT8 in the bundle's manifest",
    ),
    (
        '"oshape_packed" : [(1, 4, 1)]',
        '"oshape_packed" : [(1, 1, 4)]',
        "packed output shape: 1×1×4 in the build's driver, 1×4×1 in the bundle's manifest",
    ),
    (
        '"ishape_packed" : [(1, 32, 32, 1, 3)]',
        '"ishape_packed" : [(1, 32, 32, 3, 1)]',
        "packed input shape: 1×32×32×3×1 in the build's driver, 1×32×32×1×3 in the bundle's manifest",
    ),
    ("['odma0']", "['odma1']", "output DMA: odma1 in the build's driver, odma0 in the bundle's manifest"),
    ("['idma0']", "['idma0', 'idma1']", "the build has 2 of input_dma_name, not one"),
    ('weights": 0', 'weights": 2', "takes weights from outside"),
    ("io_shape_dict = {", "shapes = {", "it has no io_shape_dict"),
    ('"num_inputs" : 1', '"num_inputs" : count()', "line 20 has a value that FINN does not write"),
    ('"num_inputs" : 1', '**__import__("os").environ', "line 6 has a key that is no text"),
    ('"num_inputs" : 1', '"num_inputs" : {[]: 1, -x: 2, 1: {[]}}', "line 20 has a key that is no text"),
    ("import argparse", "import (", "is not a driver of FINN:"),
]


@tried(
    Kind.BUILD, "driver.py of another bundle's build, or with a program instead of values", "refused: the difference"
)
@pytest.mark.parametrize(("right", "wrong", "reason"), CHANGES)
def test_a_build_of_another_bundle_is_refused_and_not_copied(
    build: Path, copy: Path, right: str, wrong: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert DRIVER.count(right) == 1
    (build / "driver" / "driver.py").write_text(DRIVER.replace(right, wrong))
    assert main(["import-build", str(build), "--into", str(copy)]) == 4
    assert reason in capsys.readouterr().err
    assert not (copy / "overlay.bit").exists()


def test_a_hwh_without_the_dmas_is_refused(build: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (build / "bitfile" / "finn-accel.hwh").write_bytes(design.hwh("dma_in", "odma0", 100.0))
    assert main(["import-build", str(build), "--into", str(copy)]) == 4
    assert "the manifest's DMA idma0 is not there; IPs with registers: dma_in, odma0" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["driver/driver.py", "bitfile/finn-accel.bit", "bitfile/finn-accel.hwh"])
def test_a_folder_without_one_of_the_files_is_no_build(build: Path, missing: str) -> None:
    (build / missing).unlink()
    with pytest.raises(
        BundleError, match=r"it is no deploy folder of FINN: one .* is expected, there are: (none|finn-)"
    ):
        deployment_package.read(build)


@tried(Kind.BUILD, "deploy folder with two .bit", "refused: names both")
def test_a_build_with_two_bitstreams_is_refused(build: Path) -> None:
    (build / "bitfile" / "other.bit").write_bytes(b"")
    with pytest.raises(BundleError, match=r"there are: finn-accel\.bit, other\.bit"):
        deployment_package.read(build)


@tried(Kind.BUILD, "the published BinaryCoP build, of FINN in 2021", "refused: 72×72 pictures, three classes, a label")
def test_the_published_build_is_also_refused_by_its_shapes(build: Path, copy: Path) -> None:
    (build / "driver" / "driver.py").write_text(PUBLISHED_DRIVER)
    package = deployment_package.read(build)
    assert package.io_shapes["idt"] == "UINT8"
    with pytest.raises(
        BundleError, match="input shape: 1×72×72×3 in the build's driver, 1×32×32×3 in the bundle's manifest"
    ):
        deployment_package.check(package, bundles.load(copy).manifest)


@tried(Kind.BUILD, "FINN of 2021: all files in one folder, no names of DMAs, DataType.UINT8", "read")
def test_older_builds_in_one_folder_and_without_names_of_dmas_are_read(
    build: Path, tmp_path: Path, tiny_bundle: Bundle
) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in (*build.glob("*/*"),):
        shutil.copy(file, flat)
    lines = [line for line in DRIVER.splitlines() if "dma_name" not in line]
    (flat / "driver.py").write_text("\n".join(lines).replace("DataType['UINT8']", "DataType.UINT8"))
    deployment_package.check(deployment_package.read(flat), tiny_bundle.manifest)


# As FINN+'s MakePYNQDriver writes it; its driver.py has no shapes and reads this file.
PLUS = {
    "driver_information": {
        "driver_type": "FINNDMAOverlay",
        "io_shape_dict": {
            "idt": ["DataType['UINT8']"],
            "idma_names": ["idma0"],
            "ishape_normal": [[1, 32, 32, 3]],
            "ishape_folded": [[1, 32, 32, 1, 3]],
            "ishape_packed": [[1, 32, 32, 1, 3]],
            "odt": ["DataType['INT8']"],
            "odma_names": ["odma0"],
            "oshape_normal": [[1, 4]],
            "oshape_folded": [[1, 4, 1]],
            "oshape_packed": [[1, 4, 1]],
            "num_inputs": 1,
            "num_outputs": 1,
        },
        "external_weights": False,
        "runtime_weights": False,
        "platform": "zynq-iodma",
        "fclk_mhz": 100.0,
    },
    "experiment_information": {},
}
PLUS_DRIVER = "class FINNDMAOverlay(Overlay):\n    def __init__(self, bitfile_name, io_shape_dict):\n        pass\n"


@pytest.fixture
def plus(build: Path) -> Path:
    """The same build as FINN+ leaves it."""
    (build / "driver" / "driver.py").write_text(PLUS_DRIVER)
    (build / "driver" / "settings.json").write_text(json.dumps(PLUS, indent=2))
    return build


@tried(Kind.BUILD, "FINN+: the shapes in settings.json, driver.py without any", "read; the same fields")
def test_a_build_of_finn_plus_has_the_same_fields(plus: Path, copy: Path, tiny_bundle: Bundle) -> None:
    deployment_package.check(deployment_package.read(plus), tiny_bundle.manifest)
    assert main(["import-build", str(plus), "--into", str(copy)]) == 0


@tried(Kind.BUILD, "FINN+ of early 2025: the clock in settings.json, the shapes in driver.py", "read")
def test_the_settings_of_an_early_finn_plus_have_only_the_clock(build: Path, tiny_bundle: Bundle) -> None:
    (build / "driver" / "settings.json").write_text('{"fclk_mhz": 100.0}')
    deployment_package.check(deployment_package.read(build), tiny_bundle.manifest)


PLUS_CHANGES = [
    (
        '"FINNDMAOverlay"',
        '"FINNInstrumentationOverlay"',
        "driver_type is FINNInstrumentationOverlay; build for FINNDMA",
    ),
    (
        "DataType['INT8']",
        "DataType['INT11']",
        "output type: INT11 in the build's driver, INT8 in the bundle's manifest",
    ),
    ("[[1, 4, 1]]", "[[1, 1, 4]]", "packed output shape: 1×1×4 in the build's driver, 1×4×1 in the bundle's manifest"),
    ('["idma0"]', '["idma0", "idma1"]', "the build has 2 of input_dma_name, not one"),
    ('"external_weights": false', '"external_weights": true', "takes weights from outside"),
    ('"runtime_weights": false', '"runtime_weights": true', "takes weights from outside"),
    ('"io_shape_dict"', '"shapes"', "settings.json is not a driver of FINN: driver_information lacks 'io_shape_dict'"),
    ('"driver_type"', '"driver"', "settings.json is not a driver of FINN: driver_information lacks 'driver_type'"),
]


@tried(
    Kind.BUILD, "FINN+ build of another network, with instrumentation or with weights at run time", "refused: says why"
)
@pytest.mark.parametrize(("right", "wrong", "reason"), PLUS_CHANGES)
def test_a_build_of_finn_plus_that_does_not_fit_is_refused(
    plus: Path, copy: Path, right: str, wrong: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = plus / "driver" / "settings.json"
    text = json.dumps(PLUS)
    assert right in text
    file.write_text(text.replace(right, wrong))
    assert main(["import-build", str(plus), "--into", str(copy)]) == 4
    assert reason in capsys.readouterr().err
    assert not (copy / "overlay.bit").exists()


@tried(
    Kind.BUILD, "driver.py of FINN 0.1 to 0.4, whose shapes are in a class", "refused: since which FINN they are right"
)
def test_a_driver_from_before_the_shapes_is_refused(build: Path) -> None:
    text = "class FINNAccelDriver():\n    def __init__(self, N, bitfile):\n        self.idt = DataType.UINT8\n"
    (build / "driver" / "driver.py").write_text(text)
    with pytest.raises(
        BundleError, match=r"driver\.py is not a driver of FINN: it has no io_shape_dict, which FINN wri"
    ):
        deployment_package.read(build)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1" + "+1" * 48_000, "is not a driver of FINN"),
        ("a" + ".b" * 130_000, "larger than"),
        ("{'idt': 0x" + "f" * 5000 + "}", "line 1 has a value that FINN does not write"),
        ("{'idt': {1}}", "line 1 has a value that FINN does not write"),
    ],
    ids=["deep", "long", "number", "set"],
)
def test_a_driver_that_is_written_to_overflow_something_is_refused(build: Path, value: str, reason: str) -> None:
    """Python 3.10 crashed in one that was long enough, and the message about the number could not be written."""
    (build / "driver" / "driver.py").write_text(f"io_shape_dict = {value}")
    with pytest.raises(BundleError, match=reason):
        deployment_package.read(build)


def test_a_wrong_value_is_shortened_in_the_message(build: Path, tiny_bundle: Bundle) -> None:
    package = deployment_package.read(build)
    package.io_shapes["idt"] = "x" * 50_000
    with pytest.raises(BundleError, match=r"input type: x{79}… in the build's driver, UINT8 in the bundle's manifest"):
        deployment_package.check(package, tiny_bundle.manifest)


@pytest.mark.parametrize(
    ("weights", "is_read"),
    [
        pytest.param([], True, marks=tried(Kind.BUILD, "empty runtime_weights, as FINN 0.10 leaves it", "read")),
        pytest.param(
            ["1_0_MVAU_rtl_0.dat"], False, marks=tried(Kind.BUILD, "weights written at run time", "refused: says why")
        ),
    ],
)
def test_a_build_whose_weights_are_written_at_run_time_is_refused(
    build: Path, weights: list[str], is_read: bool
) -> None:
    folder = build / "driver" / "runtime_weights"
    folder.mkdir()
    for name in weights:
        (folder / name).write_text("0f\n")
    if is_read:
        deployment_package.read(build)
        return
    with pytest.raises(BundleError, match="runtime_weights is not empty: the build takes weights from outside"):
        deployment_package.read(build)


@tried(Kind.BUILD, "FINN-ACCEL.BIT and .HWH in capitals, a ._file of macOS next to each", "read")
def test_capitals_and_the_hidden_files_of_macos_do_not_count(build: Path, tiny_bundle: Bundle) -> None:
    for file in [*(build / "bitfile").iterdir()]:
        file.rename(file.with_name(file.name.upper()))
        (build / "bitfile" / f"._{file.name}").write_bytes(b"\0\5\x16\7")
    deployment_package.check(deployment_package.read(build), tiny_bundle.manifest)


@tried(Kind.BUILD, "deploy/deploy, as an archive unpacked into a folder of its name", "read")
def test_the_folder_around_deploy_will_do(build: Path, tiny_bundle: Bundle) -> None:
    deployment_package.check(deployment_package.read(build.parent), tiny_bundle.manifest)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param(*row, marks=tried(Kind.BUILD, f"{row[0]} instead of a .bit", "refused: what to do with it"))
        for row in (
            ("finn-accel.xclbin", "an .xclbin is for an Alveo card"),
            ("finn-accel.bin", "a .bin names no chip; take the .bit"),
            ("finn-accel.xsa", "unpack it first"),
            ("finn-accel.bit.gz", "unpack it first"),
        )
    ],
)
def test_another_kind_of_file_in_the_place_of_the_bitstream_is_named(build: Path, name: str, hint: str) -> None:
    (build / "bitfile" / "finn-accel.bit").rename(build / "bitfile" / name)
    with pytest.raises(BundleError, match=rf"one bitfile/\*\.bit is expected, there are: .*{name}.*; {hint}"):
        deployment_package.read(build)


def test_a_folder_that_cannot_be_read_is_refused_with_the_reason(build: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be read: File name too long"):
        deployment_package.read(tmp_path / ("a" * 300))
    with pytest.raises(BundleError, match="there is no such folder"):
        deployment_package.read(tmp_path / "absent")
    shutil.rmtree(build / "bitfile")
    (build / "bitfile").symlink_to("bitfile")
    with pytest.raises(BundleError, match="bitfile: cannot be listed: Too many levels of symbolic links"):
        deployment_package.read(build)


@tried(Kind.BUILD, "deploy.zip instead of the folder deploy", "refused: unpack it")
def test_an_archive_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deploy.zip").write_bytes(other_files.zip_archive("deploy/bitfile/finn-accel.bit"))
    with pytest.raises(
        BundleError, match="it is a file; give the folder deploy/ that FINN wrote, an archive of it unpacked"
    ):
        deployment_package.read(tmp_path / "deploy.zip")
    with pytest.raises(BundleError, match="there is no such folder"):
        deployment_package.read(tmp_path / "deploi")


@tried(Kind.BUILD, "the .bit instead of the folder deploy", "refused: give the folder")
def test_a_file_of_the_build_is_not_its_folder(build: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = build / "bitfile" / "finn-accel.bit"
    assert main(["import-build", str(file), "--into", str(copy)]) == 4
    what = "it is a file; give the folder deploy/ that FINN wrote, an archive of it unpacked"
    assert capsys.readouterr().err == f"binarycop: build {file}: {what}\n"


LOST = [
    ("bitfile/finn-accel.bit", b"", "finn-accel.bit is empty"),
    ("bitfile/finn-accel.bit", other_files.LFS_POINTER, "finn-accel.bit is a pointer of Git LFS"),
    ("bitfile/finn-accel.bit", other_files.WEB_PAGE, "finn-accel.bit is a web page (HTML)"),
    ("bitfile/finn-accel.hwh", b"", "finn-accel.hwh is empty"),
    ("bitfile/finn-accel.hwh", other_files.LFS_POINTER, "finn-accel.hwh is a pointer of Git LFS"),
    ("bitfile/finn-accel.hwh", other_files.WEB_PAGE, "finn-accel.hwh is a web page (HTML)"),
    ("bitfile/finn-accel.hwh", b"<html><head/></html>", "finn-accel.hwh is a web page (HTML)"),
    ("bitfile/finn-accel.hwh", design.bitstream("swapped"), "finn-accel.hwh is a bitstream (.bit)"),
    ("bitfile/finn-accel.hwh", other_files.zip_archive(), "finn-accel.hwh is a ZIP archive"),
    ("bitfile/finn-accel.hwh", design.hwh("idma0", "odma0", 100.0)[:-9], "finn-accel.hwh cannot be read as XML, or is"),
    ("driver/driver.py", b"", "driver.py is not a driver of FINN: it is empty"),
    ("driver/driver.py", other_files.LFS_POINTER, "driver.py is not a driver of FINN: it is a pointer of Git LFS"),
    ("driver/driver.py", other_files.WEB_PAGE, "driver.py is not a driver of FINN: it is a web page"),
    ("driver/settings.json", other_files.LFS_POINTER, "settings.json is not a driver of FINN: it is a pointer of Git"),
]


@tried(
    Kind.BUILD,
    "a file of the build that is empty, a Git LFS pointer, a web page, or another kind",
    "refused: what it is",
)
@pytest.mark.parametrize(("name", "data", "reason"), LOST, ids=[reason for _, _, reason in LOST])
def test_a_file_that_never_arrived_is_refused_with_what_it_is(
    build: Path, copy: Path, name: str, data: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (build / name).write_bytes(data)
    before = {file.name: file.read_bytes() for file in copy.iterdir()}
    assert main(["import-build", str(build), "--into", str(copy)]) == 4
    error = capsys.readouterr().err
    assert f"build {build}: {reason}" in error
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == before


@tried(Kind.BUILD, "a pipe or a device in the place of a file of the build", "refused at once")
@pytest.mark.parametrize("place", ["bitfile/top.bit", "bitfile/top.hwh", "driver/driver.py"])
@pytest.mark.parametrize("target", ["pipe", "/dev/zero"])
def test_a_build_with_anything_but_files_is_refused_at_once(
    build: Path, tiny_bundle: Bundle, tmp_path: Path, place: str, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(tiny_bundle.folder, tmp_path / "copy"))
    [file] = (build / place).parent.glob(f"*{Path(place).suffix}")
    file.unlink()
    if target == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(target)
    assert main(["import-build", str(build), "--into", str(copy)]) == 4
    assert "it is not a regular file" in capsys.readouterr().err
    assert bundles.load(copy).manifest == tiny_bundle.manifest


def test_the_build_that_is_imported_is_the_one_that_was_checked(
    build: Path, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder can belong to another user, who exchanges a file after the check."""
    copy = Path(shutil.copytree(tiny_bundle.folder, tmp_path / "copy"))
    [bitstream] = (build / "bitfile").glob("*.bit")
    intact, check = bitstream.read_bytes(), deployment_package.check

    def check_and_exchange(*arguments: Any) -> None:
        check(*arguments)
        bitstream.write_bytes(b"another bitstream")

    monkeypatch.setattr(deployment_package, "check", check_and_exchange)
    assert main(["import-build", str(build), "--into", str(copy)]) == 0
    assert (copy / "overlay.bit").read_bytes() == intact


BAD_HANDOFFS = [
    ('<!DOCTYPE x [<!ENTITY a "aa">]><x/>', "it has a DOCTYPE"),
    ("<x>" * 65, "more than 64 levels"),
    ('<x><SYSTEMINFO DEVICE="' + "7" * 300 + '"/></x>', "a name is '77777777777777777777', not 1 to 256"),
    ("<x><SYSTEMINFO/></x>", "DEVICE"),
    ("<x/>", "it has no SYSTEMINFO"),
    ("<x", "cannot be read"),
]


@tried(Kind.BUILD, ".hwh with a DOCTYPE, thousands of levels, or no part", "refused: says why")
@pytest.mark.parametrize(("text", "reason"), BAD_HANDOFFS, ids=[reason for _, reason in BAD_HANDOFFS])
def test_a_handoff_that_is_not_vivados_is_refused_with_the_reason(text: str, reason: str, tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "overlay.hwh").write_text(text, encoding=encoding)
        with pytest.raises(BundleError) as caught:
            hwh.read(tmp_path / "overlay.hwh")
        assert reason in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-6", "utf-16", "idna", "zlib", "undefined"])
def test_the_encoding_that_a_handoff_names_is_not_looked_up(encoding: str, tmp_path: Path) -> None:
    text = design.hwh("idma0", "odma0", 100.0).decode()
    file = tmp_path / "overlay.hwh"
    file.write_text(text.replace("encoding='utf-8'", f"encoding='{encoding}'"))
    assert encoding in file.read_text()
    assert hwh.read(file).chip == "7z020"


@pytest.mark.parametrize(
    ("right", "wrong"), [("0x", "0x" + "f" * 20), ('CLKFREQUENCY="', 'CLKFREQUENCY="' + "9" * 400)]
)
def test_a_number_of_a_handoff_is_bounded(right: str, wrong: str, tmp_path: Path) -> None:
    text = design.hwh("idma0", "odma0", 100.0).decode()
    assert right in text
    (tmp_path / "overlay.hwh").write_text(text.replace(right, wrong))
    with pytest.raises(BundleError, match="is no hardware handoff of Vivado"):
        hwh.read(tmp_path / "overlay.hwh")


@pytest.mark.parametrize("lacking", ["SYSTEMINFO", "DEVICE"])
def test_a_handoff_without_its_chip_is_refused_in_words(lacking: str, tmp_path: Path) -> None:
    text = design.hwh("idma0", "odma0", 100.0).decode()
    (tmp_path / "a.hwh").write_text(text.replace(lacking, "OTHER"))
    reason = f"a.hwh is no hardware handoff of Vivado: it has no {lacking}; take the .hwh of the same build"
    with pytest.raises(BundleError, match=f"{re.escape(reason)}$"):
        hwh.read(tmp_path / "a.hwh")
