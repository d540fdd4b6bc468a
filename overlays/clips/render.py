"""One clip: people who come nearer one after the other for two seconds, swaying, and walk off, before a wall.

In a queue the next one comes into sight, further away and to one side, a second after somebody has set out.
Pure: people and a generator in, frames out. The camera focuses and shakes, is noisy, and compresses afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.clips.people import Person

WIDTH_PX, HEIGHT_PX, RATE_HZ = 320, 240, 25
LEAD_S, COMES_S, STANDS_S, LEAVES_S, EMPTY_S = 0.6, 2.0, 0.4, 0.4, 0.8
FAR_PX, NEAR_PX = 40.0, 110.0
"""The longer side of a face's box as its owner comes into sight, and at the gate."""
_SOFT = 0.18  # how far a picture's edge fades into the wall, as a share of its half side
_SPARE_PX = 64
_ASIDE_PX = 80.0, 110.0
AFTER_S = 1.0  # by then who has set out is nearer than who comes into sight
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Walk:
    """How one person moves. sway_px: to the sides and up and down; sway_hz: how often; phase in radians.

    aside_px: how far from the centre they set out.
    """

    centre_px: tuple[float, float]
    sway_px: tuple[float, float]
    sway_hz: float
    phase: float
    leaves_to_px: float
    aside_px: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Walk":
        """A way of walking by chance."""
        side = WIDTH_PX * (1.35 if rng.random() < 0.5 else -0.35)
        centre = float(rng.normal(WIDTH_PX / 2, 14)), float(rng.normal(HEIGHT_PX * 0.5, 8))
        sway = float(rng.uniform(2, 9)), float(rng.uniform(1, 4))
        return cls(centre, sway, float(rng.uniform(0.6, 1.2)), float(rng.uniform(0, 6.3)), side)

    def at(self, since_s: float) -> tuple[float, float, float]:
        """Centre x and y, and the longer side of the face's box, in pixels; a walk at an even pace.

        since_s: since they set out; before, they wait.
        """
        nearer = min(max(since_s, 0.0) / COMES_S, 1.0)
        side = 1 / (1 / FAR_PX + nearer * (1 / NEAR_PX - 1 / FAR_PX))
        turn = self.phase + 2 * np.pi * self.sway_hz * since_s
        x = self.centre_px[0] + self.sway_px[0] * np.sin(turn) + self.aside_px * (1 - nearer)
        y = self.centre_px[1] + self.sway_px[1] * np.sin(2 * turn)
        leaving = (since_s - COMES_S - STANDS_S) / LEAVES_S
        return float(x + max(leaving, 0) ** 2 * (self.leaves_to_px - x)), float(y), float(side)


def stay_s() -> float:
    """From a person's first frame to their last."""
    return COMES_S + STANDS_S + LEAVES_S


def begins_s(index: int) -> float:
    """When person ``index`` of a clip comes into sight."""
    return LEAD_S + index * (stay_s() + EMPTY_S)


def render_clip(people: Sequence[Person], rng: np.random.Generator, *, is_queue: bool = False) -> Iterator[Pixels]:
    """The clip's frames, (240, 320, 3) uint8 BGR, ``RATE_HZ`` a second."""
    camera, place = Camera.random(rng), wall(rng)
    walks = [Walk.random(rng) for _ in people]
    if is_queue:
        walks = [replace(walk, aside_px=(-1) ** at * rng.uniform(*_ASIDE_PX)) for at, walk in enumerate(walks)]
    waits_s = stay_s() + EMPTY_S - AFTER_S if is_queue else 0.0
    for number in range(round(begins_s(len(people)) * RATE_HZ)):
        at_s = number / RATE_HZ
        frame = place
        # Whoever comes later is further away, and so behind.
        for index, (person, walk) in reversed(list(enumerate(zip(people, walks)))):
            since_s = at_s - begins_s(index)
            if -waits_s <= since_s < stay_s():
                frame = paste(frame, person, *walk.at(since_s))
        yield camera.take(frame, rng)


@dataclass(frozen=True)
class Camera:
    """light: what every level is multiplied with, by channel. soft_px: out of focus. shakes: share of smeared frames.

    grain: noise for more than a frame, since to draw it anew for each would take longer than all else.
    """

    light: NDArray[np.float32]
    soft_px: float
    shakes: float
    grain: NDArray[np.float32]

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Camera":
        """A camera by chance."""
        light = np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.04, 3))
        shape = HEIGHT_PX + _SPARE_PX, WIDTH_PX + _SPARE_PX, 3
        grain = np.float32(rng.uniform(1.5, 6)) * rng.standard_normal(shape, np.float32)
        return cls(light.astype(np.float32), float(rng.uniform(0.3, 0.9)), float(rng.uniform(0, 0.3)), grain)

    def take(self, frame: Pixels, rng: np.random.Generator) -> Pixels:
        """One frame, now and then smeared by motion."""
        seen = cv2.GaussianBlur(frame, (0, 0), self.soft_px)
        if rng.random() < self.shakes:
            length = int(rng.integers(3, 7))
            seen = cv2.blur(seen, (length, 1) if rng.random() < 0.7 else (1, length))
        height, width = frame.shape[:2]
        top, left = rng.integers(0, _SPARE_PX, 2)
        noise = self.grain[top : top + height, left : left + width]
        degrade: Pixels = np.clip(seen * self.light + noise, 0, 255).astype(np.uint8)
        return degrade


def wall(rng: np.random.Generator) -> Pixels:
    """A place with nobody in it: shades, and a few doors, frames and lamps."""
    corners = rng.integers(70, 200, (2, 2, 1)) + rng.integers(-15, 16, (2, 2, 3))
    shades = cv2.resize(corners.astype(np.uint8), (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    place = np.ascontiguousarray(shades)
    for _ in range(int(rng.integers(2, 7))):
        x, y = int(rng.integers(-20, WIDTH_PX)), int(rng.integers(-20, HEIGHT_PX))
        across, down = int(rng.integers(10, 90)), int(rng.integers(20, 160))
        grey = rng.integers(40, 215) + rng.integers(-20, 21, 3)
        cv2.rectangle(place, (x, y), (x + across, y + down), tuple(int(one) for one in grey), -1)
    return np.asarray(cv2.GaussianBlur(place, (0, 0), 0.8), np.uint8)


def paste(place: Pixels, person: Person, x: float, y: float, side: float) -> Pixels:
    """Somebody in a place, (H, W, 3) uint8 BGR: the centre of their face at (x, y), its longer side ``side`` pixels."""
    scale = side / max(person.box.width_px, person.box.height_px)
    source = cv2.GaussianBlur(person.pixels, (0, 0), 0.4 / scale) if scale < 0.7 else person.pixels
    centre_x, centre_y = person.box.centre
    matrix = np.array([[scale, 0, x - scale * centre_x], [0, scale, y - scale * centre_y]])
    size = place.shape[1], place.shape[0]
    pixels = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    covered = cv2.warpAffine(_opacity(*source.shape[:2]), matrix, size, flags=cv2.INTER_LINEAR)[:, :, None]
    return np.asarray(place + covered * (pixels.astype(np.float32) - place), np.uint8)


def _opacity(height: int, width: int) -> NDArray[np.float32]:
    across, down = (1 - np.abs(np.linspace(-1, 1, count)) for count in (width, height))
    edge: NDArray[np.float32] = np.minimum.outer(down, across).astype(np.float32) / np.float32(_SOFT)
    return np.clip(edge, 0, 1)
