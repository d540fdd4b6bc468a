"""What runs a network: ncnn if it is installed, since it is several times cheaper on ARM, otherwise OpenCV's dnn."""

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


class Engine(Protocol):
    """Runs one network. Not thread-safe."""

    @property
    def name(self) -> str:
        """The engine's name in settings and reports."""

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs of each head, (5, rows, columns).

        pixels: (H, W, 3) uint8 BGR, of a size that the network accepts. Raises DetectorError if the engine fails.
        """


class OpenCvEngine:
    """A network in ``cv2.dnn``, OpenCV 4.5.4 to 5.0."""

    name = "opencv"

    def __init__(self, network: Network, weights: Weights) -> None:
        self._output_names = onnx_model.output_names(network)
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(onnx_model.model(network, weights), np.uint8))
        except cv2.error as error:
            raise DetectorError(
                f"detector lookout: OpenCV {cv2.__version__} cannot load the {network.name} network: {error.err}"
            ) from error

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """See ``Engine.run``."""
        try:
            self._net.setInput(cv2.dnn.blobFromImage(pixels))
            return [np.asarray(output[0], np.float32) for output in self._net.forward(self._output_names)]
        except cv2.error as error:
            raise DetectorError(
                f"detector lookout: OpenCV {cv2.__version__} cannot run the network: {error.err}"
            ) from error


class NcnnEngine:
    """A network in ncnn: one thread, and float32 throughout, so that its boxes equal OpenCV's."""

    name = "ncnn"

    def __init__(self, network: Network, weights: Weights, ncnn: ModuleType) -> None:
        self._output_names = onnx_model.output_names(network)
        self._ncnn: Any = ncnn
        self._net: Any = ncnn.Net()
        options = self._net.opt
        options.num_threads, options.use_vulkan_compute = 1, False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        options.use_bf16_storage = False
        # Both transform their inputs first, which costs more than it saves on networks as small as these (MODEL.md).
        options.use_winograd_convolution = options.use_sgemm_convolution = False
        # ncnn does not copy the weights, so they must live as long as the network.
        self._weights = ncnn_model.model(network, weights)
        if self._net.load_param_mem(ncnn_model.param(network, weights)):
            raise DetectorError(f"detector lookout: this ncnn cannot load the {network.name} network")
        self._net.load_model_mem(self._weights)

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """See ``Engine.run``."""
        height, width = pixels.shape[:2]
        frame = self._ncnn.Mat.from_pixels(pixels, self._ncnn.Mat.PixelType.PIXEL_BGR, width, height)
        extractor = self._net.create_extractor()
        extractor.input(ncnn_model.INPUT, frame)
        outputs = []
        for name in self._output_names:
            code, output = extractor.extract(name)
            if code:
                raise DetectorError(f"detector lookout: ncnn cannot run the network: {name} returns {code}")
            outputs.append(np.array(output, np.float32))
        return outputs


def make_engine(kind: EngineKind, network: Network, weights: Weights) -> Engine:
    """The engine of the settings for a network. ``auto`` is ncnn if it is installed. Raises DetectorError."""
    if kind is EngineKind.OPENCV:
        return OpenCvEngine(network, weights)
    try:
        return NcnnEngine(network, weights, _ncnn())
    except ImportError as error:
        if kind is EngineKind.AUTO:
            return OpenCvEngine(network, weights)
        raise DetectorError(
            f"detector lookout: engine ncnn is not available ({error}); engine opencv needs no further package"
        ) from error


def _ncnn() -> ModuleType:
    ncnn = importlib.import_module("ncnn")
    if not hasattr(ncnn.Net, "load_model_mem"):
        raise ImportError("this ncnn is too old to load a network from memory")
    return ncnn
