"""How photographs in ordinary light are exposed: quantiles for the limits of detection/light_limits.py.

python -m overlays.detector.photo_light --data ../shared/data
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector, largest_face
from binarycop.detection.exposure import exposure_of
from binarycop.detection.light_limits import BACKLIT, BACKLIT_BRIGHTNESS
from binarycop.detection.lookout.detector import Lookout
from binarycop.settings.faces import EngineKind, LookoutSettings

FIGURES = ("face", "face clipped", "behind", "behind clipped", "backlight", "height of width")
SHARES = (0.01, 0.05, 0.1, 0.5, 0.9, 0.95, 0.99)
_LEAST_PX = 16


def figures_of(pictures: Iterable[NDArray[np.uint8]], detector: Detector) -> NDArray[np.float64]:
    """One row of ``FIGURES`` for each picture, (H, W, 3) uint8 BGR, that shows a face with a background."""
    return np.array([row for picture in pictures if (row := _row(picture, detector))]).reshape(-1, len(FIGURES))


def table(figures: NDArray[np.float64]) -> list[str]:
    """The quantiles of each figure, and how many faces count as backlit."""
    lines = [f"{len(figures)} pictures" + "".join(f"{share:>9.0%}" for share in SHARES)]
    for name, column in zip(FIGURES, figures.T):
        lines.append(f"{name:<16}" + "".join(f"{value:9.2f}" for value in np.quantile(column, SHARES)))
    is_backlit = (figures[:, 4] >= BACKLIT) & (figures[:, 0] < BACKLIT_BRIGHTNESS)
    return [*lines, f"backlit: {is_backlit.sum()}; twice as bright behind: {(figures[:, 4] >= BACKLIT).sum()}"]


def _row(picture: NDArray[np.uint8], detector: Detector) -> list[float] | None:
    face = largest_face(detector.detect(picture), _LEAST_PX)
    if face is None:
        return None
    exposure = exposure_of(picture, face.box)
    tones, backlight = (exposure.face, exposure.background), exposure.backlight
    if backlight is None:
        return None
    values = [value for tone in tones if tone is not None for value in (tone.brightness, tone.clipped)]
    return [*values, backlight, face.box.height_px / face.box.width_px]


def _read(folder: Path) -> Iterator[NDArray[np.uint8]]:
    for path in sorted(folder.rglob("*")):
        picture = cv2.imread(str(path)) if path.is_file() else None
        if picture is not None:
            yield np.asarray(picture, np.uint8)


def main() -> None:
    """Print the table of ``real_photos``."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True, help="the folder with real_photos/")
    options = arguments.parse_args()
    lookout = LookoutSettings()
    detector = Lookout.load(EngineKind.AUTO, longer_px=lookout.longer_px, threshold=lookout.threshold)
    for line in table(figures_of(_read(options.data / "real_photos"), detector)):
        print(line)


if __name__ == "__main__":
    main()
