"""Answers as HTML for a notebook: boxes and bars, without any pixel of the picture, so a saved notebook has none.

Text and lines take the colour of the page around them, so they can be read on dark paper too.
"""

from collections.abc import Sequence
from html import escape

from binarycop.classes import LABELS, MaskClass
from binarycop.geometry import Box

_COLOURS = {
    MaskClass.CORRECT: "#228c54",
    MaskClass.NOSE: "#e17814",
    MaskClass.NOSE_MOUTH: "#c82d2d",
    MaskClass.CHIN: "#8c46aa",
}
_ABSTAINED = "#8a8f96"
_OUTLINE_PX, _BARS_PX, _ROW_PX, _NAME_PX, _NUMBER_PX = 320, 320, 18, 90, 40


def page(heading: str, *parts: str) -> str:
    """A heading and parts below it."""
    return f'<div style="font-family:sans-serif;font-size:13px"><b>{escape(heading)}</b>{"".join(parts)}</div>'


def line(text: str) -> str:
    """A line of text."""
    return f'<div style="margin-top:6px">{escape(text)}</div>'


def outline(width_px: int, height_px: int, boxes: Sequence[tuple[Box, MaskClass, bool]]) -> str:
    """The picture's outline with a numbered box for each face, its class, and whether it is decided."""
    scale = _OUTLINE_PX / max(width_px, height_px)
    size = f'width="{width_px * scale:.0f}" height="{height_px * scale:.0f}"'
    drawn = [f'<rect {size} fill="none" stroke="currentColor" stroke-opacity="0.5"/>']
    for number, (box, mask_class, is_decided) in enumerate(boxes, 1):
        x, y, width, height = (
            value * scale for value in (box.x_px, box.y_px, max(box.width_px, 0), max(box.height_px, 0))
        )
        colour, label = _style(mask_class, is_decided)
        label_y = y - 5 if y > _ROW_PX else y + height + 14
        drawn.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" '
            f'stroke="{colour}" stroke-width="2"/>'
            f'<text x="{x:.1f}" y="{label_y:.1f}" font-size="12" fill="currentColor">{number}: {label}</text>'
        )
    return f'<svg {size} style="display:block;margin-top:4px">{"".join(drawn)}</svg>'


def bars(scores: Sequence[int], best: MaskClass, is_decided: bool) -> str:
    """A bar for each score, to the right of the middle if it is positive; that of the best class is coloured."""
    half = (_BARS_PX - _NAME_PX - _NUMBER_PX) / 2
    middle, scale = _NAME_PX + half, half / max(1, *(abs(score) for score in scores))
    drawn = []
    for mask_class, (label, score) in zip(MaskClass, zip(LABELS, scores)):
        y, length = mask_class * _ROW_PX, abs(score) * scale
        colour = _style(mask_class, is_decided)[0] if mask_class is best else _ABSTAINED
        drawn.append(
            f'<text x="0" y="{y + 13}" font-size="12" fill="currentColor">{label}</text>'
            f'<rect x="{middle - (length if score < 0 else 0):.1f}" y="{y + 4}" width="{length:.1f}" '
            f'height="{_ROW_PX - 7}" fill="{colour}"/>'
            f'<text x="{_BARS_PX}" y="{y + 13}" font-size="12" text-anchor="end" fill="currentColor">{score}</text>'
        )
    axis = f'<path d="M{middle:.1f} 0V{len(scores) * _ROW_PX}" stroke="currentColor" stroke-opacity="0.5"/>'
    size = f'width="{_BARS_PX}" height="{len(scores) * _ROW_PX}"'
    return f'<svg {size} style="display:block;margin-top:4px">{"".join(drawn)}{axis}</svg>'


def _style(mask_class: MaskClass, is_decided: bool) -> tuple[str, str]:
    """The colour and the word of an answer."""
    return (_COLOURS[mask_class], mask_class.label) if is_decided else (_ABSTAINED, "abstained")
