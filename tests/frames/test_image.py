"""Picture files: formats that are read, and files that are refused before they are decoded."""

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.errors import UndecodableFrame
from binarycop.frames import image, picture_files
from binarycop.frames.image import read_picture
from tests.bundle.other_files import LFS_POINTER, WEB_PAGE
from tests.tried import Kind, tried


def scene() -> NDArray[np.uint8]:
    """(60, 80, 3) uint8 BGR: smooth, with red, green and blue areas."""
    across = np.linspace(0, 255, 80)
    down = np.linspace(0, 255, 60)[:, None]
    return np.stack([across + 0 * down, down + 0 * across, 255 - across + 0 * down], axis=2).astype(np.uint8)


def encoded(suffix: str, *options: int) -> bytes:
    is_encoded, data = cv2.imencode({".jfif": ".jpg"}.get(suffix, suffix), scene(), list(options))
    assert is_encoded
    return bytes(data.tobytes())


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(UndecodableFrame) as caught:
        read_picture(path)
    assert caught.value.source == str(path)
    return caught.value.reason


@tried(Kind.PICTURE, "names in .jpg, .jpeg, .jpe, .jfif, .png, .bmp, .dib and .webp", "read")
@pytest.mark.parametrize("suffix", picture_files.SUFFIXES)
def test_each_format_is_read_as_bgr(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"one{suffix}"
    path.write_bytes(encoded(suffix))
    pixels = read_picture(path)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (60, 80, 3)
    assert np.abs(pixels.astype(int) - scene()).mean() < 6


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((cv2.IMWRITE_JPEG_PROGRESSIVE, 1), marks=tried(Kind.PICTURE, "progressive JPEG", "read")),
        pytest.param(
            (cv2.IMWRITE_JPEG_RST_INTERVAL, 2), marks=tried(Kind.PICTURE, "JPEG with restart markers", "read")
        ),
    ],
)
def test_other_kinds_of_jpeg_are_read(tmp_path: Path, options: tuple[int, ...]) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(encoded(".jpg", *options))
    assert read_picture(path).shape == (60, 80, 3)


@tried(Kind.PICTURE, "JPEG with tables and padding before its size", "read")
def test_a_jpeg_with_tables_and_padding_before_its_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(_tables_first(encoded(".jpg")))
    assert read_picture(path).shape == (60, 80, 3)


def _tables_first(data: bytes) -> bytes:
    """The JPEG with a Huffman table moved to its beginning, and padding behind it."""
    start = data.index(b"\xff\xc4")
    end = start + 2 + int(struct.unpack_from(">H", data, start + 2)[0])
    return data[:2] + data[start:end] + b"\xff\xff" + data[2:start] + data[end:]


@tried(Kind.PICTURE, "lossless WebP", "read")
def test_lossless_webp_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.webp"
    path.write_bytes(encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 101))
    assert np.array_equal(read_picture(path), scene())


@tried(Kind.PICTURE, "grey PNG", "read; three equal channels")
def test_a_grey_picture_becomes_three_channels(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    assert cv2.imwrite(str(path), scene()[:, :, 0])
    assert read_picture(path).shape == (60, 80, 3)


@tried(Kind.PICTURE, "PNG that is named .jpg", "read")
def test_the_content_decides_about_the_format_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(encoded(".png"))
    assert np.array_equal(read_picture(path), scene())


@tried(Kind.PICTURE, "a picture without its end, in each format", "refused")
@pytest.mark.parametrize("suffix", picture_files.SUFFIXES)
@pytest.mark.parametrize("share", [0.97, 0.5, 0.1])
def test_a_truncated_picture_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    data = encoded(suffix)
    refused(tmp_path / f"cut{suffix}", data[: int(len(data) * share)])


@pytest.mark.parametrize("suffix", picture_files.SUFFIXES)
def test_a_header_truncated_at_any_length_is_refused(tmp_path: Path, suffix: str) -> None:
    data = encoded(suffix)
    for length in range(40):
        refused(tmp_path / f"cut{suffix}", data[:length])


def test_a_file_that_is_not_a_picture_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "one.txt", b"a text") == "is not a JPEG, PNG, BMP or WebP picture"
    assert refused(tmp_path / "one.png", b"GIF89a" + bytes(100)) == "is not a JPEG, PNG, BMP or WebP picture"


@tried(Kind.PICTURE, "empty, zeros, a Git LFS pointer or a web page instead of a picture", "refused: says what it is")
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty; copy it again"),
        (bytes(100), "is filled with zeros, as after a copy that was interrupted"),
        (LFS_POINTER, "is a pointer of Git LFS instead of the file; run git lfs pull"),
        (WEB_PAGE, "is a web page (HTML), as a download that failed leaves it"),
    ],
)
def test_a_picture_that_never_arrived_is_refused_with_what_it_is(tmp_path: Path, data: bytes, reason: str) -> None:
    assert refused(tmp_path / "one.jpg", data).startswith(reason)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "missing.png", "does not exist"), (tmp_path, "is not a file")):
        with pytest.raises(UndecodableFrame, match=reason):
            read_picture(path)


