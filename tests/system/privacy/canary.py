"""The canary: a random picture, all forms in which it could be stored, and the search for them."""

import base64
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from errno import EIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_PIECE = 16  # random bytes: a match by chance is 1 in 2^128
_POSITIONS = (0.2, 0.4, 0.6, 0.8)
_SCAN, _IMAGE_DATA = b"\xff\xda", b"IDAT"  # the bytes before them are equal in many files
_SCALES = ((320, 240), (160, 120), (80, 60), (64, 64), (32, 32))
_QUALITIES = (50, 75, 80, 85, 90, 95, 100)
_CHUNK, _OVERLAP = 1 << 24, 64


@dataclass(frozen=True)
class Probe:
    """A piece of one form of the canary. name: the form and the position in it."""

    name: str
    piece: bytes


def draw(width_px: int, height_px: int, seed: int = 11) -> NDArray[np.uint8]:
    """A random texture of 8 px blocks, (H, W, 3) BGR: it survives compression, and is unlike any other picture."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height_px // 8, width_px // 8, 3), dtype=np.uint8)
    fine = rng.integers(-20, 21, (height_px, width_px, 3))
    whole = cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_NEAREST)
    drawn: NDArray[np.uint8] = np.clip(whole.astype(int) + fine, 0, 255).astype(np.uint8)
    return drawn


def probes(
    frames: Iterable[NDArray[np.uint8]], crops: Iterable[NDArray[np.uint8]], files: Iterable[bytes]
) -> list[Probe]:
    """Make pieces of every form. frames: decoded, BGR. crops: 32×32 RGB, as for the classifier. files: compressed."""
    forms: dict[str, bytes] = {}
    for index, frame in enumerate(frames):
        forms |= _picture_forms(f"frame {index}", frame)
        for width_px, height_px in _SCALES:
            for word, how in (("area", cv2.INTER_AREA), ("linear", cv2.INTER_LINEAR), ("nearest", cv2.INTER_NEAREST)):
                small = cv2.resize(frame, (width_px, height_px), interpolation=how)
                forms |= _picture_forms(f"frame {index} at {width_px}×{height_px} ({word})", small)
    for index, crop in enumerate(crops):
        forms |= _picture_forms(f"crop {index}", np.ascontiguousarray(crop[:, :, ::-1]))
    for index, file in enumerate(files):
        forms[f"compressed frame {index}"] = file.split(_SCAN, 1)[-1]
    return [probe for name, form in forms.items() for probe in _pieces(name, form)]


def forms(crop: NDArray[np.uint8]) -> list[bytes]:
    """All forms of a crop, (32, 32, 3) RGB: raw, compressed and as text."""
    return list(_picture_forms("crop", np.ascontiguousarray(crop[:, :, ::-1])).values())


class Search:
    """Searches for many pieces at once: in one pass for their first four bytes, then for the rest."""

    def __init__(self, wanted: Iterable[Probe]) -> None:
        self._by_start: dict[bytes, list[Probe]] = {}
        self._first, self._second = np.zeros(1 << 16, bool), np.zeros(1 << 16, bool)
        for probe in wanted:
            self._by_start.setdefault(probe.piece[:4], []).append(probe)
            first, second = struct.unpack("<HH", probe.piece[:4])
            self._first[first] = self._second[second] = True

    def of(self, data: bytes) -> list[str]:
        """The names of the pieces that are in the data."""
        found: dict[str, None] = {}
        for start in range(0, len(data), _CHUNK):
            part = data[start : start + _CHUNK + _OVERLAP]
            values = np.frombuffer(part, np.uint8).astype(np.uint16)
            pairs = values[:-1] | values[1:] << 8
            for at in np.flatnonzero(self._first[pairs[:-2]] & self._second[pairs[2:]]).tolist():
                for probe in self._by_start.get(part[at : at + 4], ()):
                    if part.startswith(probe.piece, at):
                        found[probe.name] = None
        return list(found)

    def of_file(self, file: Path) -> list[str]:
        """Search a file of any size. Raises OSError."""
        found: dict[str, None] = {}
        tail = b""
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                found |= dict.fromkeys(self.of(tail + chunk))
                tail = chunk[-_OVERLAP:]
        return list(found)

    def of_memory(self, pid: int) -> list[str]:
        """Search the writable memory of a process. Raises OSError if the kernel denies it."""
        found: dict[str, None] = {}
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                span, rights, *_ = line.split()
                if rights.startswith("rw"):
                    first, end = (int(address, 16) for address in span.split("-"))
                    memory.seek(first)
                    try:
                        held = memory.read(end - first) or b""
                    except OSError as error:
                        # Pages behind the end of a truncated file: they hold nothing.
                        if error.errno != EIO:
                            raise
                        continue
                    found |= dict.fromkeys(self.of(held))
        return list(found)


def _picture_forms(name: str, picture: NDArray[np.uint8]) -> dict[str, bytes]:
    forms = {
        f"{name}, BGR": picture.tobytes(),
        f"{name}, RGB": picture[:, :, ::-1].tobytes(),
        f"{name}, grey": cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).tobytes(),
        f"{name}, PNG": cv2.imencode(".png", picture)[1].tobytes().split(_IMAGE_DATA, 1)[1],
    }
    for quality in _QUALITIES:
        file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        forms[f"{name}, JPEG {quality}"] = file.split(_SCAN, 1)[1]
    if picture.shape[0] <= 32:
        pixels = picture[:, :, ::-1].tobytes()
        forms |= {f"{name}, base64": base64.b64encode(pixels), f"{name}, hex": pixels.hex().encode()}
        forms[f"{name}, as a list"] = ", ".join(str(value) for value in pixels).encode()
    return forms


def _pieces(name: str, form: bytes) -> list[Probe]:
    # Text gets twice the length, since a digit or a letter holds less than a byte.
    length = 2 * _PIECE if form.isascii() else _PIECE
    starts = [int(len(form) * position) for position in _POSITIONS]
    return [
        Probe(f"{name} at byte {start}", form[start : start + length])
        for start in starts
        if start + length <= len(form)
    ]
