"""Writes gate.yaml(5), the manual page of the settings, from the schema: each key with type, default, bounds and text.

The page uses the macros of man(7).
"""

import ast
import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from binarycop import __version__
from binarycop.settings.dump import to_dict
from binarycop.settings.field import is_reloadable
from binarycop.settings.load import MAX_GATES
from binarycop.settings.schema import LaneSettings, Settings
from deploy.roff import text

_TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false"}

_DESCRIPTION = (
    "The settings of the gate controller, as YAML. Each key has a default, so a file needs only the keys that differ. "
    "The files in gate.d are read after gate.yaml, in the order of their names, and override it key by key. Words need "
    "no quotes: off is a word here.",
    "The sections frames, faces, verdict, gate, lines and signals apply to every gate. The list gates names the gates; "
    "an entry overrides them for its gate.",
    "A key that is marked with reload is applied by systemctl reload binarycop, all others by a restart. binarycop "
    "check-config reports mistakes with file, line and key, and prints the settings in effect.",
)
_FILES = (
    ("/etc/binarycop/gate.yaml", "the settings; the package installs it with every key"),
    ("/etc/binarycop/gate.d/*.yaml", "more settings"),
)
_EXAMPLE = """\
classifier:
  backend: overlay
frames:
  source: /dev/v4l/by-id/usb-camera-video-index0
gates:
- name: north
  gate:
    policy: enforce
    pulse_s: 0.5
"""


def settings_page() -> str:
    """gate.yaml(5) as roff text."""
    lines = [
        f'.TH GATE.YAML 5 "" "binarycop {__version__}"',
        ".SH NAME",
        "gate.yaml \\- settings of the gate controller binarycop",
        ".SH SYNOPSIS",
    ]
    lines += [f".I {text(file)}\n.br" for file, _ in _FILES]
    lines += [".SH DESCRIPTION", *(line for paragraph in _DESCRIPTION for line in (text(paragraph), ".PP"))][:-1]
    for section, schema, value in _sections():
        lines += [f".SH {text(section.upper())}", *_keys(schema, section, value)]
    lines += [".SH GATES", text(f"A list of 1 to {MAX_GATES} gates. Each entry has the sections above, and:")]
    lines += _key("gates", "name", dataclasses.fields(LaneSettings)[0], str, "gate", _texts(LaneSettings)["name"])
    lines += [".SH EXAMPLE", ".nf", *(text(line) for line in _EXAMPLE.splitlines()), ".fi", ".SH FILES"]
    for file, words in _FILES:
        lines += [".TP", f".I {text(file)}", text(words)]
    lines += [".SH SEE ALSO", ".BR binarycop (1)"]
    return "\n".join(lines) + "\n"


def _sections() -> Iterator[tuple[str, type, Mapping[str, Any]]]:
    """The top-level sections: name, schema, and defaults as plain values."""
    defaults = to_dict(Settings())
    [gate] = defaults.pop("gates")
    for schema, values in ((Settings, defaults), (LaneSettings, gate)):
        for name, hint in typing.get_type_hints(schema).items():
            if dataclasses.is_dataclass(hint):
                yield name, typing.cast(type, hint), values[name]


def _keys(schema: type, section: str, values: Mapping[str, Any]) -> list[str]:
    """The keys of a section, those of a section below it under a heading of their own."""
    lines = [_marked((inspect.getdoc(schema) or "").split("\n\n", maxsplit=1)[0].replace("\n", " "))]
    hints, texts, below = typing.get_type_hints(schema), _texts(schema), list[str]()
    for field in dataclasses.fields(schema):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint) and isinstance(values[field.name], Mapping) and _has_defaults(hint):
            path = f"{section}.{field.name}"
            below += [f".SS {text(path)}", *_keys(typing.cast(type, hint), path, values[field.name])]
        else:
            lines += _key(section, field.name, field, hint, values[field.name], texts[field.name])
    return lines + below


def _key(section: str, name: str, field: "dataclasses.Field[Any]", hint: Any, default: Any, words: str) -> list[str]:
    facts = [_type(hint, field.metadata), f"default {_plain(default)}"]
    if is_reloadable(field):
        facts.append("reload")
    first, *rest = [paragraph.replace("\n", " ") for paragraph in words.split("\n\n")]
    lines = [".TP", f"\\fB{text(f'{section}.{name}')}\\fR ({text('; '.join(facts))})", _marked(first)]
    for paragraph in rest:
        lines += [".IP", _marked(paragraph)]
    return lines


def _type(hint: Any, metadata: Mapping[str, Any]) -> str:
    """The type in words, with its choices or bounds."""
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if typing.get_origin(hint) is Mapping:
        return f"names, each with {_type(options[1], {})}"
    kind = options[0] if options else hint
    if isinstance(kind, type) and issubclass(kind, Enum):
        words = ", ".join(str(choice.value) for choice in kind)
    elif dataclasses.is_dataclass(kind):
        words = f"{{{', '.join(field.name for field in dataclasses.fields(kind))}}}"
    else:
        words = _TYPES[kind]
    if "low" in metadata:
        words += f" from {_plain(metadata['low'])} to {_plain(metadata['high'])}"
    return f"{words}, or null" if options else words


def _plain(value: Any) -> str:
    """A default as it is written in a file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_plain(part)}" for name, part in value.items()) + "}"
    if isinstance(value, float):
        return f"{value:.12g}"
    return "null" if value is None else f'"{value}"' if value == "" else str(value)


def _has_defaults(schema: Any) -> bool:
    """Whether each field has a default: then it is a section, and otherwise a value, such as a line."""
    return all(
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        for field in dataclasses.fields(schema)
    )


def _texts(schema: type) -> dict[str, str]:
    """What the schema says of each field: the text that follows it."""
    texts, name = {}, ""
    for statement in ast.walk(ast.parse(inspect.getsource(schema)).body[0]):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and name:
            texts[name] = inspect.cleandoc(str(statement.value.value))
            name = ""
    return texts


def _marked(words: str) -> str:
    """Text with its code, which stands in double backquotes, in bold."""
    parts = re.split(r"``(.+?)``", words)
    marked = "".join(text(part) if at % 2 == 0 else f"\\fB{text(part)}\\fR" for at, part in enumerate(parts) if part)
    return f"\\&{marked}" if marked[:1] in (".", "'") else marked
