"""The map onto the canonical plane, at different scales, rotations and shifts of the picture."""

import numpy as np
import pytest
from numpy.typing import NDArray

from overlays.synthesis import canonical_face


def _mesh(scale: float, turn: float, shift: tuple[float, float]) -> NDArray[np.float32]:
    """The mesh of an average face in a picture; unused points are at 0."""
    sine, cosine = np.sin(turn), np.cos(turn)
    mesh = np.zeros((468, 2), np.float32)
    mesh[canonical_face.INDICES] = (
        scale * canonical_face.POSITIONS @ np.array([[cosine, sine], [-sine, cosine]]) + shift
    )
    return mesh


@pytest.mark.parametrize(("scale", "turn", "shift"), [(60.0, 0.0, (64.0, 30.0)), (200.0, 0.4, (10.0, -50.0))])
def test_the_landmarks_of_an_average_face_map_to_their_canonical_positions(
    scale: float, turn: float, shift: tuple[float, float]
) -> None:
    mesh = _mesh(scale, turn, shift)
    got = canonical_face.to_plane(mesh, mesh[canonical_face.INDICES].astype(np.float64))
    assert np.abs(got - canonical_face.POSITIONS).max() < 0.01


def test_outside_the_face_the_map_is_linear() -> None:
    mesh = _mesh(100.0, 0.0, (0.0, 0.0))
    below_the_chin = canonical_face.to_plane(mesh, np.array([[0.0, 130.0], [0.0, 160.0]]))
    assert np.abs(below_the_chin - [[0.0, 1.3], [0.0, 1.6]]).max() < 0.05


def test_a_moved_landmark_moves_only_its_surroundings() -> None:
    mesh = _mesh(100.0, 0.0, (0.0, 0.0))
    chin = np.array([[0.0, 100.0], [0.0, 30.0]])
    before = canonical_face.to_plane(mesh, chin)
    mesh[152] += (0, 12)  # a longer chin
    after = canonical_face.to_plane(mesh, chin)
    assert after[0, 1] < before[0, 1] - 0.02
    assert abs(after[1, 1] - before[1, 1]) < 0.02


def test_each_landmark_is_used_once() -> None:
    assert len(set(canonical_face.INDICES.tolist())) == len(canonical_face.INDICES) == len(canonical_face.POSITIONS)
