"""Which parts the lanes of one board share."""

from dataclasses import replace

from binarycop.detection.fixed_region import FixedRegion
from binarycop.detection.lookout.detector import Lookout
from binarycop.service.assembly import detectors_of
from binarycop.settings.faces import DetectorKind, FacesSettings, LookoutSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings

CAMERA = LaneSettings(frames=FramesSettings(source="/dev/video0"))
DEMO = LaneSettings(frames=FramesSettings(source="demo"))


def test_lanes_with_the_same_detector_settings_share_one_detector() -> None:
    nearer = replace(CAMERA, faces=FacesSettings(least_px=99, find_every=7))
    first, second = detectors_of([CAMERA, nearer])
    assert isinstance(first, Lookout)
    assert second is first


def test_lanes_with_other_detector_settings_have_detectors_of_their_own() -> None:
    coarse = replace(CAMERA, faces=FacesSettings(lookout=LookoutSettings(longer_px=160)))
    first, second = detectors_of([CAMERA, coarse])
    assert second is not first


def test_auto_is_another_detector_for_the_demo_than_for_a_camera() -> None:
    assert [type(detector) for detector in detectors_of([CAMERA, DEMO])] == [Lookout, FixedRegion]


def test_a_detector_that_learns_the_background_is_never_shared() -> None:
    fixed = replace(CAMERA, faces=FacesSettings(finder=DetectorKind.FIXED))
    first, second = detectors_of([fixed, fixed])
    assert second is not first
