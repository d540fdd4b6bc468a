"""The part of a self-test that begins with a picture: a drawn head is cut with the bundle's geometry and classified.

The golden vectors are crops already. So without this, a bundle whose geometry fails would be noticed at the first face.
"""

import numpy as np

from binarycop.bundle.files import Bundle
from binarycop.classes import LABELS, MaskClass
from binarycop.classifier.base import Classifier
from binarycop.detection.views import VIEWS, cut_views
from binarycop.errors import BundleError
from binarycop.frames.drawing import Head, background, draw
from binarycop.geometry import SIDE_PX, Box

_WIDTH_PX, _HEIGHT_PX, _FACE_PX = 320, 240, 90.0
_SMALLEST_PX, _LARGEST_PX = 1.0, 2.0 * _WIDTH_PX


def check_crops(bundle: Bundle, classifier: Classifier) -> int:
    """Cut and classify a drawn face: in the middle, at each edge, outside, very small and very large.

    Returns the number of crops. Raises BundleError if one cannot be cut, or its scores are not possible ones;
    BackendError if the accelerator fails.
    """
    rng = np.random.default_rng(0)
    picture = background(rng, _WIDTH_PX, _HEIGHT_PX)
    middle = _WIDTH_PX / 2, _HEIGHT_PX / 2
    face = draw(picture, Head.random(rng, MaskClass.CORRECT), *middle, _FACE_PX)
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
        except Exception as error:  # of numpy, OpenCV or Python: whatever it is would end the daemon at a face
            where = f"margin {geometry.margin:g}, shift_y {geometry.shift_y:g}"
            raise BundleError(bundle.folder, f"no face can be cut with {where}: {error}") from error
    scores, limit = classifier.scores(crops), bundle.manifest.layers[-1].fan_in
    if scores.shape != (len(boxes), len(LABELS)) or np.abs(scores).max() > limit:
        reason = f"{classifier.name} gives scores for faces that are not from {-limit} to {limit}"
        raise BundleError(bundle.folder, reason)
    return len(boxes)
