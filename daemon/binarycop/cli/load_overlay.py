"""``binarycop load-overlay``: loads the bundle's bitstream, sets its clock and tests it, as root."""

import argparse
from dataclasses import replace

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.accelerator.kernel_devices import KernelDevices
from binarycop.bundle import check_build
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.cli.options import add_bundle, add_config, add_json, print_json, settings_of
from binarycop.errors import OverlayInUse
from binarycop.printable import printable
from binarycop.service import unit
from binarycop.service.backends import lock_windows, open_accelerator, open_board, restore_clock, self_test
from binarycop.service.unit import UnitState
from binarycop.settings.classifier import Backend, MemoryAccess


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_config(parser)
    add_bundle(parser)
    parser.add_argument(
        "--if-set", action="store_true", help="load nothing if classifier.backend is not overlay: for the unit"
    )
    parser.add_argument("--simulated", action="store_true", help="a dry run on the simulated board")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Load the overlay, and check it with the golden vectors and a drawn face.

    Raises BundleError if the build is refused, OverlayInUse if the gate is in service or another program uses the
    overlay, OverlayError if it cannot be loaded or does not work.
    """
    backend = Backend.SIMULATED_BOARD if options.simulated else Backend.OVERLAY
    configured = settings_of(options).classifier
    if not options.simulated:
        # First: the daemon may then use the emulator, by its settings or because this loading fails.
        restore_clock(SysfsFpgaManager())
    if options.if_set and configured.backend is not Backend.OVERLAY:
        if options.json:
            print_json({"backend": configured.backend.value, "loaded": False})
        else:
            print(printable(f"classifier.backend is {configured.backend.value}: no overlay to load"))
        return 0
    if not options.simulated:
        _check_gate_stands(unit.read())
    # Only pynq can load, also for a daemon that uses UIO.
    settings = replace(configured, backend=backend, overlay=replace(configured.overlay, memory=MemoryAccess.PYNQ))
    bundle = bundles.load(find_bundle(settings.bundle))
    # The simulated board makes a build for a bundle without one; a board refuses it, and so must the dry run.
    if options.simulated:
        check_build.check(bundle.folder, bundle.manifest)
    bundle, board = open_board(settings, bundle)
    try:
        board.load()
        classifier = open_accelerator(settings, bundle, board)
        golden = self_test(bundle, classifier)
        if configured.overlay.memory is MemoryAccess.UIO and not options.simulated:
            dmas = (bundle.manifest.input_dma, bundle.manifest.output_dma)
            lock_windows([board.registers(name) for name in dmas], KernelDevices())
    finally:
        board.close()
    manifest = bundle.manifest
    if options.json:
        names = {"bundle": manifest.name, "version": manifest.version, "backend": classifier.name}
        print_json({**names, "clock_mhz": manifest.clock_mhz, "golden": golden})
    else:
        loaded = (
            f"{manifest.name} {manifest.version} loaded on {classifier.name} at {manifest.clock_mhz:g} MHz: "
            f"all {golden} golden vectors reproduced, a drawn face classified"
        )
        print(printable(loaded))
    return 0


def _check_gate_stands(gate: UnitState | None) -> None:
    """Raise OverlayInUse while the gate's process runs, also on the emulator. gate: None where there is no systemd."""
    if gate is not None and gate.pid:
        why = f"the gate is in service (process {gate.pid}), and its lines may be behind the logic"
        raise OverlayInUse(f"{why}; stop it first: systemctl stop binarycop")
