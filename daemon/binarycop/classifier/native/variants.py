"""The instruction sets that the kernel is compiled for."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("xnor_kernel.c")
SOURCES = SOURCE, SOURCE.with_name("area_mean.c"), SOURCE.with_name("halve.c")
"""What a library is compiled from."""


@dataclass(frozen=True)
class Variant:
    """The kernel for one instruction set.

    features: the words that a processor must have in ``/proc/cpuinfo``. flags: what the compiler needs.
    """

    name: str
    machine: str
    features: frozenset[str]
    flags: tuple[str, ...]

    @property
    def file(self) -> str:
        """The library's name."""
        return f"xnor-{self.name}-{self.machine}.so"


# The best one first.
VARIANTS = (
    Variant(
        "avx512",
        "x86_64",
        frozenset({"avx512f", "avx512bw", "avx512vl", "avx512_vpopcntdq"}),
        ("-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512vpopcntdq"),
    ),
    Variant("avx2", "x86_64", frozenset({"avx2"}), ("-mavx2",)),
    Variant("plain", "x86_64", frozenset(), ()),
    Variant("neon", "aarch64", frozenset({"asimd"}), ()),
    Variant("neon", "armv7l", frozenset({"neon"}), ("-march=armv7-a", "-mfpu=neon", "-mfloat-abi=hard")),
)


def this_machine() -> str:
    """The kind of machine that this Python runs as: a 32-bit Python may run on a 64-bit kernel."""
    machine = platform.machine()
    is_32_bit_arm = machine in ("aarch64", "armv8l") and sys.maxsize < 2**32
    return "armv7l" if is_32_bit_arm else machine


def variants_of(machine: str) -> tuple[Variant, ...]:
    """The variants for a kind of machine, the best one first; none for a machine that nobody tried."""
    return tuple(variant for variant in VARIANTS if variant.machine == machine)
