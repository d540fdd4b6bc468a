"""Faces that can be dressed: a square patch of each, the face's box in it, and its map to the canonical plane.

They are cut once from the pictures, with their landmarks, and stored in one file:

    python -m overlays.synthesis.patches --data ../shared/data --landmarks work/landmarks.npz --out work/patches.npz
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import largest_face
from binarycop.detection.yunet import YuNet
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from overlays import stored
from overlays.command_line import add_data_option, make_parser, with_progress
from overlays.detector.pose_augmentation import rotate_head_and_mesh
from overlays.synthesis import faces, landmarks, plane
from overlays.synthesis.canonical_face import to_picture, to_plane
from overlays.synthesis.faces import Portrait, Split

SIDE_PX = 128
_SPAN = 2.0  # side of a patch, in longer sides of the box
_GRID = 32
MIN_FACE_PX = 32
# Masks still look right up to 1.35, by eye; the detector's boxes of full profiles and their landmarks differ too much.
_MAX_TURN, _MIN_IOU = 1.35, 0.4
_ROTATED_FACE_PX = 110.0
_YAW_DEG, _PITCH_DEG = (15.0, 60.0), 10.0  # of the view with a rotated head: from, to; standard deviation
_YUNET_LONGER_PX, _YUNET_THRESHOLD = 320, 0.6
_FRONTAL, _HALF = 0.25, 0.5  # some 15 and 30 degrees
TURNS = ("frontal", "some 15 to 30 degrees", "more")
"""Bands of ``Patches.turns``."""
YUNET = Path("models") / "face_detection_yunet_2023mar.onnx"


@dataclass(frozen=True)
class Patches:
    """N faces.

    pixels: (N, 128, 128, 3) uint8 BGR. boxes: (N, 4) float32, x, y, width and height in the patch.
    planes: (N, 32, 32, 2) float32, the canonical position of every fourth pixel. pictures: (N, 32, 32, 2) float32, the
    pixel of every fifth position of the drawn plane. Both are NaN if a real mask hides the landmarks.
    turns: (N,) float32, how far the head is turned: 0 is straight ahead, at ±1 the nose reaches the edge of the face.
    splits, identities: (N,) text.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    planes: NDArray[np.float32]
    pictures: NDArray[np.float32]
    turns: NDArray[np.float32]
    splits: NDArray[np.str_]
    identities: NDArray[np.str_]

    @property
    def is_bare(self) -> NDArray[np.bool_]:
        """(N,) whether the face is bare and can be dressed; the others wear real masks."""
        return ~np.char.startswith(self.identities, faces.MASKED)

    @property
    def is_mapped(self) -> NDArray[np.bool_]:
        """(N,) whether the face's landmarks are known."""
        return ~np.isnan(self.planes[:, 0, 0, 0])

    def of(self, split: Split) -> "Patches":
        """The faces of one split."""
        chosen = self.splits == split.value
        return Patches(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def load(file: Path) -> Patches:
    """Read the file that ``main`` wrote. Raises ValueError for another file."""
    return Patches(**stored.arrays(file, Patches.__dataclass_fields__))  # type: ignore[arg-type]


def picture_map(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """The pixel of each position of the drawn plane, (160, 160, 2), from the stored (32, 32, 2)."""
    fine: NDArray[np.float32] = cv2.resize(coarse, (plane.SIDE_PX, plane.SIDE_PX), interpolation=cv2.INTER_LINEAR)
    return fine


def plane_map(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """The canonical position of each pixel of a patch, (128, 128, 2), from the stored (32, 32, 2)."""
    fine: NDArray[np.float32] = cv2.resize(coarse, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
    return fine


def _cut(picture: NDArray[np.uint8], box: Box) -> tuple[NDArray[np.uint8], float, NDArray[np.float64]]:
    """The patch around a box, its scale (patch pixels per picture pixel), and the picture's origin in the patch."""
    scale = SIDE_PX / (_SPAN * max(box.width_px, box.height_px))
    origin = SIDE_PX / 2 - np.array(box.centre) * scale
    # An affine warp only samples, so a much larger picture is blurred first.
    if scale < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 / scale)
    matrix = np.array([[scale, 0, origin[0]], [0, scale, origin[1]]])
    patch = cv2.warpAffine(picture, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.uint8), scale, origin


def _rows(
    data: Path, portraits: list[Portrait], meshes: dict[str, NDArray[np.float32]]
) -> Iterator[tuple[object, ...]]:
    """A row of ``Patches`` for each picture in which YuNet finds the face, and one more with the head rotated."""
    detector = YuNet(data / YUNET, longer_px=_YUNET_LONGER_PX, threshold=_YUNET_THRESHOLD)
    nodes = (np.arange(_GRID) + 0.5) * SIDE_PX / _GRID - 0.5
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    steps = (np.arange(_GRID) + 0.5) * plane.SIDE_PX / _GRID / plane.UNIT_PX
    drawn = np.stack(np.meshgrid(steps + plane.LEFT, steps + plane.TOP), axis=-1).reshape(-1, 2)
    shape = (_GRID, _GRID, 2)
    for portrait in with_progress(portraits, "cutting faces"):
        mesh = meshes.get(portrait.name)
        has_real_mask = portrait.identity.startswith(faces.MASKED)
        if mesh is None and not has_real_mask:
            continue
        picture = read_picture(data / portrait.name)
        for pixels, landmarks_px in _views(portrait, picture, mesh):
            face = largest_face(detector.detect(pixels), MIN_FACE_PX)
            if face is None:
                continue
            patch, scale, origin = _cut(pixels, face.box)
            box = _placed(face.box, scale, origin)
            placed = None if landmarks_px is None else landmarks_px * scale + origin
            if placed is not None and _is_usable(placed, Box(*box)):
                known, turn = placed.astype(np.float32), turn_of(placed)
                to, back = to_plane(known, grid).reshape(shape), to_picture(known, drawn).reshape(shape)
            elif has_real_mask:
                to, back, turn = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32), 0.0
            else:
                continue
            yield patch, box, to, back, turn, portrait.split.value, portrait.identity


def _views(
    portrait: Portrait, picture: NDArray[np.uint8], mesh: NDArray[np.float32] | None
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32] | None]]:
    """The picture with its landmarks (468, 2), and the same with the head rotated, if the landmarks are known."""
    if mesh is None:
        yield picture, None
        return
    yield picture, mesh[:, :2]
    rng = np.random.default_rng(list(hashlib.sha256(portrait.name.encode()).digest()[:8]))
    # A patch has few pixels, and the rotation takes long in large pictures.
    factor = min(_ROTATED_FACE_PX / float(np.ptp(mesh[:, 1])), 1.0)
    small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    yaw = float(rng.uniform(*_YAW_DEG) * rng.choice((-1, 1)))
    yield rotate_head_and_mesh(small, mesh * np.float32(factor), yaw, float(rng.normal(0, _PITCH_DEG)))


