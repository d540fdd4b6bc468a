"""The built-in demo: four drawn people walk up to the gate, one for each class."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.frames.base import Frame
from binarycop.frames.drawing import Head, add_sensor_noise, background, draw
from binarycop.geometry import Box

WIDTH_PX, HEIGHT_PX, RATE_HZ = 320, 240, 20
SPOT = Box(x_px=114.0, y_px=54.0, width_px=92.0, height_px=118.0)
"""The place of a face at the gate, in pixels of the demo's frames."""

_EMPTY_S, _ARRIVING_S, _STANDING_S, _LEAVING_S = 1.2, 1.2, 2.0, 1.0
_FIRST_SIZE = 0.35  # a face's size when it appears, as a share of its size at the spot
_NOISE_GREY_LEVELS = 3.0


@dataclass(frozen=True)
class Visit:
    """One person: visible from ``from_s`` to ``to_s``, at the spot from ``at_spot_s`` to ``leaves_s``."""

    mask_class: MaskClass
    from_s: float
    at_spot_s: float
    leaves_s: float
    to_s: float


def visits() -> tuple[Visit, ...]:
    """All visits in order; the same for every seed."""
    period_s = _ARRIVING_S + _STANDING_S + _LEAVING_S + _EMPTY_S
    starts_s = [_EMPTY_S + index * period_s for index in range(len(MaskClass))]
    return tuple(
        Visit(
            mask_class=mask_class,
            from_s=start_s,
            at_spot_s=start_s + _ARRIVING_S,
            leaves_s=start_s + _ARRIVING_S + _STANDING_S,
            to_s=start_s + _ARRIVING_S + _STANDING_S + _LEAVING_S,
        )
        for mask_class, start_s in zip(MaskClass, starts_s)
    )


class Demo:
    """A recording that is drawn while it is read: (240, 320, 3), 20 frames per second, the same for the same seed."""

    name = "demo"
    is_live = False
    mode = "drawn"

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        rng = np.random.default_rng(seed)
        self._room = background(rng, WIDTH_PX, HEIGHT_PX)
        self._visits = visits()
        self._heads = tuple(_at_the_gate(Head.random(rng, visit.mask_class)) for visit in self._visits)
        self._frames = round((self._visits[-1].to_s + _EMPTY_S) * RATE_HZ)
        self._number = 0

    def read(self) -> Frame | None:
        """See ``Source.read``."""
        if self._number >= self._frames:
            return None
        number, self._number = self._number, self._number + 1
        now_s = number / RATE_HZ
        return Frame(self._picture(now_s, number), now_s, number)

    @property
    def share_read(self) -> float:
        """See ``Recording``."""
        return self._number / self._frames

    def drop_waiting(self) -> None:
        """See ``Source.drop_waiting``."""

    def close(self) -> None:
        """See ``Source.close``."""
        self._number = self._frames

    def _picture(self, now_s: float, number: int) -> NDArray[np.uint8]:
        scene = self._room.copy()
        for visit, head in zip(self._visits, self._heads):
            if visit.from_s <= now_s < visit.to_s:
                draw(scene, head, *_position(visit, now_s))
        # Each frame has its own generator, so that its noise depends on its number alone.
        return add_sensor_noise(scene, np.random.default_rng((self._seed, number)), noise=_NOISE_GREY_LEVELS)


def _at_the_gate(head: Head) -> Head:
    """The head turned nearly straight, as people look at the gate."""
    return replace(head, yaw=0.3 * head.yaw, roll=0.5 * head.roll)


def _position(visit: Visit, now_s: float) -> tuple[float, float, float]:
    """Centre x, y and height of the face, in pixels."""
    spot_x_px, spot_y_px = SPOT.centre
    if now_s < visit.at_spot_s:
        share = _eased((now_s - visit.from_s) / _ARRIVING_S)
        size = _FIRST_SIZE + (1 - _FIRST_SIZE) * share
        return spot_x_px - 30 * (1 - share), spot_y_px - 25 * (1 - share), SPOT.height_px * size
    if now_s < visit.leaves_s:
        since_s = now_s - visit.at_spot_s
        sway_x_px = 2.0 * math.sin(2 * math.pi * 0.5 * since_s)
        sway_y_px = 1.0 * math.sin(2 * math.pi * 0.8 * since_s)
        return spot_x_px + sway_x_px, spot_y_px + sway_y_px, SPOT.height_px
    share = _eased((now_s - visit.leaves_s) / _LEAVING_S)
    return spot_x_px + 270 * share, spot_y_px, SPOT.height_px * (1 - 0.3 * share)


def _eased(share: float) -> float:
    """Ease in and out: maps 0..1 to 0..1 with speed 0 at both ends."""
    return share * share * (3 - 2 * share)
