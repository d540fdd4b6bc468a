"""YAML text as a tree of nodes that know their file and line.

Values stay the text that was written, and the schema says what type each must have: YAML 1.1 would read
``policy: off`` as false, ``name: no`` as false and ``010`` as eight. Anchors, aliases and tags are refused: thirty
lines of aliases can stand for a thousand million values. Size, depth and number of values have limits.
"""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from binarycop import regular_file
from binarycop.errors import SettingsError

MAX_BYTES = 256 * 1024
"""Of all settings files together."""
_MAX_DEPTH = 16  # settings have five levels
_MAX_NODES = 10_000  # eight gates that write every key have about 2,000
_UNCLOSED = re.compile("stream end|end of stream")
_SINGLE_QUOTES = "write the text in single quotes, where a backslash stands for itself"
_MAX_KEY = 64  # characters; the longest key has 20


@dataclass(frozen=True)
class ScalarNode:
    """A single value as text. style: a quote, ``|`` or ``>``, as it was written; empty for a plain value."""

    text: str
    style: str
    file: str
    line: int

    @property
    def is_null(self) -> bool:
        """Whether the text means that there is no value."""
        return not self.style and self.text in ("", "null", "~")


@dataclass(frozen=True)
class MappingNode:
    """Keys with their values. key_lines: file and line of each key."""

    items: dict[str, "Node"]
    key_lines: dict[str, tuple[str, int]]
    file: str
    line: int


@dataclass(frozen=True)
class SequenceNode:
    """A list of values."""

    items: tuple["Node", ...]
    file: str
    line: int


Node = ScalarNode | MappingNode | SequenceNode

EMPTY = MappingNode({}, {}, "", 0)


def read(path: Path) -> MappingNode:
    """Read one settings file. Raises SettingsError if it cannot be read or is not a YAML mapping."""
    return parse(read_text(path), str(path))


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """The text of a settings file. Raises SettingsError if it is too large or anything else than a file with text."""
    try:
        data = regular_file.read(path, max_bytes, follow_link=True)
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError("is not UTF-8 text", "save it as UTF-8", file=str(path), line=line) from error
    except FileNotFoundError as error:
        problem = f"it is a link to {os.readlink(path)}, which does not exist" if path.is_symlink() else error.strerror
        raise SettingsError(f"cannot be read: {problem}", "put a readable file there", file=str(path)) from error
    except OSError as error:
        is_large = error.errno == errno.EFBIG
        hint = f"all settings files together may have {MAX_BYTES} bytes" if is_large else "put a readable file there"
        raise SettingsError(f"cannot be read: {error.strerror}", hint, file=str(path)) from error


def parse(text: str, file: str) -> MappingNode:
    """Parse YAML text; an empty text is an empty mapping. file: its name for messages. Raises SettingsError."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        before, wrong = text[: error.position], text[error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = f"has the character {wrong!a} in column {column}, which YAML does not allow"
        raise SettingsError(problem, "remove it", file=file, line=line) from error
    try:
        return _Builder(iter(loader.get_event, None), file).root()
    except SettingsError:
        raise
    except yaml.MarkedYAMLError as error:
        problem = error.problem or error.context or ""
        marks = [mark.line + 1 for mark in (error.problem_mark, error.context_mark) if mark]
        # The text ends far from the bracket or quote that is open, and may end in an empty line.
        line = (marks[-1] if _UNCLOSED.search(problem) else marks[0]) if marks else 0
        raise SettingsError(f"is not YAML: {problem}", _syntax_hint(problem), file=file, line=line) from error
    except (ValueError, OverflowError) as error:  # an escape for no character
        problem = f"is not YAML: {error}"
        raise SettingsError(problem, _SINGLE_QUOTES, file=file, line=loader.line + 1) from error


class _Loader(yaml.SafeLoader):
    """PyYAML's, but it does not skip a directive that it does not know, such as ``%include``."""

    def scan_directive(self) -> Any:
        token = super().scan_directive()
        if token.name != "YAML":
            raise yaml.scanner.ScannerError(None, None, f"found the directive %{token.name}", token.start_mark)
        return token


