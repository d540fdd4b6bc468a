"""A bundle is loaded only if it agrees with its manifest."""

import io
import json
import os
import shutil
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from binarycop.bundle import files as bundles
from binarycop.bundle import manifest as manifests
from binarycop.bundle.files import Bundle
from binarycop.bundle.search import find_bundle
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.errors import BundleError
from tests.bundle import other_files
from tests.random_bundles import random_bundle
from tests.tried import Kind, tried

BUNDLES = Path(__file__).resolve().parents[2] / "overlays" / "bundles"


@pytest.fixture
def copy(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    """A bundle that a test may damage."""
    return Path(shutil.copytree(tiny_bundle.folder, tmp_path / "copy"))


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / manifests.FILE
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_a_saved_bundle_is_loaded(tiny_bundle: Bundle) -> None:
    again = bundles.load(tiny_bundle.folder)
    assert again.manifest == tiny_bundle.manifest
    for loaded, saved in zip(again.weights, tiny_bundle.weights):
        assert (loaded.bits == saved.bits).all()
    assert check_golden(again, Emulator(again)) == 64


def test_the_same_arrays_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = random_bundle(tmp_path / "one"), random_bundle(tmp_path / "other")
    assert one.manifest.sha256 == other.manifest.sha256


SHA = "0" * 64
BAD_MANIFESTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda data: data.pop("layers"), "it lacks 'layers'"),
    (lambda data: data["input"].pop("dma"), "input lacks 'dma'"),
    (lambda data: data.update(format=2), "format is 2; write 1"),
    (lambda data: data.update(format=True), "format is True; write 1"),
    (
        lambda data: data.update(classes=["nose", "correct", "nose_mouth", "chin"]),
        "write ['correct', 'nose', 'nose_mouth', 'chin']",
    ),
    (lambda data: data["classes"].pop(), "classes is ['correct', 'nose', 'nose_mouth']; write"),
    (lambda data: data["input"].update(shape=[1, 72, 72, 3]), "input.shape is [1, 72, 72, 3]; write [1, 32, 32, 3]"),
    (lambda data: data["input"].update(colour="BGR"), "input.colour is 'BGR'; write 'RGB'"),
    (lambda data: data["output"].update(shape=[1, 1]), "output.shape is [1, 1]; write [1, 4]"),
    (lambda data: data["layers"][1].update({"in": 16}), "layers[1] has 16 inputs, but the layer before it gives 8"),
    (lambda data: data["layers"][0].update(pe=3), "layers[0].pe is 3; write a divisor of its 8 outputs"),
    (lambda data: data["layers"][0].update(simd=5), "layers[0].simd is 5; write a divisor of its 27 weights"),
    (lambda data: data["layers"][0].update(pe=0), "layers[0].pe is 0; write a whole number from 1 to 65536"),
    (lambda data: data["layers"][0].update(pool="no"), "layers[0].pool is 'no'; write true or false"),
    (lambda data: data["layers"][0].update(out=10**6), "layers[0].out is 1000000; write a whole number from 1 to 4096"),
    (lambda data: data["layers"][0].update(kind="pool"), "layers[0].kind is 'pool'; write text of 1 to 4 characters"),
    (lambda data: data["layers"][4].update(pool=True), "layers[4].pool is true; write false"),
    (lambda data: data["layers"].pop(), "the last layer must be fully connected with 4 outputs"),
    (lambda data: data.update(layers=[]), "layers is []; write a list of 1 to 32 objects"),
    (lambda data: data.update(layers=[{}] * 33), "layers is a list; write a list of 1 to 32 objects"),
    (lambda data: data.update(layers=[7]), "layers[0] is 7; write an object"),
    (lambda data: data["layers"][0].update(out=4096, pe=1), "layers[0] has more than 1000000 values for an image"),
    (lambda data: data["files"].pop("weights.npz"), "names no weights.npz"),
    (lambda data: data["files"].update({"../x": SHA}), "files: '../x' is not a file of the bundle itself"),
    (lambda data: data["files"].update({"a\\b": SHA}), "is not a file of the bundle itself"),
    (lambda data: data["files"].update({"..": SHA}), "files: '..' is not a file of the bundle itself"),
    (lambda data: data["files"].update({"manifest.json": SHA}), "'manifest.json' is not a file of the bundle itself"),
    (lambda data: data["files"].update({"a\0b": SHA}), "files: 'a\\x00b' is not the name of a file"),
    (lambda data: data["files"].update({"\ud800": SHA}), "files: '\\ud800' is not the name of a file"),
    (lambda data: data["files"].update({"x" * 129: SHA}), "is not the name of a file; write at most 128 characters"),
    (lambda data: data["files"].update({"Golden.npz": SHA}), "'Golden.npz' differs from another name only in case"),
    (
        lambda data: data["files"].update({f"x{number}": SHA for number in range(1000)}),
        "files has 1002 names; write at most 64",
    ),
    (lambda data: data["files"].update({"gone.bit": SHA}), "gone.bit is in the manifest but cannot be read"),
    (lambda data: data["files"].update({"weights.npz": SHA}), "weights.npz is not the file of the manifest"),
    (lambda data: data["files"].update({"weights.npz": "0"}), "files.weights.npz is '0'; write text of 1 to 64"),
    (lambda data: data.update(version=2), "version is 2; write text of 1 to 64 characters"),
    (lambda data: data.update(name="\x1b[31m"), "name is '\\x1b[31m'; write text"),
    (lambda data: data.update(files=[]), "manifest.json: files is []; write an object"),
    (lambda data: data.update(clock_mhz="fast"), "clock_mhz is 'fast'; write a number from 1 to 400"),
    (lambda data: data.update(clock_mhz=0), "clock_mhz is 0; write a number from 1 to 400"),
    (lambda data: data.update(clock_mhz=True), "clock_mhz is True; write a number"),
    (lambda data: data.update(clock_mhz=float("nan")), "manifest.json: clock_mhz is nan; write a finite number"),
    (
        lambda data: data["crop"].update(margin=float("nan")),
        "crop.margin is nan; write a finite number of at most 32",
    ),
    (lambda data: data["crop"].update(shift_y=float("-inf")), "crop.shift_y is -inf; write a finite number"),
    (lambda data: data["crop"].update(margin=1e308), "crop.margin is 1e+308; write a number from 0.25 to 8"),
    (lambda data: data["crop"].update(margin=0), "crop.margin is 0; write a number from 0.25 to 8"),
    (lambda data: data["crop"].update(shift_y=-1e308), "crop.shift_y is -1e+308; write a number from -2 to 2"),
    (lambda data: data.update(abstain_margin=-5), "abstain_margin is -5; write a whole number from 0 to 40"),
    (lambda data: data.update(abstain_margin=41), "abstain_margin is 41; write a whole number from 0 to 40"),
    (lambda data: data.update(abstain_margin=2.5), "abstain_margin is 2.5; write a whole number"),
    (
        lambda data: data.update(abstain_margin=10**400),
        "abstain_margin is inf; write a finite number",
    ),
    (lambda data: data["provenance"].update(crops=float("inf")), "provenance.crops is inf; write a finite number"),
    (lambda data: data.update(provenance=[]), "provenance is []; write an object"),
    (lambda data: data["input"].update(packed=[1] * 9), "input.packed is a list; write a list of 1 to 8 whole numbers"),
    (lambda data: data["input"].update(packed=[1, 0]), "input.packed[1] is 0; write a whole number from 1 to 65536"),
    (lambda data: data["input"].update(dma="../x"), "input.dma is '../x'; write text of 1 to 64 characters"),
    (lambda data: data["output"].update(type=[]), "output.type is []; write text of 1 to 16 characters"),
]


