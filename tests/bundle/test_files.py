"""A bundle is loaded only if it agrees with its manifest."""

import json
import shutil
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
from tests.random_bundles import random_bundle

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


BAD_MANIFESTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda data: data.pop("layers"), "lacks 'layers'"),
    (lambda data: data.update(format=2), "format 2 is not the one known here"),
    (lambda data: data.update(classes=["nose", "correct", "nose_mouth", "chin"]), "in that order"),
    (lambda data: data["classes"].pop(), "classes"),
    (lambda data: data["input"].update(shape=[1, 72, 72, 3]), "input shape"),
    (lambda data: data["input"].update(colour="BGR"), "input colour BGR is not RGB"),
    (lambda data: data["output"].update(shape=[1, 1]), "output shape"),
    (lambda data: data["layers"][1].update({"in": 16}), "layer 1: has 16 inputs, but the layer before it gives 8"),
    (lambda data: data["layers"][0].update(pe=3), "layer 0: PE 3"),
    (lambda data: data["layers"][0].update(kind="pool"), "layer 0: neither"),
    (lambda data: data["layers"].pop(), "the last layer"),
    (lambda data: data.update(layers=[]), "the last layer"),
    (lambda data: data["files"].pop("weights.npz"), "names no weights.npz"),
    (lambda data: data["files"].update({"../x": "0"}), "not a file of the bundle itself"),
    (lambda data: data["files"].update({"gone.bit": "0"}), "gone.bit is in the manifest but cannot be read"),
    (lambda data: data["files"].update({"weights.npz": "0"}), "weights.npz is not the file of the manifest"),
    (lambda data: data["files"].update({"\ud800": "0"}), "is in the manifest but cannot be read"),
    (lambda data: data.update(version=2), "version 2 is not a text"),
    (lambda data: data.update(clock_mhz="fast"), "could not convert"),
    (lambda data: data.update(files=[]), "manifest.json"),
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


def test_too_few_golden_vectors_are_refused(copy: Path) -> None:
    resave(copy, bundles.GOLDEN, inputs=np.zeros((63, 32, 32, 3), np.uint8), scores=np.zeros((63, 4), np.int32))
    with pytest.raises(BundleError, match="63 golden vectors are fewer than 64"):
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
    np.savez(copy / bundles.WEIGHTS, weights_0=np.array([{"a": 1}], dtype=object))
    bundles.write_manifest(copy, manifests.read(copy))
    with pytest.raises(BundleError, match=r"weights\.npz cannot be read"):
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


@pytest.mark.parametrize(
    "folder", sorted(path for path in BUNDLES.iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_every_bundle_of_the_project_reproduces_its_golden_vectors(folder: Path) -> None:
    bundle = bundles.load(folder)
    assert bundle.manifest.name == folder.name
    assert check_golden(bundle, Emulator(bundle)) >= 64