def _is_usable(mesh: NDArray[np.float64], box: Box) -> bool:
    """Whether the mesh belongs to the found face, and the face is no full profile: a flat mask does not fit that."""
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    return Box(*low, *(high - low)).iou(box) >= _MIN_IOU and abs(turn_of(mesh)) <= _MAX_TURN


def band_of_turn(turn: float) -> str:
    """The band of a turn, from ``TURNS``; empty if it is not known (NaN)."""
    return "" if np.isnan(turn) else TURNS[(abs(turn) >= _FRONTAL) + (abs(turn) >= _HALF)]


def turn_of(mesh: NDArray[np.float64]) -> float:
    """The position of the nose between the edges of the face: 0 in the middle, ±1 at an edge."""
    left, right, nose = mesh[[*landmarks.EARS, landmarks.NOSE]]
    across = right - left
    return float(2 * ((nose - left) @ across) / max(float(across @ across), 1e-6) - 1)


def _placed(box: Box, scale: float, origin: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x, y = np.array([box.x_px, box.y_px]) * scale + origin
    return float(x), float(y), box.width_px * scale, box.height_px * scale


def main() -> None:
    """Cut all faces and store them."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    parser.add_argument("--landmarks", type=Path, required=True, help="file written by overlays.synthesis.landmarks")
    parser.add_argument("--out", type=Path, required=True, help="the file to write (.npz)")
    parser.add_argument("--noncommercial", action="store_true", help="add UTKFace, whose licence is for research only")
    arguments = parser.parse_args()
    portraits = faces.bare(arguments.data, noncommercial=arguments.noncommercial)
    portraits += faces.correctly_masked(arguments.data)
    rows = list(_rows(arguments.data, portraits, landmarks.load(arguments.landmarks)))
    names = tuple(Patches.__dataclass_fields__)
    types = (np.uint8, np.float32, np.float32, np.float32, np.float32, np.str_, np.str_)
    columns = {name: np.asarray(column, kind) for name, kind, column in zip(names, types, zip(*rows))}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.out, allow_pickle=False, **columns)
    print(f"{len(rows)} of {len(portraits)} faces stored in {arguments.out}")


if __name__ == "__main__":
    main()
