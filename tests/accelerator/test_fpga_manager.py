"""The kernel's state of the logic, and the record of the bitstream that was loaded."""

import os
from pathlib import Path

import pytest

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.errors import OverlayError


@pytest.fixture
def manager(tmp_path: Path) -> SysfsFpgaManager:
    folder = tmp_path / "fpga0"
    folder.mkdir()
    (folder / "state").write_text("operating\n")
    (folder / "firmware").write_text("")
    return SysfsFpgaManager(folder, tmp_path, tmp_path / "run" / "overlay.sha256")


def test_a_record_counts_while_the_logic_is_configured(manager: SysfsFpgaManager, tmp_path: Path) -> None:
    assert manager.loaded_sha256() is None
    manager.record_loaded("ab" * 32)
    assert manager.loaded_sha256() == "ab" * 32
    (tmp_path / "fpga0" / "state").write_text("unknown\n")
    assert not manager.is_operating()
    assert manager.loaded_sha256() is None


def test_every_user_can_read_a_record(manager: SysfsFpgaManager, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        manager.record_loaded("ab" * 32)
    finally:
        os.umask(before)
    record = tmp_path / "run" / "overlay.sha256"
    assert (record.stat().st_mode & 0o777, record.parent.stat().st_mode & 0o777) == (0o644, 0o755)


def test_a_record_can_be_removed(manager: SysfsFpgaManager) -> None:
    manager.record_loaded("ab" * 32)
    manager.record_loaded(None)
    manager.record_loaded(None)
    assert manager.loaded_sha256() is None


def test_a_slow_clock_is_remembered_by_its_full_frequency_and_every_user_can_read_it(
    manager: SysfsFpgaManager, tmp_path: Path
) -> None:
    assert manager.slowed_from_mhz() is None
    before = os.umask(0o077)
    try:
        manager.record_slowed(142.857132)
    finally:
        os.umask(before)
    assert manager.slowed_from_mhz() == 142.857132
    assert (tmp_path / "run" / "slow-clock").stat().st_mode & 0o777 == 0o644
    for _ in range(2):
        manager.record_slowed(None)
    assert manager.slowed_from_mhz() is None


def test_a_remembered_clock_that_is_no_number_is_an_error_and_not_a_clock_at_full_speed(
    manager: SysfsFpgaManager, tmp_path: Path
) -> None:
    manager.record_slowed(100.0)
    (tmp_path / "run" / "slow-clock").write_text("")
    with pytest.raises(OverlayError, match="run/slow-clock should hold the clock's full frequency in MHz"):
        manager.slowed_from_mhz()


@pytest.mark.parametrize("state", ["unknown", "write error", "power off", "", "write init"])
def test_no_other_state_is_operating(manager: SysfsFpgaManager, tmp_path: Path, state: str) -> None:
    (tmp_path / "fpga0" / "state").write_text(state)
    assert not manager.is_operating()


def test_without_a_manager_nothing_is_loaded_and_nothing_can_be(tmp_path: Path) -> None:
    manager = SysfsFpgaManager(tmp_path / "none", tmp_path, tmp_path / "record")
    assert (manager.is_operating(), manager.loaded_sha256()) == (False, None)
    assert manager.why_load_denied() == f"there is no FPGA manager, {tmp_path / 'none'}"


def test_it_may_load_if_it_can_write_the_firmware_attribute_and_folder(
    manager: SysfsFpgaManager, tmp_path: Path
) -> None:
    assert manager.why_load_denied() is None
    (tmp_path / "fpga0" / "firmware").unlink()
    assert manager.why_load_denied() == f"this process may not write {tmp_path / 'fpga0' / 'firmware'}"
