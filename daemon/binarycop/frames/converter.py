"""Converts the buffers of one camera to BGR: from the driver's memory, with its stride, range and colours."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames import packed_picture, semi_planar_picture
from binarycop.frames.image import MAX_FRAME_PX, decode
from binarycop.frames.packed_picture import PackedPicture
from binarycop.frames.pixel_format import JPEG, LAYOUTS, Layout
from binarycop.frames.semi_planar_picture import SemiPlanarPicture
from binarycop.frames.v4l2 import DriverFormat
from binarycop.pixels import Pixels

_MAX_JPEG_RATIO = 4  # the pixels of a JPEG to those of the format that the driver stated

# Values of v4l2_field, v4l2_colorspace, v4l2_quantization and v4l2_ycbcr_encoding (linux/videodev2.h).
_HALVES = frozenset({2, 3, 5, 6, 7})  # one field, or one after the other: each is a picture with half of the lines
_COLORSPACE_JPEG, _FULL, _LIMITED = 7, 1, 2
_ENCODING_OF = {2: 8, 3: 2, 10: 6, 12: 2}  # what the encoding 0 means with this colorspace; BT.601 with all others
# The weights of red and blue in the brightness: ITU-R BT.709 (also as xvYCC), BT.2020, SMPTE 240M.
_WEIGHTS = {2: (0.2126, 0.0722), 4: (0.2126, 0.0722), 6: (0.2627, 0.0593), 7: (0.2627, 0.0593), 8: (0.212, 0.087)}
_BT601 = (0.299, 0.114)

_TO_FULL = np.rint((np.arange(256) - 16) * (255 / 219)).clip(0, 255).astype(np.uint8)


class Converter:
    """Converts the buffers of one stream.

    min_bytes: the size of a whole picture. Raises ValueError with the reason if such pictures cannot be used.
    """

    def __init__(self, given: DriverFormat) -> None:
        self._width_px, self._height_px = width_px, height_px = given.width_px, given.height_px
        if given.fourcc not in (*JPEG, *LAYOUTS):
            raise ValueError(f"sends {given.fourcc}, which is not supported")
        if not 0 < width_px * height_px <= MAX_FRAME_PX:
            raise ValueError(f"sends {width_px}×{height_px} pixels, more than {MAX_FRAME_PX} or none")
        if given.field in _HALVES:
            raise ValueError("sends the two fields of interlaced pictures separately, each with half of the lines")
        self._max_jpeg_px = min(_MAX_JPEG_RATIO * width_px * height_px, MAX_FRAME_PX)
        self._layout, self.min_bytes = LAYOUTS.get(given.fourcc), 1
        self._fourcc, self._is_usual = given.fourcc, False
        if self._layout is not None:
            self._plan(given, self._layout)

    def to_bgr(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(N,) uint8, the bytes of a buffer, to a new (H, W, 3) uint8 BGR. Raises ValueError if the picture is bad."""
        if data.size < self.min_bytes:
            raise ValueError(f"has {data.size} of {self.min_bytes} bytes" if data.size else "is empty")
        if self._layout is None:
            return self._decode(data)
        try:
            pixels = self._convert(data, self._layout)
        except cv2.error as error:
            raise ValueError("cannot be converted") from error
        return np.asarray(pixels, np.uint8)

    def picture(self, data: NDArray[np.uint8]) -> Pixels:
        """As ``to_bgr``, but a format that can be converted in parts later is only copied."""
        if self._is_usual and data.size >= self.min_bytes:
            if self._fourcc in packed_picture.CODES:
                return PackedPicture(self._view(data, 2).copy(), packed_picture.CODES[self._fourcc])
            if self._fourcc in semi_planar_picture.CODES:
                return SemiPlanarPicture(self._view(data, 1).copy(), semi_planar_picture.CODES[self._fourcc])
        return self.to_bgr(data)

    def _decode(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        pixels = decode(data.tobytes(), max_px=self._max_jpeg_px)
        height_px, width_px, _ = pixels.shape
        # An interlaced picture can be two JPEGs, one of each field; the height may be rounded up to whole blocks.
        if width_px == self._width_px and height_px < self._height_px <= 2 * height_px <= self._height_px + 16:
            raise ValueError(f"has {height_px} of {self._height_px} lines: one field of an interlaced picture")
        return pixels

    def _plan(self, given: DriverFormat, layout: Layout) -> None:
        if layout.is_yuv and (given.width_px % 2 or given.height_px * layout.half_lines % 2):
            size = f"{given.width_px}×{given.height_px}"
            raise ValueError(f"sends {given.fourcc} of {size} pixels, which this format cannot have")
        line_bytes = layout.px_bytes * given.width_px
        self._stride = given.stride_bytes or line_bytes
        if self._stride < line_bytes:
            raise ValueError(f"states {self._stride} bytes for a line of {given.width_px} pixels of {given.fourcc}")
        self._lines = given.height_px * layout.half_lines // 2
        self._has_gaps = layout.has_halves and self._stride > line_bytes
        last_bytes = (self._stride + given.width_px) // 2 if self._has_gaps else line_bytes
        self.min_bytes = self._stride * (self._lines - 1) + last_bytes
        self._needs_full_range = layout.px_bytes > 2 and given.quantization == _LIMITED
        is_full = given.quantization == _FULL or (not given.quantization and given.colorspace == _COLORSPACE_JPEG)
        weights = _WEIGHTS.get(given.encoding or _ENCODING_OF.get(given.colorspace, 0), _BT601)
        # OpenCV's own conversions are by BT.601 and for limited range.
        self._is_usual = weights == _BT601 and not is_full
        self._from_yuv = None if self._is_usual or not layout.is_yuv else _yuv_matrix(*weights, is_full=is_full)

    def _convert(self, data: NDArray[np.uint8], layout: Layout) -> Any:
        lines = self._without_gaps(data) if self._has_gaps else self._view(data, layout.px_bytes)
        if self._from_yuv is not None:
            return cv2.transform(self._whole_planes(lines, layout), self._from_yuv)
        pixels = lines.copy() if layout.code is None else cv2.cvtColor(lines, layout.code)
        return cv2.LUT(pixels, _TO_FULL) if self._needs_full_range else pixels

    def _view(self, data: NDArray[np.uint8], px_bytes: int) -> NDArray[np.uint8]:
        """The lines without the padding after each, (lines, W) or (lines, W, bytes of a pixel); not a copy."""
        shape, strides = (self._lines, self._width_px, px_bytes), (self._stride, px_bytes, 1)
        end = 2 if px_bytes == 1 else 3
        view: NDArray[np.uint8] = np.ndarray(shape[:end], np.uint8, data, strides=strides[:end])
        return view

    def _without_gaps(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Three planes one after the other, as OpenCV needs them: it knows no gaps between half lines."""
        width_px, height_px, stride = self._width_px, self._height_px, self._stride
        bright = np.ndarray((height_px, width_px), np.uint8, data, strides=(stride, 1))
        halves = np.ndarray(
            (height_px, width_px // 2), np.uint8, data, offset=height_px * stride, strides=(stride // 2, 1)
        )
        return np.concatenate([bright, halves.reshape(-1, width_px)])

    def _whole_planes(self, lines: NDArray[np.uint8], layout: Layout) -> Any:
        """(H, W, 3) uint8: brightness, blue and red difference of each pixel."""
        width_px, height_px = self._width_px, self._height_px
        if lines.ndim == 3:
            bright, colour = (lines[:, :, index ^ layout.has_colour_first] for index in (0, 1))
            first, second = colour[:, ::2], colour[:, 1::2]
        else:
            bright, colour = lines[:height_px], lines[height_px:]
            if layout.has_halves:
                first, second = colour.reshape(2, height_px // 2, width_px // 2)
            else:
                first, second = (colour[:, index::2] for index in (0, 1))
        halves = (second, first) if layout.has_red_first else (first, second)
        whole = (cv2.resize(half.copy(), (width_px, height_px), interpolation=cv2.INTER_NEAREST) for half in halves)
        return cv2.merge([bright.copy(), *whole])


def _yuv_matrix(red: float, blue: float, *, is_full: bool) -> NDArray[np.float64]:
    """(3, 4): brightness, blue and red difference, as bytes, and 1 to blue, green, red (ITU-R BT.601, with weights)."""
    green = 1 - red - blue
    to_blue, to_red = 2 * (1 - blue), 2 * (1 - red)
    matrix = np.array([[1, to_blue, 0], [1, -blue * to_blue / green, -red * to_red / green], [1, 0, to_red]])
    matrix *= [1, 1, 1] if is_full else [255 / 219, 255 / 224, 255 / 224]
    return np.column_stack([matrix, -matrix @ [0 if is_full else 16, 128, 128]])
