"""A bundle on disk: the manifest, packed binary weights, integer thresholds and golden vectors.

``weights.npz`` holds, for layer i, ``weights_i`` (outputs, ceil(K / 8)) uint8, bit j of a row being
weight j (1 is +1, 0 is -1), least significant bit first, in the order (row, column, channel); and,
for all layers but the last, ``thresholds_i`` (outputs,) int32: the output bit is 1 exactly where the
accumulator reaches the threshold. ``golden.npz`` holds ``inputs`` (N, 32, 32, 3) uint8 RGB and
``scores`` (N, 4) int32.
"""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle import manifest as manifests
from binarycop.bundle.manifest import Layer, Manifest
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

WEIGHTS = "weights.npz"
GOLDEN = "golden.npz"
GOLDEN_LEAST = 64

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True)
class LayerWeights:
    """One layer's parameters.

    bits: (outputs, K) bool, True is +1. thresholds: (outputs,) int32, None for the last layer.
    """

    bits: NDArray[np.bool_]
    thresholds: NDArray[np.int32] | None


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle: it agrees with its manifest; its golden vectors are still to be reproduced."""

    folder: Path
    manifest: Manifest
    weights: tuple[LayerWeights, ...]
    golden_inputs: NDArray[np.uint8]
    golden_scores: NDArray[np.int32]


def load(folder: Path) -> Bundle:
    """Load a bundle. Raises BundleError where a file is missing, changed, or not what the manifest says."""
    manifest = manifests.read(folder)
    for required in (WEIGHTS, GOLDEN):
        if required not in manifest.sha256:
            raise BundleError(folder, f"the manifest names no {required}")
    for name, digest in manifest.sha256.items():
        _check_digest(folder, name, digest)
    arrays = _arrays(folder, WEIGHTS)
    last = len(manifest.layers) - 1
    weights = tuple(
        _layer_weights(folder, arrays, index, layer, is_last=index == last)
        for index, layer in enumerate(manifest.layers)
    )
    golden = _arrays(folder, GOLDEN)
    inputs = _expect(folder, golden, "inputs", (None, SIDE_PX, SIDE_PX, 3), np.uint8)
    scores = _expect(folder, golden, "scores", (len(inputs), len(LABELS)), np.int32)
    if len(inputs) < GOLDEN_LEAST:
        raise BundleError(folder, f"{len(inputs)} golden vectors are fewer than {GOLDEN_LEAST}")
    return Bundle(folder, manifest, weights, inputs, scores)


def save(
    folder: Path,
    manifest: Manifest,
    weights: tuple[LayerWeights, ...],
    golden_inputs: NDArray[np.uint8],
    golden_scores: NDArray[np.int32],
) -> Manifest:
    """Write weights, golden vectors and manifest; files already in ``folder`` (model.onnx, …) are hashed into it.

    The same arrays give the same bytes. Returns the manifest as written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    for index, one in enumerate(weights):
        arrays[f"weights_{index}"] = np.packbits(one.bits, axis=1, bitorder="little")
        if one.thresholds is not None:
            arrays[f"thresholds_{index}"] = one.thresholds.astype(np.int32)
    np.savez_compressed(folder / WEIGHTS, **arrays)
    np.savez_compressed(folder / GOLDEN, inputs=golden_inputs.astype(np.uint8), scores=golden_scores.astype(np.int32))
    return _write_manifest(folder, manifest)


def rewrite_manifest(folder: Path) -> Manifest:
    """Hash a bundle's files anew, after its card was edited, say. Returns the manifest as written."""
    return _write_manifest(folder, manifests.read(folder))


def add_files(folder: Path, files: dict[str, Path]) -> Manifest:
    """Copy files into a bundle under new names and hash them into its manifest, which is returned as written.

    All other files keep the hash that they had. Broken off in between, it can simply be done again.
    """
    manifest = manifests.read(folder)
    digests = dict(manifest.sha256)
    for name, source in files.items():
        _replace(folder / name, source.read_bytes())
        digests[name] = _digest(folder / name)
    written = replace(manifest, sha256=digests)
    _replace(folder / manifests.FILE, (written.to_json() + "\n").encode())
    return written


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(path.name + ".new")
    partial.write_bytes(data)
    os.replace(partial, path)


def _write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != manifests.FILE)
    written = replace(manifest, sha256={path.name: _digest(path) for path in files})
    (folder / manifests.FILE).write_text(written.to_json() + "\n", encoding="utf-8")
    return written


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_digest(folder: Path, name: str, digest: str) -> None:
    if Path(name).name != name or "\0" in name:
        raise BundleError(folder, f"the manifest names {json.dumps(name)}, which is not a file of the bundle itself")
    try:
        actual = _digest(folder / name)
    except OSError as error:
        raise BundleError(folder, f"{name} is in the manifest but cannot be read: {error.strerror}") from error
    if actual != digest:
        raise BundleError(folder, f"{name} is not the file of the manifest: sha256 {actual[:12]}… not {digest[:12]}…")


def _arrays(folder: Path, name: str) -> dict[str, NDArray[Any]]:
    try:
        with np.load(folder / name, allow_pickle=False) as data:
            return {key: data[key] for key in data.files}
    except Exception as error:  # zipfile, zlib and numpy know a dozen kinds for a damaged file
        raise BundleError(folder, f"{name} cannot be read: {error}") from error


def _expect(
    folder: Path, arrays: dict[str, NDArray[Any]], key: str, shape: tuple[int | None, ...], dtype: type[_T]
) -> NDArray[_T]:
    if key not in arrays:
        raise BundleError(folder, f"there is no array {key}")
    array = arrays[key]
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape))
    if not fits or array.dtype != dtype:
        raise BundleError(folder, f"array {key} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
    return array


def _layer_weights(
    folder: Path, arrays: dict[str, NDArray[Any]], index: int, layer: Layer, *, is_last: bool
) -> LayerWeights:
    fan_in = layer.fan_in
    packed = _expect(folder, arrays, f"weights_{index}", (layer.outputs, -(-fan_in // 8)), np.uint8)
    bits = np.unpackbits(packed, axis=1, bitorder="little")[:, :fan_in].astype(bool)
    if is_last:
        return LayerWeights(bits, None)
    return LayerWeights(bits, _expect(folder, arrays, f"thresholds_{index}", (layer.outputs,), np.int32))
