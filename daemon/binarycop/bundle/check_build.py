"""Does a build, its bitstream and .hwh, agree with the manifest? Asked at start, and before a build is imported."""

from math import prod
from pathlib import Path

from binarycop.bundle import hwh
from binarycop.bundle.manifest import CHANNELS, Manifest
from binarycop.bundle.packing import NumberType, number_type
from binarycop.classes import LABELS
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

BITSTREAM, HWH = "overlay.bit", "overlay.hwh"
CLOCK_TOLERANCE = 0.01  # what the board's dividers come to; pynq itself warns beyond it
_REGISTERS_BYTES = 0x20
_CHIPS = ("7z020", "7z010")  # the PYNQ-Z1's, and the smaller one that µ-CNV fits

_PUBLISHED = frozenset(
    {
        # github.com/NaelF/BinaryCoP, notebook/resizer.bit and resizer.hwh
        "ee6a72ae00883e9b039f554cc4d1df2305808a18646c83031b07ee7e8861d8a8",
        "cca7b88ac71ca98b564c3051c5ae63d59aed6cff842f51d503813b4a28be0884",
    }
)
PUBLISHED = (
    f"this is the published BinaryCoP overlay: it takes 72×72 pictures, not {SIDE_PX}×{SIDE_PX}, knows three classes "
    "(correct, incorrect, no mask), not four, and answers with a label, not with scores"
)


def check(folder: Path, manifest: Manifest) -> None:
    """Hold the build in a bundle's folder to its manifest; its files' sha256 were checked when it was loaded.

    Raises BundleError with the first disagreement.
    """
    for name in (BITSTREAM, HWH):
        if name not in manifest.sha256:
            raise BundleError(folder, f"it has no {name}: build one (overlays/finn) and take it up with import-build")
        check_published(folder, manifest.sha256[name])
    check_shapes(folder, manifest)
    check_hwh(folder / HWH, manifest)


def check_published(subject: Path, sha256: str) -> None:
    """Refuse the one published bitstream in words that say why. Raises BundleError."""
    if sha256 in _PUBLISHED:
        raise BundleError(subject, PUBLISHED)


def score_type(folder: Path, manifest: Manifest) -> NumberType:
    """The type of the scores. Raises BundleError where it is no integer type, or cannot hold the last layer's sums."""
    try:
        kind = number_type(manifest.output_type)
    except ValueError as error:
        raise BundleError(folder, f"output type {error}") from error
    reach = manifest.layers[-1].fan_in
    if kind.bipolar or kind.min > -reach or kind.max < reach:
        raise BundleError(folder, f"output type {manifest.output_type} does not hold scores from {-reach} to {reach}")
    return kind


def check_shapes(folder: Path, manifest: Manifest) -> None:
    """Do packed shapes and types fit each other and the network? Raises BundleError."""
    kind = score_type(folder, manifest)
    given, gives = manifest.input_packed, manifest.output_packed
    whole = SIDE_PX * SIDE_PX * CHANNELS
    if given[:1] != (1,) or prod(given) != whole:
        raise BundleError(folder, f"input packed as {list(given)} is not one image of {whole} bytes")
    words = prod(gives[1:-1])
    if gives[:1] != (1,) or len(gives) < 3 or words < 1 or len(LABELS) % words:
        raise BundleError(folder, f"output packed as {list(gives)} is not {len(LABELS)} scores in equal words")
    per_word = len(LABELS) // words
    if gives[-1] != kind.word_bytes(per_word):
        raise BundleError(
            folder, f"output packed as {list(gives)} does not hold {len(LABELS)} scores of type {manifest.output_type}"
        )


def check_hwh(file: Path, manifest: Manifest) -> None:
    """Does the .hwh have the DMAs, at a clock that the manifest keeps to, on a chip of ours? Raises BundleError."""
    found = hwh.read(file)

    def wrong(reason: str) -> BundleError:
        return BundleError(file.parent, f"{file.name}: {reason}")

    if found.chip not in _CHIPS:
        raise wrong(f"built for {found.chip}, not for one of {', '.join(_CHIPS)}")
    for name in (manifest.input_dma, manifest.output_dma):
        if name not in found.ranges:
            known = ", ".join(sorted(found.ranges)) or "none"
            raise wrong(f"the manifest's DMA {name} is not there; IPs with registers: {known}")
        if found.ranges[name].size < _REGISTERS_BYTES:
            raise wrong(f"{name} has {found.ranges[name].size} bytes of registers, fewer than {_REGISTERS_BYTES}")
        built_mhz = found.clocks_mhz.get(name)
        if built_mhz is not None and manifest.clock_mhz > built_mhz * (1 + CLOCK_TOLERANCE):
            raise wrong(f"{name} is built for {built_mhz:g} MHz, the manifest wants {manifest.clock_mhz:g}")
