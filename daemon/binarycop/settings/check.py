"""Checks of several settings together: values that contradict each other or the wiring."""

from binarycop.classes import GateStatus
from binarycop.errors import SettingsError
from binarycop.settings.gate import Contact, Fail
from binarycop.settings.lines import InputSettings, LineSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.tree import MappingNode, Node


def check_lane(lane: LaneSettings, node: MappingNode, key: str, problems: list[SettingsError]) -> None:
    """Add to ``problems`` the contradictions within one lane. node: the lane's tree, which knows files and lines."""

    def wrong(path: str, what: str, right: str, conflicts_with: str = "") -> None:
        file, line = _locate(node, path)
        if not line and conflicts_with:  # the key has its default, and the other one is written
            file, line = _locate(node, conflicts_with)
        problems.append(SettingsError(what, right, file=file, line=line, key=f"{key}.{path}" if key else path))

    verdict, gate = lane.verdict, lane.gate
    if verdict.votes > verdict.window:
        what = f"a window of {verdict.window} frames cannot give {verdict.votes} votes"
        wrong("verdict.votes", what, f"write at most {verdict.window}")
    elif 2 * verdict.votes <= verdict.window:
        what = f"two classes can both have {verdict.votes} votes of {verdict.window}"
        wrong("verdict.votes", what, f"write at least {verdict.window // 2 + 1}")
    on_s, on_key = (gate.pulse_s, "pulse_s") if gate.contact is Contact.PULSE else (gate.hold_s, "hold_s")
    if on_s > gate.pass_timeout_s:
        limit = f"{gate.pass_timeout_s:g}"
        wrong(f"gate.{on_key}", f"is longer than gate.pass_timeout_s, {limit} s", f"write at most {limit}", "gate")
    if lane.signals.nobody.permission:
        wrong("signals.nobody.permission", "would give permission to nobody", "write false, or gate.policy: off")
    if lane.signals.fault.permission != (gate.fail is Fail.OPEN):
        right, effect = ("true", "gives") if gate.fail is Fail.OPEN else ("false", "does not give")
        what = f"cannot work: without power, a lane wired fail: {gate.fail.value} {effect} permission"
        wrong("signals.fault.permission", what, f"write {right}, or change gate.fail and the wiring", "gate.fail")
    for status in GateStatus:
        for lamp in lane.signals.of(status).lamps:
            # A default may name a lamp that the lane does not have: it names the four lamps of the board.
            path = f"signals.{status.value}.lamps.{lamp}"
            if lamp not in lane.lines.lamps and _is_written(node, path):
                known = ", ".join(lane.lines.lamps) or "none"
                wrong(path, "there is no such lamp", f"lines.lamps has {known}")
    pins: dict[str, str] = {}
    for path, line in wires_of(lane):
        if line.pin in pins:
            wrong(f"{path}.pin", f"pin {line.pin} is already used by {pins[line.pin]}", "use another pin")
        pins[line.pin] = path


def check_lanes(lanes: tuple[LaneSettings, ...], nodes: list[MappingNode], problems: list[SettingsError]) -> None:
    """Add to ``problems`` what two lanes share but must not: name, camera, pins."""
    names: dict[str, int] = {}
    sources: dict[str, int] = {}
    pins: dict[str, int] = {}
    for index, (lane, node) in enumerate(zip(lanes, nodes)):
        source = lane.frames.source

        def shared(path: str, what: str, right: str, node: MappingNode = node, index: int = index) -> None:
            key = f"gates[{index}].{path}"
            problems.append(SettingsError(what, right, file=node.file, line=node.line, key=key))

        if lane.name in names:
            shared("name", f"{lane.name} is already the name of gates[{names[lane.name]}]", "use another name")
        if source in sources and source != "demo":
            what = f"{source} is already the source of gates[{sources[source]}]"
            shared("frames.source", what, "use another source")
        for path, line in wires_of(lane):
            if pins.setdefault(line.pin, index) != index:
                what = f"pin {line.pin} is already used by gates[{pins[line.pin]}]"
                shared(f"{path}.pin", what, "use another pin")
        names.setdefault(lane.name, index)
        sources.setdefault(source, index)
    if len({lane.lines.factory for lane in lanes}) > 1:
        first, right = nodes[0], "write the same one for all gates"
        problems.append(SettingsError("differ in lines.factory", right, file=first.file, line=first.line, key="gates"))


def wires_of(lane: LaneSettings) -> list[tuple[str, LineSettings | InputSettings]]:
    """Every wire of a lane with its key path."""
    lines = lane.lines
    wires: list[tuple[str, LineSettings | InputSettings]] = [("lines.permission", lines.permission)]
    wires += [(f"lines.lamps.{name}", lamp) for name, lamp in lines.lamps.items()]
    for name in ("heartbeat", "passed", "ready", "fire", "override"):
        line: LineSettings | InputSettings | None = getattr(lines, name)
        if line is not None:
            wires.append((f"lines.{name}", line))
    return wires


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
