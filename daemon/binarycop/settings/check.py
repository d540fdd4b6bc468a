"""Checks of several settings together: values that contradict each other or the wiring."""

from collections.abc import Sequence

from binarycop.classes import GateStatus
from binarycop.errors import SettingsError
from binarycop.settings.gate import Contact, Fail
from binarycop.settings.schema import LaneSettings, wires_of
from binarycop.settings.tree import MappingNode, Node

_ON_LIMIT_MARGIN_S = 1.0  # the timer must not end a permission that the daemon itself is about to end
_MAX_FEEDBACK_DEBOUNCE_S = 0.1

NAME_OF_UNKNOWN = "unknown"
"""The name that the figures for Prometheus give a gate that is not in the settings. No gate may have it."""


def check_lane(lane: LaneSettings, node: MappingNode, key: str, problems: list[SettingsError]) -> None:
    """Add to ``problems`` the contradictions within one lane. node: the lane's tree, which knows files and lines."""

    def add_problem(path: str, problem: str, hint: str, conflicts_with: str = "") -> None:
        file, line = _locate(node, path)
        if not line and conflicts_with:  # the key has its default, and the other one is written
            file, line = _locate(node, conflicts_with)
        problems.append(SettingsError(problem, hint, file=file, line=line, key=f"{key}.{path}" if key else path))

    verdict, gate = lane.verdict, lane.gate
    if verdict.votes > verdict.window:
        problem = f"a window of {verdict.window} frames cannot give {verdict.votes} votes"
        add_problem("verdict.votes", problem, f"write at most {verdict.window}")
    elif 2 * verdict.votes <= verdict.window:
        problem = f"two classes can both have {verdict.votes} votes of {verdict.window}"
        add_problem("verdict.votes", problem, f"write at least {verdict.window // 2 + 1}")
    on_s, on_key = (gate.pulse_s, "pulse_s") if gate.contact is Contact.PULSE else (gate.hold_s, "hold_s")
    if on_s > gate.pass_timeout_s:
        limit = f"{gate.pass_timeout_s:g}"
        add_problem(
            f"gate.{on_key}", f"is longer than gate.pass_timeout_s, {limit} s", f"write at most {limit}", "gate"
        )
    if lane.signals.nobody.permission:
        add_problem("signals.nobody.permission", "would give permission to nobody", "write false, or gate.policy: off")
    if lane.signals.fault.permission != (gate.fail is Fail.OPEN):
        value, effect = ("true", "gives") if gate.fail is Fail.OPEN else ("false", "does not give")
        problem = f"cannot work: without power, the wiring of fail: {gate.fail.value} {effect} permission"
        add_problem(
            "signals.fault.permission", problem, f"write {value}, or change gate.fail and the wiring", "gate.fail"
        )
    for status in GateStatus:
        for lamp in lane.signals.row_for(status).lamps:
            # A default may name a lamp that the lane does not have: it names the four lamps of the board.
            path = f"signals.{status.value}.lamps.{lamp}"
            if lamp not in lane.lines.lamps and _is_written(node, path):
                known = ", ".join(lane.lines.lamps) or "none"
                add_problem(path, "there is no such lamp", f"lines.lamps has {known}")
    if lane.lines.max_on_s is not None:
        if lane.lines.heartbeat is None:
            add_problem("lines.max_on_s", "belongs to the dead-man timer, which needs lines.heartbeat", "write both")
        elif on_s > lane.lines.max_on_s - _ON_LIMIT_MARGIN_S:
            problem = f"is within {_ON_LIMIT_MARGIN_S:g} s of lines.max_on_s, {lane.lines.max_on_s:g} s, or longer"
            hint = f"write at most {lane.lines.max_on_s - _ON_LIMIT_MARGIN_S:g}"
            add_problem(f"gate.{on_key}", problem, hint, "lines.max_on_s")
    if lane.lines.feedback is not None and lane.lines.feedback.debounce_s > _MAX_FEEDBACK_DEBOUNCE_S:
        limit = f"{_MAX_FEEDBACK_DEBOUNCE_S:g}"
        problem = "is too long: the relay's contact must follow within 0.2 s"
        add_problem("lines.feedback.debounce_s", problem, f"write at most {limit}")
    pins: dict[str, str] = {}
    for path, line in wires_of(lane):
        if line.pin in pins:
            add_problem(f"{path}.pin", f"pin {line.pin} is already used by {pins[line.pin]}", "use another pin")
        pins[line.pin] = path


def contradictions(lanes: Sequence[LaneSettings]) -> list[SettingsError]:
    """The contradictions within each lane, for settings that do not come from a file."""
    problems: list[SettingsError] = []
    for lane in lanes:
        check_lane(lane, MappingNode({}, {}, "", 0), lane.name, problems)
    return problems


def check_lanes(lanes: tuple[LaneSettings, ...], nodes: list[MappingNode], problems: list[SettingsError]) -> None:
    """Add to ``problems`` what two lanes share but must not: name, camera, pins."""
    names: dict[str, int] = {}
    sources: dict[str, int] = {}
    pins: dict[str, int] = {}
    for index, (lane, node) in enumerate(zip(lanes, nodes)):
        source = lane.frames.source

        def add_shared(path: str, problem: str, hint: str, node: MappingNode = node, index: int = index) -> None:
            key = f"gates[{index}].{path}"
            problems.append(SettingsError(problem, hint, file=node.file, line=node.line, key=key))

        if lane.name in names:
            add_shared("name", f"{lane.name} is already the name of gates[{names[lane.name]}]", "use another name")
        elif lane.name == NAME_OF_UNKNOWN:
            add_shared("name", f"{lane.name} is the name of gates that are not in the settings", "use another name")
        device = f"/dev/video{int(source)}" if source.isascii() and source.isdecimal() else source
        if device in sources and device != "demo":
            problem = f"{source} is already the source of gates[{sources[device]}]"
            add_shared("frames.source", problem, "use another source")
        for path, line in wires_of(lane):
            owner = pins.setdefault(line.pin, index)
            if owner == index:
                continue
            if _is_written(node, f"{path}.pin"):
                add_shared(f"{path}.pin", f"pin {line.pin} is already used by gates[{owner}]", "use another pin")
            elif path.startswith("lines.lamps.") and not _is_written(node, path):
                problem = f"is not written for this gate, so it has the lamps of gates[{owner}]"
                add_shared("lines.lamps", problem, "write its own lamps, or lamps: {} for none")
            else:
                problem = f"is not written for this gate, so it has {line.pin}, which is already used by gates[{owner}]"
                add_shared(f"{path}.pin", problem, "write its own pin")
        names.setdefault(lane.name, index)
        sources.setdefault(device, index)
    if len({lane.lines.factory for lane in lanes}) > 1:
        first, hint = nodes[0], "write the same factory for all gates"
        problems.append(SettingsError("differ in lines.factory", hint, file=first.file, line=first.line, key="gates"))


def _is_written(node: MappingNode, path: str) -> bool:
    current: Node = node
    for name in path.split("."):
        if not isinstance(current, MappingNode) or name not in current.items:
            return False
        current = current.items[name]
    return True


def _locate(node: MappingNode, path: str) -> tuple[str, int]:
    """File and line of the deepest key of ``path`` that is written in a file."""
    location, current = (node.file, 0), node
    for name in path.split("."):
        if name not in current.items:
            break
        location = current.key_lines[name]
        child: Node = current.items[name]
        if not isinstance(child, MappingNode):
            break
        current = child
    return location