@pytest.mark.parametrize(("change", "reason"), BAD_MANIFESTS)
def test_a_bundle_that_disagrees_with_its_manifest_is_refused_with_the_reason(
    copy: Path, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    edit(copy, change)
    with pytest.raises(BundleError) as caught:
        bundles.load(copy)
    assert reason in str(caught.value)


def resave(copy: Path, name: str, **arrays: Any) -> None:
    """Replace arrays of one file, and its sha256 in the manifest."""
    with np.load(copy / name) as saved:
        changed = {**saved, **arrays}
    np.savez(copy / name, **{key: value for key, value in changed.items() if value is not None})
    bundles.write_manifest(copy, manifests.read(copy))


def test_arrays_of_another_shape_or_type_are_refused(copy: Path) -> None:
    resave(copy, bundles.WEIGHTS, thresholds_0=np.zeros(7, np.int32))
    with pytest.raises(BundleError, match=r"thresholds_0 is int32 \(7,\), not int32 \(8,\)"):
        bundles.load(copy)
    resave(copy, bundles.WEIGHTS, thresholds_0=np.zeros(8, np.float32))
    with pytest.raises(BundleError, match="thresholds_0 is float32"):
        bundles.load(copy)
    resave(copy, bundles.WEIGHTS, thresholds_0=None)
    with pytest.raises(BundleError, match="there is no array thresholds_0"):
        bundles.load(copy)


LOST = [
    (b"", "is empty", "empty"),
    (other_files.LFS_POINTER, "is a pointer of Git LFS instead of the file; run git lfs pull", "a Git LFS pointer"),
    (other_files.WEB_PAGE, "is a web page (HTML), as a download that failed leaves it", "a web page"),
    (bytes(9000), "is filled with zeros", "filled with zeros"),
]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(
            *row[:2],
            id=row[2],
            marks=tried(Kind.BUILD, f"bundle with a file that is {row[2]}", "refused: says so"),
        )
        for row in LOST
    ],
)
@pytest.mark.parametrize("name", ["weights.npz", "golden.npz", "model.onnx", "manifest.json"])
def test_a_file_of_a_bundle_that_never_arrived_is_refused_with_what_it_is(
    copy: Path, name: str, data: bytes, what: str
) -> None:
    (copy / "model.onnx").write_bytes(b"a network")
    bundles.write_manifest(copy, manifests.read(copy))
    (copy / name).write_bytes(data)
    with pytest.raises(BundleError) as caught:
        bundles.load(copy)
    assert caught.value.reason.startswith(name)
    assert what.removeprefix("is ") in caught.value.reason


