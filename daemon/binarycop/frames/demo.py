"""The built-in demo: four drawn people walk up to the gate, one for each way of wearing a mask."""

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
"""Where the face of a person stands who is at the gate, in pixels of the demo's frames."""

_EMPTY_S, _COMING_S, _STANDING_S, _LEAVING_S = 1.2, 1.2, 2.0, 1.0
_FAR = 0.35  # a face's size where it first shows, as a share of its size at the spot
_NOISE_GREY = 3.0


@dataclass(frozen=True)
class Visit:
    """One person: seen from ``from_s`` to ``to_s``, at the spot from ``at_spot_s`` to ``leaves_s``; the demo's time."""

    wearing: MaskClass
    from_s: float
    at_spot_s: float
    leaves_s: float
    to_s: float


def passages() -> tuple[Visit, ...]:
    """Who comes when, in order; the same for every seed."""
    every_s = _COMING_S + _STANDING_S + _LEAVING_S + _EMPTY_S
    starts_s = [_EMPTY_S + index * every_s for index in range(len(MaskClass))]
    return tuple(
        Visit(
            wearing=wearing,
            from_s=start_s,
            at_spot_s=start_s + _COMING_S,
            leaves_s=start_s + _COMING_S + _STANDING_S,
            to_s=start_s + _COMING_S + _STANDING_S + _LEAVING_S,
        )
        for wearing, start_s in zip(MaskClass, starts_s)
    )


class Demo:
    """A recording that is drawn while it plays: (240, 320, 3), 20 frames per second, the same for the same seed."""

    name = "demo"
    is_live = False

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        rng = np.random.default_rng(seed)
        self._room = background(rng, WIDTH_PX, HEIGHT_PX)
        self._passages = passages()
        self._heads = tuple(_at_the_gate(Head.random(rng, passage.wearing)) for passage in self._passages)
        self._frames = round((self._passages[-1].to_s + _EMPTY_S) * RATE_HZ)
        self._number = 0

    def read(self) -> Frame | None:
        """See ``Source.read``."""
        if self._number >= self._frames:
            return None
        number, self._number = self._number, self._number + 1
        now_s = number / RATE_HZ
        return Frame(self._picture(now_s, number), now_s, number)

    def close(self) -> None:
        """See ``Source.close``."""
        self._number = self._frames

    def _picture(self, now_s: float, number: int) -> NDArray[np.uint8]:
        scene = self._room.copy()
        for passage, head in zip(self._passages, self._heads):
            if passage.from_s <= now_s < passage.to_s:
                draw(scene, head, *_place(passage, now_s))
        # A generator of its own for each frame: its noise hangs on its number alone.
        return add_sensor_noise(scene, np.random.default_rng((self._seed, number)), noise=_NOISE_GREY)


def _at_the_gate(head: Head) -> Head:
    """Whoever wants to pass looks at the gate: nearly straight."""
    return replace(head, yaw=0.3 * head.yaw, roll=0.5 * head.roll)


def _place(passage: Visit, now_s: float) -> tuple[float, float, float]:
    """Centre x, y and height of the face, in pixels."""
    spot_x_px, spot_y_px = SPOT.centre
    if now_s < passage.at_spot_s:
        share = _eased((now_s - passage.from_s) / _COMING_S)
        size = _FAR + (1 - _FAR) * share
        return spot_x_px - 30 * (1 - share), spot_y_px - 25 * (1 - share), SPOT.height_px * size
    if now_s < passage.leaves_s:
        since_s = now_s - passage.at_spot_s
        sway_x_px = 2.0 * math.sin(2 * math.pi * 0.5 * since_s)
        sway_y_px = 1.0 * math.sin(2 * math.pi * 0.8 * since_s)
        return spot_x_px + sway_x_px, spot_y_px + sway_y_px, SPOT.height_px
    share = _eased((now_s - passage.leaves_s) / _LEAVING_S)
    return spot_x_px + 270 * share, spot_y_px, SPOT.height_px * (1 - 0.3 * share)


def _eased(share: float) -> float:
    """From 0 to 1 as one who sets off and stops does."""
    return share * share * (3 - 2 * share)
