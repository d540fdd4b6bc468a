"""Training scenes: frames with faces of all sizes, composed of labelled pictures, dressed faces and drawn heads."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.geometry import Box
from overlays.detector.backgrounds import HEIGHT_PX, WIDTH_PX, Pixels, background, log_uniform
from overlays.detector.labels import LabelledImage
from overlays.detector.sources import Sources
from overlays.synthesis.camera import Sensor, develop
from overlays.synthesis.compositing import soft_edge
from overlays.synthesis.heads import drawn_scene

MIN_PX, MAX_PX = 12.0, 220.0
"""Longer side of a face. Smaller faces are ignored in the loss; no face is made larger."""
_MIN_INSIDE = 0.5  # a face with a smaller share of its area in the frame is ignored
_MAX_COVERED = 0.25  # a face with a larger share pasted over is ignored or dropped
_MAX_PEOPLE = 6
_SENSOR = Sensor(gamma=0.3, gain=0.3, tint=0.08, lift=10, night=0.08, grainy=0.4, coded=0.35, worst=30)
_OCCLUDED_SHARE = 0.12  # of all faces
_TILT_DEG = 8.0
_HARD_NEGATIVE_SHARE = 0.2  # of all frames
_TIGHT_SHARE = 0.35  # of the pictures of one person
_TIGHT_MARGINS = -0.05, 0.35  # of a tight crop beyond the face's box, in sides of the box


@dataclass(frozen=True)
class Scene:
    """A frame, (192, 256, 3) uint8 BGR, with its faces, and with boxes that the loss ignores."""

    pixels: Pixels
    faces: tuple[Box, ...] = ()
    ignored: tuple[Box, ...] = ()


def make_scene(sources: Sources, rng: np.random.Generator) -> Scene:
    """Make one scene."""
    chance = rng.random()
    if sources.hard_negatives and rng.random() < _HARD_NEGATIVE_SHARE:
        made = _hard_negative(sources, rng)
    elif chance < 0.42:
        made = _crowd(sources, rng)
    elif chance < 0.66:
        made = _alone(sources, rng)
    elif chance < 0.92:
        made = _group(sources, rng)
    else:
        made = Scene(_background(sources, rng))
    pixels = degrade(occlude(made, rng), rng)
    return _drop_unusable(Scene(pixels, made.faces, made.ignored))


def degrade(frame: Pixels, rng: np.random.Generator) -> Pixels:
    """Random blur, light, noise and compression of a whole frame."""
    chance = rng.random()
    if chance < 0.25:
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.3, 1.6)), np.uint8)
    elif chance < 0.35:
        length = int(rng.integers(2, 7))
        kernel = np.full((1, length), 1.0 / length, np.float32)
        frame = np.asarray(cv2.filter2D(frame, -1, kernel if rng.random() < 0.7 else kernel.T), np.uint8)
    return develop(frame, _SENSOR, rng)


def occlude(made: Scene, rng: np.random.Generator) -> Pixels:
    """The frame with some faces occluded by up to 40 %, from one side or from below, by a piece of the same frame."""
    pixels: Pixels = made.pixels.copy()
    for box in made.faces:
        rows, columns = _window(box)
        size = np.array((rows.stop - rows.start, columns.stop - columns.start))
        if rng.random() >= _OCCLUDED_SHARE or min(size) < 8 or rows.stop > HEIGHT_PX or columns.stop > WIDTH_PX:
            continue
        share = float(rng.uniform(0.15, 0.4))
        down, across = (
            (int(size[0] * share), int(size[1])) if rng.random() < 0.4 else (int(size[0]), int(size[1] * share))
        )
        top, left = rows.stop - down, columns.start if rng.random() < 0.5 else columns.stop - across
        from_y, from_x = int(rng.integers(0, HEIGHT_PX - down + 1)), int(rng.integers(0, WIDTH_PX - across + 1))
        pixels[top : top + down, left : left + across] = made.pixels[from_y : from_y + down, from_x : from_x + across]
    return pixels


def _crowd(sources: Sources, rng: np.random.Generator) -> Scene:
    """A picture of several people; one of them gets a random size and position."""
    image = sources.crowds[rng.integers(len(sources.crowds))]
    if not image.faces:
        return Scene(_background(sources, rng))
    wanted = rng.permutation(len(image.faces))[:2]
    # The larger of two random faces: small ones are frequent, and a face that is enlarged too much is only blur.
    at = max((image.faces[index] for index in wanted), key=lambda box: box.area_px)
    side = max(at.width_px, at.height_px)
    scale = log_uniform(rng, MIN_PX, min(MAX_PX, max(side * 2.0, 2 * MIN_PX))) / side
    return _paste(Scene(_surroundings(sources, rng)), image, at, scale, _position(image, at, rng), rng)


def _hard_negative(sources: Sources, rng: np.random.Generator) -> Scene:
    """A picture with a hard negative, which gets a random size and position."""
    negative = sources.hard_negatives[rng.integers(len(sources.hard_negatives))]
    side = max(negative.box.width_px, negative.box.height_px)
    scale = log_uniform(rng, MIN_PX, min(MAX_PX, max(side * 1.5, 2 * MIN_PX))) / side
    position = _position(negative.image, negative.box, rng)
    return _paste(Scene(_surroundings(sources, rng)), negative.image, negative.box, scale, position, rng)


def _alone(sources: Sources, rng: np.random.Generator) -> Scene:
    """A picture of one person; around it the frame repeats its edge or shows something else."""
    many = sources.masked if rng.random() < 0.5 else sources.bare
    image = many[rng.integers(len(many))]
    if rng.random() < _TIGHT_SHARE:
        image = tight_crop(image, rng)
    at = image.faces[0]
    scale = log_uniform(rng, 20, MAX_PX) / max(at.width_px, at.height_px)
    return _paste(
        Scene(_surroundings(sources, rng)), image, at, scale, _position(image, at, rng), rng, repeats=rng.random() < 0.4
    )


def _group(sources: Sources, rng: np.random.Generator) -> Scene:
    """A background with people pasted from several pictures."""
    made = Scene(_background(sources, rng))
    for _ in range(int(rng.integers(1, _MAX_PEOPLE + 1))):
        chance = rng.random()
        if chance < 0.36:
            at = int(sources.dressable[rng.integers(len(sources.dressable))])
            pixels, _ = sources.dressed.dress(rng, MaskClass(int(rng.integers(len(MaskClass)))), at)
            image, softness = LabelledImage(pixels, (Box(*sources.boxes[at].tolist()),)), float(rng.uniform(0.1, 0.5))
        elif chance < 0.43:
            pixels, box = drawn_scene(rng, MaskClass(int(rng.integers(len(MaskClass)))))
            image, softness = LabelledImage(pixels, (box,)), float(rng.uniform(0, 0.3))
        else:
            many = sources.masked if rng.random() < 0.35 else sources.bare
            image, softness = many[rng.integers(len(many))], float(rng.choice((0.0, 0.2)))
            if rng.random() < _TIGHT_SHARE:
                image = tight_crop(image, rng)
        face = image.faces[0]
        scale = log_uniform(rng, MIN_PX, 130) / max(face.width_px, face.height_px)
        made = _paste(made, image, face, scale, _random_position(rng), rng, softness=softness)
    return made


def tight_crop(image: LabelledImage, rng: np.random.Generator) -> LabelledImage:
    """The first face of a picture with little or nothing around it; hair and chin may be cut off a little."""
    face = image.faces[0]
    size = np.array((face.width_px, face.height_px))
    corner = np.array((face.x_px, face.y_px))
    low, high = corner - rng.uniform(*_TIGHT_MARGINS, 2) * size, corner + size + rng.uniform(*_TIGHT_MARGINS, 2) * size
    (left, top), (right, bottom) = np.maximum(low, 0).round().astype(int), high.round().astype(int)

    def inside(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        return tuple(Box(box.x_px - left, box.y_px - top, box.width_px, box.height_px) for box in boxes)

    return LabelledImage(
        image.pixels[top:bottom, left:right], inside((face,)), inside((*image.faces[1:], *image.ignored))
    )


def _paste(
    under: Scene,
    image: LabelledImage,
    at: Box,
    scale: float,
    position: tuple[float, float],
    rng: np.random.Generator,
    *,
    softness: float = 0.0,
    repeats: bool = False,
) -> Scene:
    """Paste a picture, scaled, rotated and maybe mirrored, so that the centre of its box ``at`` is at ``position``.

    under: the scene to paste into. softness: as in ``soft_edge``. repeats: fill the frame with the picture's edge.
    """
    turn, aspect = np.deg2rad(rng.normal(0, _TILT_DEG)), float(np.exp(rng.normal(0, 0.03)))
    linear = scale * np.array([[np.cos(turn) * aspect, -np.sin(turn)], [np.sin(turn) * aspect, np.cos(turn)]])
    if rng.random() < 0.5:
        linear[:, 0] *= -1
    matrix = np.column_stack([linear, np.array(position) - linear @ np.array(at.centre)])
    source = image.pixels
    if scale < 0.75:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 / scale), np.uint8)
    size = WIDTH_PX, HEIGHT_PX
    pixels = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    covered = np.ones((HEIGHT_PX, WIDTH_PX), np.float32)
    if not repeats:
        covered = cv2.warpAffine(
            soft_edge(source.shape[0], source.shape[1], softness), matrix, size, flags=cv2.INTER_LINEAR
        )
        pixels = under.pixels + covered[:, :, None] * (pixels.astype(np.float32) - under.pixels)
    boxes = [[_moved(box, matrix, scale, aspect) for box in many] for many in (image.faces, image.ignored)]
    shares = {box: float(covered[_window(box)].mean()) if covered[_window(box)].size else 0.0 for box in under.faces}
    faces = tuple(box for box, share in shares.items() if share <= _MAX_COVERED)
    half_covered = tuple(box for box, share in shares.items() if _MAX_COVERED < share < 1 - _MAX_COVERED)
    return Scene(np.asarray(pixels, np.uint8), (*faces, *boxes[0]), (*under.ignored, *half_covered, *boxes[1]))


def _moved(box: Box, matrix: NDArray[np.float64], scale: float, aspect: float) -> Box:
    x, y = matrix[:, :2] @ np.array(box.centre) + matrix[:, 2]
    width, height = box.width_px * scale * aspect, box.height_px * scale
    return Box(float(x - width / 2), float(y - height / 2), width, height)


def _window(box: Box) -> tuple[slice, slice]:
    left, top = max(round(box.x_px), 0), max(round(box.y_px), 0)
    right, bottom = max(round(box.x_px + box.width_px), 0), max(round(box.y_px + box.height_px), 0)
    return slice(top, bottom), slice(left, right)


def _drop_unusable(made: Scene) -> Scene:
    """Move faces that are too small, or mostly outside the frame, to the ignored boxes."""
    frame = Box(0, 0, WIDTH_PX, HEIGHT_PX)
    faces: list[Box] = []
    ignored = list(made.ignored)
    for box in made.faces:
        rows, columns = _window(box)
        inside = max(min(columns.stop, WIDTH_PX) - columns.start, 0) * max(min(rows.stop, HEIGHT_PX) - rows.start, 0)
        is_seen = inside >= _MIN_INSIDE * box.area_px and max(box.width_px, box.height_px) >= MIN_PX
        (faces if is_seen else ignored).append(box)
    return Scene(made.pixels, tuple(faces), tuple(box for box in ignored if box.iou(frame) > 0))


def _position(image: LabelledImage, at: Box, rng: np.random.Generator) -> tuple[float, float]:
    """A random position for a face, mostly as in its own picture, so that the picture fills the frame."""
    if rng.random() < 0.3:
        return _random_position(rng)
    height, width = image.pixels.shape[:2]
    across, down = np.clip(np.array(at.centre) / (width, height) + rng.normal(0, 0.1, 2), 0.04, 0.96)
    return float(across * WIDTH_PX), float(down * HEIGHT_PX)


def _random_position(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(0.06, 0.94) * WIDTH_PX), float(rng.uniform(0.08, 0.92) * HEIGHT_PX)


def _surroundings(sources: Sources, rng: np.random.Generator) -> Pixels:
    if rng.random() < 0.5:
        return _background(sources, rng)
    return np.full((HEIGHT_PX, WIDTH_PX, 3), rng.integers(0, 256, 3), np.uint8)


def _background(sources: Sources, rng: np.random.Generator) -> Pixels:
    return background(sources.crowds, sources.bare, sources.empty, sources.textures, rng)
