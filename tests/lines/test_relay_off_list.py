"""The list that gate-release reads: root writes it, the daemon checks it."""

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


def with_pin(pin: str) -> LaneSettings:
    return LaneSettings(lines=LinesSettings(permission=LineSettings(pin), lamps={}))


def test_relays_come_before_lamps_each_with_its_inactive_physical_level() -> None:
    assert relay_off_list.content((NORTH, SOUTH), "gpiochip") == "zynq_gpio:54=0\ngpiochip1:3=1\nlamp one=1\n"


@pytest.mark.parametrize("factory", ["mock", "auto"])
def test_another_pin_factory_gives_an_empty_list(factory: str) -> None:
    assert relay_off_list.content((NORTH, SOUTH), factory) == ""


def test_a_new_list_replaces_the_old_one(tmp_path: Path) -> None:
    relay_off_list.write(tmp_path / "release", (NORTH, SOUTH), "gpiochip")
    relay_off_list.write(tmp_path / "release", (SOUTH,), "gpiochip")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"release": "gpiochip1:3=1\n"}


def test_a_list_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LineError, match="the list for gate-release cannot be written: No such file"):
        relay_off_list.write(tmp_path / "nowhere/release", (NORTH,), "gpiochip")


def test_the_list_is_world_readable_for_a_root_without_capabilities(tmp_path: Path) -> None:
    old_umask = os.umask(0o077)
    try:
        relay_off_list.write(tmp_path / "release", (NORTH,), "gpiochip")
    finally:
        os.umask(old_umask)
    assert (tmp_path / "release").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(LineError, match="other users can write its folder"):
        relay_off_list.write(folder / "release", (NORTH,), "gpiochip")
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a folder to somebody else")
def test_a_folder_of_somebody_else_is_refused_even_by_root(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    with pytest.raises(LineError, match="other users can write its folder"):
        relay_off_list.write(folder / "release", (NORTH,), "gpiochip")


def test_links_that_were_left_in_the_folder_are_replaced_and_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "run", tmp_path / "shadow"
    folder.mkdir()
    elsewhere.write_text("secret")
    for name in ("release", ".release.new"):
        (folder / name).symlink_to(elsewhere)
    relay_off_list.write(folder / "release", (SOUTH,), "gpiochip")
    assert elsewhere.read_text() == "secret"
    assert not (folder / "release").is_symlink()
    assert {file.name: file.read_text() for file in folder.iterdir()} == {"release": "gpiochip1:3=1\n"}


@pytest.mark.parametrize("pin", ["relay=1\nlamp", "relay\0", "a" * 126, "ä" * 63])
def test_a_pin_that_would_be_another_entry_is_refused(tmp_path: Path, pin: str) -> None:
    with pytest.raises(LineError, match="a pin is one line of at most 125 bytes"):
        relay_off_list.write(tmp_path / "release", (with_pin(pin),), "gpiochip")
    relay_off_list.write(tmp_path / "release", (with_pin("a" * 125),), "gpiochip")


def test_a_list_that_gate_release_would_not_take_is_refused(tmp_path: Path) -> None:
    lanes = [with_pin(f"{number:02}{'a' * 123}") for number in range(33)]
    with pytest.raises(LineError, match="would have 4224 bytes; gate-release takes 4096 at most"):
        relay_off_list.write(tmp_path / "release", lanes, "gpiochip")
    relay_off_list.write(tmp_path / "release", lanes[:32], "gpiochip")
    assert (tmp_path / "release").stat().st_size == 4096


def test_the_list_of_the_same_settings_is_accepted(tmp_path: Path) -> None:
    for lanes, factory in (((NORTH, SOUTH), "gpiochip"), ((NORTH,), "mock")):
        relay_off_list.write(tmp_path / "release", lanes, factory)
        relay_off_list.check(tmp_path / "release", lanes, factory)


def test_a_missing_list_and_one_of_other_settings_are_errors(tmp_path: Path) -> None:
    file = tmp_path / "release"
    with pytest.raises(
        LineError, match=r"cannot be read: No such file or directory; binarycop-relay-off-list\.service"
    ):
        relay_off_list.check(file, (NORTH,), "gpiochip")
    relay_off_list.write(file, (NORTH, SOUTH), "gpiochip")
    for lanes, factory in (((NORTH,), "gpiochip"), ((SOUTH, NORTH), "gpiochip"), ((NORTH, SOUTH), "mock")):
        with pytest.raises(LineError, match="is not that of these settings"):
            relay_off_list.check(file, lanes, factory)
