"""Face landmarks of the pictures: found once with mediapipe's mesh, kept in a file, read by the rest.

mediapipe needs numpy < 2, so finding runs in an environment of its own (see overlays/README.md):

    python -m overlays.synthesis.landmarks --data ../shared/data --out work/landmarks.npz
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

POINTS = 468
EARS, NOSE = (234, 454), 1
"""Landmarks of the mesh: where it ends before the left and the right ear of the picture, and the nose's tip."""
FOLDERS = (
    *("unmasked/fairface540", "unmasked/webmorph", "unmasked/chandrikadeb7", "unmasked/utkface_nc"),
    "masked/chandrikadeb7",
)
_PAD = 0.3  # tight crops show the mesh's own detector too little; what is added repeats the edge


def find(paths: Iterable[Path]) -> dict[Path, NDArray[np.float32]]:
    """The mesh of each picture that shows a face, (468, 3) float32: x and y in pixels, z towards the back likewise.

    Raises ImportError where mediapipe is not installed.
    """
    import mediapipe  # type: ignore[import-not-found]  # noqa: PLC0415 - absent from the training environment

    found = {}
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1) as mesh:
        for path in paths:
            picture = cv2.imread(str(path))
            if picture is None:
                continue
            pad = round(_PAD * max(picture.shape[:2]))
            padded = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
            height, width = padded.shape[:2]
            faces = mesh.process(np.ascontiguousarray(padded[:, :, ::-1])).multi_face_landmarks
            if faces:
                points = [(one.x * width - pad, one.y * height - pad, one.z * width) for one in faces[0].landmark]
                found[path] = np.asarray(points[:POINTS], np.float32)
    return found


def save(file: Path, data: Path, meshes: dict[Path, NDArray[np.float32]]) -> None:
    """Write meshes with their paths relative to ``data``."""
    names = [str(path.relative_to(data)) for path in meshes]
    np.savez_compressed(file, names=np.asarray(names), meshes=np.stack(list(meshes.values())))


def load(file: Path) -> dict[str, NDArray[np.float32]]:
    """The meshes by path relative to the data folder."""
    with np.load(file, allow_pickle=False) as stored:
        return dict(zip(stored["names"].tolist(), stored["meshes"]))


def main() -> None:
    """Find and keep the landmarks of all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    paths = [
        path
        for folder in FOLDERS
        for path in sorted((arguments.data / folder).glob("*"))
        if path.suffix.lower() in (".jpg", ".jpeg", ".png")
    ]
    meshes = find(paths)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    save(arguments.out, arguments.data, meshes)
    print(f"{len(meshes)} of {len(paths)} pictures show a face; kept in {arguments.out}")


if __name__ == "__main__":
    main()
