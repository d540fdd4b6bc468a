"""The part of a self-test that begins with a picture: a drawn head is cut with the bundle's geometry and classified.

The golden vectors are crops already. So without this, a bundle with a wrong geometry would fail only at the first face.
"""

import numpy as np

from binarycop.bundle.files import Bundle
from binarycop.classes import LABELS
from binarycop.classifier.base import Classifier
from binarycop.detection.views import VIEWS, cut_views
from binarycop.errors import BundleError
from binarycop.frames.drawing import Head, Mask, draw
from binarycop.frames.drawing.appearance import Hair, MaskPattern
from binarycop.geometry import SIDE_PX, Box

_WIDTH_PX, _HEIGHT_PX, _FACE_PX = 320, 240, 90.0
_SMALLEST_PX, _LARGEST_PX = 1.0, 2.0 * _WIDTH_PX
_DARKEST, _BRIGHTEST = 60, 200  # of the wall behind the head
# Written out: numpy's random numbers would bring 7 MB into the daemon, which needs them for nothing else.
_MASK = Mask(
    top_y=0.48,
    side_y=0.55,
    bottom_y=1.07,
    fullness=0.01,
    colour=(166, 131, 70),
    ink=(35, 11, 21),
    pattern=MaskPattern.PLAIN,
    folds=3,
    valve=False,
)
_HEAD = Head(
    skin=(96, 132, 186),
    hair_colour=(51, 90, 129),
    clothes=(156, 150, 123),
    half_width=0.36,
    jaw=2.7,
    hair=Hair.LONG,
    beard=False,
    glasses=False,
    smile=0.85,
    yaw=0.27,
    roll=4.5,
    light=0.05,
    mask=_MASK,
)


def check_crops(bundle: Bundle, classifier: Classifier) -> int:
    """Cut and classify a drawn face: in the middle, at each edge, outside, very small and very large.

    Returns the number of crops. Raises BundleError if one cannot be cut, or its scores are not possible ones;
    BackendError if the accelerator fails.
    """
    down = np.linspace(_DARKEST, _BRIGHTEST, _HEIGHT_PX).astype(np.uint8)[:, None, None]
    picture = np.repeat(np.repeat(down, _WIDTH_PX, axis=1), 3, axis=2)
    middle = _WIDTH_PX / 2, _HEIGHT_PX / 2
    face = draw(picture, _HEAD, *middle, _FACE_PX)
    size_px = face.longer_px
    edges = [(x, y) for x in (0.0, middle[0], _WIDTH_PX) for y in (0.0, middle[1], _HEIGHT_PX)]
    places = [*edges, (-size_px, -size_px), (_WIDTH_PX + size_px, _HEIGHT_PX + size_px)]
    boxes = [face, *(Box.centred(x, y, size_px, size_px) for x, y in places)]
    boxes += [Box.centred(*middle, side_px, side_px) for side_px in (_SMALLEST_PX, _LARGEST_PX)]
    geometry = bundle.manifest.crop
    crops = np.empty((len(boxes), SIDE_PX, SIDE_PX, 3), np.uint8)
    for index, box in enumerate(boxes):
        try:
            crops[index] = cut_views(picture, box, geometry, len(VIEWS))[0]
        except Exception as error:  # of numpy, OpenCV or Python: any of them would end the daemon at a face
            where = f"margin {geometry.margin:g}, shift_y {geometry.shift_y:g}"
            raise BundleError(bundle.folder, f"no face can be cut with {where}: {error}") from error
    scores, limit = classifier.scores(crops), bundle.manifest.layers[-1].fan_in
    if scores.shape != (len(boxes), len(LABELS)) or np.abs(scores).max() > limit:
        reason = f"{classifier.name} gives scores for faces that are not from {-limit} to {limit}"
        raise BundleError(bundle.folder, reason)
    return len(boxes)
