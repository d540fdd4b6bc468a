"""The box for the crop: calm while its owner stands, quick when they move."""

import numpy as np
import pytest

from binarycop.faces.box import Box
from binarycop.faces.steady import steady


def test_a_finders_noise_is_damped_to_less_than_half() -> None:
    rng = np.random.default_rng(2)
    kept = Box(100, 100, 60, 80)
    sizes, centres, raw = [], [], []
    for _ in range(400):
        x, y = rng.normal(0, 0.02 * 80, 2)
        grow = float(np.exp(rng.normal(0, 0.03)))
        raw.append(np.log(grow))
        found = Box(130 + x - 30 * grow, 140 + y - 40 * grow, 60 * grow, 80 * grow)
        kept = steady(kept, found)
        sizes.append(np.log(kept.height_px / 80))
        centres.append(kept.centre[0] - 130)
    assert np.std(np.diff(sizes)) < 0.5 * np.std(np.diff(raw))
    assert np.std(centres) < 0.6 * 0.02 * 80


def test_a_real_step_is_taken_over_at_once() -> None:
    before, after = Box(100, 100, 60, 80), Box(140, 90, 80, 106)
    found = steady(before, after)
    assert (found.x_px, found.y_px, found.width_px) == pytest.approx((140, 90, 80))


def test_who_comes_nearer_at_a_walk_is_kept_up_with() -> None:
    kept = found = Box(100, 100, 30, 40)
    for _ in range(12):
        found = Box(0, 0, found.width_px * 1.08, found.height_px * 1.08)
        kept = steady(kept, found)
    assert kept.height_px == pytest.approx(found.height_px, rel=0.05)
