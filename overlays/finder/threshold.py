"""Which confidence is enough: the least that leaves few enough false finds, on pictures that only validate.

Crowds hold real faces that nobody annotated, so what YuNet sees there as well is not counted as false.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from binarycop.faces.base import Finder
from binarycop.faces.box import Box
from binarycop.faces.yunet import YuNet
from binarycop.frames.picture import read_picture
from overlays.finder import halves
from overlays.finder.halves import Part
from overlays.synthesis import faces
from overlays.synthesis.faces import Split
from overlays.synthesis.patches import YUNET

FALSE_MOST = 0.1
"""False finds per picture; the issue's bound."""
_SEEN_BY_YUNET, _SHARED = 0.3, 0.3
_STEPS = np.round(np.arange(0.2, 0.9, 0.01), 2)


def choose(finder: Finder, data: Path, say: Callable[[str], None]) -> float:
    """The threshold, for a finder that was made with a lower one; says what it leaves."""
    yunet = YuNet(data / YUNET, longer_px=448, threshold=_SEEN_BY_YUNET)
    crowds = {one.path: one.faces for one in halves.annotated(data, Part.VALIDATE)}
    portraits = [data / one.name for one in faces.bare(data) if one.split is Split.VAL]
    false = []
    for path in [*crowds, *portraits]:
        pixels = read_picture(path)
        real = [face.box for face in crowds.get(path, ()) if face.box is not None]
        real += [face.box for face in yunet.find(pixels)]
        false += [find.confidence for find in finder.find(pixels) if not _is_any(find.box, real)]
    count = len(crowds) + len(portraits)
    left = (np.array(false)[:, None] >= _STEPS).sum(axis=0)
    if left[-1] > FALSE_MOST * count:
        raise ValueError(f"{left[-1]} false finds in {count} pictures are left even at {_STEPS[-1]}: train for longer")
    at = int(np.argmax(left <= FALSE_MOST * count))
    say(f"threshold {_STEPS[at]:.2f} leaves {left[at]} false finds in {count} pictures")
    return float(_STEPS[at])


def _is_any(box: Box, real: list[Box]) -> bool:
    return any(box.overlap(one) >= _SHARED for one in real)
