"""The words of the pages' pictures are legible: each is inside its picture, and none overlaps another."""

from itertools import combinations
from xml.etree import ElementTree

import pytest

from tests.docs.pages import ROOT

svg_words = pytest.importorskip("tests.docs.svg_words", reason="needs matplotlib, which has the font")

EDGE_PX = 4
PICTURES = sorted((ROOT / "docs").glob("*.svg"))
STILL = [picture for picture in PICTURES if picture.stem != "recording"]  # its lines take each other's place


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_has_a_title(picture: object) -> None:
    title = ElementTree.parse(str(picture)).getroot().find(f"{svg_words.SVG}title")
    assert title is not None
    assert title.text


@pytest.mark.parametrize("picture", STILL, ids=lambda picture: picture.stem)
def test_all_words_are_in_the_picture_and_none_on_others(picture: object) -> None:
    root = ElementTree.parse(str(picture)).getroot()
    words = svg_words.words_of(root)
    assert len(words) > 5
    width_px, height_px = float(root.attrib["width"]), float(root.attrib["height"])
    cut_off = [
        each.text
        for each in words
        if each.left_px < EDGE_PX or each.right_px > width_px - EDGE_PX or each.bottom_px > height_px - EDGE_PX
    ]
    assert cut_off == []
    assert [(one.text, other.text) for one, other in combinations(words, 2) if one.lies_on(other)] == []


def test_words_on_others_and_outside_are_found() -> None:
    root = ElementTree.fromstring(
        f'<svg xmlns="{svg_words.SVG[1:-1]}" font-size="12">'
        '<text x="0" y="20">one <tspan font-weight="600">bold</tspan>'
        '</text><g text-anchor="end"><text x="40" y="28">other</text></g><text x="40" y="60">far</text></svg>'
    )
    one, other, far = svg_words.words_of(root)
    assert one.text == "one bold"
    assert 45 < one.right_px < 65
    assert other.right_px == 40
    assert one.lies_on(other)
    assert not one.lies_on(far)
