"""A bundle's manifest: its network, and the sha256 of each of its files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from binarycop import regular_file
from binarycop.bundle import json_fields
from binarycop.bundle.digest import REMEDY
from binarycop.bundle.json_fields import Fields, shown
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.file_kind import lost_kind
from binarycop.geometry import SIDE_PX, CropGeometry

FORMAT = 1
FILE = "manifest.json"
CHANNELS = 3
KERNEL = 3
MAX_FILES = 64

# Limits far above any network that a Zynq-7020 can hold (CNV has 1.5 million weights), and far below 512 MB.
_MAX_BYTES = 256 * 1024
_MAX_NAME, _MAX_FILE_NAME = 64, 128
_MAX_LAYERS, _MAX_CHANNELS, _MAX_SIZE = 32, 4096, 65536
_MAX_WEIGHTS, _MAX_VALUES = 4_000_000, 1_000_000
_CROP_MARGIN, _CROP_SHIFT = (0.25, 8.0), (-2.0, 2.0)
_IP_NAME = "[A-Za-z_][A-Za-z0-9_]*"

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
            allow_nan=False,
        )


def read(folder: Path) -> Manifest:
    """Read and check ``folder/manifest.json``. Raises BundleError with the reason."""
    return _checked(folder, read_bytes(folder), _manifest)


def read_header(folder: Path, data: bytes | None = None) -> Header:
    """Read name, version and files of ``folder/manifest.json``; the rest may be anything.

    data: the file's content, if it was read already. Raises BundleError with the reason.
    """
    return _checked(folder, read_bytes(folder) if data is None else data, _header)


def read_bytes(folder: Path) -> bytes:
    """The content of ``folder/manifest.json``, of bounded size. Raises BundleError."""
    try:
        return regular_file.read(folder / FILE, _MAX_BYTES)
    except FileNotFoundError:
        raise BundleError(folder, f"there is no {FILE}") from None
    except OSError as error:
        raise BundleError(folder, f"{FILE} cannot be read: {error.strerror}") from error


def _checked(folder: Path, data: bytes, parse: Callable[[Fields], _T]) -> _T:
    try:
        return parse(json_fields.parse(data))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        kind = lost_kind(data)
        what = f"is {kind}" if kind else f"cannot be read: {error}; {REMEDY}"
        raise BundleError(folder, f"{FILE} {what}") from error
    except ValueError as error:
        raise BundleError(folder, f"{FILE}: {error}") from error


def _header(data: Fields) -> Header:
    name, version = data.text("name", _MAX_NAME), data.text("version", _MAX_NAME)
    files = data.fields("files")
    if len(files.values) > MAX_FILES:
        raise ValueError(f"files has {len(files.values)} names; write at most {MAX_FILES}")
    folded: set[str] = set()
    for file in files.values:
        if file in ("", ".", "..", FILE) or "/" in file or "\\" in file:
            raise ValueError(f"files: {shown(file)} is not a file of the bundle itself; write a name without a folder")
        if len(file) > _MAX_FILE_NAME or not file.isprintable():
            right = f"write at most {_MAX_FILE_NAME} characters, none of them a control character"
            raise ValueError(f"files: {shown(file)} is not the name of a file; {right}")
        if file.casefold() in folded:
            raise ValueError(f"files: {shown(file)} differs from another name only in case; write another name")
        folded.add(file.casefold())
    return Header(name, version, {file: files.text(file, 64, "[0-9a-f]{64}") for file in files.values})


def _manifest(data: Fields) -> Manifest:
    data.expect("format", FORMAT)
    data.expect("classes", list(LABELS))
    header, network_input, network_output = _header(data), data.fields("input"), data.fields("output")
    for key, expected in (
        ("shape", [1, SIDE_PX, SIDE_PX, CHANNELS]),
        ("type", "UINT8"),
        ("layout", "NHWC"),
        ("colour", "RGB"),
    ):
        network_input.expect(key, expected)
    network_output.expect("shape", [1, len(LABELS)])
    layers = tuple(_layer(layer) for layer in data.list_of_fields("layers", _MAX_LAYERS))
    _check_chain(layers)
    crop = data.fields("crop")
    return Manifest(
        name=header.name,
        version=header.version,
        layers=layers,
        output_type=network_output.text("type", 16),
        input_packed=network_input.whole_numbers("packed", 8, 1, _MAX_SIZE),
        output_packed=network_output.whole_numbers("packed", 8, 1, _MAX_SIZE),
        input_dma=network_input.text("dma", _MAX_NAME, _IP_NAME),
        output_dma=network_output.text("dma", _MAX_NAME, _IP_NAME),
        clock_mhz=data.number("clock_mhz", 1, 400),
        crop=CropGeometry(crop.number("margin", *_CROP_MARGIN), crop.number("shift_y", *_CROP_SHIFT)),
        # The best and the second score of K weights differ by at most 2 K: then no frame would ever give a vote.
        abstain_margin=data.whole("abstain_margin", 0, 2 * layers[-1].fan_in),
        sha256=header.sha256,
        licence=data.text("licence", 1000),
        provenance=data.fields("provenance").values,
    )


def _layer(data: Fields) -> Layer:
    kind, path = data.text("kind", 4, "conv|fc"), data.path
    inputs, outputs = data.whole("in", 1, _MAX_CHANNELS), data.whole("out", 1, _MAX_CHANNELS)
    layer = Layer(kind, inputs, outputs, data.flag("pool"), data.whole("pe", 1, 65536), data.whole("simd", 1, 65536))
    if layer.kind == "fc" and layer.pool:
        raise ValueError(f"{path}.pool is true; write false, since a fully connected layer has no pool")
    if layer.outputs % layer.pe:
        raise ValueError(f"{path}.pe is {layer.pe}; write a divisor of its {layer.outputs} outputs")
    if layer.fan_in % layer.simd:
        raise ValueError(f"{path}.simd is {layer.simd}; write a divisor of its {layer.fan_in} weights per output")
    return layer


def _check_chain(layers: tuple[Layer, ...]) -> None:
    """Each layer's inputs must be the outputs of the layer before it, and the last must give the four scores."""
    side, channels, flat = SIDE_PX, CHANNELS, False
    for index, layer in enumerate(layers):
        if layer.kind == "conv":
            if flat:
                raise ValueError(f"layers[{index}] is a convolution after a fully connected layer")
            expected, side = channels, side - KERNEL + 1
            # The emulator's memory: for each place of the image, a row of all weights and one of all outputs.
            if side**2 * max(layer.fan_in, layer.outputs) > _MAX_VALUES:
                raise ValueError(f"layers[{index}] has more than {_MAX_VALUES} values for an image; write fewer")
            side = side // 2 if layer.pool else side
            if side < 1:
                raise ValueError(f"layers[{index}] leaves nothing of the image")
        else:
            expected, flat, side = channels * side * side, True, 1
        if layer.inputs != expected:
            raise ValueError(f"layers[{index}] has {layer.inputs} inputs, but the layer before it gives {expected}")
        channels = layer.outputs
    weights = sum(layer.fan_in * layer.outputs for layer in layers)
    if weights > _MAX_WEIGHTS:
        raise ValueError(f"layers have {weights} weights; write at most {_MAX_WEIGHTS}")
    if layers[-1].kind != "fc" or channels != len(LABELS):
        raise ValueError(f"the last layer must be fully connected with {len(LABELS)} outputs")
