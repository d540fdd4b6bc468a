"""The shelf of bundles: whole or not at all, and a way back that is taken only where it leads somewhere."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.bundle import manifest as manifests
from binarycop.bundle.files import Bundle, load, rewrite_manifest
from binarycop.bundle.store import BundleStore
from binarycop.errors import BundleError
from tests.random_bundles import random_bundle


class Trials:
    """Self-tests that fail for what is named in ``bad``; what was tried is kept."""

    def __init__(self) -> None:
        self.bad: set[str] = set()
        self.tried: list[str] = []

    def __call__(self, folder: Path) -> None:
        self.tried.append(folder.name)
        if folder.name in self.bad:
            raise BundleError(folder, "8 of 64 differ")


@pytest.fixture
def trials() -> Trials:
    return Trials()


@pytest.fixture
def shelf(tmp_path: Path, trials: Trials) -> BundleStore:
    return BundleStore(tmp_path / "shelf", trials)


def release(tmp_path: Path, version: str) -> Path:
    """A bundle ``random`` of that version, in a folder of its own."""
    folder = tmp_path / "releases" / version
    manifest = random_bundle(folder).manifest
    (folder / manifests.FILE).write_text(replace(manifest, version=version).to_json())
    rewrite_manifest(folder)
    return folder


def in_use(tmp_path: Path) -> Bundle:
    return load(tmp_path / "shelf" / "bundles" / "random")


def test_an_installed_bundle_is_used_and_is_whole(tmp_path: Path, shelf: BundleStore) -> None:
    shelf.install(release(tmp_path, "1.0.0"))
    assert in_use(tmp_path).manifest.version == "1.0.0"
    shelf.install(release(tmp_path, "1.1.0"))
    assert in_use(tmp_path).manifest.version == "1.1.0"


def test_a_bundle_that_disagrees_with_its_manifest_is_not_let_in(tmp_path: Path, shelf: BundleStore) -> None:
    shelf.install(release(tmp_path, "1.0.0"))
    spoilt = release(tmp_path, "1.1.0")
    (spoilt / "weights.npz").write_bytes(b"not these")
    with pytest.raises(BundleError, match=r"weights\.npz is not the file of the manifest"):
        shelf.install(spoilt)
    assert in_use(tmp_path).manifest.version == "1.0.0"


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "N-CNV"])
def test_a_name_that_is_no_folders_name_is_refused(tmp_path: Path, shelf: BundleStore, name: str) -> None:
    source = release(tmp_path, "1.0.0")
    manifest = source / manifests.FILE
    manifest.write_text(manifest.read_text().replace('"name": "random"', f'"name": "{name}"'))
    with pytest.raises(BundleError, match="cannot be a folder's name"):
        shelf.install(source)


def test_a_file_outside_the_bundle_is_not_copied(tmp_path: Path, shelf: BundleStore) -> None:
    source = release(tmp_path, "1.0.0")
    manifest = source / manifests.FILE
    manifest.write_text(manifest.read_text().replace('"weights.npz":', '"../secret":'))
    with pytest.raises(BundleError, match="those of the bundle itself"):
        shelf.install(source)


def test_what_is_cut_off_while_it_is_copied_changes_nothing(
    tmp_path: Path, shelf: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.install(release(tmp_path, "1.0.0"))
    better = release(tmp_path, "1.1.0")

    def cut(*_: object) -> None:
        raise OSError(5, "power cut")

    with monkeypatch.context() as during:
        during.setattr(os, "fsync", cut)
        with pytest.raises(OSError, match="power cut"):
            shelf.install(better)
    assert in_use(tmp_path).manifest.version == "1.0.0"
    shelf.install(better)
    assert in_use(tmp_path).manifest.version == "1.1.0"
    assert [one.name for one in (tmp_path / "shelf/versions/random").iterdir() if one.name[0] == "."] == []


def test_a_bundle_is_tried_at_its_first_start_and_not_again(tmp_path: Path, shelf: BundleStore, trials: Trials) -> None:
    shelf.install(release(tmp_path, "1.0.0"))
    assert trials.tried == []
    assert shelf.ensure_known_good("random").tried
    assert not shelf.ensure_known_good("random").tried
    assert len(trials.tried) == 1


def test_a_bundle_that_fails_at_start_gives_way_to_the_last_good_one(
    tmp_path: Path, shelf: BundleStore, trials: Trials
) -> None:
    good = shelf.install(release(tmp_path, "1.0.0")).version
    shelf.ensure_known_good("random")
    bad = shelf.install(release(tmp_path, "1.1.0")).version
    trials.bad = {bad}
    result = shelf.ensure_known_good("random")
    assert (result.version, result.refused, result.reason) == (good, bad, "8 of 64 differ")
    assert in_use(tmp_path).manifest.version == "1.0.0"
    assert shelf.ensure_known_good("random").refused == ""


def test_where_nothing_passes_the_bundle_stays_and_the_reason_is_told(
    tmp_path: Path, shelf: BundleStore, trials: Trials
) -> None:
    """A board without pynq fails every self-test: that is no reason to change bundles."""
    good = shelf.install(release(tmp_path, "1.0.0")).version
    shelf.ensure_known_good("random")
    bad = shelf.install(release(tmp_path, "1.1.0")).version
    trials.bad = {good, bad}
    with pytest.raises(BundleError, match="8 of 64 differ"):
        shelf.ensure_known_good("random")
    assert in_use(tmp_path).manifest.version == "1.1.0"


def test_a_proven_bundle_whose_files_changed_is_tried_again(tmp_path: Path, shelf: BundleStore, trials: Trials) -> None:
    good = shelf.install(release(tmp_path, "1.0.0")).version
    shelf.ensure_known_good("random")
    worn = shelf.install(release(tmp_path, "1.1.0")).version
    shelf.ensure_known_good("random")
    (tmp_path / "shelf/versions/random" / worn / "weights.npz").write_bytes(b"a bad card")
    trials.bad = {worn}
    assert shelf.ensure_known_good("random").version == good


def test_a_changed_file_is_mended_by_installing_the_bundle_again(tmp_path: Path, shelf: BundleStore) -> None:
    source = release(tmp_path, "1.0.0")
    version = shelf.install(source).version
    (tmp_path / "shelf/versions/random" / version / "weights.npz").write_bytes(b"a bad card")
    shelf.install(source)
    assert in_use(tmp_path).manifest.version == "1.0.0"


def test_a_newer_package_replaces_what_an_older_one_brought(tmp_path: Path, shelf: BundleStore) -> None:
    shelf.install(release(tmp_path, "1.0.0"), shipped=True)
    shelf.install(release(tmp_path, "1.1.0"), shipped=True)
    assert in_use(tmp_path).manifest.version == "1.1.0"


def test_a_package_leaves_a_bundle_that_was_installed_by_hand_in_use(tmp_path: Path, shelf: BundleStore) -> None:
    shelf.install(release(tmp_path, "1.0.0"), shipped=True)
    shelf.install(release(tmp_path, "1.0.1"))
    shipped = shelf.install(release(tmp_path, "1.1.0"), shipped=True)
    assert in_use(tmp_path).manifest.version == "1.0.1"
    assert (shipped.in_use, shipped.shipped) == (False, True)


def test_after_going_back_a_newer_package_is_used_again(tmp_path: Path, shelf: BundleStore, trials: Trials) -> None:
    shelf.install(release(tmp_path, "1.0.0"), shipped=True)
    shelf.ensure_known_good("random")
    trials.bad = {shelf.install(release(tmp_path, "1.1.0"), shipped=True).version}
    shelf.ensure_known_good("random")
    shelf.install(release(tmp_path, "1.2.0"), shipped=True)
    assert in_use(tmp_path).manifest.version == "1.2.0"


def test_going_back_by_hand_takes_the_proven_one_before(tmp_path: Path, shelf: BundleStore) -> None:
    shelf.install(release(tmp_path, "1.0.0"))
    shelf.ensure_known_good("random")
    with pytest.raises(BundleError, match="no other version"):
        shelf.rollback("random")
    shelf.install(release(tmp_path, "1.1.0"))
    shelf.ensure_known_good("random")
    assert shelf.rollback("random").in_use
    assert in_use(tmp_path).manifest.version == "1.0.0"


def test_old_versions_do_not_fill_the_card(tmp_path: Path, shelf: BundleStore) -> None:
    for minor in range(5):
        shelf.install(release(tmp_path, f"1.{minor}.0"))
        shelf.ensure_known_good("random")
    assert [one.version.split("-")[0] for one in shelf.versions()] == ["1.3.0", "1.4.0"]


def test_a_name_without_a_bundle_is_said_with_the_place_where_it_was_sought(tmp_path: Path, shelf: BundleStore) -> None:
    with pytest.raises(BundleError, match=r"cnv: there is no such bundle below .*shelf/bundles"):
        shelf.ensure_known_good("cnv")
