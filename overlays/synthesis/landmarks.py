"""Face landmarks of all pictures: found once with mediapipe's face mesh and stored in a file.

mediapipe needs numpy < 2, so this command runs in an environment of its own (see overlays/README.md):

    python -m overlays.synthesis.landmarks --data ../shared/data --out work/landmarks.npz
"""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.image import read_picture
from overlays import pictures, stored
from overlays.command_line import add_data_option, make_parser, with_progress

POINTS = 468
EARS, NOSE = (234, 454), 1
"""Numbers of landmarks: the edge of the mesh at the ears, left and right in the picture, and the tip of the nose."""
FOLDERS = (
    *("unmasked/fairface540", "unmasked/webmorph", "unmasked/chandrikadeb7", "unmasked/utkface_nc"),
    *("unmasked/sfhq_t2i", "unmasked/faker_synthetic", "unmasked/us_congress", "masked/chandrikadeb7"),
)
_PAD = 0.3  # of the longer side; mediapipe's detector misses faces in tight crops


def find(paths: Iterable[Path]) -> dict[Path, NDArray[np.float32]]:
    """The mesh of each picture that shows a face, (468, 3) float32: x, y and z in pixels, z away from the camera.

    Raises ImportError if mediapipe is not installed, UndecodableFrame if a picture cannot be read.
    """
    import mediapipe  # type: ignore[import-not-found]  # noqa: PLC0415 - absent from the training environment

    found = {}
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1) as mesh:
        for path in paths:
            picture = read_picture(path)
            pad = round(_PAD * max(picture.shape[:2]))
            padded = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
            height, width = padded.shape[:2]
            faces = mesh.process(np.ascontiguousarray(padded[:, :, ::-1])).multi_face_landmarks
            if faces:
                points = [
                    (point.x * width - pad, point.y * height - pad, point.z * width) for point in faces[0].landmark
                ]
                found[path] = np.asarray(points[:POINTS], np.float32)
    return found


def save(file: Path, data: Path, meshes: dict[Path, NDArray[np.float32]]) -> None:
    """Write meshes; paths are stored relative to ``data``."""
    names = [str(path.relative_to(data)) for path in meshes]
    np.savez_compressed(file, names=np.asarray(names), meshes=np.stack(list(meshes.values())))


def load(file: Path) -> dict[str, NDArray[np.float32]]:
    """The meshes by the picture's path relative to the data folder. Raises ValueError for another file."""
    found = stored.arrays(file, ("names", "meshes"))
    return dict(zip(found["names"].tolist(), np.asarray(found["meshes"], np.float32)))


def main() -> None:
    """Find the landmarks of all pictures and store them."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    parser.add_argument("--out", type=Path, required=True, help="the file to write (.npz)")
    folders = "folders of the data (default: all whose faces are trained on)"
    parser.add_argument("--folders", nargs="+", default=FOLDERS, help=folders)
    arguments = parser.parse_args()
    paths = [path for folder in arguments.folders for path in pictures.in_folder(arguments.data / folder)]
    meshes = find(with_progress(paths, "looking for landmarks"))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    save(arguments.out, arguments.data, meshes)
    print(f"{len(meshes)} of {len(paths)} pictures show a face; stored in {arguments.out}")


if __name__ == "__main__":
    main()
