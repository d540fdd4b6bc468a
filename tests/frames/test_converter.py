"""Buffers of every format become the picture that was drawn into them."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from numpy.typing import NDArray

from binarycop.frames.converter import Converter
from binarycop.frames.image import MAX_FRAME_PX
from binarycop.frames.pixel_format import LAYOUTS
from binarycop.frames.v4l2 import DriverFormat
from tests.frames.raw_pictures import COLOURS, HEIGHT_PX, WIDTH_PX, quarters, raw

FULL, LIMITED = 1, 2
PACKED = ("YUYV", "UYVY", "YVYU")
YUV = (*PACKED, "NV12", "NV21", "YU12", "YV12")
PICTURE = quarters()


def given(fourcc: str, **changes: Any) -> DriverFormat:
    return replace(DriverFormat(fourcc, WIDTH_PX, HEIGHT_PX, 0), **changes)


def data(content: bytes) -> NDArray[np.uint8]:
    """Read-only, as the driver's memory is."""
    return np.frombuffer(content, np.uint8)


def assert_drawn(pixels: NDArray[np.uint8], within: int = 3) -> None:
    assert pixels.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert pixels.dtype == np.uint8
    for (row, column), colour in COLOURS.items():
        around = pixels[row - 50 : row + 50, column - 70 : column + 70].reshape(-1, 3)
        assert np.abs(around - np.array(colour)).max() <= within, (row, column)


@pytest.mark.parametrize("padding", [0, 64, 128])
@pytest.mark.parametrize("fourcc", LAYOUTS)
def test_each_format_is_converted_with_each_stride(fourcc: str, padding: int) -> None:
    stride = LAYOUTS[fourcc].px_bytes * WIDTH_PX + padding
    content = raw(fourcc, PICTURE, stride=stride)
    assert_drawn(Converter(given(fourcc, stride_bytes=stride)).to_bgr(data(content)))


@pytest.mark.parametrize("fourcc", LAYOUTS)
def test_a_driver_that_states_no_stride_has_lines_without_gaps(fourcc: str) -> None:
    assert_drawn(Converter(given(fourcc)).to_bgr(data(raw(fourcc, PICTURE))))


@pytest.mark.parametrize("padding", [0, 64])
@pytest.mark.parametrize("fourcc", LAYOUTS)
def test_what_is_missing_after_the_last_pixel_does_not_matter_but_a_pixel_does(fourcc: str, padding: int) -> None:
    stride = LAYOUTS[fourcc].px_bytes * WIDTH_PX + padding
    converter = Converter(given(fourcc, stride_bytes=stride))
    content = raw(fourcc, PICTURE, stride=stride)
    last_gap = padding // 2 if fourcc in ("YU12", "YV12") else padding
    assert converter.min_bytes == len(content) - last_gap
    assert_drawn(converter.to_bgr(data(content[: converter.min_bytes])))
    with pytest.raises(ValueError, match=f"has {converter.min_bytes - 1} of {converter.min_bytes} bytes"):
        converter.to_bgr(data(content[: converter.min_bytes - 1]))


def test_the_picture_is_a_new_one() -> None:
    content = bytearray(raw("BGR3", PICTURE))
    pixels = Converter(given("BGR3")).to_bgr(np.frombuffer(content, np.uint8))
    content[:] = bytes(len(content))
    assert_drawn(pixels, within=0)
    assert pixels.flags.writeable


@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("fourcc", LAYOUTS)
def test_a_picture_that_is_converted_later_has_the_same_pixels(fourcc: str, is_full: bool) -> None:
    converter = Converter(
        given(fourcc, stride_bytes=LAYOUTS[fourcc].px_bytes * WIDTH_PX + 64, quantization=int(is_full))
    )
    content = bytearray(raw(fourcc, PICTURE, stride=LAYOUTS[fourcc].px_bytes * WIDTH_PX + 64))
    at_once = converter.to_bgr(data(bytes(content)))
    picture = converter.picture(np.frombuffer(content, np.uint8))
    content[:] = bytes(len(content))  # the driver uses its buffer again
    assert picture.shape == at_once.shape
    assert np.array_equal(np.asarray(picture), at_once)
    with pytest.raises(ValueError, match="bytes"):
        converter.picture(data(bytes(converter.min_bytes - 1)))


