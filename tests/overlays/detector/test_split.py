"""The split of the annotated pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from overlays.detector import split
from overlays.detector.split import Part, annotated, empty, empty_part_of, part_of


def test_a_picture_that_real_photos_was_made_from_is_never_trained_on() -> None:
    stems = [f"maksssksksss{number}" for number in range(400)]
    assert {part_of(stem, is_taken=True) for stem in stems} == {Part.REPORT}
    free = [part_of(stem, is_taken=False) for stem in stems]
    assert 0.3 < free.count(Part.REPORT) / 400 < 0.46
    assert free.count(Part.FIT) > 4 * free.count(Part.VALIDATE) > 0


def test_the_split_never_changes() -> None:
    # Computed with sha256sum: 0.5368 and 0.6618, 0.7289, 0.4736 and 0.0838.
    parts = [part_of(f"maksssksksss{number}", is_taken=False) for number in (0, 1, 6)]
    assert parts == [Part.FIT, Part.REPORT, Part.VALIDATE]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twelve annotated pictures of random cells, and one photograph that was made from the first."""
    folder = tmp_path / split.KAGGLE
    for part in ("annotations", "images"):
        (folder / part).mkdir(parents=True)
    for number in range(12):
        coarse = np.random.default_rng(number).integers(0, 256, (8, 9, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, (90, 80), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(folder / "images" / f"{number}.png"), picture)
        (folder / "annotations" / f"{number}.xml").write_text(
            f"<annotation><filename>{number}.png</filename></annotation>"
        )
    photos = tmp_path / "real_photos"
    photos.mkdir()
    (photos / "labels.csv").write_text(f"file,label,taken_from,split\nx.jpg,correct,{split.KAGGLE}/images/0.png,test\n")
    return tmp_path


def names(data: Path, part: Part) -> set[str]:
    return {picture.path.stem for picture in annotated(data, part)}


def test_each_picture_is_in_exactly_one_part(data: Path) -> None:
    fit, validate, report = (names(data, part) for part in Part)
    assert sorted([*fit, *validate, *report], key=int) == [str(number) for number in range(12)]
    assert "0" in report
    assert fit


def test_a_copy_of_a_reported_picture_is_left_out_at_any_size(data: Path) -> None:
    images = data / split.KAGGLE / "images"
    copy = sorted(names(data, Part.FIT))[0]
    reported = cv2.imread(str(images / "0.png"))
    cv2.imwrite(str(images / f"{copy}.png"), cv2.resize(reported, (45, 40), interpolation=cv2.INTER_AREA))
    assert copy not in names(data, Part.FIT)


def test_scenes_without_people_stay_together_with_their_neighbours() -> None:
    parts = [empty_part_of(f"polyhaven_{number:04}") for number in range(840)]
    assert all(len(set(parts[at : at + 20])) == 1 for at in range(0, 840, 20))
    assert 0.4 < parts.count(Part.FIT) / 840 < 0.65
    assert parts.count(Part.VALIDATE) >= 40
    assert parts.count(Part.REPORT) > 120


def test_each_scene_without_people_is_in_exactly_one_part(tmp_path: Path) -> None:
    folder = tmp_path / "empty" / "studios"
    folder.mkdir(parents=True)
    for number in range(0, 400, 10):
        (folder / f"studio_{number:04}.jpg").touch()
    parts = [empty(tmp_path, part) for part in Part]
    assert sorted(path for part in parts for path in part) == sorted(folder.iterdir())
    assert all(parts)
    assert empty(tmp_path / "nowhere", Part.FIT) == []
