"""Draws a head."""

import numpy as np

from binarycop.frames.drawing.appearance import Hair, Head, Mask
from binarycop.frames.drawing.pen import Pen
from binarycop.frames.drawing.raster import Pixels, Points, blend, ellipse, scale
from binarycop.geometry import Box

EYES_Y, NOSE_Y, MOUTH_Y = 0.42, 0.66, 0.80
CHEEK_Y = 0.45


def draw(canvas: Pixels, head: Head, centre_x_px: float, centre_y_px: float, height_px: float) -> Box:
    """Draw the head into ``canvas``, (H, W, 3) uint8 BGR, in place; parts beyond its edge are cut off.

    centre_x_px, centre_y_px, height_px: of the face, from hairline to chin. Returns the box that a detector would
    give: from hairline to chin and from cheek to cheek.
    """
    pen = Pen(canvas, head, centre_x_px, centre_y_px, height_px)
    before = canvas.copy()
    _draw_behind(pen, head)
    pen.fill(_contour(head, CHEEK_Y - 0.60, 1.0, 0.0), head.skin)
    _draw_features(pen, head)
    _draw_hair(pen, head)
    if head.mask is not None:
        _draw_mask(pen, head, head.mask)
    pen.shade(before)
    width = 2 * head.half_width * height_px
    return Box(centre_x_px - width / 2, centre_y_px - height_px / 2, width, height_px)


def _half_width(head: Head, y: Points | float) -> Points:
    """The face's half width at height y: an ellipse above the cheeks, a superellipse below."""
    y = np.asarray(y, np.float64)
    above = np.clip(1 - ((CHEEK_Y - y) / 0.60) ** 2, 0, 1) ** 0.5
    below = np.clip(1 - (np.clip(y - CHEEK_Y, 0, 1) / (1 - CHEEK_Y)) ** head.jaw, 0, 1) ** 0.55
    return np.asarray(head.half_width * np.where(y < CHEEK_Y, above, below))


def _contour(head: Head, from_y: float, to_y: float, wider: float) -> Points:
    """The closed outline of the face between two heights, (80, 2), widened by ``wider`` on both sides."""
    y = np.linspace(from_y, to_y, 40)
    x = _half_width(head, y) + wider
    return np.concatenate([np.stack([x, y], 1), np.stack([-x, y], 1)[::-1]])


def _draw_behind(pen: Pen, head: Head) -> None:
    """Draw neck, shoulders, ears, and the hair behind them."""
    w = head.half_width
    if head.hair in (Hair.LONG, Hair.SCARF):
        pen.fill(ellipse(0, 0.42, w * 1.32, 0.72, 40), head.hair_colour if head.hair is Hair.LONG else head.clothes)
    dark = scale(head.skin, 0.72)
    pen.fill(np.array([[-0.62 * w, 0.7], [0.62 * w, 0.7], [0.72 * w, 1.4], [-0.72 * w, 1.4]]), dark)
    pen.fill(np.array([[-0.25, 1.2], [0.25, 1.2], [0.85, 1.42], [1.0, 2.4], [-1.0, 2.4], [-0.85, 1.42]]), head.clothes)
    if head.hair is not Hair.SCARF:
        for side in (-1, 1):
            pen.fill(ellipse(side * (w + 0.01), 0.50, 0.05, 0.11, 20), scale(head.skin, 0.9))