@pytest.mark.parametrize("fourcc", LAYOUTS)
def test_a_packed_or_semi_planar_picture_is_only_copied(fourcc: str) -> None:
    is_raw = not isinstance(Converter(given(fourcc)).picture(data(raw(fourcc, PICTURE))), np.ndarray)
    assert is_raw == (fourcc in (*PACKED, "NV12", "NV21"))


def test_half_a_picture_and_none_are_bad() -> None:
    converter, content = Converter(given("YUYV")), raw("YUYV", PICTURE)
    with pytest.raises(ValueError, match="has 76800 of 153600 bytes"):
        converter.to_bgr(data(content[:76800]))
    with pytest.raises(ValueError, match="is empty"):
        converter.to_bgr(data(b""))
    with pytest.raises(ValueError, match="is empty"):
        Converter(given("MJPG")).to_bgr(data(b""))


@pytest.mark.parametrize("fourcc", YUV)
@pytest.mark.parametrize("colours", [{"quantization": FULL}, {"colorspace": 7}])
def test_full_range_is_converted(fourcc: str, colours: dict[str, int]) -> None:
    content = raw(fourcc, PICTURE, is_full=True)
    assert_drawn(Converter(given(fourcc, **colours)).to_bgr(data(content)))


@pytest.mark.parametrize("fourcc", ["YUYV", "NV12"])
def test_full_range_reaches_black_and_white(fourcc: str) -> None:
    converter = Converter(given(fourcc, quantization=FULL))
    for level in (0, 255):
        content = raw(fourcc, np.full_like(PICTURE, level), is_full=True)
        assert np.abs(converter.to_bgr(data(content)).astype(int) - level).max() <= 1


@pytest.mark.parametrize("fourcc", YUV)
@pytest.mark.parametrize(
    ("weights", "colours"),
    [
        ((0.2126, 0.0722), {"encoding": 2}),
        ((0.2126, 0.0722), {"colorspace": 3}),
        ((0.2126, 0.0722), {"colorspace": 12}),
        ((0.2627, 0.0593), {"colorspace": 10}),
        ((0.212, 0.087), {"colorspace": 2}),
        ((0.299, 0.114), {"colorspace": 3, "encoding": 1}),
        ((0.299, 0.114), {"colorspace": 8}),
    ],
)
def test_the_colours_are_those_of_the_stated_encoding(
    fourcc: str, weights: tuple[float, float], colours: dict[str, int]
) -> None:
    content = raw(fourcc, PICTURE, weights=weights)
    assert_drawn(Converter(given(fourcc, **colours)).to_bgr(data(content)))


@pytest.mark.parametrize("weights", [(0.299, 0.114), (0.2126, 0.0722), (0.2627, 0.0593)])
@pytest.mark.parametrize("is_full", [False, True])
def test_bright_colours_are_not_cut(weights: tuple[float, float], is_full: bool) -> None:
    encoding = {0.299: 1, 0.2126: 2, 0.2627: 6}[weights[0]]
    converter = Converter(given("YUYV", encoding=encoding, quantization=FULL if is_full else LIMITED))
    for colour in ((191, 0, 191), (0, 0, 255), (255, 0, 0), (0, 255, 0)):
        content = raw("YUYV", np.full_like(PICTURE, colour), weights=weights, is_full=is_full)
        assert np.abs(converter.to_bgr(data(content)).astype(int) - np.array(colour)).max() <= 3, colour


@pytest.mark.parametrize("stride", [320, 384])
@pytest.mark.parametrize("fourcc", ["NV12", "NV21", "YU12", "YV12"])
def test_unusual_colours_are_read_from_lines_with_gaps_too(fourcc: str, stride: int) -> None:
    content = raw(fourcc, PICTURE, stride=stride, weights=(0.2126, 0.0722), is_full=True)
    converter = Converter(given(fourcc, stride_bytes=stride, encoding=2, quantization=FULL))
    assert_drawn(converter.to_bgr(data(content)))


