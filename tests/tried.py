"""Marks a test of an input that a third-party camera, program or tool made.

``make compatibility`` runs these tests with each supported OpenCV, and writes them with their results into
docs/compatibility.md.
"""

from enum import Enum

import pytest


class Kind(Enum):
    """What the input is; each is one table of the page."""

    CAMERA = "Cameras"
    CLIP = "Clips"
    PICTURE = "Pictures"
    FOLDER = "Folders"
    BUILD = "FINN builds, bitstreams and shells"
    SETTINGS = "Settings files"
    JOURNAL = "Journals"
    GPIO = "GPIO programs"


def tried(kind: Kind, what: str, result: str) -> pytest.MarkDecorator:
    """A mark for a test, or for one ``pytest.param`` of it.

    what: the input in a few words, such as ``NV12 only``. result: what the test proves of it, such as ``converted`` or
    ``refused, with the formats that it has``. Both are in English, without a full stop, as the page shows them.
    """
    return pytest.mark.tried(kind, what, result)
