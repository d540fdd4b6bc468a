"""Figures and a machine that nobody measured."""

from binarycop.benchmarks.figures import Figure, Part, Report
from binarycop.benchmarks.machine import Machine

MACHINE = Machine(
    processor="A processor with a name so long that its line is longer than a terminal has columns",
    architecture="x86_64",
    cores=2,
    memory_mib=4096,
    system="Linux 6.1",
    emulator="avx2",
    flags=("avx2",),
    binarycop="0.4.0",
    python="3.10.1",
    numpy="1.21.5",
    opencv="4.5.4",
    others=("onnxruntime 1.20",),
    load=(0.5, 0.25, 0.1),
    priority="normal",
)


def kernel_part(emulator_us: float = 20.0, onnxruntime_us: float = 140.0) -> Part:
    """One network on two engines."""
    rows = (("emulator", emulator_us), ("onnxruntime", onnxruntime_us))
    figures = [Figure("n-cnv", name, "one crop", "µs", time, 0.9 * time, 1.5 * time, 500) for name, time in rows]
    return Part("kernel", tuple(figures), "emulator", notes=("opencv: OpenCV 4.5.4 cannot read the network",))


def report(emulator_us: float = 20.0) -> Report:
    """A run with one part, and one from which everything was left out."""
    return Report(MACHINE, (kernel_part(emulator_us), Part("instructions", (), notes=("callgrind: is not there",))))