def _draw_features(pen: Pen, head: Head) -> None:
    """Draw eyes, brows, nose, mouth, beard and glasses, shifted by the yaw."""
    shift = 0.10 * head.yaw
    dark, red = scale(head.skin, 0.68), blend(scale(head.skin, 0.78), (80, 70, 170), 0.45)
    if head.beard:
        pen.fill(_contour(head, 0.74, 1.02, 0.01), blend(head.hair_colour, head.skin, 0.2))
        pen.fill(ellipse(shift, 0.745, 0.13, 0.03, 20), blend(head.hair_colour, head.skin, 0.2))
    for side in (-1, 1):
        x = shift + side * 0.165 * (1 - 0.25 * max(side * head.yaw, 0.0))
        pen.fill(ellipse(x, EYES_Y, 0.065, 0.028, 24), (235, 235, 238))
        pen.fill(ellipse(x + 0.015 * head.yaw, EYES_Y, 0.028, 0.028, 16), (40, 40, 45))
        brow = np.array([[x - 0.07, EYES_Y - 0.075], [x, EYES_Y - 0.095], [x + 0.07, EYES_Y - 0.08]])
        pen.line(brow, scale(head.hair_colour, 0.9), 0.022)
        if head.glasses:
            pen.line(ellipse(x, EYES_Y + 0.005, 0.11, 0.075, 24), (35, 35, 40), 0.016, closed=True)
    tip = shift * 1.35
    pen.fill(np.array([[shift * 0.8, 0.44], [tip + 0.055, NOSE_Y], [tip - 0.055, NOSE_Y]]), scale(head.skin, 0.92))
    pen.fill(ellipse(tip, NOSE_Y - 0.015, 0.055, 0.035, 20), scale(head.skin, 0.96))
    for side in (-1, 1):
        pen.fill(ellipse(tip + side * 0.034, NOSE_Y + 0.012, 0.020, 0.012, 12), dark)
    wide = 0.105 + 0.025 * head.smile
    lift = 0.03 * head.smile
    along = np.linspace(-1, 1, 15)
    upper = np.stack([shift + wide * along, MOUTH_Y - lift * along**2 - 0.022 * (1 - along**2)], 1)
    lower = np.stack([shift + wide * along, MOUTH_Y - lift * along**2 + 0.034 * (1 - along**2)], 1)
    pen.fill(np.concatenate([upper, lower[::-1]]), red)
    pen.line(np.stack([shift + wide * along, MOUTH_Y - lift * along**2], 1), scale(red, 0.55), 0.010)


def _draw_hair(pen: Pen, head: Head) -> None:
    """Draw the hair above the forehead, the cap or the scarf's edge."""
    if head.hair is Hair.BALD:
        return
    colour = head.clothes if head.hair in (Hair.SCARF, Hair.CAP) else head.hair_colour
    w = head.half_width
    around = np.linspace(np.pi, 2 * np.pi, 30)
    outer = np.stack([1.08 * w * np.cos(around), 0.34 + 0.56 * np.sin(around)], 1)
    edge = np.linspace(1, -1, 20)
    depth = 0.20 if head.hair is Hair.CAP else 0.10
    inner = np.stack([0.93 * w * edge, depth + 0.26 * edge**4], 1)
    pen.fill(np.concatenate([outer, inner]), colour)
    if head.hair is Hair.CAP:
        pen.fill(ellipse(0.1 * head.yaw, 0.20, 1.05 * w, 0.06, 30), scale(colour, 0.7))


def _draw_mask(pen: Pen, head: Head, mask: Mask) -> None:
    """Draw the mask: straps to the ears, cloth along the jaw, folds and valve."""
    shift = 0.10 * head.yaw
    edge_y = np.linspace(mask.side_y, mask.bottom_y, 24)
    # The cloth ends a little inside the cheek's edge above and hangs around the chin below. If it ends on the face
    # (an uncovered chin), its corners stay on the skin.
    ends_below = mask.bottom_y > 1.0
    reach = mask.bottom_y if ends_below else mask.bottom_y + 0.10
    low = np.clip(1 - (np.clip(edge_y - CHEEK_Y, 0, 1) / (reach + 0.03 - CHEEK_Y)) ** 3.0, 0, 1) ** 0.5
    x = (head.half_width * 0.99 + mask.fullness * 0.5) * np.maximum(low, 0.42)
    right = np.stack([x, edge_y], 1)
    left = np.stack([-x, edge_y], 1)
    across = np.linspace(-1, 1, 25)
    rise = np.abs(across) ** 1.6
    top = np.stack([across * x[0] + shift * (1 - across**2), mask.top_y + (mask.side_y - mask.top_y) * rise], 1)
    bottom = np.stack([across[::-1] * x[-1], mask.bottom_y + (0.0 if ends_below else 0.01) * (1 - across**2)], 1)
    ear = head.half_width + 0.01
    strap = blend(mask.colour, (245, 245, 245), 0.6)
    for side in (-1, 1):
        for end, y in ((mask.side_y + 0.02, 0.46), (edge_y[14], 0.56)):
            pen.line(np.array([[side * x[0] * 0.97, end], [side * ear, y]]), strap, 0.012)
    pen.fill_pattern(np.concatenate([top, right, bottom, left[::-1]]), mask)
    crease = scale(mask.colour, 0.82)
    for fold in range(mask.folds):
        y = mask.top_y + (mask.bottom_y - mask.top_y) * (fold + 1) / (mask.folds + 1)
        pen.line(np.stack([across * 0.78 * x[0], y - 0.03 * (1 - across**2)], 1), crease, 0.010)
    pen.line(top, crease, 0.012)
    if mask.valve:
        y = (mask.top_y + mask.bottom_y) / 2
        pen.fill(ellipse(0.12 + shift, y, 0.06, 0.05, 16), scale(mask.colour, 0.7))
