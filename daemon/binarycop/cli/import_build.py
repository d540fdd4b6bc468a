"""``binarycop import-build``: copies bitstream and .hwh of a FINN build into the bundle that they were built from."""

import argparse
import tempfile
from pathlib import Path

from binarycop.bundle import deployment_package
from binarycop.bundle import files as bundles
from binarycop.bundle import manifest as manifests
from binarycop.bundle.build_files import BITSTREAM, HWH
from binarycop.bundle.search import find_bundle
from binarycop.cli.options import add_json, print_json
from binarycop.errors import BuildError, BundleError
from binarycop.printable import printable


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("deploy", type=Path, metavar="DEPLOY", help="the folder deploy/ of FINN's build")
    parser.add_argument("--into", required=True, metavar="BUNDLE", help="the bundle: its name, or its folder")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the build and copy it. Raises BuildError or BundleError if one is refused; nothing is copied then."""
    folder = find_bundle(options.into)
    bundle = manifests.read(folder)
    with tempfile.TemporaryDirectory(prefix="binarycop-build-") as work:
        try:
            build = deployment_package.read(options.deploy)
            package = deployment_package.private_copy(build, Path(work))
            deployment_package.check(package, bundle)
        except BundleError as error:
            raise BuildError(error.bundle, error.reason) from error
        bundles.add_files(folder, {BITSTREAM: package.bitstream, HWH: package.hwh})
    manifest = bundles.load(folder).manifest
    digests = {name: manifest.sha256[name] for name in (BITSTREAM, HWH)}
    if options.json:
        print_json({"bundle": manifest.name, "version": manifest.version, "files": digests})
    else:
        names = f"{build.bitstream.name}, {build.hwh.name}"
        print(printable(f"{manifest.name} {manifest.version} has its build: {names}"))
    return 0
