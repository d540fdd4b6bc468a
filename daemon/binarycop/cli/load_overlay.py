"""``binarycop load-overlay``: the bitstream into the logic, with its clock; for root, once after each boot."""

import argparse
from dataclasses import replace
from typing import Any

from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.classifier.golden import check_golden
from binarycop.cli.options import add_config, add_json, print_json, settings_of
from binarycop.service.backends import open_board, open_overlay
from binarycop.settings.classifier import Backend, MemoryAccess


def add(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("load-overlay", help="load the bundle's bitstream and try it (root)")
    add_config(parser)
    parser.add_argument("--bundle", metavar="NAME", help="cnv, n-cnv, u-cnv, or a folder with a slash in its path")
    parser.add_argument(
        "--if-set", action="store_true", help="do nothing where classifier.backend is not overlay: for the unit"
    )
    parser.add_argument("--simulated", action="store_true", help="rehearse it on the simulated board")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises BundleError where the build is refused, OverlayError where it cannot be loaded or does not work."""
    backend = Backend.SIMULATED_BOARD if options.simulated else Backend.OVERLAY
    asked = settings_of(options).classifier
    if options.if_set and asked.backend is not Backend.OVERLAY:
        print(f"classifier.backend is {asked.backend.value}: no overlay to load")
        return 0
    # Whatever way the daemon takes: to load is pynq's.
    settings = replace(asked, backend=backend, overlay=replace(asked.overlay, memory=MemoryAccess.PYNQ))
    bundle, board = open_board(settings, bundles.load(find_bundle(settings.bundle)))
    try:
        board.load()
        overlay = open_overlay(settings, bundle, board)
        golden = check_golden(bundle, overlay)
    finally:
        board.close()
    manifest = bundle.manifest
    if options.json:
        names = {"bundle": manifest.name, "version": manifest.version, "backend": overlay.name}
        print_json({**names, "clock_mhz": manifest.clock_mhz, "golden": golden})
    else:
        print(
            f"{manifest.name} {manifest.version} loaded on {overlay.name} at {manifest.clock_mhz:g} MHz: "
            f"all {golden} golden vectors reproduced"
        )
    return 0
