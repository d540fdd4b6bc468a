"""The bundle store: a version is installed whole or not at all, and a rollback is done only to a version that works."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop import regular_file
from binarycop.bundle import digest
from binarycop.bundle import manifest as manifests
from binarycop.bundle.files import Bundle, load, write_manifest
from binarycop.bundle.store import BundleStore, Moment, SelfTestResult
from binarycop.errors import BundleError, BundleStoreError
from tests.random_bundles import random_bundle


class FakeSelfTest:
    """A self-test that fails for the versions in ``bad``. tested: the versions that it was called for."""

    def __init__(self) -> None:
        self.bad: set[str] = set()
        self.tested: list[str] = []

    def __call__(self, folder: Path) -> None:
        self.tested.append(folder.name)
        if folder.name in self.bad:
            raise BundleError(folder, "8 of 64 differ")


@pytest.fixture
def self_test() -> FakeSelfTest:
    return FakeSelfTest()


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    return BundleStore(tmp_path / "store")


def release(tmp_path: Path, version: str) -> Path:
    """A bundle ``random`` of that version, in a folder of its own."""
    folder = tmp_path / "releases" / version
    write_manifest(folder, replace(random_bundle(folder).manifest, version=version))
    return folder


def start_and_work(store: BundleStore, self_test: FakeSelfTest) -> SelfTestResult:
    """A start of the daemon, which then works for long enough."""
    result = store.prepare_start("random", self_test, at(1))
    store.confirm(at(2))
    return result


def at(second: float, boot: str = "a-boot") -> Moment:
    """A moment; within one boot unless another one is named."""
    return Moment(boot, second)


def in_use(tmp_path: Path) -> Bundle:
    return load(tmp_path / "store" / "bundles" / "random")


def test_an_installed_bundle_is_used_and_is_complete(tmp_path: Path, store: BundleStore) -> None:
    store.install(release(tmp_path, "1.0.0"))
    assert in_use(tmp_path).manifest.version == "1.0.0"
    store.install(release(tmp_path, "1.1.0"))
    assert in_use(tmp_path).manifest.version == "1.1.0"


def test_a_bundle_without_what_only_a_build_reads_is_the_same_version(tmp_path: Path, store: BundleStore) -> None:
    whole = release(tmp_path, "1.0.0")
    (whole / "model.onnx").write_bytes(b"a network")
    write_manifest(whole, manifests.read(whole))
    packaged = Path(shutil.copytree(whole, tmp_path / "packaged"))
    (packaged / "model.onnx").unlink()
    first = store.install(packaged)
    assert not (in_use(tmp_path).folder / "model.onnx").exists()
    assert store.install(whole).version == first.version


def test_a_bundle_that_disagrees_with_its_manifest_is_not_installed(tmp_path: Path, store: BundleStore) -> None:
    store.install(release(tmp_path, "1.0.0"))
    damaged = release(tmp_path, "1.1.0")
    (damaged / "weights.npz").write_bytes(b"not these")
    with pytest.raises(BundleError, match=r"weights\.npz is not the file of the manifest"):
        store.install(damaged)
    assert in_use(tmp_path).manifest.version == "1.0.0"


@pytest.mark.parametrize("name", ["../../etc", "a/b", ".", "N-CNV"])
def test_a_name_that_cannot_be_a_folders_name_is_refused(tmp_path: Path, store: BundleStore, name: str) -> None:
    source = release(tmp_path, "1.0.0")
    manifest = source / manifests.FILE
    manifest.write_text(manifest.read_text().replace('"name": "random"', f'"name": "{name}"'))
    with pytest.raises(BundleError, match="cannot be a folder's name"):
        store.install(source)


def test_a_file_outside_the_bundle_is_not_copied(tmp_path: Path, store: BundleStore) -> None:
    source = release(tmp_path, "1.0.0")
    manifest = source / manifests.FILE
    manifest.write_text(manifest.read_text().replace('"weights.npz":', '"../secret":'))
    with pytest.raises(BundleError, match="not a file of the bundle itself"):
        store.install(source)


def test_an_interrupted_installation_changes_nothing(
    tmp_path: Path, store: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.install(release(tmp_path, "1.0.0"))
    better = release(tmp_path, "1.1.0")

    def cut(*_: object) -> None:
        raise OSError(5, "power cut")

    with monkeypatch.context() as during:
        during.setattr(os, "fsync", cut)
        with pytest.raises(OSError, match="power cut"):
            store.install(better)
    assert in_use(tmp_path).manifest.version == "1.0.0"
    store.install(better)
    assert in_use(tmp_path).manifest.version == "1.1.0"
    assert [folder.name for folder in (tmp_path / "store/versions/random").iterdir() if folder.name[0] == "."] == []


def test_a_bundle_is_tested_at_each_start_until_the_daemon_has_worked_with_it(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    store.install(release(tmp_path, "1.0.0"))
    assert self_test.tested == []
    for second in (1, 3):
        assert store.prepare_start("random", self_test, at(second)).tested
        assert marks(store) == [(False, True)]
    assert [version.known_good for version in store.confirm(at(4))] == [True]
    assert marks(store) == [(True, False)]
    assert not store.prepare_start("random", self_test, at(5)).tested
    assert len(self_test.tested) == 2


def marks(store: BundleStore) -> list[tuple[bool, bool]]:
    """Known good and on trial, of each version."""
    return [(version.known_good, version.on_trial) for version in store.versions()]


@pytest.mark.parametrize("started", [Moment("a-boot", 4.9), Moment("another-boot", 9), Moment("", 9)])
def test_only_a_daemon_that_was_started_after_the_self_test_confirms_a_version(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest, started: Moment
) -> None:
    store.install(release(tmp_path, "1.0.0"))
    store.prepare_start("random", self_test, at(1))
    store.prepare_start("random", self_test, at(5))
    assert store.confirm(started) == []
    assert marks(store) == [(False, True)]
    assert len(store.confirm(at(5))) == 1


def test_a_version_that_is_installed_while_the_daemon_runs_is_not_confirmed_with_it(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    store.install(release(tmp_path, "1.0.0"))
    store.prepare_start("random", self_test, at(1))
    store.install(release(tmp_path, "1.1.0"))
    assert store.confirm(at(2)) == []
    assert sorted(marks(store)) == [(False, False), (False, True)]


def test_a_version_with_which_the_daemon_fails_again_and_again_is_rolled_back(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    good = store.install(release(tmp_path, "1.0.0")).version
    start_and_work(store, self_test)
    bad = store.install(release(tmp_path, "1.1.0")).version
    for failures in range(3):
        assert store.prepare_start("random", self_test, at(2 + failures), failures).version == bad
    result = store.prepare_start("random", self_test, at(8), 3)
    assert (result.version, result.refused) == (good, bad)
    assert result.reason == "the daemon has failed 3 times with it"
    assert store.prepare_start("random", self_test, at(9), 4) == SelfTestResult(good, tested=False)


def test_failures_before_a_version_was_tried_do_not_count_against_it(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    store.install(release(tmp_path, "1.0.0"))
    start_and_work(store, self_test)
    new = store.install(release(tmp_path, "1.1.0")).version
    assert store.prepare_start("random", self_test, at(6), failures=4).version == new


def test_a_version_that_fails_without_a_known_good_one_stays_in_use(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    only = store.install(release(tmp_path, "1.0.0")).version
    store.prepare_start("random", self_test, at(1))
    assert store.prepare_start("random", self_test, at(2), failures=4).version == only


def test_a_bundle_that_fails_its_self_test_is_rolled_back_to_the_one_on_trial_if_none_is_known_good(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    tried = store.install(release(tmp_path, "1.0.0")).version
    store.prepare_start("random", self_test, at(1))
    bad = store.install(release(tmp_path, "1.1.0")).version
    self_test.bad = {bad}
    result = store.prepare_start("random", self_test, at(2))
    assert (result.version, result.refused) == (tried, bad)


@pytest.mark.parametrize("name", ["..", "../proven/random", "", "a\0b", "x" * 100])
def test_a_name_that_is_no_folders_name_is_an_unknown_bundle(
    store: BundleStore, self_test: FakeSelfTest, name: str
) -> None:
    with pytest.raises(BundleError, match="there is no such bundle"):
        store.prepare_start(name, self_test, at(1))
    with pytest.raises(BundleError, match="there is no such bundle"):
        store.rollback(name)


def test_what_is_in_the_store_is_what_was_checked_even_if_the_source_changes(
    tmp_path: Path, store: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder can belong to another user, who exchanges a file whenever root has read it."""
    source = release(tmp_path, "1.0.0")
    original = regular_file.chunks

    def read_and_exchange(path: Path, most_bytes: int, *, follow_link: bool = False) -> Iterator[bytes]:
        yield from original(path, most_bytes, follow_link=follow_link)
        if path.is_relative_to(source) and path.name != manifests.FILE:
            path.write_bytes(b"another file")

    monkeypatch.setattr(regular_file, "chunks", read_and_exchange)
    store.install(source)
    assert in_use(tmp_path).manifest.version == "1.0.0"
    assert (source / "weights.npz").read_bytes() == b"another file"


