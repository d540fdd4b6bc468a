"""The list that gate-release reads."""

import os
from pathlib import Path

import pytest

from binarycop.errors import LineError
from binarycop.lines import relay_off_list
from binarycop.settings.lines import LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings

NORTH = LaneSettings(
    name="north",
    lines=LinesSettings(permission=LineSettings("zynq_gpio:54"), lamps={"correct": LineSettings("lamp one", False)}),
)
SOUTH = LaneSettings(
    name="south", lines=LinesSettings(permission=LineSettings("/dev/gpiochip1:3", active_high=False), lamps={})
)


def test_relays_come_before_lamps_each_with_its_inactive_physical_level() -> None:
    assert relay_off_list.content((NORTH, SOUTH), "gpiochip") == "zynq_gpio:54=0\ngpiochip1:3=1\nlamp one=1\n"


def test_another_pin_factory_gives_an_empty_list() -> None:
    assert relay_off_list.content((NORTH, SOUTH), "mock") == ""


def test_a_new_list_replaces_the_old_one(tmp_path: Path) -> None:
    relay_off_list.write(tmp_path, (NORTH, SOUTH), "gpiochip")
    relay_off_list.write(tmp_path, (SOUTH,), "gpiochip")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"release": "gpiochip1:3=1\n"}


def test_a_list_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LineError, match="the list for gate-release cannot be written: No such file"):
        relay_off_list.write(tmp_path / "nowhere", (NORTH,), "gpiochip")


def test_the_list_is_world_readable_for_a_root_without_capabilities(tmp_path: Path) -> None:
    old_umask = os.umask(0o077)
    try:
        relay_off_list.write(tmp_path, (NORTH,), "gpiochip")
    finally:
        os.umask(old_umask)
    assert (tmp_path / "release").stat().st_mode & 0o777 == 0o644
