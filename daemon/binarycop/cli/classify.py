"""``binarycop classify``: the faces of pictures, with the daemon's own detector, crop and classifier."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from binarycop.api.answers import FaceAnswer, Look
from binarycop.api.mask_classifier import MaskClassifier
from binarycop.api.opening import open_settings
from binarycop.cli.options import (
    add_classifier,
    add_config,
    add_finder,
    add_json,
    first_gate_of,
    print_json,
    settings_of,
)
from binarycop.cli.terminal import print_note
from binarycop.detection.views import views_of_each_face
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.printable import printable


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    words = "JPEG, PNG, BMP or WebP files; a JPEG of 16 to 50 megapixels is decoded smaller"
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help=words)
    add_config(parser)
    add_classifier(parser)
    add_finder(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Raises SourceError if no picture can be looked at."""
    settings = settings_of(options)
    lane = first_gate_of(settings)
    views = views_of_each_face(settings.classifier.views, len(settings.gates))
    network, looked_at = replace(settings.classifier, views=views), 0
    with open_settings(network, lane.faces, lane.verdict, options.backend) as classifier:
        for name in options.pictures:
            looked_at += _classify(classifier, name, as_json=options.json)
    if not looked_at:
        first, *others = options.pictures
        raise SourceError(first, f"gives no picture{', nor does any other file' if others else ''}")
    return 0


def _classify(classifier: MaskClassifier, name: str, *, as_json: bool) -> bool:
    """Look at one picture, and print what was seen. Returns whether it could be decoded."""
    try:
        look = classifier.look(name)
    except UndecodableFrame as error:
        print_note(f"left out: {name} {error.reason}")
        if as_json:
            print_json({"picture": name, "left_out": error.reason})
        return False
    if as_json:
        print_json({"picture": name, **_fields(look)})
        return True
    for line in _lines(name, look):
        print(printable(line), flush=True)
    return True


def _lines(name: str, look: Look) -> Iterator[str]:
    first, *others = str(look).splitlines()
    yield f"{name}: {first}"
    yield from others


def _fields(look: Look) -> dict[str, Any]:
    return {
        "width_px": look.width_px,
        "height_px": look.height_px,
        "bundle": look.bundle,
        "version": look.version,
        "backend": look.backend,
        "faces": [_face(face) for face in look.faces],
    }


def _face(face: FaceAnswer) -> dict[str, Any]:
    box = face.box
    return {
        "box_px": [round(value, 1) for value in (box.x_px, box.y_px, box.width_px, box.height_px)],
        "confidence": round(face.confidence, 3),
        "class": face.mask_class.label,
        "scores": list(face.scores),
        "lead": face.lead,
        "limit": face.limit,
        "decided": face.is_decided,
    }
