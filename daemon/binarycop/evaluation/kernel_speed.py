"""How long a network takes for a crop on this processor: the emulator, and other engines with the same scores."""

import importlib
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle
from binarycop.classifier.choose import engine_of, open_emulator
from binarycop.classifier.emulator import Emulator
from binarycop.errors import BackendError
from binarycop.evaluation import float_onnx
from binarycop.evaluation.one_thread import one_opencv_thread

_BATCH = 64
_WARM_UP, _TURN = 3, 10  # batches of one engine before the next engine has its turn
_OPENCV = 5
_Scores = Callable[[NDArray[np.uint8]], NDArray[np.int32]]


@dataclass(frozen=True)
class KernelSpeed:
    """Medians in microseconds, on one thread.

    kernel: what the emulator computes with. single_us: for one crop, by engine: ``emulator``, ``numpy``, and where they
    can run the network ``opencv`` and ``onnxruntime``. batch_us: the same for each crop of a batch. left_out: the
    other engines, with the reason of each.
    """

    network: str
    kernel: str
    single_us: dict[str, float]
    batch_us: dict[str, float]
    left_out: tuple[str, ...] = ()

    @property
    def row(self) -> dict[str, float | str]:
        """For JSON."""
        single = {f"{name}_us": value for name, value in self.single_us.items()}
        return {"kernel": self.kernel, **single, **{f"{name}_batch_us": value for name, value in self.batch_us.items()}}


def measure_kernel(bundle: Bundle, rounds: int) -> KernelSpeed:
    """Time every engine on the bundle's golden inputs, in alternating turns.

    Raises BackendError if an engine gives other scores than the golden ones: then its time means nothing.
    """
    inputs, emulator = bundle.golden_inputs, open_emulator(bundle)
    engines: dict[str, _Scores] = {"emulator": emulator.scores, "numpy": Emulator(bundle).scores}
    left_out = []
    for name, make in _OTHERS.items():
        try:
            engines[name] = make(bundle)
        except BackendError as error:
            left_out.append(f"{name}: {error}")
    singles = [inputs[index : index + 1] for index in range(len(inputs))]
    batches = [inputs[:_BATCH]]
    with one_opencv_thread():
        for name, scores in engines.items():
            if not np.array_equal(scores(inputs), bundle.golden_scores):
                raise BackendError(f"{name} does not give the golden scores of {bundle.manifest.name}; it is not timed")
        single_us, batch_us = _medians_us(engines, singles, rounds), _medians_us(engines, batches, rounds // _BATCH)
    kernel = engine_of(emulator) or emulator.name
    return KernelSpeed(bundle.manifest.name, kernel, single_us, batch_us, tuple(left_out))


def _medians_us(engines: dict[str, _Scores], batches: Sequence[NDArray[np.uint8]], rounds: int) -> dict[str, float]:
    """For each engine the median time for one crop. A turn's first batches do not count: the caches are cold."""
    times_s: dict[str, list[float]] = {name: [] for name in engines}
    for turn in range(-(-rounds // _TURN)):
        for name, scores in engines.items():
            for index in range(_WARM_UP + _TURN):
                crops = batches[(turn * _TURN + index) % len(batches)]
                started_s = time.perf_counter()
                scores(crops)
                if index >= _WARM_UP:
                    times_s[name].append((time.perf_counter() - started_s) / len(crops))
    return {name: statistics.median(times) * 1e6 for name, times in times_s.items()}


def _opencv(bundle: Bundle) -> _Scores:
    """The network in OpenCV's dnn. Raises BackendError before OpenCV 5, which alone reads Sign with any batch size."""
    if int(cv2.__version__.split(".")[0]) < _OPENCV:
        raise BackendError(f"OpenCV {cv2.__version__} cannot read the network; OpenCV {_OPENCV} can")
    network = cv2.dnn.readNetFromONNX(np.frombuffer(float_onnx.model(bundle), np.uint8))

    def scores(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        network.setInput(cv2.dnn.blobFromImages(list(crops)))
        return np.asarray(network.forward(), np.int32)

    return scores


def _onnxruntime(bundle: Bundle) -> _Scores:
    """The same network in onnxruntime on one thread. Raises BackendError if it is not installed."""
    try:
        runtime: Any = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise BackendError(f"it is not installed ({error}); pip install onnxruntime") from error
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(float_onnx.model(bundle), options, providers=["CPUExecutionProvider"])

    def scores(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        pixels = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        return np.asarray(session.run([float_onnx.OUTPUT], {float_onnx.INPUT: pixels})[0], np.int32)

    return scores


_OTHERS: dict[str, Callable[[Bundle], _Scores]] = {"opencv": _opencv, "onnxruntime": _onnxruntime}
