"""A file, link or folder is replaced as a whole, and is on the disk afterwards."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from binarycop import atomic


def write_file(path: Path) -> None:
    atomic.write_file(path, b"new")


def write_link(path: Path) -> None:
    atomic.write_link(path, "new")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was synced to the disk, in order."""
    names: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: names.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
    )
    return names


def test_a_file_is_synced_before_it_is_renamed_and_its_folder_afterwards(tmp_path: Path, synced: list[str]) -> None:
    atomic.write_file(tmp_path / "list", b"one\n")
    atomic.write_file(tmp_path / "list", b"two\n")
    assert synced == [".list.new", tmp_path.name, ".list.new", tmp_path.name]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"list": b"two\n"}


def test_a_link_can_be_pointed_to_another_target(tmp_path: Path, synced: list[str]) -> None:
    atomic.write_link(tmp_path / "link", "one")
    atomic.write_link(tmp_path / "link", "two")
    assert synced == [tmp_path.name, tmp_path.name]
    assert {path.name: os.readlink(path) for path in tmp_path.iterdir()} == {"link": "two"}


def test_the_mode_of_a_file_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        atomic.write_file(tmp_path / "open", b"", mode=0o644)
        atomic.write_file(tmp_path / "closed", b"")
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("open", "closed")] == [0o644, 0o600]


@pytest.mark.parametrize("write", [write_file, write_link])
def test_if_the_write_is_interrupted_the_old_one_stays_and_the_next_write_works(
    tmp_path: Path, write: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").write_bytes(b"old")
    path = tmp_path / "path"
    path.symlink_to("old")

    def cut(*_: object) -> None:
        raise OSError(5, "power cut")

    with monkeypatch.context() as during:
        during.setattr(Path, "replace", cut)
        with pytest.raises(OSError, match="power cut"):
            write(path)
    assert path.read_bytes() == b"old"
    write(path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["old", "path"]


def test_a_new_folder_replaces_the_old_one_as_a_whole(tmp_path: Path, synced: list[str]) -> None:
    target = tmp_path / "versions" / "target"
    target.mkdir(parents=True)
    (target / "damaged").touch()
    with atomic.new_folder(target) as new:
        (new / "one").write_text("one")
        assert [entry.name for entry in target.iterdir()] == ["damaged"]
    assert synced == ["one", ".target.new", "versions"]
    assert {file.name: file.read_text() for file in target.iterdir()} == {"one": "one"}
    assert [entry.name for entry in target.parent.iterdir()] == ["target"]


def test_a_new_folder_that_is_refused_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").touch()

    def refuse() -> None:
        with atomic.new_folder(target) as new:
            (new / "one").write_text("one")
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        refuse()
    assert [entry.name for entry in tmp_path.iterdir()] == ["target"]
    assert [entry.name for entry in target.iterdir()] == ["old"]


def test_a_pipe_that_another_user_left_there_is_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    write_file(pipe)
    assert pipe.read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]


def test_on_a_full_disk_nothing_of_the_new_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "report.txt"
    file.write_text("old")
    monkeypatch.setattr("binarycop.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic.write_file(file, b"new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
