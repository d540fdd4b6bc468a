"""Writes the bundle of a trained network, after a check that torch, QONNX and the emulator give the same scores."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.bundle.manifest import Manifest
from binarycop.classifier.emulator import Emulator
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX, CropGeometry
from overlays.export import check, qonnx
from overlays.export.thresholds import fold_batchnorm
from overlays.networks.tables import CLASSES, CLOCK_MHZ, Network
from overlays.synthesis.heads import noise_and_heads
from overlays.training.loop import score_function
from overlays.training.model import BinaryNet

GOLDEN = 96
_GOLDEN_SEED, _CHECK_SEED = 64, 1


@dataclass(frozen=True)
class BundleMetadata:
    """What the manifest of a bundle says in addition to the network. version: of the bundle, such as 0.4.0."""

    version: str
    geometry: CropGeometry
    abstain_margin: int
    licence: str
    provenance: dict[str, Any]


def write_bundle(net: BinaryNet, folder: Path, metadata: BundleMetadata) -> Bundle:
    """Export a network, check the engines, and write ``folder``.

    Raises BundleError if the engines give different scores; then no manifest is written.
    """
    network = net.network
    weights = fold_batchnorm(net)
    manifest = _manifest(network, metadata)
    folder.mkdir(parents=True, exist_ok=True)
    qonnx.export(network.layers, weights, folder / "model.onnx")
    crops = noise_and_heads(check.IMAGES, _CHECK_SEED, metadata.geometry)
    emulator = Emulator(Bundle(folder, manifest, weights, crops[:0], np.empty((0, CLASSES), np.int32)))
    scores = {
        "emulator": emulator.scores(crops),
        "torch": score_function(net)(crops),
        "qonnx": check.qonnx_scores(folder / "model.onnx", crops),
    }
    wrong = check.differences(scores)
    if wrong:
        raise BundleError(folder, "; ".join(wrong))
    golden = noise_and_heads(GOLDEN, _GOLDEN_SEED, metadata.geometry)
    bundles.save(folder, manifest, weights, golden, emulator.scores(golden))
    return bundles.load(folder)


def packed_shapes(network: Network) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes in bytes of the DMA buffers for input and output, as in FINN's driver; the last axis is one beat."""
    first, last = network.layers[0], network.layers[-1]
    score_bits = int(network.output_type.removeprefix("INT"))
    input_shape = (1, SIDE_PX, SIDE_PX, first.inputs // first.simd, first.simd)
    return input_shape, (1, CLASSES // last.pe, ceil(last.pe * score_bits / 8))


def _manifest(network: Network, metadata: BundleMetadata) -> Manifest:
    input_shape, output_shape = packed_shapes(network)
    return Manifest(
        name=network.name,
        version=metadata.version,
        layers=network.layers,
        output_type=network.output_type,
        input_packed=input_shape,
        output_packed=output_shape,
        input_dma="idma0",
        output_dma="odma0",
        clock_mhz=CLOCK_MHZ,
        crop=metadata.geometry,
        abstain_margin=metadata.abstain_margin,
        sha256={},
        licence=metadata.licence,
        provenance=metadata.provenance,
    )
