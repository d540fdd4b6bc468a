"""``binarycop check-config``: checks the settings, and prints those that apply."""

import argparse
import os
import sys
from collections.abc import Iterator

from binarycop.bundle.search import find_bundle
from binarycop.cli.options import add_config, add_json, print_json
from binarycop.cli.terminal import print_note
from binarycop.detection.yunet_file import yunet_file
from binarycop.errors import BundleError, DetectorError
from binarycop.frames.names import absence
from binarycop.printable import printable
from binarycop.settings import dump
from binarycop.settings.faces import DetectorKind
from binarycop.settings.files import unread
from binarycop.settings.load import Loaded, load
from binarycop.settings.notes import notes
from binarycop.settings.schema import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_config(parser)
    parser.add_argument("--changes", action="store_true", help="print only the values that differ from the defaults")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the settings as YAML, which can be loaded again. Raises SettingsErrors."""
    loaded = load(options.config)
    _print(loaded, options)
    sys.stdout.flush()
    advice = (*notes(loaded.settings), *_absences(loaded.settings), *unread(options.config))
    for note in advice:
        print_note(note)
    print(f"binarycop: the settings are right{'; but see above' if advice else ''}", file=sys.stderr)
    return 0


def _print(loaded: Loaded, options: argparse.Namespace) -> None:
    if options.json:
        files = [str(path) for path in loaded.files]
        to_dict = dump.changes_to_dict if options.changes else dump.to_dict
        print_json({"files": files, "settings": to_dict(loaded.settings)})
        return
    for path in loaded.files:
        print(printable(f"# from {path}"))
    if not loaded.files:
        print("# no settings file: the defaults")
    text = dump.dump_changes(loaded.settings) if options.changes else dump.dump(loaded.settings)
    print(text or "# nothing differs from the defaults", end="" if text else "\n")


def _absences(settings: Settings) -> Iterator[str]:
    """A sentence for each thing that the settings name but that is absent now: it may be plugged in or copied later."""
    bundle = settings.classifier.bundle
    try:
        manifest = find_bundle(bundle) / "manifest.json"
        if not os.path.exists(manifest):
            yield f"classifier.bundle: there is no {manifest} now"
    except BundleError as error:
        yield f"classifier.bundle: {bundle}: {error.reason}"
    for lane in settings.gates:
        if reason := absence(lane.frames.source):
            yield f"{lane.key_prefix}frames.source: {lane.frames.source}: {reason}"
        if lane.faces.finder is DetectorKind.YUNET:
            try:
                model = yunet_file(lane.faces.yunet)
                if not os.path.exists(model):
                    yield f"{lane.key_prefix}faces.yunet.model: there is no {model} now"
            except DetectorError as error:
                yield f"{lane.key_prefix}faces.finder: {error}"
