"""The daemon's memory by its settings, against the limit of its unit."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.settings.faces import DetectorKind, FacesSettings, LookoutSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.memory import UNIT_MIB, limit_mib, needed_mib
from binarycop.settings.schema import LaneSettings, Settings

UNIT = Path(__file__).resolve().parents[2] / "systemd/binarycop.service"


def gates(count: int, width_px: int = 640, height_px: int = 480, *, share: bool = True) -> Settings:
    """This many gates; with ``share`` they have one detector."""
    lane = LaneSettings(frames=FramesSettings(width_px=width_px, height_px=height_px))
    faces = [FacesSettings(lookout=LookoutSettings(threshold=0.5 if share else 0.5 + at / 100)) for at in range(count)]
    return Settings(gates=tuple(replace(lane, faces=one) for one in faces))


def test_the_limit_is_that_of_the_unit() -> None:
    assert re.findall(r"^MemoryMax=(\d+)M$", UNIT.read_text(), re.MULTILINE) == [str(UNIT_MIB)]


@pytest.mark.parametrize(
    ("settings", "measured_mib"),
    [
        (gates(1), 94),
        (gates(8), 130),
        (gates(8, share=False), 163),
        (gates(8, 1280, 720), 198),
        (gates(1, 1920, 1080), 126),
        (gates(8, 1920, 1080), 311),
    ],
)
def test_what_is_computed_is_a_tenth_to_a_half_more_than_was_measured(settings: Settings, measured_mib: int) -> None:
    assert 1.1 * measured_mib <= needed_mib(settings) <= 1.5 * measured_mib


def test_the_units_limit_fits_eight_gates_with_frames_of_the_default_size() -> None:
    for share in (True, False):
        assert limit_mib(gates(8, share=share)) == UNIT_MIB


def test_larger_frames_of_many_gates_need_a_higher_limit() -> None:
    assert limit_mib(gates(1, 1920, 1080)) == UNIT_MIB
    assert limit_mib(gates(8, 1280, 720)) == 318
    assert limit_mib(gates(8, 1920, 1080)) == 535


def test_a_fixed_region_has_no_network() -> None:
    fixed = replace(gates(1).gates[0], faces=FacesSettings(finder=DetectorKind.FIXED))
    assert needed_mib(Settings(gates=(fixed,))) == needed_mib(gates(1)) - 6
