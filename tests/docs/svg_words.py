"""Where the words of an SVG picture stand, as wide as DejaVu Sans makes them: few fonts for screens are wider."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from matplotlib.font_manager import FontProperties, findfont, get_font

SVG = "{http://www.w3.org/2000/svg}"
_ABOVE, _BELOW = 0.75, 0.2
"""How far letters reach above and below their line, in heights of the font."""


@dataclass(frozen=True)
class Words:
    """One line of words and its box, in pixels of the picture."""

    text: str
    left_px: float
    top_px: float
    right_px: float
    bottom_px: float

    def lies_on(self, other: "Words") -> bool:
        """Whether the two boxes share a part."""
        return (
            self.left_px < other.right_px
            and other.left_px < self.right_px
            and self.top_px < other.bottom_px
            and other.top_px < self.bottom_px
        )


def words_of(picture: ElementTree.Element) -> list[Words]:
    """All words of the picture. Its groups may have a look of their own, but are not moved or turned."""
    return list(_below(picture, {}))


def _below(element: ElementTree.Element, look: dict[str, str]) -> Iterator[Words]:
    look = look | dict(element.attrib)
    if element.tag == f"{SVG}text":
        yield _placed(element, look)
        return
    for each in element:
        yield from _below(each, look)


def _placed(element: ElementTree.Element, look: dict[str, str]) -> Words:
    parts = [(element.text or "", look)]
    for span in element:
        parts += [(span.text or "", look | dict(span.attrib)), (span.tail or "", look)]
    size_px = float(look["font-size"])
    width_px = sum(_width_px(text, size_px, is_bold="font-weight" in own) for text, own in parts)
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}[look.get("text-anchor", "start")]
    left_px, y_px = float(look["x"]) - share * width_px, float(look["y"])
    return Words(
        "".join(text for text, _ in parts),
        left_px,
        y_px - _ABOVE * size_px,
        left_px + width_px,
        y_px + _BELOW * size_px,
    )


def _width_px(text: str, size_px: float, *, is_bold: bool) -> float:
    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if is_bold else "normal")))
    font.set_size(size_px, 72)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64