@tried(Kind.PICTURE, "a file of more than 64 MiB", "refused, with the limit")
def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "MAX_FILE_BYTES", 2**20)
    assert refused(tmp_path / "one.png", encoded(".png") + bytes(2**20)) == "is larger than 1 MiB"


def _png(width: int, height: int) -> bytes:
    data = encoded(".png")
    return data[:16] + struct.pack(">II", width, height) + data[24:]


def _bmp(width: int, height: int) -> bytes:
    data = encoded(".bmp")
    return data[:18] + struct.pack("<ii", width, -height) + data[26:]


def _jpeg(width: int, height: int) -> bytes:
    data = encoded(".jpg")
    start = data.index(b"\xff\xc0")
    return data[: start + 5] + struct.pack(">HH", height, width) + data[start + 9 :]


def _jpeg_with_tables_first(width: int, height: int) -> bytes:
    return _tables_first(_jpeg(width, height))


def _webp(width: int, height: int) -> bytes:
    data = encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 50)
    assert data[12:16] == b"VP8 "
    return data[:26] + struct.pack("<HH", width, height) + data[30:]


def _webp_extended(width: int, height: int) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + bytes(4) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sizes + bytes(20)


def _webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    return b"RIFF" + bytes(4) + b"WEBPVP8L" + struct.pack("<IBI", 20, 0x2F, bits) + bytes(20)


@tried(Kind.PICTURE, "a small file of 192 megapixels, in each format", "refused by its header alone")
@pytest.mark.parametrize("forge", [_png, _bmp, _jpeg, _jpeg_with_tables_first, _webp, _webp_extended, _webp_lossless])
def test_a_decompression_bomb_is_refused_by_its_header_alone(
    tmp_path: Path, forge: Callable[[int, int], bytes]
) -> None:
    reason = refused(tmp_path / "bomb", forge(16000, 12000))
    assert reason == "has 16000×12000 pixels, more than 50000000"


@pytest.mark.parametrize(("forge", "limit"), [(_jpeg, 50_000_000), (_png, 16_777_216)])
def test_a_picture_that_is_too_large_to_shrink_is_refused_with_the_limit_of_its_format(
    tmp_path: Path, forge: Callable[[int, int], bytes], limit: int
) -> None:
    (tmp_path / "large").write_bytes(forge(8000, 8000))
    with pytest.raises(UndecodableFrame, match=f"has 8000×8000 pixels, more than {limit}$"):
        read_picture(tmp_path / "large", shrink_to_px=image.MAX_FRAME_PX)


