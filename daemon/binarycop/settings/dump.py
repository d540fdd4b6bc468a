"""Settings as YAML or as dicts: all of them, or only what differs from the defaults. The YAML can be loaded again."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import yaml

from binarycop.settings.schema import LaneSettings, Settings


def dump(settings: Settings) -> str:
    """All settings as YAML; each gate has every key."""
    return as_yaml(to_dict(settings))


def dump_changes(settings: Settings) -> str:
    """The settings that differ from the defaults, as YAML; empty if none does."""
    changes = changes_to_dict(settings)
    return as_yaml(changes) if changes else ""


def to_dict(settings: Settings) -> dict[str, Any]:
    """All settings as dicts, lists, texts and numbers."""
    everything: dict[str, Any] = _to_plain(settings)
    return everything


def changes_to_dict(settings: Settings) -> dict[str, Any]:
    """The settings that differ from the defaults, as dicts, lists, texts and numbers."""
    changes = _changes(settings, Settings())
    changes.pop("gates", None)
    if settings.gates != Settings().gates:
        default = LaneSettings()
        changes["gates"] = [{"name": lane.name, **_changes(lane, default)} for lane in settings.gates]
    return changes


def _to_plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _to_plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_to_plain(item) for item in value]
    return value


def _changes(section: Any, default: Any) -> dict[str, Any]:
    """The fields of a dataclass that differ. A mapping without fixed keys (lamps) is given whole."""
    changes = {}
    for field in fields(section):
        value, default_value = getattr(section, field.name), getattr(default, field.name)
        if value == default_value:
            continue
        both = is_dataclass(value) and is_dataclass(default_value)
        changes[field.name] = _changes(value, default_value) if both else _to_plain(value)
    return changes


def as_yaml(value: Any) -> str:
    """What ``to_dict`` and ``changes_to_dict`` return, as YAML."""
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return str(text)