def test_limited_range_of_red_green_and_blue_is_widened() -> None:
    narrow = np.rint(16 + PICTURE * (219 / 255)).astype(np.uint8)
    for fourcc in ("BGR3", "RGB3", "XR24"):
        assert_drawn(Converter(given(fourcc, quantization=LIMITED)).to_bgr(data(raw(fourcc, narrow))))
        assert_drawn(Converter(given(fourcc, quantization=FULL)).to_bgr(data(raw(fourcc, PICTURE))))


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    is_encoded, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert is_encoded
    return content.tobytes()


@pytest.mark.parametrize("fourcc", ["MJPG", "JPEG"])
def test_a_jpeg_is_decoded_with_or_without_filling_after_its_end(fourcc: str) -> None:
    converter, content = Converter(given(fourcc)), jpeg(PICTURE)
    assert_drawn(converter.to_bgr(data(content)))
    assert_drawn(converter.to_bgr(data(content + bytes(5000))))


def test_a_jpeg_without_huffman_tables_is_decoded_with_the_usual_ones() -> None:
    content = jpeg(PICTURE)
    while (start := content.find(b"\xff\xc4")) >= 0:
        content = content[:start] + content[start + 2 + int.from_bytes(content[start + 2 : start + 4], "big") :]
    assert_drawn(Converter(given("MJPG")).to_bgr(data(content)))


@pytest.mark.parametrize("lines", [120, 128])
def test_a_jpeg_of_one_field_is_bad(lines: int) -> None:
    field = np.resize(PICTURE[::2], (lines, WIDTH_PX, 3))
    with pytest.raises(ValueError, match=f"has {lines} of 240 lines: one field of an interlaced picture"):
        Converter(given("MJPG")).to_bgr(data(jpeg(field) + jpeg(field)))


@pytest.mark.parametrize("size_px", [(320, 240), (160, 120), (320, 180), (320, 248), (320, 130), (320, 1), (640, 120)])
def test_a_jpeg_of_another_size_is_read(size_px: tuple[int, int]) -> None:
    picture = np.zeros((size_px[1], size_px[0], 3), np.uint8)
    assert Converter(given("MJPG")).to_bgr(data(jpeg(picture))).shape == picture.shape


def test_a_jpeg_much_larger_than_stated_is_bad() -> None:
    converter = Converter(given("MJPG", width_px=32, height_px=24))
    with pytest.raises(ValueError, match="has 65×50 pixels, more than 3072"):
        converter.to_bgr(data(jpeg(np.zeros((50, 65, 3), np.uint8))))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fourcc": "H264"}, "sends H264, which is not supported"),
        ({"width_px": 8000, "height_px": 6000}, f"sends 8000×6000 pixels, more than {MAX_FRAME_PX} or none"),
        ({"width_px": 0}, "or none"),
        ({"width_px": 319}, "sends YUYV of 319×240 pixels, which this format cannot have"),
        ({"fourcc": "NV12", "height_px": 239}, "sends NV12 of 320×239 pixels, which this format cannot have"),
        ({"stride_bytes": 600}, "states 600 bytes for a line of 320 pixels of YUYV"),
        *(({"field": field}, "two fields of interlaced pictures separately") for field in (2, 3, 5, 6, 7)),
    ],
)
def test_a_format_that_cannot_be_used_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Converter(given(**{"fourcc": "YUYV", **changes}))


@given_any(
    st.builds(
        DriverFormat,
        st.sampled_from([*LAYOUTS, "H264"]),
        st.integers(0, 70),
        st.integers(0, 70),
        st.integers(0, 300),
        st.integers(0, 9),
        st.integers(0, 13),
        st.integers(0, 9),
        st.integers(0, 3),
    ),
    st.integers(-2, 2),
)
def test_whatever_a_driver_says_there_is_a_picture_of_its_size_or_a_reason(answer: DriverFormat, spare: int) -> None:
    try:
        converter = Converter(answer)
        pixels = converter.to_bgr(np.zeros(max(converter.min_bytes + spare, 0), np.uint8))
    except ValueError as error:
        reason = str(error)
    else:
        reason = "has a picture" if pixels.shape == (answer.height_px, answer.width_px, 3) else "another size"
    assert reason.split()[0] in ("sends", "states", "has", "is", "cannot")
