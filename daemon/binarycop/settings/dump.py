"""Settings back to YAML: all of them, or only what differs from the defaults. What is printed can be loaded."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import yaml

from binarycop.settings.schema import LaneSettings, Settings


def dump(settings: Settings) -> str:
    """The whole of the settings as YAML, each gate with all that holds for it."""
    return _dump(to_dict(settings))


def dump_changes(settings: Settings) -> str:
    """Only what differs from the defaults, as YAML; an empty text where nothing does."""
    different = changes_to_dict(settings)
    return _dump(different) if different else ""


def to_dict(settings: Settings) -> dict[str, Any]:
    """The settings as dicts, lists, texts and numbers."""
    whole: dict[str, Any] = _to_plain(settings)
    return whole


def changes_to_dict(settings: Settings) -> dict[str, Any]:
    """What differs from the defaults as dicts, lists, texts and numbers."""
    different = _difference(settings, Settings())
    different.pop("gates", None)
    if settings.gates != Settings().gates:
        default = LaneSettings()
        different["gates"] = [{"name": lane.name, **_difference(lane, default)} for lane in settings.gates]
    return different


def _to_plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _to_plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _to_plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_to_plain(one) for one in value]
    return value


def _difference(value: Any, default: Any) -> dict[str, Any]:
    """The fields of a dataclass that differ; a free mapping (lamps) that differs is given whole."""
    different = {}
    for one in fields(value):
        here, there = getattr(value, one.name), getattr(default, one.name)
        if here == there:
            continue
        both = is_dataclass(here) and is_dataclass(there)
        different[one.name] = _difference(here, there) if both else _to_plain(here)
    return different


def _dump(value: Any) -> str:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return str(text)
