"""Values of several gates that contradict each other."""

from dataclasses import replace

import pytest

from binarycop.errors import SettingsError
from binarycop.settings.check import check_lanes
from binarycop.settings.frames import FramesSettings
from binarycop.settings.lines import LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.tree import MappingNode

NORTH = LaneSettings(name="north")
SOUTH = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))


@pytest.mark.parametrize(
    ("north", "south", "is_shared"),
    [
        ("0", "0", True),
        ("0", "/dev/video0", True),
        ("/dev/video2", "02", True),
        ("clip.avi", "clip.avi", True),
        ("0", "1", False),
        ("0", "/dev/video1", False),
        ("demo", "demo", False),
    ],
)
def test_two_gates_cannot_have_one_camera_however_it_is_written(north: str, south: str, is_shared: bool) -> None:
    lanes = (
        replace(NORTH, frames=FramesSettings(source=north)),
        replace(SOUTH, frames=FramesSettings(source=south)),
    )
    problems: list[SettingsError] = []
    check_lanes(lanes, [MappingNode({}, {}, "gate.yaml", 1)] * 2, problems)
    assert [problem.problem for problem in problems] == (
        [f"{south} is already the source of gates[0]"] if is_shared else []
    )
