"""Which files are read as settings, which are silently ignored, and which unread files are reported."""

import errno
import os
from pathlib import Path

import pytest

from binarycop.errors import SettingsErrors
from binarycop.settings import files
from binarycop.settings.files import MAX_DROP_INS, unread
from binarycop.settings.load import load
from binarycop.settings.schema import Settings
from tests.tried import Kind, tried


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The drop-ins of ``gate.yaml`` beside it."""
    (tmp_path / "gate.yaml").write_text("gate: {pulse_s: 1}\n")
    folder = tmp_path / "gate.d"
    folder.mkdir()
    return folder


def main_of(folder: Path) -> Path:
    return folder.parent / "gate.yaml"


def pulse_s(path: Path | None) -> float:
    return load(path).settings.gates[0].gate.pulse_s


LEFTOVERS = [
    (".hidden.yaml", "a hidden file"),
    (".20-site.yaml.swp", "vim's swap file"),
    ("._20-site.yaml", "a Mac's `._` file"),
    ("#20-site.yaml#", "Emacs's copy while it edits"),
    ("20-site.yaml~", "an editor's copy of before"),
    ("20-site.yaml.bak", "a `.bak` file"),
    ("20-site.yaml.old", "a `.old` file"),
    ("20-site.yaml.dpkg-old", "a `.dpkg-old` file"),
    ("20-site.yaml.dpkg-new", "a `.dpkg-new` file"),
    ("20-site.yaml.ucf-dist", "a `.ucf-dist` file"),
    ("20-site.yaml.rpmnew", "a `.rpmnew` file"),
]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=tried(Kind.SETTINGS, what, "not read")) for name, what in LEFTOVERS]
)
def test_hidden_files_and_leftovers_are_ignored(name: str, folder: Path) -> None:
    (folder / name).write_text("gate: {pulse_s: 9}\n")
    assert pulse_s(main_of(folder)) == 1
    assert unread(main_of(folder)) == []


@tried(Kind.SETTINGS, "Emacs's lock, a link to nothing named `.#20-site.yaml`", "not read")
def test_an_editors_lock_does_not_stop_the_start(folder: Path) -> None:
    (folder / ".#20-site.yaml").symlink_to("root@board.1234:1790000000")
    assert pulse_s(main_of(folder)) == 1
    assert unread(main_of(folder)) == []


NEAR_MISSES = [
    "gate.d/10-night.yml", "gate.d/10-night.YAML", "gate.d/10-night.yaml.txt", "gate.d/10-night.json",
    "gate.d/10-night.yaml.disabled", "gate.d/10-night", "gate.yml", "Gate.yaml", "gate.yaml.txt", "gate.conf",
]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=tried(Kind.SETTINGS, f"`{name}`", "not read, and named")) for name in NEAR_MISSES],
)
def test_a_name_that_is_nearly_right_is_named(name: str, folder: Path) -> None:
    file = folder.parent / name
    file.write_text("gate: {pulse_s: 9}\n")
    assert pulse_s(main_of(folder)) == 1
    assert unread(main_of(folder)) == [f"{file}: is not read; only gate.yaml and gate.d/*.yaml are"]


@pytest.mark.parametrize("name", ["gate.d/night", "gate.yaml.d"])
@tried(Kind.SETTINGS, "a folder in `gate.d`, or a folder `gate.yaml.d`", "not read, and named")
def test_a_folder_with_more_files_is_named(name: str, folder: Path) -> None:
    more = folder.parent / name
    more.mkdir()
    (more / "10.yaml").write_text("gate: {pulse_s: 9}\n")
    assert pulse_s(main_of(folder)) == 1
    assert unread(main_of(folder)) == [f"{more}: is not read; only gate.yaml and gate.d/*.yaml are"]


def test_at_most_twenty_names_are_listed(folder: Path) -> None:
    for number in range(30):
        (folder / f"{number}.yml").touch()
    assert len(unread(main_of(folder))) == 20


@tried(Kind.SETTINGS, "a link to a file elsewhere", "read")
def test_a_link_to_a_file_is_read(folder: Path) -> None:
    (folder.parent / "elsewhere").write_text("gate: {pulse_s: 2}\n")
    (folder / "10-site.yaml").symlink_to("../elsewhere")
    assert pulse_s(main_of(folder)) == 2


@tried(Kind.SETTINGS, "a link `10-site.yaml` to nothing", "refused: names the link and what it points to")
def test_a_link_to_nothing_is_refused(folder: Path) -> None:
    (folder / "10-site.yaml").symlink_to("gone")
    with pytest.raises(
        SettingsErrors, match=r"10-site\.yaml: cannot be read: it is a link to gone, which does not exist"
    ):
        load(main_of(folder))


@tried(Kind.SETTINGS, "a folder named `10-site.yaml`", "refused: it is a directory")
def test_a_folder_with_a_files_name_is_refused(folder: Path) -> None:
    (folder / "10-site.yaml").mkdir()
    with pytest.raises(SettingsErrors, match=r"10-site\.yaml: cannot be read: Is a directory"):
        load(main_of(folder))


@tried(Kind.SETTINGS, "`gate.d` may not be read, is a file, or is a link to nothing", "refused: names the folder")
def test_a_folder_that_cannot_be_listed_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("binarycop.settings.files.os.scandir", denied)
        with pytest.raises(SettingsErrors, match=r"gate\.d: cannot be read: Permission denied; let this user read"):
            load(main_of(folder))
    folder.rmdir()
    folder.touch()
    with pytest.raises(SettingsErrors, match=r"gate\.d: cannot be read: Not a directory"):
        load(main_of(folder))
    folder.unlink()
    folder.symlink_to("gone")
    with pytest.raises(SettingsErrors, match=r"gate\.d: cannot be read: No such file"):
        load(main_of(folder))


def test_the_number_of_files_is_bounded(folder: Path) -> None:
    for number in range(MAX_DROP_INS):
        (folder / f"{number}.yaml").touch()
    assert len(load(main_of(folder)).files) == MAX_DROP_INS + 1
    (folder / "one-more.yaml").touch()
    with pytest.raises(SettingsErrors, match=rf"gate\.d: has more than {MAX_DROP_INS} files"):
        load(main_of(folder))


def test_the_systems_drop_ins_are_read_even_without_its_main_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = main_of(folder)
    monkeypatch.setattr(files, "SYSTEM_FILE", main)
    (folder / "10-site.yaml").write_text("gate: {pulse_s: 2}\n")
    assert pulse_s(None) == 2
    main.rename(main.with_name("gate.yml"))
    assert pulse_s(None) == 2
    assert unread(None) == [f"{main.with_name('gate.yml')}: is not read; only gate.yaml and gate.d/*.yaml are"]
    os.remove(folder / "10-site.yaml")
    assert load(None) == type(load(None))(Settings(), ())


def test_the_systems_file_that_is_a_link_to_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SYSTEM_FILE", tmp_path / "gate.yaml")
    assert load(None).settings == Settings()
    (tmp_path / "gate.yaml").symlink_to("gone")
    with pytest.raises(SettingsErrors, match=r"gate\.yaml: cannot be read: it is a link to gone, which does not exist"):
        load(None)
