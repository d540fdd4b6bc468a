"""The labels made by eye."""

from pathlib import Path

from binarycop.geometry import Box
from overlays.detector import manual_labels, split
from overlays.detector.manual_labels import ManualLabels
from overlays.detector.split import Part


def test_rows_are_grouped_by_picture(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("picture,x_px,y_px,width_px,height_px,is_face\na.jpg,1,2,3,4,1\nb.jpg,5,6,7,8,0\na.jpg,9,9,9,9,0\n")
    assert manual_labels.read(file) == {
        "a.jpg": ManualLabels((Box(1, 2, 3, 4),), (Box(9, 9, 9, 9),)),
        "b.jpg": ManualLabels((), (Box(5, 6, 7, 8),)),
    }


def test_only_training_pictures_have_labels_of_no_face(shared_data: Path) -> None:
    fit = {picture.path.name for picture in split.annotated(shared_data, Part.FIT)}
    assert {name for name, labels in manual_labels.read().items() if labels.not_faces} <= fit
