"""The pictures of the data folder: every tool finds all of them, and names what it cannot read."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.orientation import Orientation
from overlays import pictures
from overlays.clips.people import photographed_people
from overlays.synthesis import artwork, faces, real_photos
from overlays.synthesis.mask_texture import MaskTextures
from overlays.synthesis.near_duplicates import Duplicates
from tests.frames.test_exif import exif

_ENCODED = {
    suffix: cv2.imencode(suffix, np.full((24, 16, 3), 90, np.uint8))[1].tobytes() for suffix in (".jpg", ".webp")
}
_HEAD = "file,label,taken_from,face_x,face_y,face_w,face_h,group,split\n"


def put(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.jpe", "a.jfif", "a.png", "a.webp", "a.bmp", "b/c/a.jpg"])
def test_pictures_are_found_by_every_ending_that_is_read(tmp_path: Path, name: str) -> None:
    put(tmp_path / "faces.csv", b"")
    put(tmp_path / "._a.jpg", b"")
    put(tmp_path / "__MACOSX" / "a.jpg", b"")
    assert pictures.in_folder(tmp_path) == []
    assert pictures.in_folder(tmp_path / "missing") == []
    file = put(tmp_path / name, b"")
    assert pictures.in_folder(tmp_path) == [file]


def test_faces_are_found_by_every_ending(tmp_path: Path) -> None:
    put(tmp_path / "unmasked" / "fairface540" / "one.webp", _ENCODED[".webp"])
    put(tmp_path / "unmasked" / "fairface540" / "two.jfif", _ENCODED[".jpg"])
    assert [portrait.identity for portrait in faces.bare(tmp_path)] == ["fairface540/one", "fairface540/two"]


def test_pictures_of_another_format_are_not_left_out_silently(tmp_path: Path) -> None:
    for name in ("a.heic", "b.tif", "c.gif", "d.avif"):
        put(tmp_path / name, b"")
    with pytest.raises(SourceError, match=r"has 4 of a format that is not read .*: a.heic, b.tif, c.gif, …"):
        pictures.in_folder(tmp_path)


def test_labelled_pictures_have_their_class_and_other_files_are_refused(tmp_path: Path) -> None:
    bare, nose = put(tmp_path / "no_mask" / "a.png", b""), put(tmp_path / "nose" / "b.jpe", b"")
    assert pictures.by_class(tmp_path) == [("nose", nose), ("no_mask", bare)]
    put(tmp_path / "noses" / "c.jpg", b"")
    with pytest.raises(SourceError, match=r"noses \(1; a class is named nose\)"):
        pictures.by_class(tmp_path)
    with pytest.raises(SourceError, match="does not exist"):
        pictures.by_class(tmp_path / "missing")


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = put(tmp_path / "mask_art" / "masks" / "textures" / "broken.jpg", _ENCODED[".jpg"][:-40])
    with pytest.raises(UndecodableFrame, match=r"broken\.jpg"):
        MaskTextures.read(tmp_path)
    with pytest.raises(UndecodableFrame, match=r"broken\.jpg"):
        Duplicates.of([broken])
    put(
        tmp_path / "mask_art" / "masks" / "masks.cfg",
        b"[cloth]\ntemplate = masks/cloth.png\n" + b"".join(b"mask_%c = 1, 2\n" % key for key in b"abcdef"),
    )
    with pytest.raises(UndecodableFrame, match=r"cloth\.png: cannot be read as a picture"):
        artwork.read(tmp_path)
    put(tmp_path / "mask_art" / "masks" / "cloth.png", cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes())
    with pytest.raises(UndecodableFrame, match=r"cloth\.png: should have three colours and opacity"):
        artwork.read(tmp_path)


def test_a_picture_that_is_stored_sideways_is_recognised_as_a_copy(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (20, 12, 3), np.uint8)
    picture = np.asarray(cv2.resize(picture, (120, 200), interpolation=cv2.INTER_LINEAR), np.uint8)
    sideways = cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE)
    data, body = cv2.imencode(".jpg", sideways)[1].tobytes(), b"Exif\0\0" + exif(Orientation.TURN_90)
    stored = put(tmp_path / "a.jpg", data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + data[2:])
    upright = put(tmp_path / "a.png", cv2.imencode(".png", picture)[1].tobytes())
    assert Duplicates.of([upright]).contain(stored)


def test_a_photograph_that_is_missing_is_named(tmp_path: Path) -> None:
    put(tmp_path / "real_photos" / "labels.csv", f"{_HEAD}dev/nose/a.jpg,nose,x,1,2,3,4,,dev\n".encode())
    with pytest.raises(UndecodableFrame, match=r"dev/nose/a\.jpg"):
        photographed_people(tmp_path, "dev")


@pytest.mark.parametrize(
    ("label", "split", "message"),
    [("nose", "Test", "split is 'Test', not one of dev, test"), ("bare", "dev", "label is 'bare', not one of correct")],
)
def test_a_row_with_another_spelling_is_refused_with_its_line(
    tmp_path: Path, label: str, split: str, message: str
) -> None:
    rows = f"{_HEAD}dev/nose/a.jpg,nose,x,1,2,3,4,,dev\ndev/nose/b.jpg,{label},x,1,2,3,4,,{split}\n"
    put(tmp_path / "real_photos" / "labels.csv", rows.encode())
    with pytest.raises(ValueError, match=rf"labels.csv, line 3: {message}"):
        real_photos.rows(tmp_path)
