"""The two files of a FINN build in a bundle, bitstream and .hwh: each must be what its name says, both of one build.

Every place that takes a bitstream comes here. It needs no numpy, which takes a second to import on a board.
"""

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from binarycop import regular_file
from binarycop.bundle import bitstream, digest, hwh
from binarycop.bundle.bitstream import CHIPS, PACKAGE
from binarycop.bundle.hwh import HardwareHandoff
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX

BITSTREAM, HWH = "overlay.bit", "overlay.hwh"
IMPORT = "put it there with binarycop import-build"
"""What to do about a file that the manifest does not list."""

_WRAPPER = "_wrapper"
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


def has_build(names: Collection[str]) -> bool:
    """Whether a bundle with these files has a build, or one of its two files."""
    return BITSTREAM in names or HWH in names


def unlisted(folder: Path, sha256: Mapping[str, str]) -> list[str]:
    """The files of a build that somebody has only copied into the folder: the manifest does not list them."""
    return [name for name in (BITSTREAM, HWH) if name not in sha256 and os.path.lexists(folder / name)]


def check(folder: Path, sha256: Mapping[str, str]) -> HardwareHandoff:
    """Check that a bundle's folder has both files of a build, and that they are one. Raises as ``check_pair`` does."""
    for name in (BITSTREAM, HWH):
        if name in unlisted(folder, sha256):
            raise BundleError(folder, f"{name} is not in the manifest; {IMPORT}")
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


def check_published(subject: Path, sha256: str) -> None:
    """Refuse the files of the one published build by their sha256. Raises BundleError that says why."""
    if sha256 in _PUBLISHED:
        raise BundleError(subject, PUBLISHED)