def test_a_source_with_anything_but_files_is_refused_at_once(tmp_path: Path, store: BundleStore) -> None:
    source = release(tmp_path, "1.0.0")
    for name in ("weights.npz", manifests.FILE):
        (source / name).rename(source / "kept")
        os.mkfifo(source / name)
        with pytest.raises(BundleError, match="cannot be read: it is not a regular file"):
            store.install(source)
        (source / name).unlink()
        (source / name).symlink_to("kept")
        with pytest.raises(BundleError, match="cannot be read: it is a symbolic link"):
            store.install(source)
        (source / name).unlink()
        (source / "kept").rename(source / name)
    assert not (tmp_path / "store/versions/random").exists() or not any((tmp_path / "store/versions/random").iterdir())
    assert store.install(source).in_use


def test_a_bundle_that_is_too_large_is_refused_while_it_is_copied(
    tmp_path: Path, store: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = release(tmp_path, "1.0.0")
    monkeypatch.setattr(digest, "MAX_BYTES", 1000)
    with pytest.raises(BundleError, match=r"golden\.npz is in the manifest but cannot be read: it is larger than 1000"):
        store.install(source)


def test_every_file_of_a_version_can_be_read_by_the_daemons_user(tmp_path: Path, store: BundleStore) -> None:
    source = release(tmp_path, "1.0.0")
    (source / "weights.npz").chmod(0o600)
    store.install(source)
    folder = tmp_path / "store/bundles/random"
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o644}


