"""The emulators, in numpy and compiled, give exactly the scores of the slow reference."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import Layer
from binarycop.classifier import reference
from tests.classifier.emulators import EmulatorOf, emulators
from tests.random_bundles import random_bundle

EMULATORS = dict(emulators())
each_emulator = pytest.mark.parametrize("open_emulator", EMULATORS.values(), ids=EMULATORS.keys())


@each_emulator
def test_the_emulator_agrees_with_the_reference_on_every_score(open_emulator: EmulatorOf, tiny_bundle: Bundle) -> None:
    crops = tiny_bundle.golden_inputs[:12]
    expected = [reference.scores(tiny_bundle, crop) for crop in crops]
    assert open_emulator(tiny_bundle).scores(crops).tolist() == expected
    assert len({tuple(scores) for scores in expected}) >= 4, "the crops must have different scores"


@each_emulator
@pytest.mark.parametrize("value", [0, 255])
def test_the_emulator_agrees_with_the_reference_on_black_and_white(
    open_emulator: EmulatorOf, tiny_bundle: Bundle, value: int
) -> None:
    crop = np.full((32, 32, 3), value, np.uint8)
    assert open_emulator(tiny_bundle).scores(crop[None])[0].tolist() == reference.scores(tiny_bundle, crop)


@each_emulator
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), pools=st.tuples(*[st.booleans()] * 2), channels=st.sampled_from([1, 3, 8, 17]))
def test_the_emulator_agrees_with_the_reference_for_networks_of_other_shapes(
    open_emulator: EmulatorOf,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    pools: tuple[bool, bool],
    channels: int,
) -> None:
    side = 30 // 2 if pools[0] else 30
    side = (side - 2) // 2 if pools[1] else side - 2
    layers = (
        Layer("conv", 3, channels + 1, pools[0], 1, 3),
        Layer("conv", channels + 1, 2, pools[1], 1, 1),
        Layer("fc", 2 * side * side, 4, False, 1, 1),
    )
    bundle = random_bundle(tmp_path_factory.mktemp("shape"), layers, seed)
    crop = bundle.golden_inputs[0]
    assert open_emulator(bundle).scores(crop[None])[0].tolist() == reference.scores(bundle, crop)


@each_emulator
@pytest.mark.parametrize(("on", "off"), [(2700, 2701), (-(2**31), 2**31 - 1)])
def test_an_output_is_on_from_exactly_the_threshold(
    open_emulator: EmulatorOf, tmp_path: Path, on: int, off: int
) -> None:
    layers = (Layer("conv", 3, 2, False, 1, 1), Layer("fc", 1800, 4, False, 1, 1))
    bundle = random_bundle(tmp_path, layers)
    crop = np.full((32, 32, 3), 100, np.uint8)
    # All weights are +1: the sum of the window is 27 · 100.
    first = LayerWeights(np.ones((2, 27), bool), np.array([on, off], np.int32))
    bits = np.zeros((4, 1800), bool)
    bits[0, 0::2] = True  # agrees with channel 0 on and channel 1 off, everywhere
    bits[1] = ~bits[0]
    weights = (first, LayerWeights(bits, None))
    handmade = Bundle(bundle.folder, bundle.manifest, weights, bundle.golden_inputs, bundle.golden_scores)
    assert open_emulator(handmade).scores(crop[None])[0].tolist() == [1800, -1800, 0, 0]
    assert reference.scores(handmade, crop) == [1800, -1800, 0, 0]


@each_emulator
def test_a_batch_has_the_scores_of_its_crops_one_by_one(open_emulator: EmulatorOf, tiny_bundle: Bundle) -> None:
    rng = np.random.default_rng(5)
    crops = rng.integers(0, 256, (130, 32, 32, 3), dtype=np.uint8)
    emulator = open_emulator(tiny_bundle)
    together = emulator.scores(crops)
    assert together.dtype == np.int32
    assert together[[0, 63, 64, 129]].tolist() == [
        emulator.scores(crops[index : index + 1])[0].tolist() for index in (0, 63, 64, 129)
    ]
    assert emulator.scores(crops[:0]).shape == (0, 4)


@pytest.mark.parametrize(
    "open_emulator", [pytest.param(EMULATORS[name], id=name) for name in EMULATORS if name != "numpy"]
)
@pytest.mark.parametrize("count", [1, 16, 17])
def test_a_kernel_leaves_no_crop_and_no_score_in_its_memory(
    open_emulator: EmulatorOf, tiny_bundle: Bundle, count: int
) -> None:
    emulator = open_emulator(tiny_bundle)
    emulator.scores(np.full((count, 32, 32, 3), 200, np.uint8))
    kept = [value for value in vars(emulator).values() if isinstance(value, np.ndarray)]
    assert kept
    assert not any(array.any() for array in kept)


@each_emulator
def test_crops_may_be_a_view_of_something_larger(open_emulator: EmulatorOf, tiny_bundle: Bundle) -> None:
    rng = np.random.default_rng(6)
    image = rng.integers(0, 256, (2, 40, 40, 3), dtype=np.uint8)
    view = image[:, 4:36, 3:35, ::-1]
    emulator = open_emulator(tiny_bundle)
    assert emulator.scores(view).tolist() == emulator.scores(np.ascontiguousarray(view)).tolist()


@each_emulator
@pytest.mark.parametrize(
    "crops", [np.zeros((1, 32, 32, 3), np.float32), np.zeros((32, 32, 3), np.uint8), np.zeros((1, 72, 72, 3), np.uint8)]
)
def test_an_array_that_is_no_batch_of_crops_is_refused(
    open_emulator: EmulatorOf, tiny_bundle: Bundle, crops: np.ndarray
) -> None:
    with pytest.raises(ValueError, match=r"not uint8 \(N, 32, 32, 3\)"):
        open_emulator(tiny_bundle).scores(crops)
