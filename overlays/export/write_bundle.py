"""A trained network becomes a bundle, if torch, QONNX and the emulator agree on it."""

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

VERSION = "0.3.0"
GOLDEN = 96
_GOLDEN_SEED, _CHECK_SEED = 64, 1


@dataclass(frozen=True)
class BundleMetadata:
    """What a bundle says of itself beside its numbers."""

    geometry: CropGeometry
    abstain_margin: int
    licence: str
    provenance: dict[str, Any]


def write_bundle(net: BinaryNet, folder: Path, story: BundleMetadata) -> Bundle:
    """Fold, export, check and write ``folder``. Raises BundleError, before any manifest, where engines differ."""
    network = net.network
    weights = fold_batchnorm(net)
    manifest = _manifest(network, story)
    folder.mkdir(parents=True, exist_ok=True)
    qonnx.export(network.layers, weights, folder / "model.onnx")
    crops = noise_and_heads(check.IMAGES, _CHECK_SEED, story.geometry)
    emulator = Emulator(Bundle(folder, manifest, weights, crops[:0], np.empty((0, CLASSES), np.int32)))
    scores = {
        "emulator": emulator.scores(crops),
        "torch": score_function(net)(crops),
        "qonnx": check.qonnx_scores(folder / "model.onnx", crops),
    }
    wrong = check.differences(scores)
    if wrong:
        raise BundleError(folder, "; ".join(wrong))
    golden = noise_and_heads(GOLDEN, _GOLDEN_SEED, story.geometry)
    bundles.save(folder, manifest, weights, golden, emulator.scores(golden))
    return bundles.load(folder)


def packed_shapes(network: Network) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The DMA buffers' shapes in bytes, as FINN's driver gives them: the innermost axis is one beat of the stream."""
    first, last = network.layers[0], network.layers[-1]
    score_bits = int(network.output_type.removeprefix("INT"))
    given = (1, SIDE_PX, SIDE_PX, first.inputs // first.simd, first.simd)
    return given, (1, CLASSES // last.pe, ceil(last.pe * score_bits / 8))


def _manifest(network: Network, story: BundleMetadata) -> Manifest:
    given, gives = packed_shapes(network)
    return Manifest(
        name=network.name,
        version=VERSION,
        layers=network.layers,
        output_type=network.output_type,
        input_packed=given,
        output_packed=gives,
        input_dma="idma0",
        output_dma="odma0",
        clock_mhz=CLOCK_MHZ,
        crop=story.geometry,
        abstain_margin=story.abstain_margin,
        sha256={},
        licence=story.licence,
        provenance=story.provenance,
    )
