"""A drawing as SVG text: boxes, lines, arrows, words, in the look of the pages' pictures."""

from collections.abc import Iterable
from html import escape

INK, SOFT_INK, EDGE, PAPER = "#20262d", "#47525d", "#5b6672", "#f7f8f9"
GREEN, GREEN_PAPER, AMBER, AMBER_PAPER, BLUE, RED = "#2d7d46", "#e3f1e6", "#a15c00", "#fdf1dc", "#0055b3", "#b3261e"
_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"


class Drawing:
    """Parts are added from back to front. All lengths are in pixels."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="{_FONT}" font-size="13" fill="{INK}">\n  <title>{escape(title)}</title>\n  <defs>\n'
            + "".join(
                f'    <marker id="tip{colour[1:]}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
                f'markerHeight="8" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="{colour}"/></marker>\n'
                for colour in (EDGE, GREEN, AMBER, BLUE, RED)
            )
            + f'  </defs>\n  <rect width="{width}" height="{height}" rx="10" fill="{PAPER}"/>\n'
        )
        self._parts: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, *, fill: str = "#fff", edge: str = EDGE) -> None:
        """A rectangle with round corners."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}" stroke="{edge}" '
            'stroke-width="1.2"/>'
        )

    def path(
        self, d: str, *, colour: str = EDGE, width: float = 1.6, fill: str = "none", dash: str = "", ends: str = ""
    ) -> None:
        """A line of any form. ends: which of its ends have an arrow's tip: ``>``, ``<`` or both."""
        tips = "".join(
            f' marker-{end}="url(#tip{colour[1:]})"' for sign, end in (("<", "start"), (">", "end")) if sign in ends
        )
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<path d="{d}" fill="{fill}" stroke="{colour}" stroke-width="{width:g}"{dashes}{tips}/>')

    def circle(self, x: float, y: float, radius: float, *, fill: str = "#fff", edge: str = EDGE) -> None:
        """A circle."""
        self._parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{edge}" stroke-width="1.2"/>'
        )

    def text(
        self, x: float, y: float, words: str, *, at: str = "start", size: float = 13, bold: bool = False,
        colour: str = INK,
    ) -> None:  # fmt: skip
        """One line of words. at: whether x is their ``start``, ``middle`` or ``end``."""
        weight = ' font-weight="600"' if bold else ""
        anchor = f' text-anchor="{at}"' if at != "start" else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}"{anchor}{weight} fill="{colour}">{escape(words)}</text>'
        )

    def texts(self, x: float, y: float, lines: Iterable[str], **look: object) -> None:
        """Lines of small words below each other."""
        for index, line in enumerate(lines):
            self.text(x, y + 16 * index, line, **{"size": 12, "colour": SOFT_INK, **look})  # type: ignore[arg-type]

    def svg(self) -> str:
        """The whole picture."""
        return self._head + "".join(f"  {part}\n" for part in self._parts) + "</svg>\n"