@pytest.mark.parametrize("name", ["weights.npz", "golden.npz"])
def test_arrays_that_never_arrived_are_refused_also_if_the_manifest_lists_them(copy: Path, name: str) -> None:
    (copy / name).write_bytes(other_files.LFS_POINTER)
    bundles.write_manifest(copy, manifests.read(copy))
    with pytest.raises(BundleError, match=rf"{name} cannot be read: it is a pointer of Git LFS"):
        bundles.load(copy)


def _flip_a_bit(copy: Path) -> None:
    data = bytearray((copy / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "weights.npz").write_bytes(data)


def _truncate_with_its_sha256(copy: Path) -> None:
    data = (copy / "weights.npz").read_bytes()
    (copy / "weights.npz").write_bytes(data[: len(data) // 2])
    bundles.write_manifest(copy, manifests.read(copy))


@pytest.mark.parametrize(
    "damage",
    [
        _flip_a_bit,
        _truncate_with_its_sha256,
        lambda copy: (copy / "golden.npz").unlink(),
        lambda copy: (copy / "manifest.json").write_text("{"),
    ],
    ids=["a bit", "truncated", "gone", "manifest"],
)
def test_a_damaged_file_says_what_to_do(copy: Path, damage: Callable[[Path], object]) -> None:
    damage(copy)
    with pytest.raises(BundleError, match=r"; install the bundle again, from a good copy$"):
        bundles.load(copy)


def test_a_file_that_may_not_be_read_is_not_called_damaged(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("binarycop.bundle.digest.sha256_of", refuse)
    with pytest.raises(BundleError, match=r"cannot be read: Permission denied$"):
        bundles.load(copy)


def test_too_few_golden_vectors_are_refused(copy: Path) -> None:
    resave(copy, bundles.GOLDEN, inputs=np.zeros((63, 32, 32, 3), np.uint8), scores=np.zeros((63, 4), np.int32))
    with pytest.raises(BundleError, match=r"inputs is uint8 \(63, 32, 32, 3\), not uint8 \(64 to 1024, 32, 32, 3\)"):
        bundles.load(copy)


def test_a_network_that_does_not_reproduce_its_golden_vectors_is_refused(copy: Path) -> None:
    with np.load(copy / bundles.GOLDEN) as golden:
        scores = golden["scores"].copy()
    scores[17, 2] += 2
    resave(copy, bundles.GOLDEN, scores=scores)
    bundle = bundles.load(copy)
    with pytest.raises(BundleError, match="1 of 64 differ, number 17"):
        check_golden(bundle, Emulator(bundle))


def test_a_pickle_in_a_bundle_is_never_run(copy: Path) -> None:
    resave(copy, bundles.WEIGHTS, weights_0=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BundleError, match=r"array weights_0 is '\|O' \(1,\), not uint8"):
        bundles.load(copy)


BAD_TEXTS = [
    (b"", "manifest.json is empty"),
    (b"x", "manifest.json cannot be read: Expecting value"),
    (b"[]", "the file is []; write a JSON object"),
    (b'{"name": "a", "name": "b"}', "'name' is written twice; keep one"),
    (b'{"a":' * 50_000, "line 1 is nested too deeply; write at most 16 levels"),
    (b"[" * 100_000, "line 1 is nested too deeply; write at most 16 levels"),
    (b'{"a": "\\"[[[[[[[[[[[[[[[[[[[["}', "it lacks"),
    (b'{"a": [1e400]}', "a[0] is inf; write a finite number"),
    (b'{"a": ' + b"9" * 200_000 + b"}", "a is inf; write a finite number of at most 32 digits"),
    (b'"' + b'\\"' * 120_000, "manifest.json cannot be read"),
    (b'{"a": "' + b"x" * 300_000 + b'"}', "manifest.json cannot be read: it is larger than 262144 bytes"),
    (b"\xff\xfe{\0", "manifest.json cannot be read"),
]


@pytest.mark.parametrize(("text", "reason"), BAD_TEXTS, ids=[reason for _, reason in BAD_TEXTS])
def test_a_manifest_that_is_no_reasonable_json_is_refused(copy: Path, text: bytes, reason: str) -> None:
    (copy / manifests.FILE).write_bytes(text)
    with pytest.raises(BundleError) as caught:
        bundles.load(copy)
    assert reason in str(caught.value)


def bomb(file: Path, key: str, count: int, size: int, shape: str = "", method: int = zipfile.ZIP_DEFLATED) -> None:
    """Write an archive with ``count`` arrays of ``size`` zeros each; the header of each says ``shape``."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape or f'({size},)'}, }}\n".encode()
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    with zipfile.ZipFile(file, "w", method) as archive:
        for number in range(count):
            archive.writestr(f"{key}{number or ''}.npy", start + bytes(size))


def peak_bytes(load: Callable[[], object]) -> int:
    """The most memory that Python and numpy allocate in a load that is refused."""
    tracemalloc.start()
    try:
        with pytest.raises(BundleError):
            load()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BOMBS: list[tuple[str, Callable[[Path], None]]] = [
    ("an array besides the named ones", lambda file: bomb(file, "bomb", 1, 100 << 20)),
    ("a named array of another size", lambda file: bomb(file, "inputs", 1, 100 << 20)),
    ("a named array whose content is larger", lambda file: bomb(file, "inputs", 1, 100 << 20, "(64, 32, 32, 3)")),
    ("thousands of arrays", lambda file: bomb(file, "a", 20_000, 1)),
    ("another compression", lambda file: bomb(file, "inputs", 1, 100 << 20, "(64, 32, 32, 3)", zipfile.ZIP_LZMA)),
]


@pytest.mark.parametrize(("what", "write"), BOMBS, ids=[what for what, _ in BOMBS])
def test_a_small_file_with_huge_arrays_is_refused_without_their_memory(
    copy: Path, what: str, write: Callable[[Path], None]
) -> None:
    write(copy / "bomb.npz")
    scores = io.BytesIO()
    np.save(scores, np.zeros((64, 4), np.int32))
    if what != "thousands of arrays":
        with zipfile.ZipFile(copy / "bomb.npz", "a") as archive:
            archive.writestr("scores.npy", scores.getvalue())
            if what == "an array besides the named ones":
                inputs = io.BytesIO()
                np.save(inputs, np.zeros((64, 32, 32, 3), np.uint8))
                archive.writestr("inputs.npy", inputs.getvalue())
    (copy / "bomb.npz").rename(copy / bundles.GOLDEN)
    bundles.write_manifest(copy, manifests.read(copy))
    assert (copy / bundles.GOLDEN).stat().st_size < 4 << 20
    assert peak_bytes(lambda: bundles.load(copy)) < 16 << 20


def test_an_array_that_is_in_a_file_twice_is_refused(copy: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(copy / bundles.GOLDEN, "a") as archive:
        archive.writestr("inputs.npy", archive.read("inputs.npy"))
    bundles.write_manifest(copy, manifests.read(copy))
    with pytest.raises(BundleError, match="an array is in it twice"):
        bundles.load(copy)


def test_arrays_in_fortran_order_are_read(copy: Path) -> None:
    with np.load(copy / bundles.GOLDEN) as saved:
        inputs, scores = saved["inputs"], saved["scores"]
    resave(copy, bundles.GOLDEN, inputs=np.asfortranarray(inputs), scores=np.asfortranarray(scores))
    again = bundles.load(copy)
    assert (again.golden_inputs == inputs).all()
    assert (again.golden_scores == scores).all()


@pytest.mark.parametrize("name", [manifests.FILE, bundles.WEIGHTS, "README.md"])
def test_a_pipe_or_a_link_instead_of_a_file_is_refused_at_once(copy: Path, name: str) -> None:
    (copy / "README.md").write_text("card")
    bundles.write_manifest(copy, manifests.read(copy))
    (copy / name).rename(copy / "kept")
    (copy / name).symlink_to("kept")
    with pytest.raises(BundleError, match="cannot be read: it is a symbolic link"):
        bundles.load(copy)
    (copy / name).unlink()
    os.mkfifo(copy / name)
    with pytest.raises(BundleError, match="cannot be read: it is not a regular file"):
        bundles.load(copy)


def test_a_bundle_may_lack_what_only_a_build_reads_and_nothing_else(copy: Path) -> None:
    (copy / "model.onnx").write_bytes(b"a network")
    bundles.write_manifest(copy, manifests.read(copy))
    (copy / "model.onnx").unlink()
    assert "model.onnx" in bundles.load(copy).manifest.sha256
    (copy / "model.onnx").symlink_to("nowhere")
    with pytest.raises(BundleError, match=r"model\.onnx is in the manifest but cannot be read"):
        bundles.load(copy)
    (copy / "model.onnx").unlink()
    (copy / "golden.npz").unlink()
    with pytest.raises(BundleError, match=r"golden\.npz is in the manifest but cannot be read"):
        bundles.load(copy)


def test_a_truncated_file_is_refused(copy: Path) -> None:
    data = (copy / bundles.WEIGHTS).read_bytes()
    (copy / bundles.WEIGHTS).write_bytes(data[: len(data) // 2])
    bundles.write_manifest(copy, manifests.read(copy))
    with pytest.raises(BundleError, match=r"weights\.npz cannot be read"):
        bundles.load(copy)
    (copy / manifests.FILE).write_text("{")
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read"):
        bundles.load(copy)


def test_a_bundle_is_found_by_name_in_the_search_paths_and_by_a_path_with_a_slash(copy: Path) -> None:
    assert find_bundle(str(copy)) == copy
    with pytest.raises(BundleError, match="there is no such bundle"):
        find_bundle("no-such-network")
    with pytest.raises(BundleError, match="there is no such bundle"):
        find_bundle("a" * 300)


@pytest.mark.parametrize(
    "folder", sorted(path for path in BUNDLES.iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_every_bundle_of_the_project_reproduces_its_golden_vectors(folder: Path) -> None:
    bundle = bundles.load(folder)
    assert bundle.manifest.name == folder.name
    assert check_golden(bundle, Emulator(bundle)) >= 64
