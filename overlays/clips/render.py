"""Rendering of one clip: people approach one after the other in front of a drawn wall, stand, and walk off.

In a queue the next person becomes visible, further away and to one side, one second after somebody has started to
walk. The simulated camera blurs, shakes and adds noise; the clip's file adds compression.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.clips.people import Person
from overlays.synthesis.compositing import soft_edge

WIDTH_PX, HEIGHT_PX, RATE_HZ = 320, 240, 25
LEAD_S, COMES_S, STANDS_S, LEAVES_S, EMPTY_S = 0.6, 2.0, 0.4, 0.4, 0.8
FAR_PX, NEAR_PX = 40.0, 110.0
"""Longer side of a face's box when the person becomes visible, and at the gate."""
_EDGE_SOFTNESS = 0.18
_NOISE_MARGIN_PX = 64
_QUEUE_OFFSET_PX = 80.0, 110.0
QUEUE_S = 1.0
"""In a queue: from a person's start to the moment when the next one becomes visible, who is then further away."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Walk:
    """How one person moves.

    sway_px: to the sides, and up and down. sway_hz: its frequency. phase: in radians. aside_px: distance from the
    centre at the start.
    """

    centre_px: tuple[float, float]
    sway_px: tuple[float, float]
    sway_hz: float
    phase: float
    leaves_to_px: float
    aside_px: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Walk":
        """A random walk towards the gate."""
        side = WIDTH_PX * (1.35 if rng.random() < 0.5 else -0.35)
        centre = float(rng.normal(WIDTH_PX / 2, 14)), float(rng.normal(HEIGHT_PX * 0.5, 8))
        sway = float(rng.uniform(2, 9)), float(rng.uniform(1, 4))
        return cls(centre, sway, float(rng.uniform(0.6, 1.2)), float(rng.uniform(0, 6.3)), side)

    def at(self, since_s: float) -> tuple[float, float, float]:
        """Centre x and y, and longer side, of the face's box in pixels, for a walk at constant speed.

        since_s: time since the person started to walk; negative values are waiting.
        """
        nearer = min(max(since_s, 0.0) / COMES_S, 1.0)
        side = 1 / (1 / FAR_PX + nearer * (1 / NEAR_PX - 1 / FAR_PX))
        turn = self.phase + 2 * np.pi * self.sway_hz * since_s
        x = self.centre_px[0] + self.sway_px[0] * np.sin(turn) + self.aside_px * (1 - nearer)
        y = self.centre_px[1] + self.sway_px[1] * np.sin(2 * turn)
        leaving = (since_s - COMES_S - STANDS_S) / LEAVES_S
        return float(x + max(leaving, 0) ** 2 * (self.leaves_to_px - x)), float(y), float(side)


def stay_s() -> float:
    """Time from a person's first frame to the last, without waiting in a queue."""
    return COMES_S + STANDS_S + LEAVES_S


def begins_s(index: int, empty_s: float = EMPTY_S) -> float:
    """The time at which person ``index`` of a clip starts to walk. empty_s: how long nobody is there before them."""
    return LEAD_S - EMPTY_S + empty_s + index * (stay_s() + empty_s)


def render_clip(
    people: Sequence[Person], rng: np.random.Generator, *, is_queue: bool = False, empty_s: float = EMPTY_S
) -> Iterator[Pixels]:
    """The frames of a clip, (240, 320, 3) uint8 BGR, ``RATE_HZ`` in a second.

    empty_s: as in ``begins_s``. In longer pauses than the default nothing shakes the camera.
    """
    camera, background = Camera.random(rng), wall(rng)
    unshaken = replace(camera, shakes=0.0) if empty_s > EMPTY_S else camera
    walks = [Walk.random(rng) for _ in people]
    if is_queue:
        walks = [replace(walk, aside_px=(-1) ** at * rng.uniform(*_QUEUE_OFFSET_PX)) for at, walk in enumerate(walks)]
    waits_s = stay_s() + EMPTY_S - QUEUE_S if is_queue else 0.0
    for number in range(round(begins_s(len(people), empty_s) * RATE_HZ)):
        at_s = number / RATE_HZ
        frame = background
        # Later people are further away, so they are drawn first.
        for index, (person, walk) in reversed(list(enumerate(zip(people, walks)))):
            since_s = at_s - begins_s(index, empty_s)
            if -waits_s <= since_s < stay_s():
                frame = paste(frame, person, *walk.at(since_s))
        yield (unshaken if frame is background else camera).take(frame, rng)


