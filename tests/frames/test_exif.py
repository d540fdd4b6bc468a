"""Pictures whose EXIF data states that they have to be turned or mirrored: the same picture with each OpenCV."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.frames.exif import orientation_of
from binarycop.frames.folder import Folder
from binarycop.frames.image import decode, read_picture
from binarycop.frames.orientation import Orientation, of_matrix, upright
from tests.tried import Kind, tried

Picture = NDArray[np.uint8]

UPRIGHT_ARRAYS: dict[int, Callable[[Picture], Picture]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: stored.transpose(1, 0, 2)[:, ::-1],
    7: lambda stored: stored.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda stored: stored.transpose(1, 0, 2)[::-1],
}
"""What each of EXIF's numbers makes of a stored picture, by its definition: 6 is a quarter clockwise."""


def stored() -> Picture:
    """(12, 20, 3) uint8 BGR: every pixel differs, so that any other orientation shows."""
    return np.random.default_rng(5).integers(0, 255, (12, 20, 3)).astype(np.uint8)


def exif(value: int, order: str = "<", kind: int = 3) -> bytes:
    """EXIF data with the orientation as its only entry."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order]
    number = struct.pack(order + {1: "B3x", 3: "H2x", 4: "I"}[kind], value)
    return head + struct.pack(order + "IHHHI", 8, 1, 0x0112, kind, 1) + number + bytes(4)


def encoded(suffix: str, *options: int) -> bytes:
    is_encoded, data = cv2.imencode(suffix, stored(), list(options))
    assert is_encoded
    return bytes(data.tobytes())


def jpeg(metadata: bytes) -> bytes:
    data, body = encoded(".jpg"), b"Exif\0\0" + metadata
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(metadata: bytes) -> bytes:
    data = encoded(".png")
    return data[:33] + png_chunk(b"eXIf", metadata) + data[33:]


def png_with_metadata_at_its_end(metadata: bytes) -> bytes:
    data = encoded(".png")
    return data[:-12] + png_chunk(b"eXIf", metadata) + data[-12:]


def webp(metadata: bytes, flags: int = 0x08) -> bytes:
    sizes = (19).to_bytes(3, "little") + (11).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<IB3x", 10, flags) + sizes + encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 101)[12:]
    body += b"EXIF" + struct.pack("<I", len(metadata)) + metadata + bytes(len(metadata) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def webp_with_the_prefix_of_a_jpeg(metadata: bytes) -> bytes:
    return webp(b"Exif\0\0" + metadata)


FORMATS = [
    pytest.param(jpeg, marks=tried(Kind.PICTURE, "JPEG with each of the eight EXIF orientations", "read; upright")),
    pytest.param(png, marks=tried(Kind.PICTURE, "PNG with each of the eight orientations (eXIf)", "read; upright")),
    pytest.param(
        png_with_metadata_at_its_end,
        marks=tried(Kind.PICTURE, "PNG with its orientation behind the pixels", "read; upright"),
    ),
    pytest.param(webp, marks=tried(Kind.PICTURE, "WebP with each of the eight orientations", "read; upright")),
    pytest.param(
        webp_with_the_prefix_of_a_jpeg,
        marks=tried(Kind.PICTURE, "WebP whose orientation is written as in a JPEG", "read; upright"),
    ),
]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("embed", FORMATS)
def test_a_picture_is_turned_and_mirrored_as_it_states(
    embed: Callable[[bytes], bytes], order: str, orientation: int
) -> None:
    without = decode(embed(b""))
    assert without.shape == (12, 20, 3)
    assert np.array_equal(decode(embed(exif(orientation, order))), UPRIGHT_ARRAYS[orientation](without))


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_jpeg_that_is_decoded_smaller_is_turned_too(tmp_path: Path, orientation: int) -> None:
    small = decode(jpeg(b""), shrink_to_px=60)
    assert small.shape == (6, 10, 3)
    path = tmp_path / "one.jpg"
    path.write_bytes(jpeg(exif(orientation)))
    assert np.array_equal(read_picture(path, shrink_to_px=60), UPRIGHT_ARRAYS[orientation](small))


def test_the_pictures_of_a_folder_are_turned(tmp_path: Path) -> None:
    (tmp_path / "one.webp").write_bytes(webp(exif(6)))
    frame = Folder(tmp_path).read()
    assert frame is not None
    assert frame.pixels.shape == (20, 12, 3)


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"II*\0",
        exif(0),
        exif(9),
        exif(6)[:-10],  # cut within the entry
        exif(6).replace(b"II*\0", b"II+\0"),  # BigTIFF
        b"II*\0" + struct.pack("<I", 0xFFFFFFFF) + bytes(20),  # a directory far behind the end
        b"II*\0" + struct.pack("<IH", 8, 0xFFFF) + bytes(12 * 50),  # more entries than there are
    ],
)
@tried(Kind.PICTURE, "EXIF data that is damaged, or states no orientation from 1 to 8", "read as it is stored")
def test_a_picture_without_a_valid_orientation_is_read_as_it_is_stored(metadata: bytes) -> None:
    assert orientation_of(jpeg(metadata)) is Orientation.UPRIGHT
    assert np.array_equal(decode(png(metadata)), stored())


@pytest.mark.parametrize("kind", [1, 4])
def test_an_orientation_of_another_integer_type_counts(kind: int) -> None:
    assert orientation_of(png(exif(6, "<", kind))) is Orientation.TURN_90


@pytest.mark.parametrize("data", [jpeg(exif(6)), png(exif(6)), webp(exif(6))])
def test_a_picture_cut_anywhere_raises_nothing(data: bytes) -> None:
    for length in range(len(data)):
        orientation_of(data[:length])


@tried(Kind.PICTURE, "animated WebP", "refused: is an animation")
def test_an_animated_webp_is_refused() -> None:
    with pytest.raises(ValueError, match="is an animation, not one picture"):
        decode(webp(b"", flags=0x02))


@tried(Kind.PICTURE, "animated PNG", "refused: is an animation")
def test_an_animated_png_is_refused() -> None:
    data = encoded(".png")
    with pytest.raises(ValueError, match="is an animation, not one picture"):
        decode(data[:33] + png_chunk(b"acTL", struct.pack(">II", 2, 0)) + data[33:])


@pytest.mark.parametrize("orientation", Orientation)
def test_an_orientation_and_the_matrix_of_a_clip_mean_the_same(orientation: Orientation) -> None:
    """The matrix says where the two axes of the stored picture point."""
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[0, 0], picture[0, 5], picture[3, 0] = 1, 2, 3  # corner, end of the x axis, end of the y axis
    seen = upright(picture, orientation)[:, :, 0]
    corner, right, down = (np.argwhere(seen == value)[0][::-1] for value in (1, 2, 3))
    (a, b), (c, d) = (right - corner).tolist(), (down - corner).tolist()
    assert of_matrix(a, b, c, d) is orientation


def test_a_matrix_that_turns_by_another_angle_is_none_of_them() -> None:
    assert of_matrix(0.7, 0.7, -0.7, 0.7) is None
    assert of_matrix(1.0, 0.0, 1.0, 0.0) is None


@pytest.mark.parametrize(
    ("make", "what"),
    [
        pytest.param(
            lambda: cv2.imencode(".png", stored().astype(np.uint16) * 256 + 77)[1],
            stored(),
            marks=tried(Kind.PICTURE, "PNG of 16 bits a channel", "read, in 8 bits"),
        ),
        pytest.param(
            lambda: cv2.imencode(".png", np.dstack([stored(), np.arange(240, dtype=np.uint8).reshape(12, 20)]))[1],
            stored(),
            marks=tried(Kind.PICTURE, "PNG with transparency", "read; the transparency is ignored"),
        ),
        pytest.param(
            lambda: cv2.imencode(".png", stored()[:, :, 0].astype(np.uint16) * 256 + 77)[1],
            np.repeat(stored()[:, :, :1], 3, axis=2),
            marks=tried(Kind.PICTURE, "grey PNG of 16 bits", "read, in 8 bits"),
        ),
    ],
)
def test_pixels_of_other_kinds_become_8_bit_colour(make: Callable[[], Picture], what: Picture) -> None:
    assert np.array_equal(decode(make().tobytes()), what)
