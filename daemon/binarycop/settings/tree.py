"""YAML text as a tree of nodes that know their file and line.

Values stay the text that was written, and the schema says what type each must have: YAML 1.1 would read
``policy: off`` as false, ``name: no`` as false and ``010`` as eight.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from binarycop.errors import SettingsError

_MAX_BYTES = 256 * 1024


@dataclass(frozen=True)
class ScalarNode:
    """A single value as text. plain: it was written without quotes."""

    text: str
    plain: bool
    file: str
    line: int

    @property
    def is_null(self) -> bool:
        """Whether the text means that there is no value."""
        return self.plain and self.text in ("", "null", "~")


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
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", "name a readable file", file=str(path)) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError("is not UTF-8 text", "save it as UTF-8", file=str(path), line=line) from error
    if len(data) > _MAX_BYTES:
        raise SettingsError(f"is too large: {len(data)} bytes", f"write at most {_MAX_BYTES} bytes", file=str(path))
    return parse(text, str(path))


def parse(text: str, file: str) -> MappingNode:
    """Parse YAML text; an empty text is an empty mapping. file: its name for messages. Raises SettingsError."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise SettingsError(f"is not YAML: {error.problem}", "correct the syntax", file=file, line=line) from error
    except yaml.YAMLError as error:
        raise SettingsError(f"is not YAML: {error}", "correct the syntax", file=file) from error
    except RecursionError as error:
        raise SettingsError("is nested too deeply", "settings have at most five levels", file=file) from error
    if root is None:
        return MappingNode({}, {}, file, 1)
    node = _node(root, file, "", ())
    if not isinstance(node, MappingNode):
        raise SettingsError("is not a mapping", "write 'key: value' lines", file=file, line=node.line)
    return node


def merge(lower: MappingNode, upper: MappingNode) -> MappingNode:
    """The keys of both mappings. ``upper`` wins key by key; it replaces lists and single values as a whole."""
    items, key_lines = dict(lower.items), {**lower.key_lines, **upper.key_lines}
    for key, value in upper.items.items():
        replaced = items.get(key)
        both = isinstance(replaced, MappingNode) and isinstance(value, MappingNode)
        items[key] = merge(replaced, value) if both else value  # type: ignore[arg-type]
    return MappingNode(items, key_lines, upper.file, upper.line)


def _node(node: yaml.Node, file: str, key: str, parents: tuple[yaml.Node, ...]) -> Node:
    line = node.start_mark.line + 1
    if node in parents:
        raise SettingsError("contains itself", "write the value instead of the alias", file=file, line=line, key=key)
    parents = (*parents, node)
    if isinstance(node, yaml.ScalarNode):
        return ScalarNode(node.value, node.style is None, file, line)
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_node(item, file, f"{key}[{index}]", parents) for index, item in enumerate(node.value))
        return SequenceNode(items, file, line)
    items_by_key: dict[str, Node] = {}
    key_lines: dict[str, tuple[str, int]] = {}
    for key_node, value in node.value:
        key_line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise SettingsError("has a key that is not text", "write 'key: value'", file=file, line=key_line, key=key)
        name = key_node.value
        path = f"{key}.{name}" if key else name
        if name in items_by_key:
            problem = f"is written twice, first in line {key_lines[name][1]}"
            raise SettingsError(problem, "keep one", file=file, line=key_line, key=path)
        key_lines[name] = (file, key_line)
        items_by_key[name] = _node(value, file, path, parents)
    return MappingNode(items_by_key, key_lines, file, line)
