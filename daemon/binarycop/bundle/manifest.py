"""A bundle's manifest: its network, and the sha256 of each of its files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX, CropGeometry

FORMAT = 1
FILE = "manifest.json"
CHANNELS = 3
KERNEL = 3

_T = TypeVar("_T")


@dataclass(frozen=True)
class Layer:
    """One layer of the network: a 3×3 convolution without padding, or a fully connected layer.

    FINN makes one MVTU (matrix-vector-threshold unit) of it. kind: ``conv`` or ``fc``. inputs, outputs: channels of a
    convolution, features of a fully connected layer. pool: a 2×2 max-pool follows. pe, simd: FINN's folding (paper,
    Table I).
    """

    kind: str
    inputs: int
    outputs: int
    pool: bool
    pe: int
    simd: int

    @property
    def fan_in(self) -> int:
        """K, the number of weights of one output. Their order is (row, column, channel)."""
        return self.inputs * (KERNEL * KERNEL if self.kind == "conv" else 1)


@dataclass(frozen=True)
class Header:
    """The part of a manifest that identifies a bundle and does not depend on its network.

    sha256: of each file of the bundle except the manifest, in hexadecimal digits, by the file's name.
    """

    name: str
    version: str
    sha256: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """The contents of ``manifest.json``, checked.

    output_type: FINN's name of the score type, e.g. ``INT11``. input_packed, output_packed: the shapes of the DMA
    buffers in bytes. input_dma, output_dma: the names of the IODMAs in the .hwh. abstain_margin: the calibrated margin
    (best score minus second best) below which a frame abstains, in units of the scores. sha256: see ``Header``.
    """

    name: str
    version: str
    layers: tuple[Layer, ...]
    output_type: str
    input_packed: tuple[int, ...]
    output_packed: tuple[int, ...]
    input_dma: str
    output_dma: str
    clock_mhz: float
    crop: CropGeometry
    abstain_margin: int
    sha256: dict[str, str]
    licence: str
    provenance: dict[str, Any]

    def to_json(self) -> str:
        """The text of ``manifest.json``, which ``read`` reads."""
        layers = [
            {
                "kind": layer.kind,
                "in": layer.inputs,
                "out": layer.outputs,
                "pool": layer.pool,
                "pe": layer.pe,
                "simd": layer.simd,
            }
            for layer in self.layers
        ]
        return json.dumps(
            {
                "format": FORMAT,
                "name": self.name,
                "version": self.version,
                "classes": list(LABELS),
                "input": {
                    "shape": [1, SIDE_PX, SIDE_PX, CHANNELS],
                    "type": "UINT8",
                    "layout": "NHWC",
                    "colour": "RGB",
                    "packed": list(self.input_packed),
                    "dma": self.input_dma,
                },
                "output": {
                    "shape": [1, len(LABELS)],
                    "type": self.output_type,
                    "packed": list(self.output_packed),
                    "dma": self.output_dma,
                },
                "clock_mhz": self.clock_mhz,
                "layers": layers,
                "crop": {"margin": self.crop.margin, "shift_y": self.crop.shift_y},
                "abstain_margin": self.abstain_margin,
                "files": dict(sorted(self.sha256.items())),
                "licence": self.licence,
                "provenance": self.provenance,
            },
            indent=2,
        )


def read(folder: Path) -> Manifest:
    """Read and check ``folder/manifest.json``. Raises BundleError with the reason."""
    return _read(folder, _manifest)


def read_header(folder: Path) -> Header:
    """Read name, version and files of ``folder/manifest.json``; the rest may be anything.

    Raises BundleError with the reason.
    """
    return _read(folder, _header)


def _read(folder: Path, parse: Callable[[dict[str, Any]], _T]) -> _T:
    try:
        return parse(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BundleError(folder, f"there is no {FILE}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BundleError(folder, f"{FILE} cannot be read: {error}") from error
    except KeyError as error:
        raise BundleError(folder, f"{FILE} lacks {error.args[0]!r}") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BundleError(folder, f"{FILE}: {error}") from error


def _header(data: dict[str, Any]) -> Header:
    name, version = data["name"], data["version"]
    for key, value in (("name", name), ("version", version)):
        if not isinstance(value, str):
            raise TypeError(f"{key} {value!r} is not a text")
    sha256 = {str(file): str(digest) for file, digest in data["files"].items()}
    for file in sha256:
        if Path(file).name != file:
            raise ValueError(f"{json.dumps(file)} is not a file of the bundle itself")
    return Header(name, version, sha256)


def _manifest(data: dict[str, Any]) -> Manifest:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r} is not the one known here, {FORMAT}")
    if data["classes"] != list(LABELS):
        raise ValueError(f"classes {data['classes']} are not {list(LABELS)} in that order")
    header, network_input, network_output = _header(data), data["input"], data["output"]
    shape = [1, SIDE_PX, SIDE_PX, CHANNELS]
    for key, expected in (("shape", shape), ("type", "UINT8"), ("layout", "NHWC"), ("colour", "RGB")):
        if network_input[key] != expected:
            raise ValueError(f"input {key} {network_input[key]} is not {expected}")
    if network_output["shape"] != [1, len(LABELS)]:
        raise ValueError(f"output shape {network_output['shape']} is not {[1, len(LABELS)]}")
    layers = tuple(_layer(index, layer) for index, layer in enumerate(data["layers"]))
    _check_chain(layers)
    return Manifest(
        name=header.name,
        version=header.version,
        layers=layers,
        output_type=str(network_output["type"]),
        input_packed=tuple(int(size) for size in network_input["packed"]),
        output_packed=tuple(int(size) for size in network_output["packed"]),
        input_dma=str(network_input["dma"]),
        output_dma=str(network_output["dma"]),
        clock_mhz=float(data["clock_mhz"]),
        crop=CropGeometry(float(data["crop"]["margin"]), float(data["crop"]["shift_y"])),
        abstain_margin=int(data["abstain_margin"]),
        sha256=header.sha256,
        licence=str(data["licence"]),
        provenance=dict(data["provenance"]),
    )


def _layer(index: int, data: dict[str, Any]) -> Layer:
    layer = Layer(
        str(data["kind"]), int(data["in"]), int(data["out"]), bool(data["pool"]), int(data["pe"]), int(data["simd"])
    )
    if layer.kind not in ("conv", "fc") or (layer.kind == "fc" and layer.pool):
        raise ValueError(f"layer {index}: neither a convolution nor a fully connected layer without pool")
    if min(layer.inputs, layer.outputs, layer.pe, layer.simd) < 1:
        raise ValueError(f"layer {index}: sizes and folding must be at least 1")
    if layer.outputs % layer.pe or layer.fan_in % layer.simd:
        raise ValueError(f"layer {index}: PE {layer.pe} or SIMD {layer.simd} does not divide the layer")
    return layer


def _check_chain(layers: tuple[Layer, ...]) -> None:
    """Each layer's inputs must be the outputs of the layer before it, and the last must give the four scores."""
    side, channels, flat = SIDE_PX, CHANNELS, False
    for index, layer in enumerate(layers):
        if layer.kind == "conv":
            if flat:
                raise ValueError(f"layer {index}: a convolution after a fully connected layer")
            expected, side = channels, side - KERNEL + 1
            if layer.pool:
                side //= 2
            if side < 1:
                raise ValueError(f"layer {index}: nothing is left of the image")
        else:
            expected, flat, side = channels * side * side, True, 1
        if layer.inputs != expected:
            raise ValueError(f"layer {index}: has {layer.inputs} inputs, but the layer before it gives {expected}")
        channels = layer.outputs
    if not layers or layers[-1].kind != "fc" or channels != len(LABELS):
        raise ValueError(f"the last layer must be fully connected with {len(LABELS)} outputs")
