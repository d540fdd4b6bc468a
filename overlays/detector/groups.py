"""The recall of ``lookout`` and YuNet in each group of people, on faces that ``lookout`` was not trained on.

    python -m overlays.detector.groups --data ../shared/data --patches work/patches-nc.npz

Each picture is put into the middle of a frame of 640×480, at 30, 50 and 80 % of its height: on grey, and on a scene
without people. ``--patches`` is the file that ``overlays.synthesis.patches --noncommercial`` wrote: it has the skin
tone and the turn of each head whose landmarks are known.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector, Face
from binarycop.detection.choose import make_detector
from binarycop.detection.yunet import YuNet
from binarycop.evaluation.detection import MATCH_IOU, Proportion
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, FacesSettings, YuNetSettings
from overlays import pictures
from overlays.command_line import add_data_option, make_parser, with_progress
from overlays.detector import manual_traits, split
from overlays.detector.manual_traits import ManualTraits
from overlays.report import skin
from overlays.synthesis import faces, patches, real_photos
from overlays.synthesis.faces import Split
from overlays.synthesis.patches import YUNET, Patches

WIDTH_PX, HEIGHT_PX = 640, 480
SHARES = (0.3, 0.5, 0.8)
"""Height of the picture, as a share of the frame's height."""
MORE = Path("real_photos_more")
_GREY = 127
_REFERENCE_LONGER_PX, _REFERENCE_THRESHOLD, _REFERENCE_MARGIN = 448, 0.3, 0.25
_NO_MASK, _MASKED, _WRONG = "no mask", "mask worn correctly", "mask worn wrongly"
_WORN = {"correct": _MASKED, "nose": _WRONG, "nose_mouth": _WRONG, "chin": _WRONG, "no_mask": _NO_MASK}
_UTKFACE, _UTKFACE_STEP = "utkface_nc", 3  # every third face, and the men whose beards were labelled
_SYNTHETIC = ("sfhq_t2i", "faker_synthetic")
Pixels = NDArray[np.uint8]


class Use(Enum):
    """What the pictures of a measurement are for: to choose by them, or to report on them."""

    CHOOSE = "choose"
    REPORT = "report"


@dataclass(frozen=True)
class Subject:
    """A picture of one person, and the groups that the person is counted in."""

    path: Path
    groups: tuple[str, ...]


def subjects(data: Path, known: Patches, use: Use) -> Iterator[Subject]:
    """The pictures of one use. known: faces with landmarks; they have the tone of the skin and the turn of the head."""
    wanted = Split.VAL if use is Use.CHOOSE else Split.TEST
    traits, ages, at = manual_traits.read(), _ages(data), {name: number for number, name in enumerate(known.identities)}
    utkface = 0
    for portrait in faces.bare(data, noncommercial=use is Use.REPORT):
        seen = traits.get(portrait.name)
        is_chosen = portrait.split is wanted
        if portrait.source == _UTKFACE:
            utkface += 1
            is_chosen = seen is not None or utkface % _UTKFACE_STEP == 0
        if not is_chosen or (seen is not None and not seen.is_face):
            continue
        number = at.get(portrait.identity) if portrait.source != "chandrikadeb7" else None
        name = Path(portrait.name).name
        age = _age_of_utkface(name) if portrait.source == _UTKFACE else ages.get(name)
        kind = "synthetic" if portrait.source in _SYNTHETIC else "real"
        groups = [_NO_MASK, f"{kind}: {portrait.source}", *_traits(seen), *([f"age: {age}"] if age else [])]
        if number is None:
            groups.append("turn: landmarks not known")
        else:
            tone = skin.tone(skin.angle(known.pixels[number], known.planes[number]))
            groups += [
                f"turn: {patches.band_of_turn(float(known.turns[number]))}",
                *([f"skin: {tone}"] if tone else []),
            ]
        yield Subject(data / portrait.name, tuple(groups))
    yield from _photographs(data, traits, use)


def _photographs(data: Path, traits: Mapping[str, ManualTraits], use: Use) -> Iterator[Subject]:
    """The real photographs that are labelled by eye, and MaskedFace-Net's."""
    part = "dev" if use is Use.CHOOSE else "test"
    for row in real_photos.rows(data):
        if row["split"] == part:
            worn = _WORN[row["label"]]
            yield Subject(data / real_photos.FOLDER / row["file"], (worn, f"{worn}: real_photos/{part}"))
    folder = MORE if use is Use.CHOOSE else Path("maskedfacenet_nc")
    for label, path in pictures.by_class(data / folder):
        worn = _WORN[label]
        yield Subject(path, (worn, f"{worn}: {folder}", *_traits(traits.get(str(path.relative_to(data))))))


def _traits(seen: ManualTraits | None) -> list[str]:
    if seen is None:
        return []
    worn = [name for name, wears in (("glasses", seen.glasses), ("headgear", seen.headgear)) if wears]
    return [f"beard: {seen.beard.value}", *(worn or ["neither glasses nor headgear"])]


def _ages(data: Path) -> dict[str, str]:
    """The age bands of fairface540, by file name."""
    folder = data / "unmasked" / "fairface540"
    rows = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    return {row["filename"]: _band(int(str(row["age"]).split("-")[0].split()[-1].rstrip("+"))) for row in rows}


def _age_of_utkface(name: str) -> str:
    return _band(int(name.partition("_")[0]))


def _band(age: int) -> str:
    return "0 to 2" if age < 3 else "3 to 19" if age < 20 else "20 to 59" if age < 60 else "60 and more"


