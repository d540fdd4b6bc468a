"""Settings files to settings: ``gate.yaml``, then ``gate.d/*.yaml`` in the order of their names, as systemd does.

A later file wins key by key; a list (``gates``) is replaced whole. Each entry of ``gates`` is laid over
the top-level ``frames``, ``faces``, ``verdict``, ``gate``, ``lines`` and ``signals``.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType

from binarycop.errors import SettingsError, SettingsErrors
from binarycop.settings.check import check_lane, check_lanes
from binarycop.settings.classifier import ClassifierSettings
from binarycop.settings.convert import MissingKey, convert, unknown_key
from binarycop.settings.journal import JournalSettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.service import ServiceSettings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from binarycop.settings.tree import EMPTY, MappingNode, ScalarNode, SequenceNode, merge, read

SYSTEM_FILE = Path("/etc/binarycop/gate.yaml")
GATES_MOST = 8

_WHOLE = ("classifier", "journal", "service", "gates")
_LANE = tuple(one.name for one in fields(LaneSettings) if one.name != "name")


@dataclass(frozen=True)
class Loaded:
    """Settings, and the files that they came from, in order."""

    settings: Settings
    files: tuple[Path, ...]


def load(path: Path | None) -> Loaded:
    """Load ``path`` and its drop-ins; None takes the system's file if there is one, else the defaults.

    Raises SettingsErrors with everything that is wrong.
    """
    if path is None:
        if not SYSTEM_FILE.exists():
            return Loaded(Settings(), ())
        path = SYSTEM_FILE
    files = (path, *sorted(path.with_suffix(".d").glob("*.yaml")))
    try:
        tree = EMPTY
        for file in files:
            tree = merge(tree, read(file))
    except SettingsError as problem:
        raise SettingsErrors([problem]) from problem
    return Loaded(from_tree(tree), files)


def from_tree(tree: MappingNode) -> Settings:
    """Make settings of a merged tree. Raises SettingsErrors with everything that is wrong."""
    problems: list[SettingsError] = []
    for name in tree.items:
        if name not in (*_WHOLE, *_LANE):
            problems.append(unknown_key(tree, name, "", [*_WHOLE, *_LANE]))
    classifier = convert(ClassifierSettings, _section(tree, "classifier", problems), "classifier", problems)
    journal = convert(JournalSettings, _section(tree, "journal", problems), "journal", problems)
    service = convert(ServiceSettings, _section(tree, "service", problems), "service", problems)
    common = MappingNode({name: tree.items[name] for name in _LANE if name in tree.items}, tree.key_lines, tree.file, 1)
    entries = _entries(tree, problems)

    # Each part by itself first, so that a message has the key as it stands in the file, then laid together.
    convert(LaneSettings, common, "", problems)
    for key, entry in entries:
        convert(LaneSettings, entry, key, problems)
    _raise([one for one in problems if not isinstance(one, MissingKey)])
    problems = []
    lanes = []
    for key, entry in entries:
        whole = merge(common, entry)
        lane = convert(LaneSettings, whole, key, problems)
        if not problems:
            check_lane(lane, whole, key, problems)
            lane = _without_absent_lamps(lane)
        lanes.append(lane)
    _raise(problems)
    check_lanes(tuple(lanes), [entry for _, entry in entries], problems)
    _raise(problems)
    return Settings(classifier, journal, service, tuple(lanes))


def _without_absent_lamps(lane: LaneSettings) -> LaneSettings:
    """The default signals light the board's four lamps; a lane with fewer keeps what it has."""
    rows = {}
    for one in fields(SignalsSettings):
        row: SignalSettings = getattr(lane.signals, one.name)
        lamps = {name: pattern for name, pattern in row.lamps.items() if name in lane.lines.lamps}
        rows[one.name] = replace(row, lamps=MappingProxyType(lamps))
    return replace(lane, signals=SignalsSettings(**rows))


def _raise(problems: list[SettingsError]) -> None:
    if problems:
        unique = {str(problem): problem for problem in problems}
        raise SettingsErrors(sorted(unique.values(), key=lambda one: (one.file, one.line)))


def _section(tree: MappingNode, name: str, problems: list[SettingsError]) -> MappingNode:
    node = tree.items.get(name, EMPTY)
    if isinstance(node, MappingNode):
        return node
    right = "write 'key: value' lines below it"
    problems.append(SettingsError("is not a mapping", right, file=node.file, line=node.line, key=name))
    return EMPTY


def _entries(tree: MappingNode, problems: list[SettingsError]) -> list[tuple[str, MappingNode]]:
    """The entries of ``gates`` with their key paths; without ``gates`` one that adds nothing."""
    gates = tree.items.get("gates")
    if gates is None:
        return [("", MappingNode({}, {}, tree.file, 1))]
    if not isinstance(gates, SequenceNode) or not 1 <= len(gates.items) <= GATES_MOST:
        right = f"write a list of 1 to {GATES_MOST} gates, each beginning '- name: ...'"
        wrong = "is not such a list"
        problems.append(SettingsError(wrong, right, file=gates.file, line=gates.line, key="gates"))
        return []
    entries = []
    for index, entry in enumerate(gates.items):
        key = f"gates[{index}]"
        if not isinstance(entry, MappingNode):
            right = "write 'name: ...' and what differs for this gate"
            problems.append(SettingsError("is not a mapping", right, file=entry.file, line=entry.line, key=key))
            continue
        if "name" not in entry.items:
            wrong = "lacks name"
            problems.append(SettingsError(wrong, "add name", file=entry.file, line=entry.line, key=key))
        entries.append((key, _unfold_source(entry, key, problems)))
    return entries


def _unfold_source(entry: MappingNode, key: str, problems: list[SettingsError]) -> MappingNode:
    """``source: X`` in a gate's entry is short for ``frames: {source: X}``."""
    source = entry.items.get("source")
    if source is None:
        return entry
    file, line = entry.key_lines["source"]
    if not isinstance(source, ScalarNode):
        wrong, right = "is not a text", "write demo, a camera, a clip or a folder"
        problems.append(SettingsError(wrong, right, file=file, line=line, key=f"{key}.source"))
    rest = {name: value for name, value in entry.items.items() if name != "source"}
    short = MappingNode({"source": source}, {"source": (file, line)}, file, line)
    frames = rest.get("frames", EMPTY)
    if not isinstance(frames, MappingNode):
        return entry
    if "source" in frames.items:
        wrong, right = "stands twice, as source and as frames.source", "keep one"
        problems.append(SettingsError(wrong, right, file=file, line=line, key=f"{key}.source"))
    key_lines = {**entry.key_lines, "frames": (file, line)}
    return MappingNode({**rest, "frames": merge(frames, short)}, key_lines, entry.file, entry.line)
