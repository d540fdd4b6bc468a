"""What a camera and the software behind it do to a picture: light, focus, sensor, processing, scaling, compression.

The networks are sensitive to these details: the same photographs, only scaled and compressed in another way, gave four
points less recall for a class. So these details vary from training crop to training crop. The frame is small (it shows
one face), and every step is a call of OpenCV on it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

_GAMMA, _GAIN, _TINT, _LIFT, _CONTRAST, _SATURATION = 0.2, 0.15, 0.05, 6.0, 0.2, 0.25  # standard deviations
_NIGHT, _FOCUS, _MOTION, _MOSAIC, _GRAINY, _BLOTCHY = 0.04, 0.30, 0.10, 0.15, 0.45, 0.10  # shares of frames
_SHARPENED, _SCALED, _CHROMA, _WRONG_COLOURS, _CODED, _CODED_TWICE = 0.30, 0.40, 0.35, 0.10, 0.50, 0.35
_KERNELS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
_QUALITIES = (25, 97)
# OpenCV 4.5 does not name them, and ignores them.
_SAMPLING_FACTOR, _SAMPLINGS = 7, (0x111111, 0x211111, 0x221111, 0x221111)
_GREY = np.array((0.114, 0.587, 0.299))
_BANK = np.random.default_rng(0).standard_normal(1 << 19).astype(np.float32)
_LEVELS = np.linspace(0, 1, 256)
_MIN_FACE_PX = 20.0  # scaling makes no face smaller


def photograph(frame: Frame, face_px: float, rng: np.random.Generator) -> Frame:
    """The frame (H, W, 3) uint8 BGR as a camera delivers it; often of another size.

    face_px: the longer side of the face in the frame, on which blur depends.
    """
    frame = _blurred(frame, face_px, rng)
    frame = _mosaic(frame, rng) if rng.random() < _MOSAIC else frame
    frame = _lit(frame, rng)
    if rng.random() < _NIGHT:
        frame = cv2.merge([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)] * 3)
    frame = _grainy(frame, rng) if rng.random() < _GRAINY else frame
    frame = _blotchy(frame, rng) if rng.random() < _BLOTCHY else frame
    if rng.random() < _SHARPENED:
        amount = rng.uniform(0.2, 1.6)
        frame = cv2.addWeighted(
            frame, 1 + amount, cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.6, 1.5)), -amount, rng.normal(0, 1)
        )
    coded_first = rng.random() < 0.5
    smallest = min(_MIN_FACE_PX / face_px, 1.0)
    frame = _scaled(frame, smallest, rng) if rng.random() < _SCALED and not coded_first else frame
    frame = _chroma(frame, rng) if rng.random() < _CHROMA else frame
    if rng.random() < _CODED:
        frame = _coded(frame, rng)
        if rng.random() < _CODED_TWICE:
            frame = _coded(frame, rng)
    frame = _scaled(frame, smallest, rng) if rng.random() < _SCALED and coded_first else frame
    return np.asarray(frame, np.uint8)


def _blurred(frame: Frame, face_px: float, rng: np.random.Generator) -> Frame:
    """Out of focus, or moved, in some frames."""
    chance = rng.random()
    if chance < _FOCUS:
        return np.asarray(cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.005, 0.026) * face_px + 0.1), np.uint8)
    if chance < _FOCUS + _MOTION:
        length = max(int(rng.uniform(0.03, 0.12) * face_px), 2)
        kernel = np.full((1, length), 1.0 / length, np.float32)
        return np.asarray(cv2.filter2D(frame, -1, kernel if rng.random() < 0.7 else kernel.T), np.uint8)
    return frame


def _mosaic(frame: Frame, rng: np.random.Generator) -> Frame:
    """One colour for each pixel, as behind a Bayer filter; the others are interpolated."""
    raw = frame[:, :, 1].copy()
    raw[0::2, 0::2] = frame[0::2, 0::2, 2]
    raw[1::2, 1::2] = frame[1::2, 1::2, 0]
    way = cv2.COLOR_BayerBG2BGR if rng.random() < 0.5 else cv2.COLOR_BayerBG2BGR_EA
    return np.asarray(cv2.cvtColor(raw, way), np.uint8)


def _lit(frame: Frame, rng: np.random.Generator) -> Frame:
    """Exposure, contrast, white balance and saturation."""
    gamma, gain, bend, lift = rng.standard_normal(4) * (_GAMMA, _GAIN, _CONTRAST, _LIFT)
    levels = _LEVELS ** np.exp(gamma)
    levels += bend * levels * (1 - levels) * (2 * levels - 1)  # an S, or its opposite
    gains = 255 * np.exp(gain + rng.normal(0, _TINT, 3))
    table = np.clip(levels[:, None] * gains + lift, 0, 255).astype(np.uint8)
    lit = cv2.LUT(frame, table[:, None])
    if rng.random() < 0.5:
        colour = np.exp(rng.normal(0, _SATURATION))
        lit = cv2.transform(lit, colour * np.eye(3) + (1 - colour) * _GREY[None])
    return np.asarray(lit, np.uint8)


def _grainy(frame: Frame, rng: np.random.Generator) -> Frame:
    grain = _noise(frame.shape, rng) * np.float32(rng.uniform(1, 9))
    return np.asarray(cv2.add(frame, grain, None, None, cv2.CV_8U), np.uint8)


def _blotchy(frame: Frame, rng: np.random.Generator) -> Frame:
    """Noise in spots, as after a camera's noise filter."""
    height, width = frame.shape[:2]
    step = rng.uniform(2, 5)
    spots = _noise((max(int(height / step), 2), max(int(width / step), 2), 3), rng)
    grain = cv2.resize(spots, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(rng.uniform(2, 9))
    return np.asarray(cv2.add(frame, grain, None, None, cv2.CV_8U), np.uint8)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gaussian noise, cut at random from a stored field: drawing new noise would take as long as all other steps."""
    count = int(np.prod(shape))
    begin = int(rng.integers(len(_BANK) - count))
    return _BANK[begin : begin + count].reshape(shape)


def _scaled(frame: Frame, smallest: float, rng: np.random.Generator) -> Frame:
    """Resize with one of the usual kernels, as a driver, a browser or a tool does."""
    factor = np.exp(rng.uniform(np.log(max(0.5, smallest)), np.log(1.5)))
    height, width = (max(round(side * factor), 2) for side in frame.shape[:2])
    return np.asarray(cv2.resize(frame, (width, height), interpolation=_KERNELS[rng.integers(len(_KERNELS))]), np.uint8)


def _chroma(frame: Frame, rng: np.random.Generator) -> Frame:
    """Colour at half the size (4:2:2, 4:2:0), sometimes decoded with the range or the matrix of another standard."""
    height, width = frame.shape[:2]
    coded = cv2.cvtColor(frame, cv2.COLOR_BGR2YCrCb)
    small = (max(width // 2, 1), height if rng.random() < 0.5 else max(height // 2, 1))
    colour = cv2.resize(coded[:, :, 1:], small, interpolation=cv2.INTER_AREA)
    way = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    coded[:, :, 1:] = cv2.resize(colour, (width, height), interpolation=way)
    if rng.random() < _WRONG_COLOURS / _CHROMA:
        coded = cv2.LUT(coded, _wrong_range(is_wider=bool(rng.random() < 0.5)))
    seen = np.asarray(cv2.cvtColor(coded, cv2.COLOR_YCrCb2BGR), np.uint8)
    return np.asarray(cv2.transform(seen, _OTHER_MATRIX), np.uint8) if rng.random() < _WRONG_COLOURS else seen


def _wrong_range(*, is_wider: bool) -> NDArray[np.uint8]:
    """A table (256, 1, 3) for Y, Cr, Cb: limited range (16 to 235) taken for the full range, or the opposite."""
    levels = np.arange(256.0)
    luma = (levels - 16) * 255 / 219 if is_wider else levels * 219 / 255 + 16
    chroma = (levels - 128) * (255 / 224 if is_wider else 224 / 255) + 128
    return np.clip(np.stack([luma, chroma, chroma], 1)[:, None], 0, 255).astype(np.uint8)


def _matrix_error() -> NDArray[np.float64]:
    """BGR to BGR: coded with BT.601, decoded with BT.709 (ITU-R)."""

    def to_rgb(red: float, blue: float) -> NDArray[np.float64]:
        green = 1 - red - blue
        return np.array(
            [
                (1, 0, 2 * (1 - red)),
                (1, -2 * (1 - blue) * blue / green, -2 * (1 - red) * red / green),
                (1, 2 * (1 - blue), 0),
            ]
        )

    wrong = to_rgb(0.2126, 0.0722) @ np.linalg.inv(to_rgb(0.299, 0.114))
    return np.ascontiguousarray(wrong[::-1, ::-1])


_OTHER_MATRIX = _matrix_error()


def _coded(frame: Frame, rng: np.random.Generator) -> Frame:
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*_QUALITIES))]
    options += [_SAMPLING_FACTOR, _SAMPLINGS[rng.integers(len(_SAMPLINGS))]]
    _, coded = cv2.imencode(".jpg", frame, options)
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
