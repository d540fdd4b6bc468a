"""Annotated pictures: VOC's layout, and one folder for each class."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.errors import SourceError
from binarycop.evaluation.annotated import AnnotatedImage, GroundTruthFace, Group, decoded, read_annotated
from binarycop.evaluation.omissions import Omissions, Reason
from binarycop.geometry import Box
from tests.tried import Kind, tried

OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
FACE = ("with_mask", 1, 2, 6, 7)


def voc(
    folder: Path,
    *objects: tuple[object, ...],
    name: str = "a",
    filename: str | None = None,
    size: str = "",
    layout: tuple[str, str] = ("annotations", "images"),
) -> Path:
    """A picture of 10×8 pixels and its annotation."""
    for part in layout:
        (folder / part).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / layout[1] / f"{name}.png"), np.zeros((8, 10, 3), np.uint8))
    text = "".join(OBJECT.format(*values) for values in objects)
    head = f"<filename>{filename if filename is not None else name + '.png'}</filename>{size}"
    (folder / layout[0] / f"{name}.xml").write_text(f"<annotation>{head}{text}</annotation>")
    return folder


def left_out(folder: Path) -> dict[Reason, list[str]]:
    """What is left out of a folder that has a good annotation beside the one in question."""
    voc(folder, FACE, name="good")
    omissions = Omissions()
    images = list(decoded(read_annotated(folder, omissions), folder, omissions))
    assert len(images) == 1
    return {reason: tally.first for reason, tally in omissions.tallies.items()}


def test_boxes_and_groups_are_read_in_both_languages(tmp_path: Path) -> None:
    folder = voc(tmp_path, (" with_mask\n", 10, 20, 40, 60), ("mascarilla_mal_puesta", 1, 2, 3, 5))
    assert read_annotated(folder, Omissions()) == [
        AnnotatedImage(
            tmp_path / "images" / "a.png",
            (GroundTruthFace(Group.MASKED, Box(10, 20, 30, 40)), GroundTruthFace(Group.INCORRECT, Box(1, 2, 2, 3))),
        )
    ]


@tried(Kind.FOLDER, "VOC's own folders Annotations and JPEGImages", "read")
def test_the_folders_may_have_the_names_that_voc_gave_them(tmp_path: Path) -> None:
    folder = voc(tmp_path, FACE, layout=("Annotations", "JPEGImages"))
    assert [image.path for image in read_annotated(folder, Omissions())] == [tmp_path / "JPEGImages" / "a.png"]


@pytest.mark.parametrize(
    "filename",
    [
        pytest.param(r"C:\Users\me\a.png", marks=tried(Kind.FOLDER, "annotations with the paths of a Windows", "read")),
        "/home/me/a.png",
        "images/a.png",
        "../../a.png",
    ],
)  # fmt: skip
def test_only_the_name_of_the_file_counts_in_its_path(tmp_path: Path, filename: str) -> None:
    folder = voc(tmp_path, FACE, filename=filename)
    assert [image.path for image in read_annotated(folder, Omissions())] == [tmp_path / "images" / "a.png"]


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (("dog", 1, 2, 3, 4), "name 'dog' should be one of with_mask, con_mascarilla, mask_weared_incorrect"),
        pytest.param(("With Mask", 1, 2, 3, 4), "name 'With Mask' should be with_mask", marks=tried(
            Kind.FOLDER, "annotations of faces named With Mask", "left out: with the right name")),
        (("with_mask", "x", 2, 3, 4), "bndbox/xmin is 'x', which should be a number"),
        (("with_mask", 1, 2, "nan", 4), "bndbox/xmax is 'nan', which should be a number"),
        (("with_mask", "-inf", 2, 3, 4), "bndbox/xmin is '-inf', which should be a number"),
        (("with_mask", 30, 2, 3, 4), "box 30 2 3 4 should go from left to right and downwards"),
        pytest.param(("with_mask", 3, 3, 3, 3), "box 3 3 3 3 should go from left to right and downwards", marks=tried(
            Kind.FOLDER, "annotations with a box without a size", "left out: counted and named")),
        pytest.param(("with_mask", 0.1, 0.2, 0.8, 0.9), "box 0.1 0.2 0.8 0.9 is smaller than a pixel; boxes are in "
            "pixels, not in shares of the picture", marks=tried(
            Kind.FOLDER, "annotations with boxes as shares of the picture", "left out: says that boxes are in pixels")),
    ],
)  # fmt: skip
def test_an_annotation_that_cannot_be_right_is_left_out_with_the_reason(
    tmp_path: Path, face: tuple[object, ...], reason: str
) -> None:
    (shown,) = left_out(voc(tmp_path, face))[Reason.BAD_ANNOTATION]
    assert shown.startswith(f"annotations/a.xml: {reason}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<annotation>", "is no XML: "),
        ("", "is no XML: "),
        ("<annotations/>", "begins with 'annotations', which should be 'annotation'"),
        ("<annotation/>", "has no filename"),
        ("<annotation><filename>a.png</filename><size><width>wide</width></size></annotation>", "size/width is 'wide'"),
        (
            "<annotation><filename>a.png</filename><object><name>with_mask</name></object></annotation>",
            "bndbox/xmin is",
        ),
    ],
)
def test_a_file_that_is_no_annotation_is_left_out_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    voc(tmp_path)
    (tmp_path / "annotations" / "a.xml").write_text(text)
    (shown,) = left_out(tmp_path)[Reason.BAD_ANNOTATION]
    assert shown.startswith(f"annotations/a.xml: {reason}")


@pytest.mark.parametrize(
    ("size", "box", "reason"),
    [
        pytest.param((8, 10), FACE, "has 10×8 pixels, and its annotation is of 8×10", marks=tried(
            Kind.FOLDER, "annotations of another size than the picture's", "left out: counted and named")),
        (None, ("with_mask", 8, 2, 16, 4), "has 10×8 pixels, and a box around 12, 3"),
    ],
)  # fmt: skip
def test_boxes_that_do_not_belong_to_the_picture_leave_it_out(
    tmp_path: Path, size: tuple[int, int] | None, box: tuple[object, ...], reason: str
) -> None:
    text = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>" if size else ""
    assert left_out(voc(tmp_path, box, size=text)) == {Reason.BAD_ANNOTATION: [f"images/a.png {reason}"]}


@tried(Kind.FOLDER, "annotations with a width and height of 0", "read")
def test_a_size_of_nothing_is_not_known(tmp_path: Path) -> None:
    voc(tmp_path, FACE, size="<size><width>0</width><height>0</height></size>")
    assert [image.size_px for image in read_annotated(tmp_path, Omissions())] == [None]


def test_a_box_may_extend_beyond_the_edge(tmp_path: Path) -> None:
    voc(tmp_path, ("with_mask", -1, 2, 11, 9), size="<size><width>10</width><height>8</height></size>")
    omissions = Omissions()
    assert len(list(decoded(read_annotated(tmp_path, omissions), tmp_path, omissions))) == 1
    assert omissions.count == 0


@tried(Kind.FOLDER, "annotations without a picture, pictures without an annotation", "left out: counted and named")
def test_what_has_no_counterpart_is_left_out(tmp_path: Path) -> None:
    voc(tmp_path, FACE, name="moved", filename="elsewhere.png")
    voc(tmp_path, FACE, name="twice", filename="good.png")
    for name in ("annotations/notes.txt", "annotations/._a.xml", "images/b.gif", "images/c.txt"):
        (tmp_path / name).write_text("any")
    assert left_out(tmp_path) == {
        Reason.SYSTEM: ["annotations/._a.xml"],
        Reason.NO_PICTURE: ["annotations/moved.xml (images/elsewhere.png)"],
        Reason.NOT_ANNOTATION: ["annotations/notes.txt"],
        Reason.BAD_ANNOTATION: ["annotations/twice.xml: another one is of images/good.png too"],
        Reason.UNREAD_FORMAT: ["images/b.gif"],
        Reason.NOT_A_PICTURE: ["images/c.txt"],
        Reason.NO_ANNOTATION: ["images/moved.png", "images/twice.png"],
    }


def test_a_picture_that_cannot_be_decoded_is_left_out(tmp_path: Path) -> None:
    voc(tmp_path, FACE)
    (tmp_path / "images" / "a.png").write_bytes(b"no picture")
    (shown,) = left_out(tmp_path)[Reason.UNDECODABLE]
    assert shown.startswith("images/a.png is not a")


def test_annotations_without_a_picture_at_all_are_an_error(tmp_path: Path) -> None:
    voc(tmp_path, FACE, filename="elsewhere.png")
    with pytest.raises(SourceError, match=r"has no annotations/\*\.xml of a picture in images/"):
        read_annotated(tmp_path, Omissions())


def test_a_folder_for_each_class_gives_faces_without_boxes(tmp_path: Path) -> None:
    for name in ("correct", "chin", "no_mask"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "one.png"), np.zeros((4, 4, 3), np.uint8))
    faces = {image.path.parent.name: image.faces for image in read_annotated(tmp_path, Omissions())}
    assert faces == {
        "correct": (GroundTruthFace(Group.MASKED, None),),
        "chin": (GroundTruthFace(Group.INCORRECT, None),),
        "no_mask": (GroundTruthFace(Group.BARE, None),),
    }


def test_a_folder_with_neither_layout_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"neither annotations/\*\.xml nor pictures in folders correct"):
        read_annotated(tmp_path, Omissions())
    with pytest.raises(SourceError, match="nothing: does not exist"):
        read_annotated(tmp_path / "nothing", Omissions())
