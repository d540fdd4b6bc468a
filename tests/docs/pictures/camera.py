"""Where the camera is mounted: seen from the side and from above, with heights, distances and angles."""

import math

from binarycop.aim.judgement import GOOD_PX, REFERENCE_PX
from binarycop.settings.faces import FacesSettings
from tests.docs.pictures.svg import BLUE, GREEN, INK, SOFT_INK, Drawing

FACE_M = 0.16
"""How wide a face is."""
LENS_DEG = 60.0
"""The angle across of the lens in the picture; a usual webcam has 60 to 70 degrees."""
HEIGHTS_M = (1.4, 1.6)
"""Where the camera is mounted: at the height of people's noses."""
_PEOPLE_M = (1.5, 1.9)
_ASPECT = 3 / 4
_SCALE = 150.0  # pixels of the picture for a metre
_FLOOR_Y, _SIDE_X = 390.0, 80.0
_TOP_X, _TOP_Y = 560.0, 240.0


def distance_m(face_px: float, lens_deg: float = LENS_DEG) -> float:
    """The distance of a face of this width in pixels, in a frame 640 pixels wide."""
    return FACE_M * REFERENCE_PX / face_px / (2 * math.tan(math.radians(lens_deg / 2)))


def draw() -> str:
    """The picture."""
    picture = Drawing(940, 470, "Where the camera is mounted, from the side and from above")
    picture.text(40, 34, "From the side", bold=True, size=15)
    picture.text(_TOP_X - 40, 34, "From above", bold=True, size=15)
    _from_the_side(picture)
    _from_above(picture)
    return picture.svg()


def _from_the_side(picture: Drawing) -> None:
    height_m = sum(HEIGHTS_M) / 2
    x, y = _SIDE_X, _FLOOR_Y - height_m * _SCALE
    good_m, half = distance_m(GOOD_PX), math.atan(math.tan(math.radians(LENS_DEG / 2)) * _ASPECT)
    reach_m = distance_m(FacesSettings().least_px) + 0.1
    rise = math.tan(half) * reach_m * _SCALE
    picture.path(
        f"M{x:g} {y:g}L{x + reach_m * _SCALE:.1f} {y - rise:.1f}V{y + rise:.1f}Z", colour=BLUE, width=0, fill="#e4eefa"
    )
    picture.path(f"M40 {_FLOOR_Y:g}H{_SIDE_X + reach_m * _SCALE + 30:.0f}", width=2)
    picture.path(f"M{x:g} {_FLOOR_Y:g}V{y + 8:g}", width=3)
    picture.path(f"M{x + 12:g} {y:g}H{x + good_m * _SCALE - 30:.1f}", colour=BLUE, width=1, dash="4 4")
    picture.box(x - 12, y - 9, 24, 18, fill="#dfe6ee")
    spot_x = x + good_m * _SCALE
    for at_x, tall_m, words in ((spot_x, _PEOPLE_M[1], "1.90 m"), (spot_x + 70, _PEOPLE_M[0], "1.50 m")):
        _person(picture, at_x, tall_m)
        picture.text(at_x, _FLOOR_Y - tall_m * _SCALE - 8, words, at="middle", size=12, colour=SOFT_INK)
    picture.path(f"M52 {_FLOOR_Y - 2:g}V{_FLOOR_Y - HEIGHTS_M[1] * _SCALE:g}", width=1, ends="<>")
    picture.texts(
        24, _FLOOR_Y - HEIGHTS_M[1] * _SCALE - 28, (f"{HEIGHTS_M[0]:g} to {HEIGHTS_M[1]:g} m:", "nose height")
    )
    _measure(picture, x, spot_x, _FLOOR_Y + 22, f"{good_m:.1f} m")
    picture.text((x + spot_x) / 2, _FLOOR_Y + 44, "to where people stop", at="middle", size=12, colour=SOFT_INK)
    picture.text(x + 14, y + 92, f"{math.degrees(2 * half):.0f}° up and down", size=12, colour=BLUE)
    picture.text(x + 72, y - 7, "level", size=12, colour=BLUE)


def _person(picture: Drawing, x: float, tall_m: float) -> None:
    """Somebody who looks at the camera, on the left."""
    top = _FLOOR_Y - tall_m * _SCALE
    radius = 0.12 * _SCALE
    picture.path(f"M{x:.1f} {_FLOOR_Y - 2:g}V{top + 2 * radius:.1f}", width=13, colour="#c3ccd6")
    picture.circle(x, top + radius, radius, fill="#f3d9c4")
    picture.path(
        f"M{x - radius:.1f} {top + radius + 1:.1f}h{radius:.1f}v{radius * 0.8:.1f}h{-radius * 0.8:.1f}Z",
        fill="#fff", width=1,
    )  # fmt: skip


def _from_above(picture: Drawing) -> None:
    x, y = _TOP_X, _TOP_Y
    least_px = FacesSettings().least_px
    good_m, far_m = distance_m(GOOD_PX), distance_m(least_px)
    half = math.radians(LENS_DEG / 2)
    for reach_m, fill in ((far_m, "#e4eefa"), (good_m, "#cfe1f6")):
        reach = reach_m * _SCALE
        dx, dy = reach * math.cos(half), reach * math.sin(half)
        picture.path(
            f"M{x:g} {y:g}L{x + dx:.1f} {y - dy:.1f}A{reach:.1f} {reach:.1f} 0 0 1 {x + dx:.1f} {y + dy:.1f}Z",
            width=0, fill=fill,
        )  # fmt: skip
    for side in (-1, 1):  # the posts of the speed gate
        picture.box(x - 34, y + side * 70 - 10, 46, 20, fill="#dfe6ee")
    picture.path(f"M{x - 11:g} {y - 58:g}V{y + 58:g}", width=3, colour=GREEN, dash="10 5")
    picture.box(x - 2, y - 9, 18, 18, fill=INK, edge=INK)
    picture.text(x - 34, y - 92, "speed gate", size=12, colour=SOFT_INK)
    picture.path(f"M{x + far_m * _SCALE - 6:.1f} 52H{x + 140:g}", ends=">", width=1.2)
    picture.text(x + far_m * _SCALE - 6, 44, "people come this way", at="end", size=12, colour=SOFT_INK)
    picture.circle(x + good_m * _SCALE, y, 0.12 * _SCALE, fill="#f3d9c4")
    picture.circle(x + far_m * _SCALE, y, 0.12 * _SCALE, fill="#f3d9c4", edge="#b9c2cc")
    picture.text(x + 44, y + 4, f"{LENS_DEG:.0f}° across", size=12, colour=BLUE)
    picture.texts(x + good_m * _SCALE - 62, y - 40, (f"{GOOD_PX} px: right",), colour=INK, bold=True)
    picture.texts(x + far_m * _SCALE - 6, y + 42, (f"{least_px} px: the", "least that counts"), at="end")
    _measure(picture, x + 7, x + good_m * _SCALE, y + 176, f"{good_m:.1f} m")
    _measure(picture, x + 7, x + far_m * _SCALE, y + 196, f"{far_m:.1f} m")


def _measure(picture: Drawing, from_x: float, to_x: float, y: float, words: str) -> None:
    """A measured length, with its arrows."""
    picture.path(f"M{from_x:.1f} {y:g}H{to_x:.1f}", width=1, ends="<>")
    width = 7 * len(words) + 8
    middle = (from_x + to_x) / 2
    picture.path(f"M{middle - width / 2:.1f} {y:g}h{width:g}", colour="#f7f8f9", width=14)
    picture.text(middle, y + 4, words, at="middle", size=12)
