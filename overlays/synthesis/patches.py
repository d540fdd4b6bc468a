"""Faces cut out ready to be dressed: a square patch, the face's box in it as the finder gives it, its canonical map.

Made once from the pictures and their landmarks, and kept in one file:

    python -m overlays.synthesis.patches --data ../shared/data --landmarks work/landmarks.npz --out work/patches.npz
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import largest_face
from binarycop.detection.yunet import YuNet
from binarycop.geometry import Box
from overlays.synthesis import faces, landmarks, plane
from overlays.synthesis.canonical_face import to_picture, to_plane
from overlays.synthesis.faces import Portrait, Split

SIDE_PX = 128
_SPAN = 2.0  # the patch's side in multiples of the box's longer side
_GRID = 32
LEAST_PX = 32
_MOST_TURNED, _LEAST_OVERLAP = 0.8, 0.4
YUNET = Path("models") / "face_detection_yunet_2023mar.onnx"


@dataclass(frozen=True)
class Patches:
    """N faces.

    pixels: (N, 128, 128, 3) uint8 BGR. boxes: (N, 4) float32, x, y, width, height in the patch.
    planes: (N, 32, 32, 2) float32, the canonical place of every fourth pixel. pictures: (N, 32, 32, 2) float32, the
    pixel of every fifth place of the drawn plane. Both are not a number where a real mask hides the landmarks.
    turns: (N,) float32, how far the head is turned, -1 to 1, 0 straight ahead. splits, identities: (N,) text.
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
        """(N,) whether the face is bare, and may be dressed; the others wear real masks."""
        return ~np.char.startswith(self.identities, faces.MASKED)

    @property
    def is_mapped(self) -> NDArray[np.bool_]:
        """(N,) whether the face's landmarks are known."""
        return ~np.isnan(self.planes[:, 0, 0, 0])

    def of(self, split: Split) -> "Patches":
        """Those of one split."""
        chosen = self.splits == split.value
        return Patches(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def load(file: Path) -> Patches:
    """Read what ``main`` kept."""
    with np.load(file, allow_pickle=False) as stored:
        return Patches(**{name: stored[name] for name in stored.files})


def picture_map(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """The pixel of each place of the drawn plane, (160, 160, 2), from the kept (32, 32, 2)."""
    fine: NDArray[np.float32] = cv2.resize(coarse, (plane.SIDE_PX, plane.SIDE_PX), interpolation=cv2.INTER_LINEAR)
    return fine


def plane_map(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """The canonical place of each pixel of a patch, (128, 128, 2), from the kept (32, 32, 2)."""
    fine: NDArray[np.float32] = cv2.resize(coarse, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
    return fine


def _cut(picture: NDArray[np.uint8], box: Box) -> tuple[NDArray[np.uint8], float, NDArray[np.float64]]:
    """The patch around a box, pixels per pixel, and the patch's place of the picture's origin."""
    scale = SIDE_PX / (_SPAN * max(box.width_px, box.height_px))
    origin = SIDE_PX / 2 - np.array(box.centre) * scale
    # A picture finer than the patch is averaged first, since an affine warp only samples.
    if scale < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 / scale)
    matrix = np.array([[scale, 0, origin[0]], [0, scale, origin[1]]])
    patch = cv2.warpAffine(picture, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.uint8), scale, origin


def _rows(
    data: Path, portraits: list[Portrait], meshes: dict[str, NDArray[np.float32]]
) -> Iterator[tuple[object, ...]]:
    """One row of ``Patches`` per picture in which the daemon's own finder sees the face."""
    finder = YuNet(data / YUNET, longer_px=320, threshold=0.6)
    nodes = (np.arange(_GRID) + 0.5) * SIDE_PX / _GRID - 0.5
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    steps = (np.arange(_GRID) + 0.5) * plane.SIDE_PX / _GRID / plane.UNIT_PX
    drawn = np.stack(np.meshgrid(steps + plane.LEFT, steps + plane.TOP), axis=-1).reshape(-1, 2)
    shape = (_GRID, _GRID, 2)
    for portrait in portraits:
        picture = np.asarray(cv2.imread(str(data / portrait.name)), np.uint8)
        face = largest_face(finder.detect(picture), LEAST_PX)
        mesh = meshes.get(portrait.name)
        is_dressed = portrait.identity.startswith(faces.MASKED)
        if face is None or (mesh is None and not is_dressed):
            continue
        patch, scale, origin = _cut(picture, face.box)
        box = _placed(face.box, scale, origin)
        placed = None if mesh is None else mesh[:, :2] * scale + origin
        if placed is not None and _is_usable(placed, Box(*box)):
            known, turn = placed.astype(np.float32), _turn(placed)
            to, back = to_plane(known, grid).reshape(shape), to_picture(known, drawn).reshape(shape)
        elif is_dressed:
            to, back, turn = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32), 0.0
        else:
            continue
        yield patch, box, to, back, turn, portrait.split.value, portrait.identity


def _is_usable(mesh: NDArray[np.float64], box: Box) -> bool:
    """Whether the mesh is of the face that the finder found, and no profile: a flat mask cannot be bent onto one."""
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    return Box(*low, *(high - low)).iou(box) >= _LEAST_OVERLAP and abs(_turn(mesh)) <= _MOST_TURNED


def _turn(mesh: NDArray[np.float64]) -> float:
    """Where the nose lies between the face's edges: 0 in the middle, ±1 at one of them."""
    left, right, nose = mesh[[*landmarks.EARS, landmarks.NOSE]]
    across = right - left
    return float(2 * ((nose - left) @ across) / max(float(across @ across), 1e-6) - 1)


def _placed(box: Box, scale: float, origin: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x, y = np.array([box.x_px, box.y_px]) * scale + origin
    return float(x), float(y), box.width_px * scale, box.height_px * scale


def main() -> None:
    """Cut all faces and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--landmarks", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--noncommercial", action="store_true", help="with UTKFace, whose licence is for research only")
    arguments = parser.parse_args()
    portraits = faces.bare(arguments.data, noncommercial=arguments.noncommercial)
    portraits += faces.correctly_masked(arguments.data)
    rows = list(_rows(arguments.data, portraits, landmarks.load(arguments.landmarks)))
    names = tuple(Patches.__dataclass_fields__)
    types = (np.uint8, np.float32, np.float32, np.float32, np.float32, np.str_, np.str_)
    columns = {name: np.asarray(column, kind) for name, kind, column in zip(names, types, zip(*rows))}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.out, allow_pickle=False, **columns)
    print(f"{len(rows)} of {len(portraits)} faces kept in {arguments.out}")


if __name__ == "__main__":
    main()
