"""A bundle's folder: manifest, packed binary weights, integer thresholds and golden vectors.

``weights.npz`` holds two arrays for layer i. ``weights_i`` is (outputs, ceil(K / 8)) uint8: bit j of a row, least
significant first, is weight j (1 is +1, 0 is -1), in the order (row, column, channel). ``thresholds_i`` is (outputs,)
int32, for all layers except the last: the output bit is 1 if the sum is equal to the threshold or above it.
``golden.npz`` holds ``inputs`` (N, 32, 32, 3) uint8 RGB and their ``scores`` (N, 4) int32.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from binarycop import atomic, regular_file
from binarycop.bundle import arrays, digest
from binarycop.bundle import manifest as manifests
from binarycop.bundle.arrays import Expected
from binarycop.bundle.manifest import CHANNELS, Layer, Manifest
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

WEIGHTS = "weights.npz"
GOLDEN = "golden.npz"
MIN_GOLDEN, MAX_GOLDEN = 64, 1024


@dataclass(frozen=True)
class LayerWeights:
    """The weights and thresholds of one layer.

    bits: (outputs, K) bool, True is +1. thresholds: (outputs,) int32; None for the last layer.
    """

    bits: NDArray[np.bool_]
    thresholds: NDArray[np.int32] | None


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle, which agrees with its manifest.

    golden_inputs: (N, 32, 32, 3) uint8 RGB. golden_scores: (N, 4) int32. ``check_golden`` compares a backend with them.
    """

    folder: Path
    manifest: Manifest
    weights: tuple[LayerWeights, ...]
    golden_inputs: NDArray[np.uint8]
    golden_scores: NDArray[np.int32]


def load(folder: Path) -> Bundle:
    """Load a bundle. Raises BundleError if a file is missing, changed, or not what the manifest says."""
    manifest = manifests.read(folder)
    for required in (WEIGHTS, GOLDEN):
        if required not in manifest.sha256:
            raise BundleError(folder, f"the manifest names no {required}")
    digest.check(folder, manifest.sha256)
    stored = arrays.read(folder, WEIGHTS, _expected_weights(manifest.layers))
    weights = tuple(_layer_weights(stored, index, layer) for index, layer in enumerate(manifest.layers))
    count = MIN_GOLDEN, MAX_GOLDEN
    golden = arrays.read(
        folder,
        GOLDEN,
        {
            "inputs": Expected((count, SIDE_PX, SIDE_PX, CHANNELS), np.uint8),
            "scores": Expected((count, len(LABELS)), np.int32),
        },
    )
    inputs, scores = golden["inputs"], golden["scores"]
    if len(inputs) != len(scores):
        raise BundleError(folder, f"there are {len(inputs)} golden vectors, but scores of {len(scores)}")
    return Bundle(folder, manifest, weights, inputs, scores)


def save(
    folder: Path,
    manifest: Manifest,
    weights: tuple[LayerWeights, ...],
    golden_inputs: NDArray[np.uint8],
    golden_scores: NDArray[np.int32],
) -> Manifest:
    """Write weights, golden vectors and manifest. The manifest also lists the files that ``folder`` has already.

    The same arrays give the same bytes. Returns the manifest as written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored: dict[str, Any] = {}
    for index, layer in enumerate(weights):
        stored[f"weights_{index}"] = np.packbits(layer.bits, axis=1, bitorder="little")
        if layer.thresholds is not None:
            stored[f"thresholds_{index}"] = layer.thresholds.astype(np.int32)
    np.savez_compressed(folder / WEIGHTS, **stored)
    np.savez_compressed(folder / GOLDEN, inputs=golden_inputs.astype(np.uint8), scores=golden_scores.astype(np.int32))
    return write_manifest(folder, manifest)


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest with the sha256 of every file in ``folder``. Returns it as written."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != manifests.FILE)
    return _write(folder, manifest, {path.name: digest.sha256_of(path) for path in files})


def add_files(folder: Path, files: Mapping[str, Path]) -> Manifest:
    """Copy files into a bundle, each under its new name, and add them to its manifest. Returns the manifest as written.

    All other files keep the sha256 that they had. An interrupted call can be repeated.
    """
    manifest = manifests.read(folder)
    added = {}
    for name, source in files.items():
        atomic.write_file(folder / name, _content(folder, source))
        added[name] = digest.sha256_of(folder / name)
    return _write(folder, manifest, {**manifest.sha256, **added})


def _write(folder: Path, manifest: Manifest, sha256: dict[str, str]) -> Manifest:
    written = replace(manifest, sha256=sha256)
    atomic.write_file(folder / manifests.FILE, f"{written.to_json()}\n".encode())
    return written


def _content(folder: Path, source: Path) -> bytes:
    try:
        return regular_file.read(source, digest.MAX_BYTES, follow_link=True)
    except OSError as error:
        raise BundleError(folder, f"{source} cannot be read: {error.strerror}") from error


def _expected_weights(layers: tuple[Layer, ...]) -> dict[str, Expected]:
    expected = {}
    for index, layer in enumerate(layers):
        expected[f"weights_{index}"] = Expected((layer.outputs, -(-layer.fan_in // 8)), np.uint8)
        if index < len(layers) - 1:
            expected[f"thresholds_{index}"] = Expected((layer.outputs,), np.int32)
    return expected


def _layer_weights(stored: Mapping[str, NDArray[Any]], index: int, layer: Layer) -> LayerWeights:
    bits = np.unpackbits(stored[f"weights_{index}"], axis=1, bitorder="little")[:, : layer.fan_in].astype(bool)
    return LayerWeights(bits, stored.get(f"thresholds_{index}"))
