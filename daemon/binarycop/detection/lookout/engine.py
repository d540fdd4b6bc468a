"""What runs a network: OpenCV's dnn, or ncnn where it is installed, since that is several times cheaper on ARM."""

import importlib
from types import ModuleType
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.lookout import ncnn_model, onnx_model
from binarycop.detection.lookout.network import Network, Weights
from binarycop.errors import DetectorError
from binarycop.settings.faces import EngineKind

Values = list[NDArray[np.float32]]


class Engine(Protocol):
    """Runs one network. Not thread-safe."""

    @property
    def name(self) -> str:
        """Its name in settings and reports."""

    def run(self, padded: NDArray[np.uint8]) -> Values:
        """Each head's values, (5, rows, columns), for a frame (H, W, 3) uint8 BGR of a size that the network takes.

        Raises DetectorError where the engine fails.
        """


class OpenCvEngine:
    """A network in ``cv2.dnn``, 4.5.4 to 5.0."""

    name = "opencv"

    def __init__(self, network: Network, weights: Weights) -> None:
        self._outputs = onnx_model.outputs(network)
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(onnx_model.model(network, weights), np.uint8))
        except cv2.error as error:
            raise DetectorError(f"finder lookout: OpenCV {cv2.__version__} cannot load it: {error.err}") from error

    def run(self, padded: NDArray[np.uint8]) -> Values:
        """See ``Engine.run``."""
        try:
            self._net.setInput(cv2.dnn.blobFromImage(padded))
            return [np.asarray(one[0], np.float32) for one in self._net.forward(self._outputs)]
        except cv2.error as error:
            raise DetectorError(f"finder lookout: OpenCV {cv2.__version__} cannot run it: {error.err}") from error


class NcnnEngine:
    """A network in ncnn, one thread, float32 throughout, so that its boxes are OpenCV's."""

    name = "ncnn"

    def __init__(self, network: Network, weights: Weights, ncnn: ModuleType) -> None:
        self._outputs = onnx_model.outputs(network)
        self._ncnn: Any = ncnn
        self._net: Any = ncnn.Net()
        options = self._net.opt
        options.num_threads, options.use_vulkan_compute = 1, False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        options.use_bf16_storage = False
        # Both transform values first, which does not pay on so few: without, a second look takes half the time on x86
        # and two thirds of the instructions on armv7l, the survey a little less of either.
        options.use_winograd_convolution = options.use_sgemm_convolution = False
        # ncnn reads the weights where they lie, so they are kept as long as the network.
        self._weights = ncnn_model.model(network, weights)
        if self._net.load_param_mem(ncnn_model.param(network, weights)):
            raise DetectorError("finder lookout: this ncnn does not take the network")
        self._net.load_model_mem(self._weights)

    def run(self, padded: NDArray[np.uint8]) -> Values:
        """See ``Engine.run``."""
        height, width = padded.shape[:2]
        frame = self._ncnn.Mat.from_pixels(padded, self._ncnn.Mat.PixelType.PIXEL_BGR, width, height)
        extractor = self._net.create_extractor()
        extractor.input(ncnn_model.INPUT, frame)
        values = []
        for name in self._outputs:
            code, one = extractor.extract(name)
            if code:
                raise DetectorError(f"finder lookout: ncnn cannot run it: {name} gives {code}")
            values.append(np.array(one, np.float32))
        return values


def make_engine(kind: EngineKind, network: Network, weights: Weights) -> Engine:
    """The engine of the settings for a network; auto is ncnn where it is installed. Raises DetectorError."""
    if kind is EngineKind.OPENCV:
        return OpenCvEngine(network, weights)
    try:
        return NcnnEngine(network, weights, _ncnn())
    except ImportError as error:
        if kind is EngineKind.AUTO:
            return OpenCvEngine(network, weights)
        raise DetectorError(
            f"finder lookout: engine ncnn cannot be had ({error}); opencv needs nothing more"
        ) from error


def _ncnn() -> ModuleType:
    ncnn = importlib.import_module("ncnn")
    if not hasattr(ncnn.Net, "load_model_mem"):
        raise ImportError("this ncnn is too old to take a network from memory")
    return ncnn
