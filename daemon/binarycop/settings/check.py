"""What single values cannot show: settings that contradict each other, or promise what no wire can hold."""

from binarycop.classes import GateStatus
from binarycop.errors import SettingsError
from binarycop.settings.gate import Contact, Fail
from binarycop.settings.lines import InputSettings, LineSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.tree import MappingNode, Node


def check_lane(lane: LaneSettings, node: MappingNode, key: str, problems: list[SettingsError]) -> None:
    """Add to ``problems`` what contradicts itself in one lane; ``node`` is the lane's tree, for lines."""

    def wrong(path: str, what: str, right: str, because_of: str = "") -> None:
        file, line = _locate(node, path)
        if not line and because_of:  # the key itself is not written: what contradicts it is
            file, line = _locate(node, because_of)
        problems.append(SettingsError(what, right, file=file, line=line, key=f"{key}.{path}" if key else path))

    verdict, gate = lane.verdict, lane.gate
    if verdict.votes > verdict.window:
        wrong("verdict.votes", f"{verdict.votes} of a window of {verdict.window} can never be had", "lower votes")
    elif 2 * verdict.votes <= verdict.window:
        wrong("verdict.votes", f"two classes can both have {verdict.votes} of {verdict.window}", "more than half")
    on_s, on_key = (gate.pulse_s, "pulse_s") if gate.contact is Contact.PULSE else (gate.hold_s, "hold_s")
    if on_s > gate.pass_timeout_s:
        wrong(f"gate.{on_key}", f"outlasts gate.pass_timeout_s, {gate.pass_timeout_s:g} s", "shorten it", "gate")
    if lane.signals.nobody.permission:
        wrong("signals.nobody.permission", "would hold the gate open for nobody", "write false, or gate.policy: off")
    if lane.signals.fault.permission != (gate.fail is Fail.OPEN):
        right = "true" if gate.fail is Fail.OPEN else "false"
        what = f"cannot be honoured: after a power cut a lane wired fail: {gate.fail.value} does the opposite"
        wrong("signals.fault.permission", what, f"write {right}, or change gate.fail and the wiring", "gate.fail")
    for finding in GateStatus:
        for lamp in lane.signals.of(finding).lamps:
            # The defaults name the board's four lamps; a lane with fewer simply has no such lamp to light.
            path = f"signals.{finding.value}.lamps.{lamp}"
            if lamp not in lane.lines.lamps and _is_written(node, path):
                known = ", ".join(lane.lines.lamps) or "none"
                wrong(path, "there is no such lamp", f"lines.lamps has {known}")
    pins: dict[str, str] = {}
    for path, line in wires_of(lane):
        if line.pin in pins:
            wrong(f"{path}.pin", f"pin {line.pin} is {pins[line.pin]} already", "a pin has one use")
        pins[line.pin] = path


def check_lanes(lanes: tuple[LaneSettings, ...], nodes: list[MappingNode], problems: list[SettingsError]) -> None:
    """Add to ``problems`` what two lanes must not share: name, camera, pins."""
    names: dict[str, int] = {}
    sources: dict[str, int] = {}
    pins: dict[str, int] = {}
    for index, (lane, node) in enumerate(zip(lanes, nodes)):
        source = lane.frames.source

        def shared(path: str, what: str, right: str, node: MappingNode = node, index: int = index) -> None:
            key = f"gates[{index}].{path}"
            problems.append(SettingsError(what, right, file=node.file, line=node.line, key=key))

        if lane.name in names:
            shared("name", f"{lane.name} is gates[{names[lane.name]}] already", "rename one")
        if source in sources and source != "demo":
            shared("frames.source", f"{source} is the source of gates[{sources[source]}] already", "give each its own")
        for path, line in wires_of(lane):
            if pins.setdefault(line.pin, index) != index:
                shared(f"{path}.pin", f"pin {line.pin} belongs to gates[{pins[line.pin]}] already", "give each its own")
        names.setdefault(lane.name, index)
        sources.setdefault(source, index)
    if len({lane.lines.factory for lane in lanes}) > 1:
        where = nodes[0]
        right = "one board has one pin factory"
        problems.append(SettingsError("differ in lines.factory", right, file=where.file, line=where.line, key="gates"))


def wires_of(lane: LaneSettings) -> list[tuple[str, LineSettings | InputSettings]]:
    """Every wire of a lane with its key path."""
    lines = lane.lines
    found: list[tuple[str, LineSettings | InputSettings]] = [("lines.permission", lines.permission)]
    found += [(f"lines.lamps.{name}", lamp) for name, lamp in lines.lamps.items()]
    for name in ("heartbeat", "passed", "ready", "fire", "override"):
        line: LineSettings | InputSettings | None = getattr(lines, name)
        if line is not None:
            found.append((f"lines.{name}", line))
    return found


def _is_written(node: MappingNode, path: str) -> bool:
    here: Node = node
    for name in path.split("."):
        if not isinstance(here, MappingNode) or name not in here.items:
            return False
        here = here.items[name]
    return True


def _locate(node: MappingNode, path: str) -> tuple[str, int]:
    """File and line of the deepest key of ``path`` that was written."""
    place, here = (node.file, 0), node
    for name in path.split("."):
        if name not in here.items:
            break
        place = here.key_lines[name]
        below: Node = here.items[name]
        if not isinstance(below, MappingNode):
            break
        here = below
    return place
