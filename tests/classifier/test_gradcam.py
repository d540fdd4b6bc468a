"""Grad-CAM in numpy. That its maps are those of torch is tested in tests/overlays/explain."""

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import Layer
from binarycop.classes import MaskClass
from binarycop.classifier.gradcam import GradCam, _LayerMaths
from overlays.networks.tables import N_CNV
from tests.random_bundles import random_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Random weights in n-CNV's layers."""
    return random_bundle(tmp_path_factory.mktemp("bundles") / "n-cnv", N_CNV.layers)


def layer_maths(layer: Layer, thresholds: NDArray[np.int32] | None = None) -> _LayerMaths:
    bits = np.random.default_rng(5).random((layer.outputs, layer.fan_in)) < 0.5
    return _LayerMaths(layer, LayerWeights(bits, thresholds))


def test_every_map_is_scaled_by_its_own_maximum(bundle: Bundle) -> None:
    maps = GradCam(bundle).heat(bundle.golden_inputs[:8], [MaskClass(index % 4) for index in range(8)])
    assert maps.shape == (8, 5, 5)
    assert maps.min() >= 0
    assert set(np.round(maps.max(axis=(1, 2)), 6)) <= {0.0, 1.0}
    assert maps.max() == 1


def test_a_map_does_not_depend_on_its_batch(bundle: Bundle) -> None:
    cam, crops = GradCam(bundle), bundle.golden_inputs
    together = cam.heat(crops[:3], [MaskClass.CHIN] * 3)
    assert np.array_equal(together[2], cam.heat(crops[2:3], [MaskClass.CHIN])[0])


@pytest.mark.parametrize("layer", [Layer("conv", 3, 5, False, 1, 1), Layer("fc", 75, 6, False, 1, 1)])
def test_the_gradient_of_a_layer_is_the_transpose_of_its_sums(layer: Layer) -> None:
    maths, rng = layer_maths(layer), np.random.default_rng(6)
    given = rng.integers(-3, 4, (2, 5, 5, 3)).astype(np.float32)
    sums = maths.sums(given)
    gradient = rng.integers(-3, 4, sums.shape).astype(np.float32)
    back = maths.gradient(gradient, given, maths.level(sums))
    assert back.shape == given.shape
    assert (sums * gradient).sum() == (given * back).sum()


def test_a_gradient_passes_a_sign_only_near_its_threshold() -> None:
    maths = layer_maths(Layer("fc", 4, 3, False, 1, 1), np.array([0, 0, 0], np.int32))
    maths.deviation = np.array([2, 2, 2], np.float32)
    level = maths.level(np.array([[[[1.0, 1.5, -2.5]]]], np.float32))
    assert level.ravel().tolist() == [0.75, 1.0, -1.0]
    one = np.ones((1, 1, 1, 3), np.float32)
    back = maths.gradient(one, np.zeros((1, 1, 1, 4), np.float32), level)
    assert np.array_equal(np.abs(back.ravel()), np.full(4, 0.5))  # of the first output alone, over its deviation


def test_a_network_without_these_maps_is_refused(tiny_bundle: Bundle) -> None:
    with pytest.raises(ValueError, match=r"the maps of the fourth layer are \(2, 2\), not \(5, 5\)"):
        GradCam(tiny_bundle)


def test_each_crop_needs_its_class(bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="there are 2 crops, but 1 classes"):
        GradCam(bundle).heat(bundle.golden_inputs[:2], [MaskClass.NOSE])
