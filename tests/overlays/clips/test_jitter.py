"""The jitter of boxes, and template tracking without the detector."""

from pathlib import Path

import numpy as np
import pytest

from binarycop.geometry import Box
from overlays.clips import jitter as jitter_module
from overlays.clips.jitter import box_errors, pooled_jitter
from overlays.clips.tracking_benchmark import track_drawn_head
from overlays.synthesis.camera import LOOKOUT_JITTER

PAGE = Path(jitter_module.__file__).with_name("README.md")

TRUE = np.array([(100.0, 80.0, 50.0)] * 400)


def boxes(rng: np.random.Generator, shift: float, scale: float, offset: float = 0.0) -> list[Box | None]:
    found: list[Box | None] = []
    for _ in TRUE:
        x, y = np.array([100.0, 80.0]) + 50 * (offset + rng.normal(0, shift, 2))
        side = 50 * float(np.exp(rng.normal(0, scale)))
        found.append(Box(float(x) - 0.4 * side, float(y) - side / 2, 0.8 * side, side))
    return found


def test_the_measured_jitter_is_the_noise_that_was_added_to_the_boxes() -> None:
    errors = box_errors(boxes(np.random.default_rng(1), 0.02, 0.05), TRUE)
    assert errors is not None
    jitter = pooled_jitter([errors])
    assert (jitter.centre, jitter.size) == pytest.approx((0.02, 0.05), rel=0.1)
    assert (jitter.centre_step, jitter.size_step) == pytest.approx((0.02 * 2**0.5, 0.05 * 2**0.5), rel=0.1)


def test_a_constant_offset_is_no_jitter_and_frames_without_a_box_are_left_out() -> None:
    found = boxes(np.random.default_rng(1), 0.0, 0.0, offset=0.3)
    found[3] = None
    errors = box_errors(found, TRUE)
    assert errors is not None
    assert len(errors) == 399
    assert pooled_jitter([errors]).centre == pytest.approx(0, abs=1e-9)
    assert box_errors([None] * 396 + found[:4], TRUE) is None


def test_the_page_compares_with_the_jitter_that_the_training_crops_have() -> None:
    row = f"| in training | – | {LOOKOUT_JITTER.shift:.3f} | {LOOKOUT_JITTER.scale:.3f} | – | – |"
    assert row in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", range(8))
def test_a_drawn_head_is_still_tracked_after_ten_frames(seed: int) -> None:
    assert track_drawn_head(np.random.default_rng(seed), 10, 8.0).iou >= 0.9
