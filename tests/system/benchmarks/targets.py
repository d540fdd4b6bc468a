"""What the project wants to reach on x86 with two cores, and whether a run reaches it."""

from collections.abc import Callable
from dataclasses import dataclass

from binarycop.benchmarks.figures import Report

Key = tuple[str, str, str, str]
"""Part, group, case and quantity of a figure."""


@dataclass(frozen=True)
class Target:
    """words: what is wanted, with the limit. measured: the value in a run, None if the run does not have it."""

    words: str
    limit: float
    measured: Callable[[Report], float | None]
    unit: str = ""
    at_least: bool = False

    def is_reached(self, value: float) -> bool:
        """Whether a value keeps the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


def value_of(report: Report, key: Key) -> float | None:
    """A figure's value in a run."""
    part, *rest = key
    return next(
        (
            figure.value
            for measured in report.parts
            if measured.name == part
            for figure in measured.figures
            if list(figure.key) == rest
        ),
        None,
    )


def figure(*key: str) -> Callable[[Report], float | None]:
    """Measures one figure."""
    part, group, case, quantity = key
    return lambda report: value_of(report, (part, group, case, quantity))


def ratio(part: str, group: str, over: str, under: str, quantity: str) -> Callable[[Report], float | None]:
    """Measures one case divided by another."""

    def measure(report: Report) -> float | None:
        values = [value_of(report, (part, group, case, quantity)) for case in (over, under)]
        return values[0] / values[1] if values[0] is not None and values[1] else None

    return measure


def targets(emulator: str) -> list[Target]:
    """The targets of a machine whose emulator computes with these instructions."""
    is_512 = emulator == "avx512"
    small_us, large_us, per_s = (20, 60, 50_000) if is_512 else (27, 160, 40_000)
    crop, in_run = "one crop", "in run, finder in its thread"
    wanted = [
        *(
            Target(f"{name}, one crop, at most {small_us} µs", small_us, figure("kernel", name, "emulator", crop), "µs")
            for name in ("n-cnv", "u-cnv")
        ),
        Target(f"cnv, one crop, at most {large_us} µs", large_us, figure("kernel", "cnv", "emulator", crop), "µs"),
        *(
            Target(
                f"{name}, one crop, onnxruntime's time at least {times} times the emulator's",
                times,
                ratio("kernel", name, "onnxruntime", "emulator", crop),
                "times",
                at_least=True,
            )
            for name, times in (("n-cnv", 6), ("u-cnv", 6), ("cnv", 10))
        ),
        Target(
            f"n-cnv in a batch, one core, at least {per_s:,} crops/s",
            per_s,
            figure("kernel", "n-cnv", "emulator", "in a batch"),
            "crops/s",
            at_least=True,
        ),
        Target(
            "a frame with a person, median, at most 0.8 ms",
            0.8,
            figure("frame", in_run, "person present", "capture to lines"),
            "ms",
        ),
        Target(
            "a frame with a person, 99th percentile, at most 3 ms",
            3,
            figure("frame", in_run, "person present", "99th percentile"),
            "ms",
        ),
        Target(
            "a frame with nobody, median, at most 0.15 ms",
            0.15,
            figure("frame", in_run, "nobody there", "capture to lines"),
            "ms",
        ),
        Target(
            "16 gates, no frame older than one period",
            1,
            figure("gates", "gates at 30 frames/s each", "16 gates", "age of the oldest frame"),
            "periods",
        ),
        Target("--version, at most 0.1 s", 0.1, figure("start", "start", "binarycop --version", "time"), "s"),
        Target("--help, at most 0.1 s", 0.1, figure("start", "start", "binarycop --help", "time"), "s"),
        Target(
            "start to ready, at most 1.0 s",
            1.0,
            figure("start", "start", "binarycop run until it is ready", "time"),
            "s",
        ),
        Target(
            "one gate, at most 75 MB, 71.5 MiB, resident",
            71.5,
            figure("memory", "memory, most", "1 gate", "resident"),
            "MiB",
        ),
    ]
    for size in ("320×240", "160×120"):
        for engine in ("lookout on opencv", "lookout on ncnn"):
            measured = ratio("finders", f"{size}, one face", engine, "yunet", "a frame")
            wanted.append(Target(f"{engine}, {size}, at most half of YuNet's time", 0.5, measured, "times"))
    return wanted
