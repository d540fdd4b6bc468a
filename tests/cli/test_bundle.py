"""``binarycop-bundle`` as a unit or a person calls it."""

from pathlib import Path

import numpy as np
import pytest

from binarycop.bundle.files import GOLDEN, Bundle, rewrite_manifest
from binarycop.cli import bundle
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal
from tests.random_bundles import random_bundle


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gate.yaml"
    file.write_text("classifier: {bundle: random, backend: emulator}\n")
    return file


def call(root: Path, *arguments: str | Path) -> int:
    return bundle.main(["--root", str(root), *map(str, arguments)])


def with_wrong_golden_vectors(folder: Path) -> Path:
    """A bundle that agrees with its manifest, and whose self-test fails."""
    random_bundle(folder)
    with np.load(folder / GOLDEN) as golden:
        np.savez_compressed(folder / GOLDEN, inputs=golden["inputs"], scores=golden["scores"] + 1)
    rewrite_manifest(folder)
    return folder


def test_a_start_with_a_bad_bundle_goes_back_and_says_why(
    root: Path, config: Path, tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "install", tiny_bundle.folder) == 0
    assert call(root, "ready", "--config", config) == 0
    assert "passed its self-test" in capsys.readouterr().err
    assert call(root, "install", with_wrong_golden_vectors(tmp_path / "bad")) == 0
    assert call(root, "ready", "--config", config) == 0
    said = capsys.readouterr().err
    assert "emulator does not reproduce the golden vectors: 64 of 64 differ" in said
    assert "rolled back to 0.0.0-" in said
    assert call(root, "ready", "--config", config) == 0
    assert "has passed its self-test before, and is unchanged" in capsys.readouterr().err


def test_a_bad_bundle_without_a_good_one_is_exit_code_4(
    root: Path, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "install", with_wrong_golden_vectors(tmp_path / "bad")) == 0
    assert call(root, "ready", "--config", config) == 4
    assert "64 of 64 differ" in capsys.readouterr().err


def test_a_step_back_is_an_event_with_fields(
    root: Path, config: Path, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = MemoryJournal()
    monkeypatch.setattr(bundle, "open_journal", lambda target: journal)
    call(root, "install", tiny_bundle.folder)
    call(root, "ready", "--config", config)
    call(root, "install", with_wrong_golden_vectors(tmp_path / "bad"))
    call(root, "ready", "--config", config)
    ((event, _, values),) = journal.records
    assert (event, values["bundle"]) == (Event.BUNDLE_BACK, "random")
    assert values["refused"] != values["version"]


def test_settings_that_are_wrong_are_not_the_bundles_fault(
    root: Path, config: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    call(root, "install", tiny_bundle.folder)
    config.write_text("classifier: {bundel: random}\n")
    assert call(root, "ready", "--config", config) == 3
    assert "bundel" in capsys.readouterr().err


def test_a_bundle_in_a_folder_of_its_own_is_left_to_the_daemon(
    root: Path, config: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(f"classifier: {{bundle: {tiny_bundle.folder}}}\n")
    assert call(root, "ready", "--config", config) == 0
    assert "no other version to go back to" in capsys.readouterr().err


def test_list_shows_what_is_in_use(
    root: Path, config: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    call(root, "install", "--shipped", tiny_bundle.folder)
    call(root, "ready", "--config", config)
    capsys.readouterr()
    assert call(root, "list") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("random  0.0.0-")
    assert line.endswith("in use, proven, shipped")


def test_a_shelf_that_cannot_be_written_is_one_line(
    tmp_path: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert call(tmp_path / "file" / "shelf", "install", tiny_bundle.folder) == 5
    assert "Not a directory" in capsys.readouterr().err
