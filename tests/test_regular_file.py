"""Only regular files are read, and never more of them than was allowed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from binarycop import regular_file


def make_socket(path: Path) -> None:
    os.mknod(path, 0o140644)


KINDS: list[tuple[Callable[[Path], object], str]] = [
    (os.mkfifo, "it is not a regular file"),
    (make_socket, "it is not a regular file"),
    (Path.mkdir, "Is a directory"),
    (lambda path: path.symlink_to("/dev/zero"), "it is not a regular file"),
    (lambda path: path.symlink_to("gone"), "No such file or directory"),
    (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
]


@pytest.mark.parametrize(("make", "reason"), KINDS)
def test_anything_but_a_regular_file_is_refused_at_once(
    make: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    make(tmp_path / "file")
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the reason is compared below
        regular_file.read(tmp_path / "file", 10, follow_link=True)
    assert (caught.value.strerror, Path(caught.value.filename)) == (reason, tmp_path / "file")


def test_a_link_is_followed_only_on_request(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert regular_file.read(tmp_path / "link", 10, follow_link=True) == b"text"
    with pytest.raises(OSError, match="it is a symbolic link"):
        regular_file.read(tmp_path / "link", 10)


def test_a_file_may_have_exactly_the_size_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234")
    assert regular_file.read(tmp_path / "file", 4) == b"1234"
    with pytest.raises(OSError, match="it is larger than 3 bytes"):
        regular_file.read(tmp_path / "file", 3)


def test_a_file_that_grows_while_it_is_read_ends_at_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(3 << 20))
    chunks = regular_file.chunks(file, 4 << 20)
    assert len(next(chunks)) == 1 << 20
    with file.open("ab") as grown:
        grown.write(bytes(8 << 20))
    with pytest.raises(OSError, match="it is larger than 4194304 bytes"):
        list(chunks)


def test_a_device_that_replaces_the_file_after_the_check_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"text")
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: opened("/dev/zero", flags))
    with pytest.raises(OSError, match="it is not a regular file"):
        regular_file.read(tmp_path / "file", 10)


def test_a_path_with_a_zero_byte_is_an_os_error() -> None:
    with pytest.raises(OSError, match="null byte"):
        regular_file.read(Path("a\0b"), 10)