def in_frame(picture: Pixels, share: float, under: Pixels) -> tuple[Pixels, float, tuple[int, int]]:
    """A picture (H, W, 3) in the middle of a frame, with this share of the frame's height, or as wide as the frame.

    under: the frame's content around it, (480, 640, 3). Returns the frame, the scale, and the left and top pixel.
    """
    scale = min(share * HEIGHT_PX / picture.shape[0], WIDTH_PX / picture.shape[1])
    width, height = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    left, top = (WIDTH_PX - width) // 2, (HEIGHT_PX - height) // 2
    frame = under.copy()
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    frame[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=interpolation)
    return frame, scale, (left, top)


def is_found(found: Iterable[Face], face: Box | None, picture: Box) -> bool:
    """Whether a detection is the face.

    face: where it is; None if unknown, and then any detection in the middle of the picture counts.
    """
    if face is not None:
        return any(one.box.iou(face) >= MATCH_IOU for one in found)
    return any(_contains(picture, one.box.centre) for one in found)


def _contains(box: Box, point: tuple[float, float]) -> bool:
    x, y = point[0] - box.x_px, point[1] - box.y_px
    return 0 <= x <= box.width_px and 0 <= y <= box.height_px


def reference(yunet: Detector, picture: Pixels) -> Box | None:
    """The face in a picture as YuNet sees it with a low threshold and grey around it; None if it sees none."""
    margin = round(_REFERENCE_MARGIN * max(picture.shape[:2]))
    padded = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(_GREY,) * 3)
    largest = max(yunet.detect(np.asarray(padded, np.uint8)), key=lambda face: face.box.area_px, default=None)
    if largest is None:
        return None
    return Box(largest.box.x_px - margin, largest.box.y_px - margin, largest.box.width_px, largest.box.height_px)


Counts = dict[tuple[str, str, str, float], Proportion]
"""By detector, surroundings, group, and share of the frame's height."""


def count(detectors: list[Detector], people: Iterable[Subject], yunet: Detector, scenes: list[Pixels]) -> Counts:
    """How many faces each detector finds. yunet: as for ``reference``. scenes: (480, 640, 3) each, without people."""
    counts: Counts = defaultdict(Proportion)
    grey = np.full((HEIGHT_PX, WIDTH_PX, 3), _GREY, np.uint8)
    for number, person in enumerate(people):
        picture = read_picture(person.path)
        face = reference(yunet, picture)
        for around, under in (("grey", grey), ("scene", scenes[number % len(scenes)])):
            for share in SHARES:
                frame, scale, (left, top) = in_frame(picture, share, under)
                placed = None if face is None else _placed(face, scale, left, top)
                whole = _placed(Box(0, 0, picture.shape[1], picture.shape[0]), scale, left, top)
                side = f"side: {_side(placed)}"
                for detector in detectors:
                    hit = is_found(detector.detect(frame), placed, whole)
                    for group in (*person.groups, side):
                        counts[detector.name, around, group, share].total += 1
                        counts[detector.name, around, group, share].hits += hit
    return counts


def _placed(box: Box, scale: float, left: int, top: int) -> Box:
    return Box(box.x_px * scale + left, box.y_px * scale + top, box.width_px * scale, box.height_px * scale)


def _side(face: Box | None) -> str:
    if face is None:
        return "not known"
    side = max(face.width_px, face.height_px)
    return "below 64 px" if side < 64 else "64 to 128 px" if side < 128 else "128 px and more"


def table(counts: Counts, detectors: list[Detector], around: str) -> Iterator[str]:
    """Lines of a Markdown table: for each group the number of people, and each detector's recall with its interval."""
    names = [detector.name for detector in detectors]
    heads = [f"{name} {share:.0%}" for name in names for share in SHARES]
    yield f"| on {around} | faces | " + " | ".join(heads) + " |"
    yield "|---" * (2 + len(heads)) + "|"
    for group in sorted({key[2] for key in counts}):
        cells = [counts.get((name, around, group, share), Proportion()) for name in names for share in SHARES]
        texts = [
            f"{cell.ratio:.3f} ({cell.interval[0]:.2f}-{cell.interval[1]:.2f})" if cell.ratio is not None else ""
            for cell in cells
        ]
        yield f"| {group} | {max(cell.total for cell in cells)} | " + " | ".join(texts) + " |"


def main() -> None:
    """Print recall by group, and false detections in scenes without people."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    parser.add_argument("--patches", type=Path, required=True, help="what overlays.synthesis.patches wrote")
    parser.add_argument("--use", choices=[use.value for use in Use], default=Use.REPORT.value)
    arguments = parser.parse_args()
    data, use = arguments.data, Use(arguments.use)
    cv2.setNumThreads(1)
    usual = YuNetSettings()
    detectors: list[Detector] = [
        make_detector(FacesSettings(finder=DetectorKind.LOOKOUT)),
        YuNet(data / YUNET, longer_px=usual.longer_px, threshold=usual.threshold),
    ]
    part = split.Part.VALIDATE if use is Use.CHOOSE else split.Part.REPORT
    empty = [read_picture(path) for path in split.empty(data, part)]
    for detector in detectors:
        wrong = Proportion(sum(bool(detector.detect(scene)) for scene in empty), len(empty))
        low, high = wrong.interval
        print(f"{detector.name}: a face in {wrong.hits} of {wrong.total} scenes without people ({low:.3f}-{high:.3f})")
    scenes = [np.asarray(cv2.resize(scene, (WIDTH_PX, HEIGHT_PX)), np.uint8) for scene in empty]
    labeller = YuNet(data / YUNET, longer_px=_REFERENCE_LONGER_PX, threshold=_REFERENCE_THRESHOLD)
    shown = with_progress(list(subjects(data, patches.load(arguments.patches), use)), "looking for faces")
    counts = count(detectors, shown, labeller, scenes)
    for around in ("grey", "scene"):
        print("\n".join(["", *table(counts, detectors, around)]))


if __name__ == "__main__":
    main()