def test_a_bundle_that_fails_at_a_start_is_rolled_back_to_the_last_known_good_one(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    good = store.install(release(tmp_path, "1.0.0")).version
    start_and_work(store, self_test)
    bad = store.install(release(tmp_path, "1.1.0")).version
    self_test.bad = {bad}
    result = start_and_work(store, self_test)
    assert (result.version, result.refused, result.reason) == (good, bad, "8 of 64 differ")
    assert in_use(tmp_path).manifest.version == "1.0.0"
    assert start_and_work(store, self_test).refused == ""


def test_if_no_version_passes_the_bundle_stays_in_use_and_the_reason_is_given(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    """A board without pynq fails every self-test, which is no reason to change bundles."""
    good = store.install(release(tmp_path, "1.0.0")).version
    start_and_work(store, self_test)
    bad = store.install(release(tmp_path, "1.1.0")).version
    self_test.bad = {good, bad}
    with pytest.raises(BundleError, match="8 of 64 differ"):
        start_and_work(store, self_test)
    assert in_use(tmp_path).manifest.version == "1.1.0"


def test_a_known_good_bundle_whose_files_have_changed_is_tested_again(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    good = store.install(release(tmp_path, "1.0.0")).version
    start_and_work(store, self_test)
    damaged = store.install(release(tmp_path, "1.1.0")).version
    start_and_work(store, self_test)
    (tmp_path / "store/versions/random" / damaged / "weights.npz").write_bytes(b"a bad card")
    self_test.bad = {damaged}
    assert start_and_work(store, self_test).version == good


def test_a_changed_file_is_repaired_by_installing_the_bundle_again(tmp_path: Path, store: BundleStore) -> None:
    source = release(tmp_path, "1.0.0")
    version = store.install(source).version
    (tmp_path / "store/versions/random" / version / "weights.npz").write_bytes(b"a bad card")
    store.install(source)
    assert in_use(tmp_path).manifest.version == "1.0.0"


def test_a_newer_package_replaces_the_bundle_of_an_older_one(tmp_path: Path, store: BundleStore) -> None:
    store.install(release(tmp_path, "1.0.0"), packaged=True)
    store.install(release(tmp_path, "1.1.0"), packaged=True)
    assert in_use(tmp_path).manifest.version == "1.1.0"


def test_a_package_leaves_a_bundle_that_was_installed_by_hand_in_use(tmp_path: Path, store: BundleStore) -> None:
    store.install(release(tmp_path, "1.0.0"), packaged=True)
    store.install(release(tmp_path, "1.0.1"))
    packaged = store.install(release(tmp_path, "1.1.0"), packaged=True)
    assert in_use(tmp_path).manifest.version == "1.0.1"
    assert (packaged.in_use, packaged.packaged) == (False, True)


def test_after_a_rollback_the_bundle_of_a_newer_package_is_used(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    store.install(release(tmp_path, "1.0.0"), packaged=True)
    start_and_work(store, self_test)
    self_test.bad = {store.install(release(tmp_path, "1.1.0"), packaged=True).version}
    start_and_work(store, self_test)
    store.install(release(tmp_path, "1.2.0"), packaged=True)
    assert in_use(tmp_path).manifest.version == "1.2.0"


def test_a_rollback_by_hand_uses_the_previous_known_good_version(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    store.install(release(tmp_path, "1.0.0"))
    start_and_work(store, self_test)
    with pytest.raises(BundleError, match="no other version that is known good"):
        store.rollback("random")
    store.install(release(tmp_path, "1.1.0"))
    start_and_work(store, self_test)
    assert store.rollback("random").in_use
    assert in_use(tmp_path).manifest.version == "1.0.0"


def test_old_versions_are_removed(tmp_path: Path, store: BundleStore, self_test: FakeSelfTest) -> None:
    for minor in range(5):
        store.install(release(tmp_path, f"1.{minor}.0"))
        start_and_work(store, self_test)
    assert [version.version.split("-")[0] for version in store.versions()] == ["1.3.0", "1.4.0"]


def test_an_unknown_name_is_an_error_that_names_the_folder(
    tmp_path: Path, store: BundleStore, self_test: FakeSelfTest
) -> None:
    with pytest.raises(BundleError, match=r"cnv: there is no such bundle below .*store/bundles"):
        store.prepare_start("cnv", self_test, at(1))


def test_a_store_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BundleStoreError, match=r"bundle store: .*file/store: Not a directory") as caught:
        BundleStore(tmp_path / "file" / "store").install(release(tmp_path, "1.0.0"))
    assert (caught.value.path, caught.value.reason) == (tmp_path / "file" / "store", "Not a directory")


def test_a_manifest_whose_network_is_not_known_here_is_installed(tmp_path: Path, store: BundleStore) -> None:
    """The self-test at the next start decides whether this daemon can run it."""
    source = release(tmp_path, "1.0.0")
    manifest = source / manifests.FILE
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    assert store.install(source).in_use
