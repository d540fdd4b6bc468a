"""From the tree to a dataclass of the schema: types, bounds and names are checked here, and only here."""

import difflib
import math
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

from binarycop.errors import SettingsError
from binarycop.settings.tree import MappingNode, Node, ScalarNode

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_NO_BOUNDS: Mapping[str, float] = types.MappingProxyType({})


class MissingKey(SettingsError):
    """A key without a default is missing; in a file that is laid over another it may stand there."""


def convert(schema: type, node: MappingNode, key: str, problems: list[SettingsError], base: Any = None) -> Any:
    """Make a ``schema`` dataclass of ``node``. What is wrong is added to ``problems``, all of it at once.

    base: what holds for the keys that ``node`` does not have; None takes the schema's own defaults.

    key: the full path of ``node`` in the settings, for messages. Where something is wrong, the value
    returned is not to be used.
    """
    hints = typing.get_type_hints(schema)
    known = {one.name: one for one in fields(schema)}
    for name in node.items:
        if name not in known:
            problems.append(unknown_key(node, name, key, list(known)))
    values = {}
    for name, one in known.items():
        if name in node.items:
            below = getattr(base, name) if base is not None else one.default
            values[name] = _value(hints[name], node.items[name], _path(key, name), problems, one.metadata, below)
        elif base is not None:
            values[name] = getattr(base, name)
        elif one.default is MISSING and one.default_factory is MISSING:
            problems.append(MissingKey(f"lacks {name}", f"add {name}", file=node.file, line=node.line, key=key))
            values[name] = None
    return schema(**values)


def unknown_key(node: MappingNode, name: str, key: str, known: list[str]) -> SettingsError:
    """The error for a key that nobody knows, with the nearest that is known."""
    near = difflib.get_close_matches(name, known, n=1)
    right = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    file, line = node.key_lines[name]
    return SettingsError("unknown key", right, file=file, line=line, key=_path(key, name))


def _path(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _value(
    wanted: Any,
    node: Node,
    key: str,
    problems: list[SettingsError],
    bounds: Mapping[str, float] = _NO_BOUNDS,
    base: Any = None,
) -> Any:
    """One value of any type that the schema uses; ``base`` is the default that it replaces."""

    def wrong(what: str, right: str) -> None:
        problems.append(SettingsError(what, right, file=node.file, line=node.line, key=key))

    if isinstance(wanted, types.UnionType):  # the schema has no union but `T | None`
        if isinstance(node, ScalarNode) and node.is_null:
            return None
        (wanted,) = (one for one in typing.get_args(wanted) if one is not type(None))
    if is_dataclass(wanted) or typing.get_origin(wanted) is Mapping:
        if not isinstance(node, MappingNode):
            wrong(f"is {_describe(node)}", "write 'key: value' lines below it")
            return None
        if is_dataclass(wanted):
            schema = typing.cast(type, wanted)
            return convert(schema, node, key, problems, base if isinstance(base, schema) else None)
        _, of = typing.get_args(wanted)
        for name in node.items:
            if not _WORD.fullmatch(name):
                wrong(f"name {name!r} will not do", "use letters, digits, - and _, at most 32")
        return types.MappingProxyType(
            {name: _value(of, one, _path(key, name), problems) for name, one in node.items.items()}
        )
    if not isinstance(node, ScalarNode):
        wrong(f"is {_describe(node)}", f"write {_right(wanted, bounds)}")
        return None
    try:
        return _scalar(wanted, node, bounds)
    except ValueError:
        wrong(f"is {_describe(node)}", f"write {_right(wanted, bounds)}")
        return None


def _scalar(wanted: Any, node: ScalarNode, bounds: Mapping[str, float]) -> Any:
    """Raises ValueError where the text is not what the schema wants."""
    text = node.text
    if wanted is bool:
        if node.plain and text in ("true", "false"):
            return text == "true"
        raise ValueError(text)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return wanted(text)
    if wanted is str:
        if node.is_null or not text.isprintable():
            raise ValueError(text)
        return text
    if not node.plain or not (_INTEGER if wanted is int else _NUMBER).fullmatch(text):
        raise ValueError(text)
    number = wanted(text)
    if not math.isfinite(number) or not bounds.get("low", number) <= number <= bounds.get("high", number):
        raise ValueError(text)
    return number


def _right(wanted: Any, bounds: Mapping[str, float]) -> str:
    if wanted is bool:
        return "true or false"
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return "one of " + ", ".join(str(one.value) for one in wanted)
    if wanted is str:
        return "a text"
    kind = "a whole number" if wanted is int else "a number"
    return f"{kind} from {bounds['low']:g} to {bounds['high']:g}" if bounds else kind


def _describe(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, ScalarNode):
        shown = node.text if len(node.text) <= 40 else node.text[:37] + "..."
        return "empty" if node.is_null else repr(shown)
    return "a list"
