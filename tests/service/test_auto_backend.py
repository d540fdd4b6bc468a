"""When a notebook may use a board's overlay."""

import os
import shutil
from pathlib import Path

import pytest

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.accelerator.simulated import design
from binarycop.bundle import files as bundles
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.files import Bundle
from binarycop.service import auto_backend
from binarycop.service.auto_backend import why_not_overlay
from binarycop.settings.classifier import MemoryAccess


@pytest.fixture
def built(tiny_bundle: Bundle, tmp_path: Path) -> Bundle:
    """A bundle with a build."""
    folder = Path(shutil.copytree(tiny_bundle.folder, tmp_path / "built"))
    design.write(folder, tiny_bundle)
    bundles.write_manifest(folder, tiny_bundle.manifest)
    return bundles.load(folder)


@pytest.fixture
def manager(tmp_path: Path) -> SysfsFpgaManager:
    """The kernel's manager of a board on which nothing is loaded."""
    (tmp_path / "fpga0").mkdir()
    (tmp_path / "fpga0" / "state").write_text("operating\n")
    return SysfsFpgaManager(tmp_path / "fpga0", tmp_path / "firmware", tmp_path / "run" / "sha256")


@pytest.fixture(autouse=True)
def _root_with_pynq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(auto_backend, "find_spec", lambda _: object())


def why_not(bundle: Bundle, manager: SysfsFpgaManager, memory: MemoryAccess = MemoryAccess.PYNQ) -> str:
    return why_not_overlay(bundle, memory, manager)


def test_the_overlay_may_be_used_when_it_is_loaded_and_free(built: Bundle, manager: SysfsFpgaManager) -> None:
    manager.record_loaded(built.manifest.sha256[BITSTREAM])
    assert why_not(built, manager) == ""


def test_a_bundle_without_a_build_has_no_overlay(tiny_bundle: Bundle, manager: SysfsFpgaManager) -> None:
    assert why_not(tiny_bundle, manager) == "the bundle has no bitstream"


def test_another_overlay_or_none_is_not_this_one(built: Bundle, manager: SysfsFpgaManager) -> None:
    assert why_not(built, manager) == "no overlay is loaded"
    manager.record_loaded("0" * 64)
    assert why_not(built, manager) == "the loaded overlay is another one"


def test_an_overlay_that_is_in_use_is_left_alone(built: Bundle, manager: SysfsFpgaManager, tmp_path: Path) -> None:
    manager.record_loaded(built.manifest.sha256[BITSTREAM])
    user = SysfsFpgaManager(tmp_path / "fpga0", tmp_path / "firmware", tmp_path / "run" / "sha256")
    user.claim()
    assert why_not(built, manager) == "this process is using it already; close that classifier first"
    user.release()
    assert why_not(built, manager) == ""


def test_a_user_who_may_not_open_the_lock_may_not_use_the_overlay(
    built: Bundle, manager: SysfsFpgaManager, tmp_path: Path
) -> None:
    manager.record_loaded(built.manifest.sha256[BITSTREAM])
    (tmp_path / "run" / "lock").symlink_to("nowhere")
    assert "only root and the group binarycop" in why_not(built, manager)


def test_pynq_needs_root_and_to_be_installed(
    built: Bundle, manager: SysfsFpgaManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager.record_loaded(built.manifest.sha256[BITSTREAM])
    monkeypatch.setattr(auto_backend, "find_spec", lambda _: None)
    assert why_not(built, manager) == "pynq is not installed"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert why_not(built, manager) == "only root reaches the overlay through pynq"
    assert why_not(built, manager, MemoryAccess.UIO) == ""
