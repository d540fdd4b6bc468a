"""The shipped bundles: each loads, reproduces its golden vectors, and classifies newly drawn heads correctly."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.geometry import CropGeometry
from overlays.networks.tables import NETWORKS
from overlays.synthesis.heads import labelled_heads
from overlays.training.calibration import top2_margins

BUNDLES = Path(__file__).resolve().parents[2] / "overlays" / "bundles"
SHIPPED = sorted(path.parent for path in BUNDLES.glob("*/manifest.json"))


@cache
def drawn_heads(geometry: CropGeometry) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Drawn once for all bundles that crop in the same way."""
    return labelled_heads(600, 20_240, geometry)


@pytest.fixture(params=SHIPPED, ids=[path.name for path in SHIPPED])
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return bundles.load(request.param)


def test_n_cnv_ships() -> None:
    assert "n-cnv" in [path.name for path in SHIPPED]


def test_a_bundle_has_the_network_of_the_tables(bundle: Bundle) -> None:
    network = NETWORKS[bundle.folder.name]
    assert bundle.manifest.name == network.name
    assert bundle.manifest.layers == network.layers
    assert bundle.manifest.output_type == network.output_type
    assert {"model.onnx", "README.md"} <= set(bundle.manifest.sha256)


def test_a_bundle_reproduces_its_golden_vectors(bundle: Bundle) -> None:
    assert check_golden(bundle, Emulator(bundle)) >= 64


def test_a_bundle_classifies_drawn_heads_correctly(bundle: Bundle) -> None:
    crops, classes = drawn_heads(bundle.manifest.crop)
    scores = Emulator(bundle).scores(crops)
    right = scores.argmax(axis=1) == classes
    votes = top2_margins(scores) >= bundle.manifest.abstain_margin
    assert right.mean() >= 0.92
    assert votes.mean() >= 0.88
    assert right[votes].mean() >= 0.96
