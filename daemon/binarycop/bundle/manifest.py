"""A bundle's manifest: what the network is, and what its files must be."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX, CropGeometry

FORMAT = 1
FILE = "manifest.json"
CHANNELS = 3
KERNEL = 3


@dataclass(frozen=True)
class Layer:
    """One MVTU of the dataflow: a 3×3 convolution without padding, or a fully connected layer.

    inputs, outputs: channels (conv) or features (fc). pool: a 2×2 max-pool follows.
    pe, simd: FINN's folding (paper, Table I).
    """

    kind: str
    inputs: int
    outputs: int
    pool: bool
    pe: int
    simd: int

    @property
    def fan_in(self) -> int:
        """Number of weights of one output, K; their order is (row, column, channel)."""
        return self.inputs * (KERNEL * KERNEL if self.kind == "conv" else 1)


@dataclass(frozen=True)
class Manifest:
    """The contents of ``manifest.json``, checked.

    output_type: FINN's name of the score type, e.g. ``INT11``; input_packed, output_packed: the
    shapes of the DMA buffers in bytes; abstain_margin: calibrated lead of the best score below
    which a frame abstains, in units of the scores.
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
        """The text of ``manifest.json``; ``read`` takes it back."""
        layers = [
            {"kind": one.kind, "in": one.inputs, "out": one.outputs, "pool": one.pool, "pe": one.pe, "simd": one.simd}
            for one in self.layers
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
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
        return _parse(json.loads(text))
    except FileNotFoundError:
        raise BundleError(folder, f"there is no {FILE}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BundleError(folder, f"{FILE} cannot be read: {error}") from error
    except KeyError as error:
        raise BundleError(folder, f"{FILE} lacks {error.args[0]!r}") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BundleError(folder, f"{FILE}: {error}") from error


def _parse(data: dict[str, Any]) -> Manifest:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r} is not the one known here, {FORMAT}")
    if data["classes"] != list(LABELS):
        raise ValueError(f"classes {data['classes']} are not {list(LABELS)} in that order")
    shape = [1, SIDE_PX, SIDE_PX, CHANNELS]
    given, output = data["input"], data["output"]
    for key, right in (("shape", shape), ("type", "UINT8"), ("layout", "NHWC"), ("colour", "RGB")):
        if given[key] != right:
            raise ValueError(f"input {key} {given[key]} is not {right}")
    if output["shape"] != [1, len(LABELS)]:
        raise ValueError(f"output shape {output['shape']} is not {[1, len(LABELS)]}")
    layers = tuple(_layer(index, one) for index, one in enumerate(data["layers"]))
    _check_chain(layers)
    return Manifest(
        name=str(data["name"]),
        version=str(data["version"]),
        layers=layers,
        output_type=str(output["type"]),
        input_packed=tuple(int(n) for n in given["packed"]),
        output_packed=tuple(int(n) for n in output["packed"]),
        input_dma=str(given["dma"]),
        output_dma=str(output["dma"]),
        clock_mhz=float(data["clock_mhz"]),
        crop=CropGeometry(float(data["crop"]["margin"]), float(data["crop"]["shift_y"])),
        abstain_margin=int(data["abstain_margin"]),
        sha256={str(name): str(digest) for name, digest in data["files"].items()},
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
    """Each layer must take what the one before it gives, and the last must give the four scores."""
    side, channels, flat = SIDE_PX, CHANNELS, False
    for index, layer in enumerate(layers):
        if layer.kind == "conv":
            if flat:
                raise ValueError(f"layer {index}: a convolution after a fully connected layer")
            takes, side = channels, side - KERNEL + 1
            if layer.pool:
                side //= 2
            if side < 1:
                raise ValueError(f"layer {index}: the picture has shrunk to nothing")
        else:
            takes, flat, side = channels * side * side, True, 1
        if layer.inputs != takes:
            raise ValueError(f"layer {index}: takes {layer.inputs}, but {takes} come to it")
        channels = layer.outputs
    if not layers or layers[-1].kind != "fc" or channels != len(LABELS):
        raise ValueError(f"the last layer must be fully connected with {len(LABELS)} outputs")
