"""The project's pages as text, and what they name: links, paths, commands, settings, classes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from binarycop.settings.schema import LaneSettings, Settings

ROOT = Path(__file__).resolve().parents[2]
DAEMON = ROOT / "daemon" / "binarycop"

_NOT_OURS = ("build", "dist", "work", "__pycache__")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@cache
def tree() -> frozenset[str]:
    """Every file and folder of the project, as paths from its root; folders end with a slash."""

    def below(folder: Path) -> Iterator[str]:
        for path in folder.iterdir():
            name = path.relative_to(ROOT).as_posix()
            if path.name in _NOT_OURS or path.name.endswith(".egg-info"):
                continue
            if path.name.startswith(".") and path.name not in (".ci", ".gitignore"):
                continue
            yield name + "/" if path.is_dir() else name
            if path.is_dir():
                yield from below(path)

    return frozenset(below(ROOT))


def pages() -> list[Path]:
    """README.md, CONTRIBUTING.md and the pages in docs/, all from the root."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def all_pages() -> list[Path]:
    """The same and the pages of every other folder."""
    others = sorted(ROOT / name for name in tree() if name.endswith(".md"))
    return [*pages(), *(page for page in others if page not in pages())]


def name_of(page: Path) -> str:
    """A page's path from the root, for a test's name."""
    return page.relative_to(ROOT).as_posix()


def spans(page: Path) -> list[str]:
    """The texts in backticks, without fenced blocks."""
    return _SPAN.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> list[str]:
    """The targets of all links and pictures, without fenced blocks."""
    return _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the page's headings."""
    heads = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head. Raises ValueError if there is none."""
    _, _, below = page.read_text(encoding="utf-8").partition(f"# {heading}\n")
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    if lines is None:
        raise ValueError(f"{name_of(page)} has no table below {heading!r}")
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[0].splitlines()]
    return found[2:]


def targets() -> dict[str, str]:
    """The Makefile's targets that a person may call, with their sentence in ``make help``."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z][a-z0-9-]*):[^#\n]*## (.+)$", text, re.MULTILINE))


@cache
def names_of(module: Path) -> frozenset[str]:
    """Every function, class and method that a module defines: ``step``, ``Camera``, ``Camera.read``."""
    found = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return frozenset(found)


@cache
def daemon_names() -> frozenset[str]:
    """Every name that the daemon's modules define."""
    return frozenset().union(*(names_of(path) for path in DAEMON.rglob("*.py")))


@cache
def settings_keys() -> frozenset[str]:
    """Every key of the settings, with its sections: ``verdict``, ``verdict.margin``, ``lines.permission``."""

    def below(kind: Any, above: str) -> Iterator[str]:
        hints = get_type_hints(kind)
        for field in fields(kind):
            key = above + field.name
            yield key
            inner = hints[field.name]
            for part in (inner, *getattr(inner, "__args__", ())):
                if is_dataclass(part) and part is not LaneSettings:
                    yield from below(part, f"{key}.")

    return frozenset((*below(Settings, ""), *below(LaneSettings, "")))
