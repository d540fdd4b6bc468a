"""The results as the page docs/compatibility.md."""

import re
from collections.abc import Mapping, Sequence

from tests.system.compatibility.row import Outcome, Row
from tests.tried import Kind

_HEAD = """# What other people's cameras, files and tools do here

`make compatibility WRITE=1` writes this page from the tests that have the mark `tried`
([tests/tried.py](../tests/tried.py)); do not edit it. Each row is one or more tests, run with each OpenCV that the
project supports: {versions}. *Shown with* names those with which the tests passed.

The files are made by the tests, after what such cameras and tools write; a camera's row runs the daemon's own code on
a V4L2 device in a preloaded library (tests/frames/fake_v4l2.c). No real camera was at hand.
"""
_TABLE_HEAD = "| input | what happens | shown with OpenCV |\n|---|---|---|\n"
_ROW = re.compile(r"^\| (.+) \| (.+) \| (.+) \|$")


def page(rows: Sequence[Row], outcomes: Mapping[str, Mapping[Row, Outcome]]) -> str:
    """The page. outcomes: for each version of OpenCV, the rows that were run."""
    parts = [_HEAD.format(versions=", ".join(outcomes))]
    for kind in Kind:
        of_kind = [row for row in rows if row.kind is kind]
        if of_kind:
            lines = "".join(_line(row, outcomes) for row in of_kind)
            parts.append(f"\n## {kind.value}\n\n{_TABLE_HEAD}{lines}")
    return "".join(parts)


def listed(text: str) -> set[Row]:
    """The rows that a page lists."""
    rows, kind = set(), None
    for line in text.splitlines():
        if line.startswith("## "):
            kind = Kind(line[3:])
        elif kind is not None and (match := _ROW.match(line)) and match[1] not in ("input", "---"):
            rows.add(Row(kind, match[1], match[2]))
    return rows


def _line(row: Row, outcomes: Mapping[str, Mapping[Row, Outcome]]) -> str:
    versions = [version for version, of_rows in outcomes.items() if of_rows.get(row) is Outcome.PASSED]
    return f"| {row.what} | {row.result} | {', '.join(versions) or '-'} |\n"
