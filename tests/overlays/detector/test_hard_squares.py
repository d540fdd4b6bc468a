"""The squares that are still hard for the refinement network."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which trains the detector")

from torch import Tensor, nn  # noqa: E402

from binarycop.detection.lookout.network import ROI_PX  # noqa: E402
from overlays.detector.hard_squares import hard_squares  # noqa: E402
from overlays.detector.refinement_samples import BACKGROUND, FACE, RefinementSamples  # noqa: E402


class Brightness(nn.Module):  # type: ignore[misc]
    """A fake network: its confidence before the sigmoid is the square's brightness minus 100."""

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        assert not self.training
        return (frames.mean(dim=(1, 2, 3), keepdim=True).expand(-1, 5, 1, 1) - 100,)


def squares(brightness: int, is_face: bool, count: int = 1000) -> RefinementSamples:
    targets = np.zeros((count, 5), np.float32)
    targets[:, 0] = FACE if is_face else BACKGROUND
    return RefinementSamples(np.full((count, ROI_PX, ROI_PX, 3), brightness, np.uint8), targets)


@pytest.mark.parametrize(("brightness", "is_face"), [(98, True), (102, True), (99, False), (103, False)])
def test_all_squares_that_are_wrong_or_unsure_stay(brightness: int, is_face: bool) -> None:
    net = Brightness().train()
    assert len(hard_squares(squares(brightness, is_face), net, 0)) == 1000
    assert net.training


@pytest.mark.parametrize(("brightness", "is_face", "least", "most"), [(110, True, 100, 200), (90, False, 60, 140)])
def test_a_few_of_the_easy_squares_stay_with_their_targets(
    brightness: int, is_face: bool, least: int, most: int
) -> None:
    kept = hard_squares(squares(brightness, is_face), Brightness(), 0)
    assert least < len(kept) < most
    assert len(kept.pixels) == len(kept.targets)
    assert set(kept.targets[:, 0]) == {FACE if is_face else BACKGROUND}
