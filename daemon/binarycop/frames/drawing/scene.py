"""The background behind a person, and the noise of a camera's sensor."""

import cv2
import numpy as np

from binarycop.frames.drawing.raster import Pixels, to_bytes


def background(rng: "np.random.Generator", width: int, height: int) -> Pixels:
    """A blurred room, (height, width, 3) uint8 BGR: a gradient between two colours, and some rectangles."""
    tones = rng.uniform(40, 225, (2, 1)) + rng.normal(0, 14, (2, 3))
    down = np.linspace(0, 1, height)[:, None, None]
    room = np.broadcast_to(tones[0] * (1 - down) + tones[1] * down, (height, width, 3)).clip(0, 255)
    canvas = np.ascontiguousarray(room.astype(np.uint8))
    for _ in range(int(rng.integers(0, 6))):
        x, y = int(rng.integers(-width // 4, width)), int(rng.integers(-height // 4, height))
        w, h = int(rng.integers(width // 10, width // 2 + 1)), int(rng.integers(height // 10, height + 1))
        colour = tuple(int(value) for value in rng.integers(20, 240, 3))
        cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, -1)
    return to_bytes(cv2.GaussianBlur(canvas, (0, 0), max(width, height) / 60))


def add_sensor_noise(pixels: Pixels, rng: "np.random.Generator", gain: float = 1.0, noise: float = 3.0) -> Pixels:
    """The pixels times ``gain``, plus Gaussian noise. noise: its standard deviation in grey levels."""
    grain = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(noise)
    return to_bytes(pixels.astype(np.float32) * np.float32(gain) + grain)
