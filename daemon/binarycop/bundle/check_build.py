"""Checks a FINN build (bitstream and .hwh) against a bundle's manifest, at each start and before an import."""

import re
from collections.abc import Collection, Mapping
from math import prod
from pathlib import Path

from binarycop import regular_file
from binarycop.bundle import bitstream, digest, hwh
from binarycop.bundle.bitstream import CHIPS, PACKAGE
from binarycop.bundle.hwh import HardwareHandoff
from binarycop.bundle.manifest import CHANNELS, Manifest
from binarycop.bundle.packing import NumberType, number_type
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

BITSTREAM, HWH = "overlay.bit", "overlay.hwh"
_CLOCK_TOLERANCE = 0.01  # the board's dividers cannot set each frequency; pynq itself warns beyond this
_WRAPPER = "_wrapper"
_MIN_REGISTERS_BYTES = 0x20  # the IODMA's last register is at 0x1c
_VIVADO = re.compile(r"\d{4}\.\d")

_PUBLISHED = frozenset(
    {
        # github.com/NaelF/BinaryCoP, notebook/resizer.bit and resizer.hwh
        "ee6a72ae00883e9b039f554cc4d1df2305808a18646c83031b07ee7e8861d8a8",
        "cca7b88ac71ca98b564c3051c5ae63d59aed6cff842f51d503813b4a28be0884",
    }
)
PUBLISHED = (
    f"this is the published BinaryCoP overlay: it takes 72×72 pictures, not {SIDE_PX}×{SIDE_PX}, knows three classes "
    "(correct, incorrect, no mask), not four, and gives a label, not scores"
)


def check(folder: Path, manifest: Manifest) -> None:
    """Check the build in a bundle's folder against the manifest. ``files.load`` has checked the sha256 of its files.

    Raises BundleError with the first disagreement.
    """
    hardware = check_files(folder, manifest.sha256)
    check_shapes(folder, manifest)
    check_hardware(folder / HWH, hardware, manifest)


def has_build(names: Collection[str]) -> bool:
    """Whether a bundle with these files has a build, or a part of one: ``check`` is for it then."""
    return BITSTREAM in names or HWH in names


def check_files(folder: Path, sha256: Mapping[str, str]) -> HardwareHandoff:
    """Check that a bundle's folder has both files of a build, and that they are one. Raises as ``check_pair`` does."""
    for name in (BITSTREAM, HWH):
        if name not in sha256:
            raise BundleError(folder, f"it has no {name}: build one (overlays/finn), then run binarycop import-build")
        check_published(folder, sha256[name])
    return check_pair(folder / BITSTREAM, folder / HWH)


def check_pair(bit: Path, handoff: Path) -> HardwareHandoff:
    """Check that a bitstream and a .hwh are what their names say, for a chip that we know, and of one build.

    Returns what the .hwh says. Raises BundleError that says what the file is instead.
    """
    hardware = hwh.read(handoff)

    def refusal(reason: str) -> BundleError:
        return BundleError(bit.parent, f"{bit.name} {reason}")

    if hardware.chip not in CHIPS or hardware.package != PACKAGE:
        right = " or ".join(f"{chip}{PACKAGE}" for chip in CHIPS)
        reason = f"{handoff.name} is for the part {hardware.chip}{hardware.package}, not for {right}"
        raise BundleError(handoff.parent, f"{reason}; build it for the board of this gate")
    try:
        built = bitstream.parse(regular_file.read(bit, digest.MAX_BYTES, follow_link=True))
    except OSError as error:
        raise refusal(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise refusal(str(error)) from error
    both = "take both from the same build"
    if built.chip != hardware.chip:
        raise refusal(f"is for a {built.chip}, {handoff.name} for a {hardware.chip}; {both}")
    # Vivado's own top module is the block design's wrapper; somebody else's may have any name.
    if built.design.endswith(_WRAPPER) and built.design != hardware.design + _WRAPPER:
        raise refusal(f"is of the design {built.design}, {handoff.name} of {hardware.design}; {both}")
    versions = [_VIVADO.match(version) for version in (built.version, hardware.version)]
    if versions[0] and versions[1] and versions[0][0] != versions[1][0]:
        raise refusal(f"is of Vivado {versions[0][0]}, {handoff.name} of {versions[1][0]}; {both}")
    return hardware


def is_clock_right(actual_mhz: float, expected_mhz: float) -> bool:
    """Whether the logic's clock runs at the expected frequency, as near as the board can set it."""
    return abs(actual_mhz / expected_mhz - 1) <= _CLOCK_TOLERANCE


def check_published(subject: Path, sha256: str) -> None:
    """Refuse the files of the one published build by their sha256. Raises BundleError that says why."""
    if sha256 in _PUBLISHED:
        raise BundleError(subject, PUBLISHED)


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
