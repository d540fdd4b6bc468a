"""Small random bundles for tests: real arithmetic, no training."""

from pathlib import Path

import numpy as np

from binarycop.bundle.files import Bundle, LayerWeights, load, save
from binarycop.bundle.manifest import Layer, Manifest
from binarycop.classifier.emulator import Emulator
from binarycop.geometry import CropGeometry

TINY = (
    Layer("conv", 3, 8, False, 8, 3),
    Layer("conv", 8, 8, True, 4, 8),
    Layer("conv", 8, 12, True, 4, 8),
    Layer("conv", 12, 12, True, 4, 12),
    Layer("fc", 48, 20, False, 1, 4),
    Layer("fc", 20, 4, False, 1, 1),
)


def random_bundle(folder: Path, layers: tuple[Layer, ...] = TINY, seed: int = 1) -> Bundle:
    """Write a bundle of random weights to ``folder``, with the emulator's scores as golden vectors, and load it."""
    rng = np.random.default_rng(seed)
    last = len(layers) - 1
    weights = []
    mean = 127.5  # of a layer's inputs; with thresholds near the mean sum, both outputs are likely
    for index, layer in enumerate(layers):
        bits = rng.random((layer.outputs, layer.fan_in)) < 0.5
        total = np.where(bits, 1, -1).sum(axis=1)
        spread = (74.0 if index == 0 else 1.0) * np.sqrt(layer.fan_in) / 2
        thresholds = np.round(mean * total + rng.normal(0, spread, layer.outputs)).astype(np.int32)
        thresholds[:2] = -(10**6), 10**6  # one channel that is always on, one that never is
        weights.append(LayerWeights(bits, None if index == last else thresholds))
        mean = 0.875 if layer.pool else 0.0
    manifest = Manifest(
        name="random",
        version="0.0.0",
        layers=layers,
        output_type="INT8",
        input_packed=(1, 32, 32, 1, 3),
        output_packed=(1, 4, 1),
        input_dma="idma0",
        output_dma="odma0",
        clock_mhz=100.0,
        crop=CropGeometry(margin=1.1, shift_y=0.0),
        abstain_margin=2,
        sha256={},
        licence="none",
        provenance={"seed": seed},
    )
    inputs = rng.integers(0, 256, (64, 32, 32, 3), dtype=np.uint8)
    without_scores = Bundle(folder, manifest, tuple(weights), inputs, np.zeros((64, 4), np.int32))
    save(folder, manifest, tuple(weights), inputs, Emulator(without_scores).scores(inputs))
    return load(folder)
