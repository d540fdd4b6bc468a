"""``binarycop bench kernel``: how long the networks take for one crop, with the emulator and other engines."""

import argparse
import platform
import sys
from typing import Any

from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.cli.options import add_json, print_json
from binarycop.evaluation.kernel_speed import KernelSpeed, measure_kernel
from binarycop.printable import printable

_NETWORKS = ("n-cnv", "u-cnv", "cnv")
_ROUNDS = 500


def add(parts: Any) -> None:
    """Add the part ``kernel``."""
    parser = parts.add_parser("kernel", help="time for one crop: the emulator beside other engines")
    names = ", ".join(_NETWORKS)
    parser.add_argument(
        "--bundle", action="append", metavar="NAME", help=f"a network, or a bundle's folder (default: {names})"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run ``bench kernel``. Raises BundleError, BackendError."""
    speeds = [measure_kernel(bundles.load(find_bundle(name)), _ROUNDS) for name in options.bundle or _NETWORKS]
    for reason in sorted({reason for speed in speeds for reason in speed.left_out}):
        print(printable(f"binarycop: left out: {reason}"), file=sys.stderr)
    if options.json:
        print_json({"machine": platform.machine(), "networks": {speed.network: speed.row for speed in speeds}})
        return 0
    print("microseconds for one crop, alone and in a batch; one thread, medians; how many times the emulator's")
    for line in table(speeds):
        print(printable(line))
    return 0


def table(speeds: list[KernelSpeed]) -> list[str]:
    """Lines of text, a row for each network and engine."""
    lines = ["network   engine              alone             in a batch"]
    for speed in speeds:
        for name, alone_us in speed.single_us.items():
            engine = f"{name} ({speed.kernel})" if name == "emulator" else name
            batch_us = speed.batch_us[name]
            ratios = alone_us / speed.single_us["emulator"], batch_us / speed.batch_us["emulator"]
            cells = f"{alone_us:9.1f} ({ratios[0]:5.1f})  {batch_us:9.1f} ({ratios[1]:5.1f})"
            lines.append(f"{speed.network:<9} {engine:<17} {cells}")
    return lines