def _syntax_hint(problem: str) -> str:
    if "directive" in problem:
        return "remove it"
    if "'\\t'" in problem:
        return "write spaces instead of the tab"
    if "escape" in problem:
        return _SINGLE_QUOTES
    if _UNCLOSED.search(problem):
        return "close the bracket or quote that begins here"
    return "write the value in quotes" if "cannot start any token" in problem else "correct the syntax"


def merge(lower: MappingNode, upper: MappingNode) -> MappingNode:
    """The keys of both mappings. ``upper`` wins key by key; it replaces lists and single values as a whole."""
    items, key_lines = dict(lower.items), {**lower.key_lines, **upper.key_lines}
    for key, value in upper.items.items():
        replaced = items.get(key)
        both = isinstance(replaced, MappingNode) and isinstance(value, MappingNode)
        items[key] = merge(replaced, value) if both else value  # type: ignore[arg-type]
    return MappingNode(items, key_lines, upper.file, upper.line)


class _Builder:
    """Makes the tree from YAML's events, so that nothing is built beyond the bounds."""

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self._events, self._file = events, file
        self._nodes = 0

    def root(self) -> MappingNode:
        """The whole text. Raises SettingsError, yaml.YAMLError."""
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                node = self._node(event, "", 1)
                break
        else:
            return MappingNode({}, {}, self._file, 1)
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise self._error(event, "", "has a second document", "remove the line '---'")
        if isinstance(node, ScalarNode) and node.is_null:
            return MappingNode({}, {}, self._file, node.line)
        if not isinstance(node, MappingNode):
            raise SettingsError("is not a mapping", "write 'key: value' lines", file=self._file, line=node.line)
        return node

    def _node(self, event: Any, key: str, depth: int) -> Node:
        line = event.start_mark.line + 1
        self._check(event, key, depth)
        if isinstance(event, yaml.ScalarEvent):
            return ScalarNode(event.value, event.style or "", self._file, line)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(event, f"{key}[{len(items)}]", depth + 1))
            return SequenceNode(tuple(items), self._file, line)
        items_by_key: dict[str, Node] = {}
        key_lines: dict[str, tuple[str, int]] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            name = self._key(event, key, depth + 1)
            path = f"{key}.{name}" if key else name
            if name in items_by_key:
                problem = f"is written twice, first in line {key_lines[name][1]}"
                raise self._error(event, path, problem, "keep one")
            key_lines[name] = (self._file, event.start_mark.line + 1)
            items_by_key[name] = self._node(next(self._events), path, depth + 1)
        return MappingNode(items_by_key, key_lines, self._file, line)

    def _key(self, event: Any, key: str, depth: int) -> str:
        self._check(event, key, depth)
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, key, "has a key that is not text", "write 'key: value'")
        name: str = event.value
        if len(name) > _MAX_KEY or not name.isprintable():
            problem = f"has a key that is too long or has a control character: {name[:20]!a}..."
            raise self._error(event, key, problem, "write 'key: value'")
        return name

    def _check(self, event: Any, key: str, depth: int) -> None:
        self._nodes += 1
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, key, f"has the alias {event.anchor!a:.64}", "write the value instead")
        if event.anchor is not None:
            raise self._error(event, key, f"has the anchor {event.anchor!a:.64}", "write the value in each place")
        if event.tag is not None:
            raise self._error(event, key, f"has the tag {event.tag!a:.64}", "write the value itself, without a tag")
        if depth > _MAX_DEPTH:
            raise self._error(event, "", "is nested too deeply", f"write at most {_MAX_DEPTH} levels")
        if self._nodes > _MAX_NODES:
            raise self._error(event, "", "has too many keys and values", f"write at most {_MAX_NODES}")

    def _error(self, event: Any, key: str, problem: str, hint: str) -> SettingsError:
        return SettingsError(problem, hint, file=self._file, line=event.start_mark.line + 1, key=key)
