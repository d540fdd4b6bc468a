"""Loads the settings from their files.

A later file wins key by key; a list (``gates``) is replaced as a whole. Each entry of ``gates`` overrides the top-level
``frames``, ``faces``, ``verdict``, ``gate``, ``lines`` and ``signals``.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import get_type_hints

from binarycop.errors import SettingsError, SettingsErrors
from binarycop.settings.check import check_lane, check_lanes
from binarycop.settings.classifier import ClassifierSettings
from binarycop.settings.convert import MissingKey, convert, describe, unknown_key
from binarycop.settings.files import files_of
from binarycop.settings.journal import JournalSettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.service import ServiceSettings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from binarycop.settings.tree import EMPTY, MAX_BYTES, MappingNode, ScalarNode, SequenceNode, merge, parse, read_text

MAX_GATES = 16
_MAX_PROBLEMS = 20

_LANE_KEYS = tuple(field.name for field in fields(LaneSettings) if field.name != "name")
_TYPES = {**get_type_hints(Settings), **{name: get_type_hints(LaneSettings)[name] for name in _LANE_KEYS}}


@dataclass(frozen=True)
class Loaded:
    """Settings, and the files that they were read from, in order."""

    settings: Settings
    files: tuple[Path, ...]


def load(path: Path | None) -> Loaded:
    """Load ``path`` and its drop-ins. None: those of the system, as far as they exist, otherwise the defaults.

    Raises SettingsErrors with everything that is wrong.
    """
    try:
        files = files_of(path)
        tree, left = EMPTY, MAX_BYTES
        for file in files:
            text = read_text(file, left)
            tree, left = merge(tree, parse(text, str(file))), left - len(text.encode())
    except SettingsError as problem:
        raise SettingsErrors([problem]) from problem
    return Loaded(from_tree(tree), files)


def from_tree(tree: MappingNode) -> Settings:
    """Make settings from a merged tree. Raises SettingsErrors with everything that is wrong."""
    problems: list[SettingsError] = []
    for name in tree.items:
        if name not in _TYPES:
            problems.append(unknown_key(tree, name, "", _TYPES))
    classifier = convert(ClassifierSettings, _section(tree, "classifier", problems), "classifier", problems)
    journal = convert(JournalSettings, _section(tree, "journal", problems), "journal", problems)
    service = convert(ServiceSettings, _section(tree, "service", problems), "service", problems)
    defaults = {name: tree.items[name] for name in _LANE_KEYS if name in tree.items}
    common = MappingNode(defaults, tree.key_lines, tree.file, 1)
    entries = _gate_entries(tree, problems)

    # Each part alone first, so that a message has the key as it is written in the file; then both merged.
    convert(LaneSettings, common, "", problems)
    for key, entry in entries:
        convert(LaneSettings, entry, key, problems)
    _raise_if_any([problem for problem in problems if not isinstance(problem, MissingKey)])
    problems = []
    lanes = []
    for key, entry in entries:
        merged = merge(common, entry)
        lane = convert(LaneSettings, merged, key, problems)
        if not problems:
            check_lane(lane, merged, key, problems)
            lane = _without_missing_lamps(lane)
        lanes.append(lane)
    _raise_if_any(problems)
    check_lanes(tuple(lanes), [entry for _, entry in entries], problems)
    _raise_if_any(problems)
    return Settings(classifier, journal, service, tuple(lanes))


def _without_missing_lamps(lane: LaneSettings) -> LaneSettings:
    """Remove lamps that the lane does not have from its signals: the defaults name the four lamps of the board."""
    rows = {}
    for field in fields(SignalsSettings):
        row: SignalSettings = getattr(lane.signals, field.name)
        lamps = {name: pattern for name, pattern in row.lamps.items() if name in lane.lines.lamps}
        rows[field.name] = replace(row, lamps=MappingProxyType(lamps))
    return replace(lane, signals=SignalsSettings(**rows))


def _raise_if_any(problems: list[SettingsError]) -> None:
    """Raise the first ones: a reload writes them all into one entry of the journal."""
    if problems:
        unique = {str(problem): problem for problem in problems}
        ordered = sorted(unique.values(), key=lambda problem: (problem.file, problem.line))
        if len(ordered) > _MAX_PROBLEMS:
            left_out = len(ordered) - _MAX_PROBLEMS
            words = "there is 1 more error" if left_out == 1 else f"there are {left_out} more errors"
            more = SettingsError(words, "correct these first")
            ordered = [*ordered[:_MAX_PROBLEMS], more]
        raise SettingsErrors(ordered)


def _section(tree: MappingNode, name: str, problems: list[SettingsError]) -> MappingNode:
    node = tree.items.get(name, EMPTY)
    if isinstance(node, MappingNode):
        return node
    hint = "write indented 'key: value' lines below it"
    problems.append(SettingsError(f"is {describe(node)}", hint, file=node.file, line=node.line, key=name))
    return EMPTY


def _gate_entries(tree: MappingNode, problems: list[SettingsError]) -> list[tuple[str, MappingNode]]:
    """The entries of ``gates`` with their key paths; without ``gates``, a single empty entry."""
    gates = tree.items.get("gates")
    if gates is None:
        return [("", MappingNode({}, {}, tree.file, 1))]
    if not isinstance(gates, SequenceNode):
        problem, hint = f"is {describe(gates)}", "write a list: begin each gate with '- name: ...'"
    else:
        problem, hint = f"has {len(gates.items)} gates", f"write 1 to {MAX_GATES} gates, or remove the key"
    if not isinstance(gates, SequenceNode) or not 1 <= len(gates.items) <= MAX_GATES:
        problems.append(SettingsError(problem, hint, file=gates.file, line=gates.line, key="gates"))
        return []
    entries = []
    for index, entry in enumerate(gates.items):
        key = f"gates[{index}]"
        if not isinstance(entry, MappingNode):
            hint = "write 'name: ...' and the keys that differ for this gate"
            problems.append(SettingsError(f"is {describe(entry)}", hint, file=entry.file, line=entry.line, key=key))
            continue
        if "name" not in entry.items:
            problem = "lacks name"
            problems.append(SettingsError(problem, "add name", file=entry.file, line=entry.line, key=key))
        entries.append((key, _expand_source(entry, key, problems)))
    return entries


def _expand_source(entry: MappingNode, key: str, problems: list[SettingsError]) -> MappingNode:
    """``source: X`` in an entry of ``gates`` is short for ``frames: {source: X}``."""
    source = entry.items.get("source")
    if source is None:
        return entry
    file, line = entry.key_lines["source"]
    if not isinstance(source, ScalarNode):
        problem, hint = "is not text", "write demo, a camera, a clip or a folder"
        problems.append(SettingsError(problem, hint, file=file, line=line, key=f"{key}.source"))
    rest = {name: value for name, value in entry.items.items() if name != "source"}
    expanded = MappingNode({"source": source}, {"source": (file, line)}, file, line)
    frames = rest.get("frames", EMPTY)
    if not isinstance(frames, MappingNode):
        return entry
    if "source" in frames.items:
        problem, hint = "is written twice, as source and as frames.source", "keep one"
        problems.append(SettingsError(problem, hint, file=file, line=line, key=f"{key}.source"))
    key_lines = {**entry.key_lines, "frames": (file, line)}
    return MappingNode({**rest, "frames": merge(frames, expanded)}, key_lines, entry.file, entry.line)
