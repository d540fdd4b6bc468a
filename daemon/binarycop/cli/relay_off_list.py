"""``binarycop relay-off-list``: writes the list of lines that ``gate-release`` drives, as root.

It imports no OpenCV: it runs before each start of the daemon.
"""

import argparse
from pathlib import Path

from binarycop.cli.options import add_config, add_json, print_json, settings_of
from binarycop.lines import relay_off_list
from binarycop.printable import printable


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_config(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="the list; its folder must belong to this user only")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the list of the settings. Raises SettingsErrors, and LineError if it cannot be written."""
    settings = settings_of(options)
    # As the daemon decides it: ``auto`` is never gpiochip.
    factory = settings.gates[0].lines.factory
    relay_off_list.write(options.file, settings.gates, factory)
    count = relay_off_list.content(settings.gates, factory).count("\n")
    if options.json:
        print_json({"file": str(options.file), "lines": count})
    else:
        print(printable(f"{options.file}: {count} line{'s' * (count != 1)} to switch off (lines.factory: {factory})"))
    return 0
