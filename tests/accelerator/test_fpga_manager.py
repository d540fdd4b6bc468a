"""What the kernel says of the logic, and the note that whoever loaded it left."""

import os
from pathlib import Path

import pytest

from binarycop.accelerator.fpga_manager import FpgaManager


@pytest.fixture
def manager(tmp_path: Path) -> FpgaManager:
    folder = tmp_path / "fpga0"
    folder.mkdir()
    (folder / "state").write_text("operating\n")
    (folder / "firmware").write_text("")
    return FpgaManager(folder, tmp_path, tmp_path / "run" / "overlay.sha256")


def test_a_note_is_believed_while_the_logic_is_configured(manager: FpgaManager, tmp_path: Path) -> None:
    assert manager.loaded() is None
    manager.note("ab" * 32)
    assert manager.loaded() == "ab" * 32
    (tmp_path / "fpga0" / "state").write_text("unknown\n")
    assert not manager.is_operating()
    assert manager.loaded() is None


def test_a_note_is_for_every_user_to_read(manager: FpgaManager, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        manager.note("ab" * 32)
    finally:
        os.umask(before)
    note = tmp_path / "run" / "overlay.sha256"
    assert (note.stat().st_mode & 0o777, note.parent.stat().st_mode & 0o777) == (0o644, 0o755)


def test_a_note_can_be_taken_back(manager: FpgaManager) -> None:
    manager.note("ab" * 32)
    manager.note(None)
    manager.note(None)
    assert manager.loaded() is None


@pytest.mark.parametrize("state", ["unknown", "write error", "power off", "", "write init"])
def test_only_operating_is_operating(manager: FpgaManager, tmp_path: Path, state: str) -> None:
    (tmp_path / "fpga0" / "state").write_text(state)
    assert not manager.is_operating()


def test_without_a_manager_nothing_is_loaded_and_nothing_may_be(tmp_path: Path) -> None:
    manager = FpgaManager(tmp_path / "none", tmp_path, tmp_path / "note")
    assert (manager.is_operating(), manager.loaded()) == (False, None)
    assert manager.obstacle() == f"there is no FPGA manager, {tmp_path / 'none'}"


def test_it_may_load_where_firmware_and_its_folder_can_be_written(manager: FpgaManager, tmp_path: Path) -> None:
    assert manager.obstacle() is None
    (tmp_path / "fpga0" / "firmware").unlink()
    assert manager.obstacle() == f"this process may not write {tmp_path / 'fpga0' / 'firmware'}"
