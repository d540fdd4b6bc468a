"""The schema documents itself, and deploy/gate.yaml and docs/service.md agree with it."""

import ast
import dataclasses
import re
import typing
from collections.abc import Iterator
from enum import Enum
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest

from binarycop.settings.dump import to_dict
from binarycop.settings.field import is_reloadable
from binarycop.settings.lines import Bias, InputSettings
from binarycop.settings.load import load
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.signals import LampPattern
from binarycop.settings.tree import MappingNode, read

ROOT = Path(__file__).resolve().parents[2]
GATE_YAML = ROOT / "deploy" / "gate.yaml"


def classes_of(schema: type) -> Iterator[type]:
    """A dataclass and all dataclasses below it."""
    yield schema
    for hint in typing.get_type_hints(schema).values():
        for option in (hint, *typing.get_args(hint)):
            if dataclasses.is_dataclass(option):
                yield from classes_of(typing.cast(type, option))


def fields_of(schema: type, key: str = "") -> Iterator[tuple[str, dataclasses.Field[Any], Any]]:
    """The fields below a dataclass that are no sections, each with its key path and its type."""
    hints = typing.get_type_hints(schema)
    for field in dataclasses.fields(schema):
        path = f"{key}.{field.name}" if key else field.name
        if dataclasses.is_dataclass(hints[field.name]):
            yield from fields_of(hints[field.name], path)
        else:
            yield path, field, hints[field.name]


FIELDS = {path: (field, hint) for schema in (Settings, LaneSettings) for path, field, hint in fields_of(schema)}
CHOICES = [(path, hint) for path, (_, hint) in FIELDS.items() if isinstance(hint, type) and issubclass(hint, Enum)]


@pytest.mark.parametrize("schema", dict.fromkeys(classes_of(Settings)), ids=lambda schema: str(schema.__name__))
def test_every_field_has_a_docstring(schema: type) -> None:
    [definition] = ast.parse(getsource(schema)).body
    assert isinstance(definition, ast.ClassDef)
    documented = [
        ast.unparse(statement.target)
        for statement, following in zip(definition.body, definition.body[1:])
        if isinstance(statement, ast.AnnAssign) and re.match(r"\w", docstring(following))
    ]
    assert documented == [field.name for field in dataclasses.fields(schema)]


def docstring(statement: ast.stmt) -> str:
    """The text of a statement that is a plain string literal, else an empty one."""
    is_literal = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return str(statement.value.value).lstrip("`") if is_literal else ""  # type: ignore[attr-defined]


def test_gate_yaml_has_every_key_with_its_default() -> None:
    assert load(GATE_YAML).settings == Settings()
    defaults = to_dict(Settings())
    [gate] = defaults["gates"]
    assert mapping_keys(read(GATE_YAML)) == dict_keys({**defaults, **gate}) - {"name"}


def mapping_keys(node: MappingNode, key: str = "") -> set[str]:
    keys = {f"{key}{name}": value for name, value in node.items.items()}
    below = [mapping_keys(value, f"{path}.") for path, value in keys.items() if isinstance(value, MappingNode)]
    return set(keys).union(*below)


def dict_keys(section: dict[str, Any], key: str = "") -> set[str]:
    keys = {f"{key}{name}": value for name, value in section.items()}
    return set(keys).union(*(dict_keys(value, f"{path}.") for path, value in keys.items() if isinstance(value, dict)))


def comment_of(path: str) -> str:
    """The value and comment of a key in deploy/gate.yaml, with the comment lines that continue it."""
    node = read(GATE_YAML)
    *sections, name = path.split(".")
    for section in sections:
        child = node.items[section]
        assert isinstance(child, MappingNode)
        node = child
    [first, *rest] = GATE_YAML.read_text().splitlines()[node.key_lines[name][1] - 1 :]
    lines = [first.split(":", 1)[1]]
    for line in rest:
        if not line.lstrip().startswith("#"):
            break
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize(("path", "choices"), [*CHOICES, ("signals", LampPattern), ("lines.passed", Bias)])
def test_gate_yaml_names_every_value_of_a_choice(path: str, choices: type[Enum]) -> None:
    words = set(re.findall(r"[\w-]+", comment_of(path)))
    assert {str(choice.value) for choice in choices} <= words


def test_gate_yaml_shows_every_key_of_an_input() -> None:
    [example] = re.findall(r"\{.+\}", comment_of("lines.passed"))
    assert re.findall(r"\w+(?=: )", example) == [field.name for field in dataclasses.fields(InputSettings)]


def test_the_service_page_lists_the_keys_that_a_reload_applies() -> None:
    """The table names whole sections, sections ``(except `KEY`)``, and single keys."""
    page = (ROOT / "docs" / "service.md").read_text()
    [cell] = re.findall(r"^\| at once \| after a restart \|\n\|---\|---\|\n\| (.+?) \|", page, re.MULTILINE)
    listed: set[str] = set()
    for name, exception in re.findall(r"`([\w.]+)`(?: \(except `(\w+)`\))?", cell):
        listed |= {path for path in FIELDS if path == name or path.startswith(f"{name}.")} - {f"{name}.{exception}"}
    assert listed == {path for path, (field, _) in FIELDS.items() if is_reloadable(field)}


def test_a_gate_with_the_default_name_is_the_gate() -> None:
    only, north = LaneSettings(), LaneSettings(name="north")
    assert (only.in_words, only.key_prefix) == ("the gate", "")
    assert (north.in_words, north.key_prefix) == ("gate north", "gate north: ")
