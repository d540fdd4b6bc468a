"""Measure how the size of a face in the frame changes what the daemon decides, to choose ``faces.least_px``.

    python -m overlays.clips.face_size --data ../shared/data --patches work/patches.npz --out work/face-size.md

Each person is shown at each width in frames of 640×480, as a camera would see them from further and further away:
averaged down, slightly out of focus, with noise and JPEG compression. Detector, crop, network and votes are the
daemon's own. Photographs are those that may be used to choose by: ``real_photos/dev`` and ``real_photos_more``. Dressed
faces are those of the split ``val``; they are stored with 64 pixels, so wider ones are enlarged.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from binarycop import verdict
from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.bundle.search import find_bundle
from binarycop.classes import FOLDERS, LABELS, MaskClass
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import open_emulator
from binarycop.detection.base import Detector, largest_face
from binarycop.detection.choose import make_detector
from binarycop.detection.crop import crop
from binarycop.detection.yunet import YuNet
from binarycop.evaluation.detection import MATCH_IOU, Proportion
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.settings.verdict import VerdictSettings
from overlays import pictures
from overlays.clips import people as cast
from overlays.clips.people import Person
from overlays.clips.render import Camera, Pixels, wall
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.synthesis.compositing import soft_edge
from overlays.synthesis.faces import Split
from overlays.synthesis.patches import YUNET

WIDTHS_PX = (10, 12, 16, 20, 24, 28, 32, 40, 48, 64, 96)
FRAME_PX = 640, 480
BUNDLES = "n-cnv", "u-cnv", "cnv"
_SEED = 4
_FRAMES, _RATE_HZ = 8, 25.0
_CENTRE_SHARE, _CENTRE_SD_PX = 0.5, 25.0
_STEP_PX, _SIZE_SD = 1.5, 0.03
_JPEG_QUALITY = 85
_SMALLEST_PX = 8  # the smallest value of ``faces.least_px``, so that only the detector limits what is found
_EDGE_SOFTNESS = 0.18
_BARE = (MaskClass.NOSE, MaskClass.NOSE_MOUTH)


@dataclass(frozen=True)
class Sighting:
    """The result of one bundle for one person at one width.

    frames: how often the person was shown. found: in how many of them the detector found the face. answers: the class
    with the best score in each of these. abstained: how many of them gave no vote. correct_votes: how many voted for
    ``correct``. verdict: the first class that the votes made, or None.
    """

    kind: str
    person: str
    mask_class: MaskClass
    bundle: str
    width_px: int
    frames: int
    found: int
    answers: tuple[MaskClass, ...]
    abstained: int
    correct_votes: int
    verdict: MaskClass | None


@dataclass(frozen=True)
class Scorer:
    """A bundle and the fastest emulator that runs it."""

    bundle: Bundle
    emulator: Classifier

    @staticmethod
    def load(name: str) -> "Scorer":
        """By the bundle's name. Raises BundleError."""
        bundle = bundles.load(find_bundle(name))
        return Scorer(bundle, open_emulator(bundle))

    def look(self, kind: str, person: Person, width_px: int, views: Sequence[tuple[Pixels, Box | None]]) -> Sighting:
        """The network's answers, and the verdict of the votes. views: each frame, and the face that was found in it."""
        manifest, settings = self.bundle.manifest, VerdictSettings()
        found = [(at, frame, box) for at, (frame, box) in enumerate(views) if box is not None]
        crops = [crop(frame, box, manifest.crop) for _, frame, box in found]
        scores = self.emulator.scores(np.stack(crops)) if crops else np.empty((0, len(LABELS)), np.int32)
        window, decided, votes = None, None, []
        for (at, _, _), row in zip(found, scores.tolist()):
            window = verdict.step(window, 1, row, at / _RATE_HZ, settings, manifest.abstain_margin)
            votes.append(window.votes[-1].mask_class)
            if decided is None and window.verdict is not None:
                decided = MaskClass[window.verdict.status.name]
        return Sighting(
            kind,
            person.name,
            person.mask_class,
            manifest.name,
            width_px,
            len(views),
            len(found),
            tuple(MaskClass(int(best)) for best in scores.argmax(axis=1)),
            votes.count(None),
            votes.count(MaskClass.CORRECT),
            decided,
        )


