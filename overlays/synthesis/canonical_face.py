"""The canonical face plane: the landmarks of an average face, and the map between the plane and a picture.

Masks are drawn flat on this plane and warped onto each face with its landmarks. x = 0 is the middle of the face, y = 0
the top of the forehead and y = 1 the chin; the unit is the height of the face. The positions are the mean of
mediapipe's mesh over the webmorph faces (neutral, frontal), made symmetric.
"""

import numpy as np
from numpy.typing import NDArray

NOSE_TIP_Y, NOSE_END_Y, UPPER_LIP_Y, LOWER_LIP_Y, CHIN_Y = 0.548, 0.593, 0.68, 0.786, 1.0
JAW = np.array(
    [
        *((0.417, 0.465), (0.412, 0.554), (0.399, 0.649), (0.372, 0.746), (0.334, 0.82), (0.29, 0.873)),
        *((0.234, 0.919), (0.186, 0.95), (0.134, 0.976), (0.076, 0.994), (0.0, 1.0)),
    ]
)
"""Half of the face's outline from the ear to the chin, (11, 2)."""

# Position by number of the point in mediapipe's mesh. Points off the middle are pairs: image left, image right.
_MIDDLE = {10: 0.0, 168: 0.29, 6: 0.334, 197: 0.375, 195: 0.413, 5: 0.455, 1: 0.548, 2: 0.593, 164: 0.621, 0: 0.681}
_MIDDLE |= {17: 0.786, 18: 0.828, 200: 0.874, 199: 0.927, 152: 1.0}
_SIDES = {
    (33, 263): (0.275, 0.326), (133, 362): (0.106, 0.333), (61, 291): (0.148, 0.731), (234, 454): tuple(JAW[0]),
    (93, 323): tuple(JAW[1]), (132, 361): tuple(JAW[2]), (58, 288): tuple(JAW[3]), (172, 397): tuple(JAW[4]),
    (136, 365): tuple(JAW[5]), (150, 379): tuple(JAW[6]), (149, 378): tuple(JAW[7]), (176, 400): tuple(JAW[8]),
    (129, 358): (0.122, 0.545), (119, 348): (0.202, 0.438), (50, 280): (0.293, 0.528), (205, 425): (0.24, 0.575),
}  # fmt: skip
INDICES = np.array([*_MIDDLE, *(left for left, _ in _SIDES), *(right for _, right in _SIDES)])
POSITIONS = np.array(
    [(0.0, y) for y in _MIDDLE.values()] + [(-x, y) for x, y in _SIDES.values()] + [(x, y) for x, y in _SIDES.values()]
)
_STIFFNESS = 3e-3  # the map need not hit the landmarks exactly; otherwise it folds over on a turned head


def to_plane(mesh: NDArray[np.float32], pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    """The canonical positions (N, 2) of a picture's pixels (N, 2), which may also lie outside the face.

    mesh: (468, 2 or 3) landmarks in pixels.
    """
    return _bend(mesh[INDICES, :2].astype(np.float64), POSITIONS, pixels)


def to_picture(mesh: NDArray[np.float32], positions: NDArray[np.float64]) -> NDArray[np.float32]:
    """The pixels (N, 2) of canonical positions (N, 2) in a picture: almost the inverse of ``to_plane``."""
    return _bend(POSITIONS, mesh[INDICES, :2].astype(np.float64), positions)


def _bend(
    sources: NDArray[np.float64], targets: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Map points (N, 2) with the smoothed thin-plate spline (Bookstein 1989) from sources to targets, (K, 2) each."""
    centre, scale = sources.mean(axis=0), sources.std()
    sources = (sources - centre) / scale
    count = len(sources)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(sources, sources) + _STIFFNESS * count * np.eye(count)
    system[:count, count] = system[count, :count] = 1
    system[:count, count + 1 :] = sources
    system[count + 1 :, :count] = sources.T
    weights = np.linalg.solve(system, np.concatenate([targets, np.zeros((3, 2))]))
    placed = (points - centre) / scale
    bent = _kernel(placed, sources) @ weights[:count]
    moved: NDArray[np.float32] = (bent + weights[count] + placed @ weights[count + 1 :]).astype(np.float32)
    return moved


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    square = ((a[:, None] - b[None]) ** 2).sum(axis=2)
    kernel: NDArray[np.float64] = square * np.log(square + 1e-12)
    return kernel
