"""YAML text to a tree of plain text that remembers file and line. No value is guessed here.

YAML 1.1 reads ``policy: off`` as false, ``name: no`` as false and ``010`` as eight. So scalars stay the
text that was written, and the schema says what they must be.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from binarycop.errors import SettingsError

_BYTES_MOST = 256 * 1024


@dataclass(frozen=True)
class ScalarNode:
    """A value as written. plain: it stood without quotes."""

    text: str
    plain: bool
    file: str
    line: int

    @property
    def is_null(self) -> bool:
        """Whether it says that there is no value."""
        return self.plain and self.text in ("", "null", "~")


@dataclass(frozen=True)
class MappingNode:
    """Keys with their values; ``key_lines`` has the line of each key."""

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
    """Read one settings file. Raises SettingsError where it is not to be read or not a YAML mapping."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", "name a readable file", file=str(path)) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError("is not UTF-8 text", "save it as UTF-8", file=str(path), line=line) from error
    if len(data) > _BYTES_MOST:
        raise SettingsError(f"has {len(data)} bytes", f"at most {_BYTES_MOST} are read", file=str(path))
    return parse(text, str(path))


def parse(text: str, file: str) -> MappingNode:
    """Parse YAML text; ``file`` is only for messages. An empty text is an empty mapping. Raises SettingsError."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise SettingsError(f"is not YAML: {error.problem}", "mend the syntax", file=file, line=line) from error
    except yaml.YAMLError as error:
        raise SettingsError(f"is not YAML: {error}", "mend the syntax", file=file) from error
    except RecursionError as error:
        raise SettingsError("is nested too deeply", "settings have five levels", file=file) from error
    if root is None:
        return MappingNode({}, {}, file, 1)
    node = _node(root, file, "", ())
    if not isinstance(node, MappingNode):
        raise SettingsError("is not a mapping", "write 'key: value' lines", file=file, line=node.line)
    return node


def merge(below: MappingNode, above: MappingNode) -> MappingNode:
    """Lay one mapping over another, key by key; lists and single values are replaced whole."""
    items, key_lines = dict(below.items), {**below.key_lines, **above.key_lines}
    for key, value in above.items.items():
        under = items.get(key)
        both = isinstance(under, MappingNode) and isinstance(value, MappingNode)
        items[key] = merge(under, value) if both else value  # type: ignore[arg-type]
    return MappingNode(items, key_lines, above.file, above.line)


def _node(node: yaml.Node, file: str, key: str, above: tuple[yaml.Node, ...]) -> Node:
    line = node.start_mark.line + 1
    if node in above:
        raise SettingsError("contains itself", "write it out", file=file, line=line, key=key)
    above = (*above, node)
    if isinstance(node, yaml.ScalarNode):
        return ScalarNode(node.value, node.style is None, file, line)
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_node(one, file, f"{key}[{index}]", above) for index, one in enumerate(node.value))
        return SequenceNode(items, file, line)
    items_by_key: dict[str, Node] = {}
    key_lines: dict[str, tuple[str, int]] = {}
    for key_node, value in node.value:
        key_line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise SettingsError("a key is not a word", "write 'key: value'", file=file, line=key_line, key=key)
        name = key_node.value
        path = f"{key}.{name}" if key else name
        if name in items_by_key:
            first = key_lines[name][1]
            raise SettingsError(f"stands twice, first in line {first}", "keep one", file=file, line=key_line, key=path)
        key_lines[name] = (file, key_line)
        items_by_key[name] = _node(value, file, path, above)
    return MappingNode(items_by_key, key_lines, file, line)
