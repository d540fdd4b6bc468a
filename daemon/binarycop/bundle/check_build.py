"""Checks a FINN build (bitstream and .hwh) against a bundle's manifest, at each start and before an import."""

from math import prod
from pathlib import Path

from binarycop.bundle import build_files
from binarycop.bundle.build_files import HWH
from binarycop.bundle.hwh import HardwareHandoff
from binarycop.bundle.manifest import CHANNELS, Manifest
from binarycop.bundle.packing import NumberType, number_type
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

_CLOCK_TOLERANCE = 0.01  # the board's dividers cannot set each frequency; pynq itself warns beyond this
_MIN_REGISTERS_BYTES = 0x20  # the IODMA's last register is at 0x1c


def check(folder: Path, manifest: Manifest) -> None:
    """Check the build in a bundle's folder against the manifest. ``files.load`` has checked the sha256 of its files.

    Raises BundleError with the first disagreement.
    """
    hardware = build_files.check(folder, manifest.sha256)
    check_shapes(folder, manifest)
    check_hardware(folder / HWH, hardware, manifest)


def is_clock_right(actual_mhz: float, expected_mhz: float) -> bool:
    """Whether the logic's clock runs at the expected frequency, as near as the board can set it."""
    return abs(actual_mhz / expected_mhz - 1) <= _CLOCK_TOLERANCE


def score_type(folder: Path, manifest: Manifest) -> NumberType:
    """The type of the scores. Raises BundleError if it is no integer type or too small for the last layer's sums."""
    try:
        score = number_type(manifest.output_type)
    except ValueError as error:
        raise BundleError(folder, f"output type {error}") from error
    limit = manifest.layers[-1].fan_in
    if score.bipolar or score.min > -limit or score.max < limit:
        raise BundleError(folder, f"output type {manifest.output_type} does not hold scores from {-limit} to {limit}")
    return score


def check_shapes(folder: Path, manifest: Manifest) -> None:
    """Check that packed shapes and types agree with each other and with the network. Raises BundleError."""
    score, count = score_type(folder, manifest), len(LABELS)
    input_packed, output_packed = list(manifest.input_packed), list(manifest.output_packed)
    image_bytes = SIDE_PX * SIDE_PX * CHANNELS
    if input_packed[:1] != [1] or prod(input_packed) != image_bytes:
        raise BundleError(folder, f"input packed as {input_packed} is not one image of {image_bytes} bytes")
    words = prod(output_packed[1:-1])
    if output_packed[:1] != [1] or len(output_packed) < 3 or words < 1 or count % words:
        raise BundleError(folder, f"output packed as {output_packed} is not {count} scores in equal words")
    if output_packed[-1] != score.word_bytes(count // words):
        reason = f"output packed as {output_packed} does not hold {count} scores of type {manifest.output_type}"
        raise BundleError(folder, reason)


def check_hardware(file: Path, hardware: HardwareHandoff, manifest: Manifest) -> None:
    """Check that a .hwh has the manifest's DMAs, and allows the manifest's clock. Raises BundleError."""

    def refusal(reason: str) -> BundleError:
        return BundleError(file.parent, f"{file.name}: {reason}")

    for name in (manifest.input_dma, manifest.output_dma):
        if name not in hardware.ranges:
            others = ", ".join(sorted(hardware.ranges)) or "none"
            raise refusal(f"the manifest's DMA {name} is not there; IPs with registers: {others}")
        size = hardware.ranges[name].size
        if size < _MIN_REGISTERS_BYTES:
            raise refusal(f"{name} has {size} bytes of registers, fewer than {_MIN_REGISTERS_BYTES}")
        built_mhz = hardware.clocks_mhz.get(name)
        if built_mhz is not None and manifest.clock_mhz > built_mhz * (1 + _CLOCK_TOLERANCE):
            raise refusal(f"{name} is built for {built_mhz:g} MHz, but the manifest has {manifest.clock_mhz:g} MHz")