@tried(Kind.PICTURE, "JPEG of 48 megapixels", "read at half its width and height")
def test_a_jpeg_of_48_megapixels_is_decoded_smaller_where_the_caller_wants_that(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    large = np.asarray(cv2.resize(scene(), (8000, 6000)), np.uint8)
    assert cv2.imwrite(str(path), large)
    pixels = read_picture(path, shrink_to_px=image.MAX_FRAME_PX)
    assert pixels.shape == (3000, 4000, 3)
    assert np.abs(pixels[::50, ::50].astype(int) - cv2.resize(scene(), (80, 60))).mean() < 6


def test_a_picture_is_never_made_smaller_than_it_needs_to_be(tmp_path: Path) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(encoded(".jpg"))
    sizes = [read_picture(path, shrink_to_px=limit).shape[:2] for limit in (9999, 4800, 4799, 1200, 1199, 300, 299, 80)]
    assert sizes == [(60, 80), (60, 80), (30, 40), (30, 40), (15, 20), (15, 20), (8, 10), (8, 10)]


@pytest.mark.parametrize("data", [encoded(".png"), encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_a_picture_that_cannot_be_decoded_smaller_without_the_memory_of_the_whole_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="has 80×60 pixels, more than 4799"):
        image.decode(data, shrink_to_px=4799)


@tried(Kind.PICTURE, "JPEG of 75,000 scans", "refused, with their limit")
def test_a_jpeg_with_very_many_scans_is_refused_by_their_count(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(ValueError, match="is a JPEG of more than 64 scans"):
        image.decode(data[:-2] + 75_000 * last_scan + data[-2:])


def _film(seed: int) -> bytes:
    """5 MB of noise, as a film is one for a reader of JPEGs: with every marker, some a hundred times."""
    return np.random.default_rng(seed).bytes(5_000_000)


@pytest.mark.parametrize(
    "behind",
    [
        pytest.param(_film(1), marks=tried(Kind.PICTURE, "motion photo: JPEG with a film behind it", "read")),
        pytest.param(
            encoded(".jpg")[:-100], marks=tried(Kind.PICTURE, "JPEG with a second, truncated one behind it", "read")
        ),
        *(b"\xff\xda" + bytes(size) for size in (0, 1, 100)),
    ],
    ids=["film", "truncated", "scan", "scan1", "scan100"],
)
def test_what_follows_a_jpeg_does_not_count(behind: bytes) -> None:
    """It was taken for a truncated picture, or for one of very many scans."""
    data = encoded(".jpg")
    assert np.array_equal(image.decode(data + behind), image.decode(data))


def test_a_jpeg_in_the_header_of_a_truncated_one_is_not_its_end() -> None:
    data, inside = encoded(".jpg"), encoded(".jpg", cv2.IMWRITE_JPEG_QUALITY, 20)
    header = b"\xff\xe1" + struct.pack(">H", 2 + len(inside)) + inside
    assert image.decode(data[:2] + header + data[2:]).shape == (60, 80, 3)
    with pytest.raises(ValueError, match="truncated: a JPEG without its end"):
        image.decode(data[:2] + header + data[2:-100])


def _masked_bmp(header_bytes: int, red: int, green: int, blue: int) -> bytes:
    """A BMP of 32 bits per pixel with these masks, and a red pixel in every place."""
    header = struct.pack("<IiiHHIIiiII", header_bytes, 8, 8, 1, 32, 3, 256, 2835, 2835, 0, 0)
    masks = struct.pack("<3I", red, green, blue)
    header += masks + bytes(max(header_bytes - 52, 0))
    pixels = struct.pack("<I", 200 * (red & -red)) * 64
    return b"BM" + struct.pack("<IHHI", 14 + len(header) + 256, 0, 0, 14 + len(header)) + header + pixels


@tried(Kind.PICTURE, "BMP of 32 bits with red, green and blue in another order", "refused: save it with 24 bits")
@pytest.mark.parametrize("header_bytes", [40, 52, 56, 108, 124])
def test_a_bmp_with_its_colours_in_another_order_is_refused(header_bytes: int) -> None:
    """OpenCV 4 shows red as blue there, and OpenCV 5 in some of the headers."""
    assert image.decode(_masked_bmp(header_bytes, 0xFF0000, 0xFF00, 0xFF))[0, 0].tolist() == [0, 0, 200]
    for masks in ((0xFF, 0xFF00, 0xFF0000), (0xFF000000, 0xFF0000, 0xFF00), (0x3FF00000, 0xFFC00, 0x3FF)):
        with pytest.raises(ValueError, match="another order than blue, green, red"):
            image.decode(_masked_bmp(header_bytes, *masks))


@tried(Kind.PICTURE, "JPEG that hides its size behind another marker", "refused: its header is broken")
def test_a_jpeg_cannot_hide_its_size_behind_a_marker_that_the_decoder_skips() -> None:
    """libjpeg looks for the next marker after 0xFF00, and would find the large size; the small one is never read."""
    large, small = _jpeg(16000, 12000), _jpeg(80, 60)
    header = large[large.index(b"\xff\xc0") :][:19]
    hidden = small[:2] + b"\xff\x00" + struct.pack(">H", 2 + len(header)) + header + small[2:]
    with pytest.raises(ValueError, match="header is broken"):
        image.decode(hidden)


def _cmyk_jpeg() -> bytes:
    """A JPEG of 8×8 pixels whose four inks all have the value 128, as Adobe writes it: 255 is no ink."""
    grey = bytes(cv2.imencode(".jpg", np.full((8, 8), 128, np.uint8))[1].tobytes())
    frame = struct.pack(">HBHHB", 20, 8, 8, 8, 4) + b"".join(bytes([ink, 0x11, 0]) for ink in range(1, 5))
    scan = struct.pack(">HB", 14, 4) + b"".join(bytes([ink, 0]) for ink in range(1, 5)) + bytes([0, 63, 0])
    blocks = bytes([0b00101000, 0b10100010, 0b10001010])  # four times: no difference (00), end of block (1010)
    adobe = b"\xff\xee" + struct.pack(">H5sHHHB", 14, b"Adobe", 100, 0, 0, 0)
    start, tables = grey.index(b"\xff\xc0"), grey.index(b"\xff\xc4")
    return (
        grey[:2] + adobe + grey[2:start] + b"\xff\xc0" + frame + grey[tables : grey.index(b"\xff\xda")]
        + b"\xff\xda" + scan + blocks + b"\xff\xd9"
    )  # fmt: skip


@tried(Kind.PICTURE, "JPEG in CMYK", "read; converted to colour")
def test_a_jpeg_of_four_inks_is_converted() -> None:
    pixels = image.decode(_cmyk_jpeg())
    assert pixels.shape == (8, 8, 3)
    assert np.abs(pixels.astype(int) - 128 * 128 // 255).max() <= 1
