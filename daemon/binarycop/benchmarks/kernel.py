"""``kernel``: how long a network takes for a crop: the emulator, and other engines with the same scores."""

import importlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.benchmarks.figures import Figure, Part, summary
from binarycop.benchmarks.steps import OnProgress, silent, steps
from binarycop.bundle.files import Bundle
from binarycop.classifier.choose import open_emulator
from binarycop.classifier.emulator import Emulator
from binarycop.errors import BackendError
from binarycop.evaluation import float_onnx
from binarycop.evaluation.one_thread import one_opencv_thread

NAME, EMULATOR = "kernel", "emulator"
ALONE, IN_BATCH = "one crop", "one crop of a batch"
_BATCH = 64
_WARM_UP, _TURN = 3, 10  # batches of one engine before the next engine has its turn
_OPENCV = 5
_Scores = Callable[[NDArray[np.uint8]], NDArray[np.int32]]


def measure_kernel(bundles: Sequence[Bundle], rounds: int, on_progress: OnProgress = silent) -> Part:
    """Time every engine on each bundle's golden inputs, in alternating turns, on one thread.

    Raises BackendError if an engine gives other scores than the golden ones: then its time means nothing.
    """
    figures, notes = list[Figure](), dict[str, None]()
    for bundle in steps(bundles, on_progress):
        of_bundle, left_out = _measure(bundle, rounds)
        figures += of_bundle
        notes |= dict.fromkeys(left_out)
    return Part(NAME, tuple(figures), EMULATOR, notes=tuple(notes))


def medians_us(part: Part) -> dict[str, dict[str, float]]:
    """By network, the medians of one crop as ``emulator_us``, ``onnxruntime_us``, …, and of a batch's crops."""
    endings = {ALONE: "us", IN_BATCH: "batch_us"}
    networks: dict[str, dict[str, float]] = {}
    for figure in part.figures:
        if figure.quantity in endings:
            row = networks.setdefault(figure.group, {})
            row[f"{figure.case}_{endings[figure.quantity]}"] = figure.value
    return networks


def _measure(bundle: Bundle, rounds: int) -> tuple[list[Figure], list[str]]:
    """The figures of one network, and the engines that are left out, with the reasons."""
    name, inputs = bundle.manifest.name, bundle.golden_inputs
    engines: dict[str, _Scores] = {EMULATOR: open_emulator(bundle).scores, "numpy": Emulator(bundle).scores}
    left_out = []
    for engine, make in _OTHERS.items():
        try:
            engines[engine] = make(bundle)
        except BackendError as error:
            left_out.append(f"{engine}: {error}")
    singles, batches = [inputs[index : index + 1] for index in range(len(inputs))], [inputs[:_BATCH]]
    with one_opencv_thread():
        for engine, scores in engines.items():
            if not np.array_equal(scores(inputs), bundle.golden_scores):
                raise BackendError(f"{engine} does not give the golden scores of {name}; it is not timed")
        alone_us = _times_us(engines, singles, rounds)
        batch_us = _times_us(engines, batches, rounds // len(batches[0]))
    figures = []
    for engine in engines:
        figures.append(summary(name, engine, ALONE, "µs", alone_us[engine]))
        figures.append(summary(name, engine, IN_BATCH, "µs", batch_us[engine]))
        figures.append(summary(name, engine, "in a batch", "crops/s", [1e6 / time_us for time_us in batch_us[engine]]))
    return figures, left_out


def _times_us(engines: dict[str, _Scores], batches: Sequence[NDArray[np.uint8]], rounds: int) -> dict[str, list[float]]:
    """The times of each engine for one crop. A turn's first batches do not count: the caches are cold."""
    times_us: dict[str, list[float]] = {engine: [] for engine in engines}
    for turn in range(max(-(-rounds // _TURN), 1)):
        for engine, scores in engines.items():
            for index in range(_WARM_UP + _TURN):
                crops = batches[(turn * _TURN + index) % len(batches)]
                started_s = time.perf_counter()
                scores(crops)
                if index >= _WARM_UP:
                    times_us[engine].append((time.perf_counter() - started_s) * 1e6 / len(crops))
    return times_us


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
