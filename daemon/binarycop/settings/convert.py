"""From the tree of nodes to a dataclass of the schema. Types, bounds and names are checked here only."""

import difflib
import math
import re
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

from binarycop.errors import SettingsError
from binarycop.settings.tree import MappingNode, Node, ScalarNode

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_NO_BOUNDS: Mapping[str, float] = types.MappingProxyType({})
_MAX_SHOWN = 40  # characters of a wrong value in a message
_MAX_DIGITS = 32  # characters of a number: int() takes a time that grows with the square of its digits
_MAX_TEXT = 1024  # characters of a text, such as a path
_OTHER_WORDS: Mapping[str, str] = types.MappingProxyType({"relay": "permission"})
"""Words that people write, and the key that they mean: the most similar key would be ``ready``, an input."""


class MissingKey(SettingsError):
    """A key without a default is missing. A file that is merged with another may leave it to that one."""


def convert(schema: type, node: MappingNode, key: str, problems: list[SettingsError], base: Any = None) -> Any:
    """Make a dataclass of type ``schema`` from ``node``. Every error is added to ``problems``.

    key: the full path of ``node`` in the settings, for messages. base: gives the values of the keys that ``node`` does
    not have; None takes the schema's own defaults. The result must not be used if a problem was added.
    """
    hints = typing.get_type_hints(schema)
    known = {field.name: field for field in fields(schema)}
    for name in node.items:
        if name not in known:
            problems.append(unknown_key(node, name, key, hints))
    values = {}
    for name, field in known.items():
        if name in node.items:
            default = getattr(base, name) if base is not None else field.default
            path = _path(key, name)
            values[name] = _value(hints[name], node.items[name], path, problems, field.metadata, default)
        elif base is not None:
            values[name] = getattr(base, name)
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(MissingKey(f"lacks {name}", f"add {name}", file=node.file, line=node.line, key=key))
            values[name] = None
    return schema(**values)


def unknown_key(node: MappingNode, name: str, key: str, known: Mapping[str, Any]) -> SettingsError:
    """The error for a key that is not one of ``known``, which has their types.

    It names the section that the key belongs to, or else the most similar key.
    """
    sections = [section for section, kind in known.items() if is_dataclass(kind) and name in _names(kind)]
    meant = _OTHER_WORDS.get(name, "")
    similar = [meant] if meant in known else difflib.get_close_matches(name, known, n=1)
    if sections:
        hint = f"write it indented below {sections[0]}"
    else:
        hint = f"did you mean {similar[0]}?" if similar else f"known keys here: {', '.join(known)}"
    file, line = node.key_lines[name]
    return SettingsError("unknown key", hint, file=file, line=line, key=_path(key, name))


def _names(schema: Any) -> list[str]:
    return [field.name for field in fields(schema)]


def _path(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _value(
    expected: Any,
    node: Node,
    key: str,
    problems: list[SettingsError],
    bounds: Mapping[str, Any] = _NO_BOUNDS,
    default: Any = None,
) -> Any:
    """A value of any type that the schema uses; ``default`` is the value that it replaces."""
    if isinstance(expected, types.UnionType):  # the only union in the schema is `T | None`
        if isinstance(node, ScalarNode) and node.is_null:
            return None
        (expected,) = (option for option in typing.get_args(expected) if option is not type(None))
    if is_dataclass(expected) or typing.get_origin(expected) is Mapping:
        return _mapping(expected, node, key, problems, default)
    may_be_empty = default == ""
    if isinstance(node, ScalarNode):
        with suppress(ValueError):
            return _scalar(expected, node, bounds, may_be_empty=may_be_empty)
    problems.append(_problem(node, key, f"is {describe(node)}", f"write {_hint(expected, node, bounds, default)}"))
    return None


def _mapping(expected: Any, node: Node, key: str, problems: list[SettingsError], default: Any) -> Any:
    """A dataclass of the schema, or a mapping from names to values of one type."""
    if not isinstance(node, MappingNode):
        is_empty = isinstance(node, ScalarNode) and node.is_null
        hint = "write indented 'key: value' lines below it"
        if is_empty:
            hint += ", or remove the key"
        elif is_dataclass(expected):
            hint += f"; its keys are {', '.join(_names(typing.cast(type, expected)))}"
        problems.append(_problem(node, key, f"is {describe(node)}", hint))
        return None
    if is_dataclass(expected):
        schema = typing.cast(type, expected)
        return convert(schema, node, key, problems, default if isinstance(default, schema) else None)
    _, item_type = typing.get_args(expected)
    for name in node.items:
        if not _NAME.fullmatch(name):
            hint = "use at most 32 letters, digits, - and _"
            problems.append(_problem(node, key, f"name {name!r} is not allowed", hint))
    items = {name: _value(item_type, item, _path(key, name), problems) for name, item in node.items.items()}
    return types.MappingProxyType(items)


def _problem(node: Node, key: str, problem: str, hint: str) -> SettingsError:
    return SettingsError(problem, hint, file=node.file, line=node.line, key=key)


def _scalar(expected: Any, node: ScalarNode, bounds: Mapping[str, Any], *, may_be_empty: bool) -> Any:
    """A single value. Raises ValueError if the text is not of the expected type or outside its bounds."""
    text = node.text
    if expected is bool:
        if not node.style and text in ("true", "false"):
            return text == "true"
        raise ValueError(text)
    if isinstance(expected, type) and issubclass(expected, Enum):
        return expected(text)
    if expected is str:
        if node.is_null or len(text) > _MAX_TEXT or not text.isprintable() or not (text.strip() or may_be_empty):
            raise ValueError(text)
        return text
    if node.style or len(text) > _MAX_DIGITS or not (_INTEGER if expected is int else _NUMBER).fullmatch(text):
        raise ValueError(text)
    number = expected(text)
    if not math.isfinite(number) or not bounds.get("low", number) <= number <= bounds.get("high", number):
        raise ValueError(text)
    return number


def _hint(expected: Any, node: Node, bounds: Mapping[str, Any], default: Any) -> str:
    style = node.style if isinstance(node, ScalarNode) else ""
    if style in ("|", ">"):
        return f"it on the line of its key, without {style}"
    unquoted = ", without quotes" if style else ""
    if expected is bool:
        return f"true or false{unquoted}"
    if isinstance(expected, type) and issubclass(expected, Enum):
        return "one of " + ", ".join(str(option.value) for option in expected)
    if expected is str:
        return f"printable text on one line, of at most {_MAX_TEXT} characters"
    kind = "a whole number" if expected is int else "a number"
    limits = f" from {bounds['low']:g} to {bounds['high']:g}" if "low" in bounds else ""
    example = f", such as {default:g}" if isinstance(default, int | float) else ""
    return kind + limits + example + unquoted


def describe(node: Node) -> str:
    """What a node is, for messages."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, ScalarNode):
        shown = node.text if len(node.text) <= _MAX_SHOWN else node.text[: _MAX_SHOWN - 3] + "..."
        return "empty" if node.is_null else repr(shown)
    return "a list"
