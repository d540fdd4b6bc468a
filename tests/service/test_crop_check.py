"""The self-test cuts faces as the daemon does, so a bundle that fails at the first face fails before it is used."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.bundle import files
from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.errors import BundleError
from binarycop.geometry import CropGeometry
from binarycop.service import backends
from binarycop.service.crop_check import check_crops
from binarycop.settings.classifier import ClassifierSettings


class Recorder(Emulator):
    """An emulator that keeps the crops. gain: its scores are multiplied by it."""

    def __init__(self, bundle: Bundle, gain: int = 1) -> None:
        super().__init__(bundle)
        self.crops: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._gain = gain

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        self.crops = crops
        return super().scores(crops) * self._gain


def with_geometry(bundle: Bundle, margin: float, shift_y: float) -> Bundle:
    """A bundle that a laxer reader of manifests would let through."""
    return replace(bundle, manifest=replace(bundle.manifest, crop=CropGeometry(margin, shift_y)))


@pytest.mark.parametrize(("margin", "shift_y"), [(nan, 0.0), (1.1, nan), (inf, 0.0), (1.1, -inf), (1e308, 1e308)])
def test_a_geometry_that_fails_at_a_face_fails_the_self_test(
    tiny_bundle: Bundle, margin: float, shift_y: float
) -> None:
    bundle = with_geometry(tiny_bundle, margin, shift_y)
    with pytest.raises(BundleError, match="no face can be cut with margin"):
        check_crops(bundle, Emulator(bundle))


@pytest.mark.parametrize(("margin", "shift_y"), [(0.25, -2.0), (8.0, 2.0), (1.15, 0.06)])
def test_every_geometry_that_a_manifest_may_have_gives_crops(
    tiny_bundle: Bundle, margin: float, shift_y: float
) -> None:
    bundle = with_geometry(tiny_bundle, margin, shift_y)
    recorder = Recorder(bundle)
    assert check_crops(bundle, recorder) == len(recorder.crops) >= 12
    assert (recorder.crops != recorder.crops[0]).any()


def test_scores_that_the_last_layer_cannot_give_fail_the_self_test(tiny_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="emulator gives scores for faces that are not from -20 to 20"):
        check_crops(tiny_bundle, Recorder(tiny_bundle, gain=1000))


def test_a_bundle_is_opened_only_if_it_can_cut_faces(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(folder: Path) -> Bundle:
        return with_geometry(tiny_bundle, nan, 0.0)

    monkeypatch.setattr(files, "load", load)
    with pytest.raises(BundleError, match="no face can be cut"):
        backends.open_bundle(ClassifierSettings(str(tiny_bundle.folder)))


def test_the_self_test_cuts_the_views_too(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no room for the views")

    monkeypatch.setattr("binarycop.detection.views.views_in", fail)
    with pytest.raises(BundleError, match=r"no face can be cut with margin .*: no room for the views"):
        check_crops(tiny_bundle, Emulator(tiny_bundle))