@dataclass(frozen=True)
class Camera:
    """A simulated camera.

    light: factor for each channel. soft_px: blur. shakes: share of frames with motion blur. grain: noise, larger than a
    frame: each frame gets a random part of it, since new noise for each frame would take longer than all the rest.
    """

    light: NDArray[np.float32]
    soft_px: float
    shakes: float
    grain: NDArray[np.float32]

    @classmethod
    def random(cls, rng: np.random.Generator, size_px: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)) -> "Camera":
        """A random camera with frames of this width and height."""
        light = np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.04, 3))
        shape = size_px[1] + _NOISE_MARGIN_PX, size_px[0] + _NOISE_MARGIN_PX, 3
        grain = np.float32(rng.uniform(1.5, 6)) * rng.standard_normal(shape, np.float32)
        return cls(light.astype(np.float32), float(rng.uniform(0.3, 0.9)), float(rng.uniform(0, 0.3)), grain)

    def take(self, frame: Pixels, rng: np.random.Generator) -> Pixels:
        """A frame as this camera sees it."""
        seen = cv2.GaussianBlur(frame, (0, 0), self.soft_px)
        if rng.random() < self.shakes:
            length = int(rng.integers(3, 7))
            seen = cv2.blur(seen, (length, 1) if rng.random() < 0.7 else (1, length))
        height, width = frame.shape[:2]
        top, left = rng.integers(0, _NOISE_MARGIN_PX, 2)
        noise = self.grain[top : top + height, left : left + width]
        degrade: Pixels = np.clip(seen * self.light + noise, 0, 255).astype(np.uint8)
        return degrade


def wall(rng: np.random.Generator) -> Pixels:
    """A drawn background without people: shades of grey and a few rectangles."""
    corners = rng.integers(70, 200, (2, 2, 1)) + rng.integers(-15, 16, (2, 2, 3))
    shades = cv2.resize(corners.astype(np.uint8), (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    place = np.ascontiguousarray(shades)
    for _ in range(int(rng.integers(2, 7))):
        x, y = int(rng.integers(-20, WIDTH_PX)), int(rng.integers(-20, HEIGHT_PX))
        across, down = int(rng.integers(10, 90)), int(rng.integers(20, 160))
        grey = rng.integers(40, 215) + rng.integers(-20, 21, 3)
        cv2.rectangle(place, (x, y), (x + across, y + down), tuple(int(level) for level in grey), -1)
    return np.asarray(cv2.GaussianBlur(place, (0, 0), 0.8), np.uint8)


def paste(background: Pixels, person: Person, x: float, y: float, side: float) -> Pixels:
    """Paste a person into a frame (H, W, 3) uint8 BGR: face centre at (x, y), longer side of the face ``side`` px."""
    scale = side / max(person.box.width_px, person.box.height_px)
    source = cv2.GaussianBlur(person.pixels, (0, 0), 0.4 / scale) if scale < 0.7 else person.pixels
    centre_x, centre_y = person.box.centre
    matrix = np.array([[scale, 0, x - scale * centre_x], [0, scale, y - scale * centre_y]])
    size = background.shape[1], background.shape[0]
    pixels = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    opacity = soft_edge(source.shape[0], source.shape[1], _EDGE_SOFTNESS)
    covered = cv2.warpAffine(opacity, matrix, size, flags=cv2.INTER_LINEAR)[:, :, None]
    return np.asarray(background + covered * (pixels.astype(np.float32) - background), np.uint8)