def show(person: Person, width_px: float, rng: np.random.Generator) -> Iterator[tuple[Pixels, Box]]:
    """Frames of a person who stands and sways a little, (480, 640, 3) uint8 BGR, each with the face's true box.

    width_px: the shorter side of the face's box, which varies by a few percent from frame to frame.
    """
    camera = Camera.random(rng, FRAME_PX)
    place = np.asarray(cv2.resize(wall(rng), FRAME_PX, interpolation=cv2.INTER_LINEAR), np.uint8)
    centre = np.array(FRAME_PX) * _CENTRE_SHARE + rng.normal(0, _CENTRE_SD_PX, 2)
    while True:
        scale = width_px / person.box.shorter_px * float(np.exp(rng.normal(0, _SIZE_SD)))
        frame, box = _paste(place, person, scale, *(centre + rng.normal(0, _STEP_PX, 2)))
        _, jpeg = cv2.imencode(".jpg", camera.take(frame, rng), (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
        yield np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8), box


def find(detector: Detector, frame: Pixels, true: Box) -> Box | None:
    """The front person's box as the daemon finds it; None if it is missed or something else is taken for it."""
    face = largest_face(detector.detect(frame), _SMALLEST_PX)
    return face.box if face is not None and face.box.iou(true) >= MATCH_IOU else None


def photographs(data: Path, limit: int) -> list[Person]:
    """People with real masks, and bare faces, at most ``limit`` of each folder of ``real_photos_more``.

    YuNet gives the boxes in ``real_photos_more``; pictures in which it finds no face are left out.
    """
    detector = YuNet(data / YUNET, longer_px=320, threshold=0.6)
    people = cast.photographed_people(data, "dev")
    found = pictures.by_class(data / "real_photos_more")
    for folder in FOLDERS:
        own = [path for name, path in found if name == folder]
        for at in np.random.default_rng(_SEED).permutation(len(own))[:limit].tolist():
            picture = read_picture(own[at])
            face = largest_face(detector.detect(picture), max(WIDTHS_PX) // 2)
            if face is not None:
                people.append(cast.cut(picture, face.box, FOLDERS[folder], f"{folder}/{own[at].name}"))
    return people


def measure(people: Iterable[tuple[str, Person]], detector: Detector, scorers: Sequence[Scorer]) -> Iterator[Sighting]:
    """Show each person at each width to each bundle. people: each with its kind, such as ``photograph``."""
    for number, (kind, person) in enumerate(people):
        for width_px in WIDTHS_PX:
            shown = islice(show(person, width_px, np.random.default_rng([_SEED, number, width_px])), _FRAMES)
            views = [(frame, find(detector, frame, box)) for frame, box in shown]
            yield from (scorer.look(kind, person, width_px, views) for scorer in scorers)


def table(sightings: Sequence[Sighting]) -> list[str]:
    """One bundle's Markdown table, a row for each width. Bare: nose, or nose and mouth. Trials are people."""
    head = "| px | found | recall: correct | nose | nose_mouth | chin | mean | abstained | bare: votes correct"
    rows = [f"{head} | correct permitted | bare permitted | chin permitted |", "|---:|" + "---|" * 11]
    for width_px in WIDTHS_PX:
        own = [sighting for sighting in sightings if sighting.width_px == width_px]
        recalls = [_share(*recall(own, mask_class)) for mask_class in MaskClass]
        bare = [sighting for sighting in own if sighting.mask_class in _BARE]
        frames = sum(sighting.found for sighting in own)
        cells = [
            f"{sum(sighting.found for sighting in own) / max(sum(sighting.frames for sighting in own), 1):.3f}",
            *recalls,
            f"{mean_recall(own):.3f}",
            f"{sum(sighting.abstained for sighting in own) / max(frames, 1):.3f}",
            _share(*called_correct(bare)),
            *(_permitted([sighting for sighting in own if sighting.mask_class in who]) for who in _WHO),
        ]
        rows.append(f"| {width_px} | " + " | ".join(cells) + " |")
    return rows


_WHO: tuple[tuple[MaskClass, ...], ...] = ((MaskClass.CORRECT,), _BARE, (MaskClass.CHIN,))


def recall(sightings: Sequence[Sighting], mask_class: MaskClass) -> tuple[float, int]:
    """The share of right answers of one class, as a number of people, and the number of people who were found."""
    own = [sighting for sighting in sightings if sighting.mask_class is mask_class and sighting.found]
    return sum(sighting.answers.count(mask_class) / sighting.found for sighting in own), len(own)


def mean_recall(sightings: Sequence[Sighting]) -> float:
    """The mean recall of the classes that have anybody."""
    recalls = [recall(sightings, mask_class) for mask_class in MaskClass]
    return float(np.mean([right / count for right, count in recalls if count] or [np.nan]))


def called_correct(sightings: Sequence[Sighting]) -> tuple[float, int]:
    """The share of votes for ``correct`` in the frames in which they were found, and the number of people."""
    own = [sighting for sighting in sightings if sighting.found]
    return sum(sighting.correct_votes / sighting.found for sighting in own), len(own)


def least_width(sightings: Sequence[Sighting], reference_px: int = 64, max_loss: float = 0.02) -> int:
    """The smallest width from which on every width up to ``reference_px`` is as good as that one.

    As good: the share of people with a bare nose or mouth who are called correct is within the 95 % interval of the
    reference, or below; and the mean recall is at most ``max_loss`` below the reference.
    """

    def own(width_px: int) -> list[Sighting]:
        return [sighting for sighting in sightings if sighting.width_px == width_px]

    def bare_share(width_px: int) -> tuple[float, int]:
        return called_correct([sighting for sighting in own(width_px) if sighting.mask_class in _BARE])

    hits, count = bare_share(reference_px)
    highest = _interval(hits, count)[1]
    least_recall = mean_recall(own(reference_px)) - max_loss
    best = reference_px
    for width_px in sorted((width_px for width_px in WIDTHS_PX if width_px < reference_px), reverse=True):
        hits, count = bare_share(width_px)
        if not count or hits / count > highest or mean_recall(own(width_px)) < least_recall:
            break
        best = width_px
    return best


def _permitted(sightings: Sequence[Sighting]) -> str:
    """How many would get the permission, of those who were shown."""
    return _share(sum(sighting.verdict is MaskClass.CORRECT for sighting in sightings), len(sightings))


def _interval(hits: float, count: int) -> tuple[float, float]:
    """Wilson's interval of a share of people, of whom some count in part; they are rounded to whole people."""
    return Proportion(round(hits), count).interval


def _share(hits: float, count: int) -> str:
    if not count:
        return "–"
    low, high = _interval(hits, count)
    return f"{hits / count:.3f} ({low:.2f}-{high:.2f})"


def _paste(place: Pixels, person: Person, scale: float, x: float, y: float) -> tuple[Pixels, Box]:
    """The person in the frame, the face's centre at about (x, y), and the face's box there."""
    height, width = person.pixels.shape[:2]
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(person.pixels, size, interpolation=how)
    by_x, by_y = size[0] / width, size[1] / height
    centre_x, centre_y = person.box.centre
    left, top = round(x - centre_x * by_x), round(y - centre_y * by_y)
    opacity = cv2.resize(soft_edge(height, width, _EDGE_SOFTNESS), size, interpolation=cv2.INTER_AREA)[:, :, None]
    frame = place.copy()
    rows, columns = slice(max(top, 0), top + size[1]), slice(max(left, 0), left + size[0])
    seen = frame[rows, columns]
    part = (
        slice(rows.start - top, rows.start - top + seen.shape[0]),
        slice(columns.start - left, columns.start - left + seen.shape[1]),
    )
    behind = seen.astype(np.float32)
    frame[rows, columns] = (behind + opacity[part] * (small[part].astype(np.float32) - behind)).astype(np.uint8)
    box = person.box
    return frame, Box(left + box.x_px * by_x, top + box.y_px * by_y, box.width_px * by_x, box.height_px * by_y)


def main() -> None:
    """Measure, and write the tables."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--out", type=Path, required=True, help="file for the tables")
    parser.add_argument("--dressed", type=int, default=160, help="number of dressed people (default: %(default)s)")
    parser.add_argument(
        "--limit", type=int, default=50, help="photographs of each folder of real_photos_more (default: %(default)s)"
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detector = make_detector(FacesSettings(finder=DetectorKind.LOOKOUT))
    scorers = [Scorer.load(name) for name in BUNDLES]
    dressed = cast.dressed_people(arguments.patches, arguments.data, Split.VAL, _SEED)
    people = [("photographs", person) for person in photographs(arguments.data, arguments.limit)]
    people += [("dressed faces", person) for person in islice(dressed, arguments.dressed)]
    sightings: list[Sighting] = []
    for sighting in measure(people, detector, scorers):
        sightings.append(sighting)
        if len(sightings) % (20 * len(WIDTHS_PX) * len(BUNDLES)) == 0:
            print_progress(f"{len(sightings) // (len(WIDTHS_PX) * len(BUNDLES))} of {len(people)} people")
    lines = []
    for name in BUNDLES:
        for kind in ("photographs", "dressed faces", ""):
            own = [one for one in sightings if one.bundle == name and one.kind in (kind or one.kind)]
            count = len(own) // len(WIDTHS_PX)
            lines += [f"\n{name}, {kind or 'both'} ({count} people); least width {least_width(own)} px\n", *table(own)]
            arguments.out.write_text("\n".join(lines) + "\n")
    print_progress(f"the tables are in {arguments.out}")


if __name__ == "__main__":
    main()
