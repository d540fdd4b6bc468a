"""Draws what a camera sends, in each uncompressed format, from the formats' definitions (not by OpenCV)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 320, 240
COLOURS = {(60, 80): (40, 60, 200), (60, 240): (200, 90, 30), (180, 80): (150, 190, 230), (180, 240): (90, 160, 60)}
"""The colour (B, G, R) around each place (row, column) of the picture: a red, a blue, a skin, a green quarter."""

_BT601 = (0.299, 0.114)
_BYTES = {"YUYV": "YUYV", "UYVY": "UYVY", "YVYU": "YVYU"}
_BAYER = {"BA81": "BGGR", "GBRG": "GBRG", "GRBG": "GRBG", "RGGB": "RGGB"}


def quarters() -> NDArray[np.uint8]:
    """The picture, (240, 320, 3) uint8 BGR."""
    picture = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    for (row, column), colour in COLOURS.items():
        top, left = row - HEIGHT_PX // 4, column - WIDTH_PX // 4
        picture[top : top + HEIGHT_PX // 2, left : left + WIDTH_PX // 2] = colour
    return picture


def raw(
    fourcc: str,
    picture: NDArray[np.uint8],
    *,
    stride: int = 0,
    weights: tuple[float, float] = _BT601,
    is_full: bool = False,
) -> bytes:
    """The picture in that format. stride: bytes from line to line. weights: of red and blue in the brightness."""
    if fourcc in ("BGR3", "RGB3"):
        return _lines(picture[:, :, :: 1 if fourcc == "BGR3" else -1], stride)
    if fourcc in ("XR24", "AR24"):
        return _lines(np.dstack([picture, np.full(picture.shape[:2], 9, np.uint8)]), stride)
    if fourcc in _BAYER:
        return _lines(_mosaic(picture, _BAYER[fourcc]), stride)
    bright, blue, red = _yuv(picture, *weights, is_full=is_full)
    if fourcc in _BYTES:
        part = {"U": blue[:, ::2], "V": red[:, ::2]}
        even, odd = {"Y": bright[:, ::2], **part}, {"Y": bright[:, 1::2], **part}
        first, second = _BYTES[fourcc][:2], _BYTES[fourcc][2:]
        return _lines(np.dstack([*(even[name] for name in first), *(odd[name] for name in second)]), stride)
    small = {"U": blue[::2, ::2], "V": red[::2, ::2]}
    if fourcc in ("NV12", "NV21"):
        pairs = np.dstack([small[name] for name in ("UV" if fourcc == "NV12" else "VU")])
        return _lines(bright, stride) + _lines(pairs, stride)
    planes = [small[name] for name in ("UV" if fourcc == "YU12" else "VU")]
    return _lines(bright, stride) + b"".join(_lines(plane, stride // 2) for plane in planes)


def _lines(pixels: NDArray[np.uint8], stride: int) -> bytes:
    lines = np.asarray(pixels).reshape(pixels.shape[0], -1)
    padding = max(stride - lines.shape[1], 0)
    return np.pad(lines, ((0, 0), (0, padding)), constant_values=77).tobytes()


def _mosaic(picture: NDArray[np.uint8], order: str) -> NDArray[np.uint8]:
    mosaic = np.empty(picture.shape[:2], np.uint8)
    for number, name in enumerate(order):
        row, column = divmod(number, 2)
        mosaic[row::2, column::2] = picture[row::2, column::2, "BGR".index(name)]
    return mosaic


def _yuv(picture: NDArray[np.uint8], red: float, blue: float, *, is_full: bool) -> tuple[Any, Any, Any]:
    b, g, r = (picture[:, :, index] / 255 for index in range(3))
    bright = red * r + (1 - red - blue) * g + blue * b
    differences = (b - bright) / (2 - 2 * blue), (r - bright) / (2 - 2 * red)
    start, length, colour_length = (0, 255, 255) if is_full else (16, 219, 224)
    planes = [128 + colour_length * value for value in differences]
    first, second, third = (
        np.rint(plane).clip(0, 255).astype(np.uint8) for plane in (start + length * bright, *planes)
    )
    return first, second, third
