"""Annotated pictures: VOC's layout, and one folder for each class."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.errors import SourceError
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group, read_annotated
from binarycop.geometry import Box

OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"


def voc(folder: Path, *objects: tuple[object, ...]) -> Path:
    (folder / "annotations").mkdir(parents=True)
    text = "".join(OBJECT.format(*values) for values in objects)
    file = folder / "annotations" / "a.xml"
    file.write_text(f"<annotation><filename>a.png</filename>{text}</annotation>")
    return folder


def test_boxes_and_groups_are_read_in_both_languages(tmp_path: Path) -> None:
    folder = voc(tmp_path, ("with_mask", 10, 20, 40, 60), ("mascarilla_mal_puesta", 1, 2, 3, 5))
    assert read_annotated(folder) == [
        AnnotatedImage(
            tmp_path / "images" / "a.png",
            (GroundTruthFace(Group.MASKED, Box(10, 20, 30, 40)), GroundTruthFace(Group.INCORRECT, Box(1, 2, 2, 3))),
        )
    ]


def test_the_error_for_an_unknown_name_has_the_file_and_the_known_names(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.xml: is no annotation: name 'dog' should be one of with_mask"):
        read_annotated(voc(tmp_path, ("dog", 1, 2, 3, 4)))


@pytest.mark.parametrize("box", [("x", 2, 3, 4), (30, 2, 3, 4), (1, 2, "nan", 4)])
def test_an_impossible_box_is_an_error(tmp_path: Path, box: tuple[object, ...]) -> None:
    with pytest.raises(SourceError, match="is no annotation"):
        read_annotated(voc(tmp_path, ("with_mask", *box)))


def test_a_broken_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "b.xml").write_text("<annotation>")
    with pytest.raises(SourceError, match=r"b\.xml: is no annotation"):
        read_annotated(tmp_path)


def test_a_folder_for_each_class_gives_faces_without_boxes(tmp_path: Path) -> None:
    for name in ("correct", "chin", "no_mask"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "one.png"), np.zeros((4, 4, 3), np.uint8))
    faces = {image.path.parent.name: image.faces for image in read_annotated(tmp_path)}
    assert faces == {
        "correct": (GroundTruthFace(Group.MASKED, None),),
        "chin": (GroundTruthFace(Group.INCORRECT, None),),
        "no_mask": (GroundTruthFace(Group.BARE, None),),
    }


def test_a_folder_with_neither_layout_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"neither annotations/\*\.xml nor pictures in folders correct"):
        read_annotated(tmp_path)
