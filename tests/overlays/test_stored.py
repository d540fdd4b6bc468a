"""Wrong tables and arrays are refused: the error names the file, and the line or the array."""

from pathlib import Path

import numpy as np
import pytest

from overlays import stored
from overlays.detector import manual_labels, manual_traits
from overlays.report.people import FAIRFACE, People
from overlays.synthesis import artwork, landmarks, patches


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg,1,bushy,0,0", "'bushy' is not a valid Beard"),
        ("a.jpg,yes,none,0,0", "'yes' should be 0 or 1"),
        ("a.jpg,1,none,0", "None should be 0 or 1"),
    ],
)
def test_a_wrong_row_of_traits_is_named_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    file = tmp_path / "traits.csv"
    file.write_text(f"picture,is_face,beard,glasses,headgear\nb.jpg,1,full,1,0\n{row}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"traits.csv, line 3: {message}"):
        manual_traits.read(file)


def test_a_wrong_row_of_labels_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("picture,x_px,y_px,width_px,height_px,is_face\na.jpg,1,2,wide,4,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"labels.csv, line 2: could not convert string to float: 'wide'"):
        manual_labels.read(file)
    file.write_text("picture,x_px,y_px,width_px,is_face\na.jpg,1,2,3,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"labels.csv, line 2: the column 'height_px' is missing"):
        manual_labels.read(file)


def test_files_without_their_arrays_are_named(tmp_path: Path) -> None:
    file = tmp_path / "meshes.npz"
    np.savez(file, names=np.array(["a"]))
    with pytest.raises(ValueError, match=r"meshes.npz lacks an array: .*meshes"):
        landmarks.load(file)
    with pytest.raises(ValueError, match=r"meshes.npz lacks an array: .*pixels"):
        patches.load(file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"meshes.npz is no complete .npz file"):
        stored.arrays(file, ["names"])
    with pytest.raises(FileNotFoundError):
        stored.arrays(tmp_path / "missing.npz", ["names"])


def test_a_broken_table_of_people_or_of_artwork_is_named(tmp_path: Path) -> None:
    table = tmp_path / "unmasked" / FAIRFACE / "ground_truth.json"
    table.parent.mkdir(parents=True)
    for text, message in (
        ("[{", "ground_truth.json: Expecting"),
        ('[{"id": "a"}]', "ground_truth.json: a row lacks 'age'"),
    ):
        table.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            People.read(tmp_path)
    cfg = tmp_path / "mask_art" / "masks" / "masks.cfg"
    cfg.parent.mkdir(parents=True)
    cfg.write_text("[cloth]\ntemplate = a.png\nmask_a = 1, x\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"masks.cfg, \[cloth\]: could not convert"):
        artwork.read(tmp_path)
