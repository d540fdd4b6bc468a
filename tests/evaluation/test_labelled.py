"""Labelled pictures: what is read, and that everything else is counted and named."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.errors import SourceError
from binarycop.evaluation.labelled import class_alike, labelled_pictures
from binarycop.evaluation.omissions import Omissions, Reason
from tests.tried import Kind, tried


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"any")
    return folder


def read(folder: Path) -> tuple[list[str], dict[Reason, list[str]]]:
    """The pictures that are read, by their paths; and the names of what is left out, by reason."""
    omissions = Omissions()
    pictures = labelled_pictures(folder, omissions)
    assert all(path.is_relative_to(folder / label) for label, path in pictures)
    paths = [str(path.relative_to(folder)) for _, path in pictures]
    return paths, {reason: tally.first for reason, tally in omissions.tallies.items()}


@tried(Kind.FOLDER, "labelled pictures named .jfif, .jpe, .JPG", "read")
def test_every_ending_of_a_picture_is_read_and_the_order_is_that_of_classes_and_names(tmp_path: Path) -> None:
    names = ["correct/b.JPG", "correct/a.jfif", "chin/c.jpe", "no_mask/d.webp", "nose/e.jpeg"]
    paths, left_out = read(put(tmp_path, *names))
    assert paths == ["correct/a.jfif", "correct/b.JPG", "nose/e.jpeg", "chin/c.jpe", "no_mask/d.webp"]
    assert left_out == {}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("Chin", "Chin (2; a class is named chin)", marks=tried(
            Kind.FOLDER, "a class folder named Chin", "left out: counted, with the right name")),
        pytest.param("nose-mouth", "nose-mouth (2; a class is named nose_mouth)", marks=tried(
            Kind.FOLDER, "a class folder named nose-mouth", "left out: counted, with the right name")),
        ("Nose Mouth", "Nose Mouth (2; a class is named nose_mouth)"),
        ("corect", "corect (2; a class is named correct)"),
        pytest.param("without_mask", "without_mask (2)", marks=tried(
            Kind.FOLDER, "folders with_mask, without_mask", "left out: counted, with the names that are read")),
        ("with_mask", "with_mask (2)"),
        pytest.param("incorrect", "incorrect (2)", marks=tried(
            Kind.FOLDER, "a folder named incorrect", "left out: counted, and not taken for correct")),
        ("mask_weared_incorrect", "mask_weared_incorrect (2)"),
        ("none", "none (2)"),
    ],
)  # fmt: skip
def test_a_folder_with_another_name_has_no_class_however_much_it_looks_like_one(
    tmp_path: Path, name: str, shown: str
) -> None:
    put(tmp_path, "nose/a.jpg", f"{name}/a.jpg", f"{name}/deeper/b.jpg", f"{name}/.DS_Store")
    paths, left_out = read(tmp_path)
    assert (paths, left_out) == (["nose/a.jpg"], {Reason.NO_CLASS: [shown]})


def test_an_omitted_folder_counts_with_all_its_files(tmp_path: Path) -> None:
    omissions = Omissions()
    labelled_pictures(put(tmp_path, "nose/a.jpg", "other/a.jpg", "other/x/b.jpg", "third/c.jpg", "empty/x"), omissions)
    assert (omissions.count, omissions.tallies[Reason.NO_CLASS].count) == (4, 4)


def test_a_name_is_like_the_class_that_begins_with_its_letter() -> None:
    assert [class_alike(name) for name in ("NoMask", "no-mask", "correctly", "incorrect", "uncorrect", "")] == [
        "no_mask", "no_mask", "correct", None, None, None,
    ]  # fmt: skip


@tried(Kind.FOLDER, "class folders with subfolders", "read")
def test_subfolders_are_read_after_the_pictures_beside_them(tmp_path: Path) -> None:
    paths, left_out = read(put(tmp_path, "nose/z.jpg", "nose/b/1.jpg", "nose/a/deep/2.jpg", "nose/a/3.jpg"))
    assert (paths, left_out) == (["nose/z.jpg", "nose/a/3.jpg", "nose/a/deep/2.jpg", "nose/b/1.jpg"], {})


@tried(Kind.FOLDER, "a folder nose inside the folder correct", "left out: counted and named")
def test_a_subfolder_with_the_name_of_another_class_is_left_out(tmp_path: Path) -> None:
    paths, left_out = read(
        put(tmp_path, "correct/a.jpg", "correct/Nose/b.jpg", "correct/correct/c.jpg", "correct/noise/d.jpg")
    )
    assert paths == ["correct/a.jpg", "correct/correct/c.jpg", "correct/noise/d.jpg"]
    assert left_out == {Reason.OTHER_CLASS: ["correct/Nose (1)"]}


@tried(Kind.FOLDER, "labelled pictures named .heic, .gif, .tiff, .avif", "left out: counted and named")
def test_pictures_of_other_formats_and_other_files_are_left_out(tmp_path: Path) -> None:
    put(
        tmp_path, "nose/a.jpg", "nose/b.HEIC", "nose/c.gif", "nose/d.tiff", "nose/e.avif", "nose/noending", "nose/t.txt"
    )
    put(tmp_path, "loose.png", "labels.csv", "correct")
    paths, left_out = read(tmp_path)
    assert paths == ["nose/a.jpg"]
    assert left_out == {
        Reason.UNREAD_FORMAT: ["nose/b.HEIC", "nose/c.gif", "nose/d.tiff", "nose/e.avif"],
        Reason.NOT_A_PICTURE: ["nose/noending", "nose/t.txt", "correct", "labels.csv"],
        Reason.LOOSE: ["loose.png"],
    }


@tried(Kind.FOLDER, "._a.jpg, .DS_Store, Thumbs.db, __MACOSX", "left out: counted")
def test_what_systems_leave_in_a_folder_is_counted_and_not_named(tmp_path: Path) -> None:
    put(tmp_path, "nose/a.jpg", "nose/._a.jpg", "nose/.DS_Store", "nose/Thumbs.db", "nose/@eaDir/a.jpg")
    put(tmp_path, "__MACOSX/nose/._a.jpg", ".DS_Store")
    omissions = Omissions()
    assert len(labelled_pictures(tmp_path, omissions)) == 1
    assert omissions.lines == ["left out: 6 hidden or made by an operating system"]
    omissions.refuse("any")


@tried(Kind.FOLDER, "links to class folders, and links in a circle", "each folder read once")
def test_links_are_followed_and_each_folder_is_read_once(tmp_path: Path) -> None:
    set_ = tmp_path / "set"
    put(tmp_path, "elsewhere/a.jpg", "set/correct/b.jpg")
    (set_ / "nose").symlink_to(tmp_path / "elsewhere")
    (set_ / "chin").symlink_to("correct")
    (set_ / "correct" / "circle").symlink_to("../correct")
    (set_ / "correct" / "self").symlink_to("self")
    paths, left_out = read(set_)
    assert paths == ["correct/b.jpg", "nose/a.jpg"]
    assert left_out == {
        Reason.NOT_A_PICTURE: ["correct/self"],
        Reason.LINK_UP: ["correct/circle"],
        Reason.READ_BEFORE: ["chin"],
    }


@tried(Kind.FOLDER, "a link to the folder above it", "left out: named")
def test_a_link_to_a_folder_that_it_is_in_is_not_followed(tmp_path: Path) -> None:
    set_ = tmp_path / "set"
    put(tmp_path, "set/correct/a.jpg", "set/loose.jpg", "above.jpg")
    (set_ / "correct" / "up").symlink_to("..")
    (set_ / "nose").symlink_to(tmp_path)
    (set_ / "any").symlink_to("..")
    paths, left_out = read(set_)
    assert paths == ["correct/a.jpg"]
    assert left_out == {Reason.LINK_UP: ["correct/up", "nose", "any"], Reason.LOOSE: ["loose.jpg"]}


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "nose/a.jpg", "correct/b.jpg")
    listed = Path.iterdir

    def iterdir(folder: Path) -> object:
        if folder.name == "correct":
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert read(tmp_path) == (["nose/a.jpg"], {Reason.NO_ACCESS: ["correct (Permission denied)"]})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param("nothing", r"nothing: does not exist$", marks=tried(
            Kind.FOLDER, "a folder that does not exist", "refused: says so")),
        ("file", r"file: is not a folder$"),
        ("empty", r"empty: has no pictures in folders correct, nose, nose_mouth, chin, no_mask$"),
        ("set/test/nose", r"has no pictures in folders correct.*; it is named nose itself: give the folder above it$"),
        pytest.param("set", r"has no pictures in folders correct.*; .*set/test has them$", marks=tried(
            Kind.FOLDER, "a folder train or test above the class folders", "refused: names the folder to give")),
    ],
)  # fmt: skip
def test_a_folder_without_pictures_is_refused_with_the_reason(tmp_path: Path, given: str, reason: str) -> None:
    put(tmp_path, "file", "set/test/nose/a.jpg")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=reason):
        labelled_pictures(tmp_path / given, Omissions())


def test_only_the_first_few_names_are_kept(tmp_path: Path) -> None:
    put(tmp_path, "nose/a.jpg", *(f"nose/{number}.gif" for number in range(1, 10)))
    omissions = Omissions()
    labelled_pictures(tmp_path, omissions)
    names = [f"nose/{number}.gif" for number in range(1, 9)]
    assert omissions.rows == [{"reason": "unread_format", "count": 9, "first": names}]
    assert omissions.lines == [f"left out: 9 of a picture format that is not read: {', '.join(names)}, …"]
    with pytest.raises(SourceError, match="source any: left out: 9 of a picture format"):
        omissions.refuse("any")


def test_a_name_that_is_no_text_is_read(tmp_path: Path) -> None:
    put(tmp_path, "nose/a.jpg")
    file = os.fsencode(tmp_path / "nose") + b"/\xff\n.png"
    with open(file, "wb") as raw:
        raw.write(cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes())
    assert len(read(tmp_path)[0]) == 2
