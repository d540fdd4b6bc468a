"""The object that ``binarycop.open`` gives: a network with its backend, and a detector for whole pictures."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from binarycop.api.answers import Answer, FaceAnswer, Look, make_answer
from binarycop.bundle.files import Bundle
from binarycop.classes import MaskClass
from binarycop.classifier.base import Classifier
from binarycop.classifier.gradcam import GradCam
from binarycop.detection.base import SMALLEST_FACE_PX, Detector, Face
from binarycop.detection.views import cut_views, mean_scores
from binarycop.frames.image import MAX_FRAME_PX, read_picture
from binarycop.geometry import SIDE_PX

_CROP, _CROPS = f"({SIDE_PX}, {SIDE_PX}, 3)", f"(N, {SIDE_PX}, {SIDE_PX}, 3)"


class MaskClassifier:
    """A bundle's network on a backend. It classifies a crop, a batch of crops, or the faces of a picture.

    Threads may share it; their calls wait for each other. Use it in a ``with`` block, or call ``close``.
    """

    def __init__(
        self,
        bundle: Bundle,
        classifier: Classifier,
        make_detector: Callable[[], Detector],
        *,
        views: int,
        limit: int,
        why_emulator: str = "",
    ) -> None:
        self._bundle, self._classifier = bundle, classifier
        self._make_detector = make_detector
        # Made when they are first used: they are two networks, and a second on a PC.
        self._detector: Detector | None = None
        self._gradcam: GradCam | None = None
        self._views, self._limit = views, limit
        self._why_emulator = why_emulator
        self._is_closed = False
        self._turn = threading.RLock()  # a backend and a detector serve one thread at a time

    @property
    def bundle(self) -> Bundle:
        """The loaded bundle: its manifest, weights and golden vectors."""
        return self._bundle

    @property
    def backend(self) -> str:
        """What runs the network, e.g. ``emulator``."""
        return self._classifier.name

    @property
    def why_emulator(self) -> str:
        """Why ``auto`` took the emulator and not the overlay; empty if it did not."""
        return self._why_emulator

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """The scores of a batch: (N, 32, 32, 3) uint8 RGB to (N, 4) int32, in the order of ``MaskClass``.

        Raises ValueError for any other array, and after ``close``; TypeError if it is not an array; BackendError if the
        accelerator fails or takes too long.
        """
        if not isinstance(crops, np.ndarray):
            raise TypeError(f"crops are a {type(crops).__name__}, not a numpy array uint8 {_CROPS}; see numpy.stack")
        with self._turn:
            self._check_open()
            return self._classifier.scores(crops)

    def classify(self, crop: NDArray[np.uint8]) -> Answer:
        """The answer to one crop, (32, 32, 3) uint8 RGB, without other views of it. Raises as ``scores``."""
        return make_answer(self.scores(_one(crop))[0], self._limit)

    def look(self, picture: str | os.PathLike[str] | NDArray[np.uint8]) -> Look:
        """Find the faces of a picture and classify each, as ``binarycop evaluate`` does: without tracking and votes.

        picture: the path of a JPEG, PNG, BMP or WebP file, or an array (H, W, 3) uint8 RGB; OpenCV's BGR is turned
        round by ``picture[:, :, ::-1]``. Faces count from 16 px on, with their shorter side. A JPEG of 16 to 50
        megapixels is decoded smaller. Raises UndecodableFrame if the file cannot be read, has another format or more
        than 64 MiB, or has too many pixels; ValueError for any other array, and after ``close``; TypeError for any
        other object; DetectorError or BackendError if detector or accelerator fail.
        """
        self._check_open()
        pixels = _bgr(picture) if isinstance(picture, np.ndarray) else _read(picture)
        with self._turn:
            self._check_open()
            if self._detector is None:
                self._detector = self._make_detector()
            found = [face for face in self._detector.detect(pixels) if face.box.shorter_px >= SMALLEST_FACE_PX]
            found.sort(key=lambda face: face.box.area_px, reverse=True)
            answers = tuple(self._answer(pixels, face) for face in found)
        manifest = self._bundle.manifest
        height_px, width_px = pixels.shape[:2]
        return Look(answers, width_px, height_px, manifest.name, manifest.version, self.backend)

    def heat(self, crop: NDArray[np.uint8], mask_class: MaskClass | None = None) -> NDArray[np.float32]:
        """Where the network looks in one crop, (32, 32, 3) uint8 RGB: Grad-CAM's map (5, 5), 0 to 1.

        mask_class: the class whose score is explained; None is the one with the best score. Cell (row, column) is in
        the middle of 16×16 pixels, at 7.5 + 4·row and 7.5 + 4·column. The first call takes seconds on a board. Raises
        ValueError for any other array or class, after ``close``, or if the bundle's network is not built as the paper's
        are.
        """
        with self._turn:
            self._check_open()
            one = _one(crop)
            mask_class = self.classify(crop).mask_class if mask_class is None else MaskClass(mask_class)
            if self._gradcam is None:
                self._gradcam = GradCam(self._bundle)
            heat: NDArray[np.float32] = self._gradcam.heat(one, [mask_class])[0]
            return heat

    def close(self) -> None:
        """Free what the backend holds, once the calls of other threads have returned. May be called twice.

        The overlay stays loaded, and another program may use it then.
        """
        with self._turn:
            self._is_closed = True
            self._classifier.close()

    def __enter__(self) -> "MaskClassifier":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        manifest = self._bundle.manifest
        return f"<MaskClassifier: {manifest.name} {manifest.version} on {self.backend}>"

    def _answer(self, pixels: NDArray[np.uint8], face: Face) -> FaceAnswer:
        views = cut_views(pixels, face.box, self._bundle.manifest.crop, self._views)
        answer = make_answer(mean_scores(self._classifier.scores(views)).tolist(), self._limit)
        return FaceAnswer(answer.scores, answer.limit, face.box, face.confidence)

    def _check_open(self) -> None:
        if self._is_closed:
            raise ValueError("this classifier is closed; open another one")


def _read(picture: str | os.PathLike[str]) -> NDArray[np.uint8]:
    if not isinstance(picture, (str, os.PathLike)):
        kind = f"a picture is a {type(picture).__name__}, not a path or a numpy array"
        raise TypeError(f"{kind}; a PIL image becomes one by np.asarray(image.convert('RGB'))")
    return read_picture(Path(picture), shrink_to_px=MAX_FRAME_PX)


def _bgr(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An array of RGB as frames are, contiguous BGR. Raises ValueError if it is no picture."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(f"a picture is {picture.dtype} {picture.shape}, not uint8 (H, W, 3)")
    height_px, width_px = picture.shape[:2]
    if height_px * width_px > MAX_FRAME_PX:
        raise ValueError(f"a picture has {width_px}×{height_px} pixels, more than {MAX_FRAME_PX}")
    return np.ascontiguousarray(picture[:, :, ::-1])


def _one(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A crop as a batch of one. Raises TypeError or ValueError if it is no crop."""
    if not isinstance(crop, np.ndarray):
        raise TypeError(f"a crop is a {type(crop).__name__}, not a numpy array uint8 {_CROP}")
    if crop.dtype != np.uint8 or crop.shape != (SIDE_PX, SIDE_PX, 3):
        raise ValueError(f"a crop is {crop.dtype} {crop.shape}, not uint8 {_CROP}; look takes a whole picture")
    return crop[None]
