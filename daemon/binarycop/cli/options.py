"""Arguments that several subcommands share, and the settings that come of them."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from binarycop.lines.factory import MOCK
from binarycop.settings.classifier import Backend
from binarycop.settings.faces import DetectorKind
from binarycop.settings.load import SYSTEM_FILE, load
from binarycop.settings.schema import Settings


def add_config(parser: argparse.ArgumentParser) -> None:
    """``--config``."""
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"settings (default: {SYSTEM_FILE} if there)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON only")


def add_classifier(parser: argparse.ArgumentParser) -> None:
    """``--bundle`` and ``--backend``."""
    parser.add_argument("--bundle", metavar="NAME", help="cnv, n-cnv, u-cnv, or a folder with a slash in its path")
    parser.add_argument("--backend", type=Backend, choices=list(Backend), metavar="NAME", help=_values(Backend))


def add_finder(parser: argparse.ArgumentParser) -> None:
    """``--finder``."""
    parser.add_argument(
        "--finder", type=DetectorKind, choices=list(DetectorKind), metavar="NAME", help=_values(DetectorKind)
    )


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings file with the arguments laid over it. Raises SettingsErrors."""
    settings = load(options.config).settings
    classifier, gates = settings.classifier, settings.gates
    if getattr(options, "bundle", None):
        classifier = replace(classifier, bundle=options.bundle)
    if getattr(options, "backend", None):
        classifier = replace(classifier, backend=options.backend)
    if getattr(options, "finder", None):
        gates = tuple(replace(lane, faces=replace(lane.faces, finder=options.finder)) for lane in gates)
    return replace(settings, classifier=classifier, gates=gates)


def with_mock_lines(settings: Settings, source: str) -> Settings:
    """The first gate only, with another source and with mock lines: nothing real is switched."""
    lane = settings.gates[0]
    lines = replace(lane.lines, factory=MOCK)
    return replace(settings, gates=(replace(lane, frames=replace(lane.frames, source=source), lines=lines),))


def print_json(value: Any) -> None:
    """One JSON object on one line of standard output."""
    json.dump(value, sys.stdout)
    print(flush=True)


def _values(kind: type[Backend] | type[DetectorKind]) -> str:
    return ", ".join(one.value for one in kind)
