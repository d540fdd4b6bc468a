"""The gate's state machine as a diagram: each transition of the table that binarycop.gate.table generates."""

from collections import defaultdict

from binarycop.gate.state import Phase
from binarycop.gate.table import rows
from binarycop.settings.gate import Policy
from tests.docs.pictures.svg import AMBER, EDGE, GREEN, GREEN_PAPER, SOFT_INK, Drawing

_BOX = (150, 56)
_AT = {
    Phase.IDLE: (40, 210),
    Phase.REMINDING: (300, 60),
    Phase.PERMITTED: (480, 210),
    Phase.AWAITING: (760, 210),
    Phase.REFRACTORY: (400, 400),
}
_WORDS = {
    Phase.IDLE: ("no permission;", "a verdict decides"),
    Phase.REMINDING: ("the lamps show", "what is wrong"),
    Phase.PERMITTED: ("the permission is on",),
    Phase.AWAITING: ("off; the passage is", "not reported yet"),
    Phase.REFRACTORY: ("the re-lock delay",),
}
# For each pair of phases: the line's path, and where its first line of words begins.
_LINES = {
    (Phase.IDLE, Phase.PERMITTED): ("M190 226H478", (240, 218)),
    (Phase.IDLE, Phase.REMINDING): ("M100 208C100 120 190 84 298 84", (52, 72)),
    (Phase.REMINDING, Phase.IDLE): ("M335 118C315 165 240 170 175 208", (340, 142)),
    (Phase.REMINDING, Phase.PERMITTED): ("M450 88C540 92 555 150 555 208", (562, 120)),
    (Phase.PERMITTED, Phase.AWAITING): ("M630 226H758", (652, 218)),
    (Phase.PERMITTED, Phase.REFRACTORY): ("M555 268C555 320 530 360 510 398", (562, 312)),
    (Phase.AWAITING, Phase.REFRACTORY): ("M835 268C835 420 720 438 552 438", (690, 454)),
    (Phase.REFRACTORY, Phase.IDLE): ("M398 430C240 430 115 380 115 268", (166, 330)),
}
_OVERRULING = ("fire", "fault", "override")


def transitions() -> dict[tuple[Phase, Phase], dict[str, str]]:
    """For each pair of different phases: the inputs that lead from one to the other, each with its event."""
    found: dict[tuple[Phase, Phase], dict[str, str]] = defaultdict(dict)
    for policy in Policy:
        for phase, gate_input, following, event, _ in rows(policy):
            if phase != following:
                found[Phase(phase), Phase(following)][gate_input] = event
    return found


def labels(inputs: dict[str, str]) -> list[str]:
    """The labels of a line; fire, fault and override, which end what is in progress, are one."""
    named = [(name.replace(":", ""), event) for name, event in inputs.items() if name not in _OVERRULING]
    overruling = sorted({event for name, event in inputs.items() if name in _OVERRULING})
    named += [(", ".join(_OVERRULING), event) for event in overruling]
    return [name if event == "–" else f"{name} → {event}" for name, event in named]


def draw() -> str:
    """The picture. Raises KeyError if the table has a transition for which there is no line."""
    picture = Drawing(940, 500, "The phases of the gate, and the inputs that lead from one to the next")
    picture.text(40, 34, "The phases of the gate", bold=True, size=15)
    picture.text(900, 34, "contact: pulse, with a passed line; input → event", at="end", size=12, colour=SOFT_INK)
    for pair, inputs in transitions().items():
        path, (x, y) = _LINES[pair]
        colour = GREEN if pair[1] is Phase.PERMITTED else AMBER if pair == (Phase.IDLE, Phase.REMINDING) else EDGE
        picture.path(path, colour=colour, ends=">")
        picture.texts(x, y, labels(inputs))
    for phase, (x, y) in _AT.items():
        is_on = phase is Phase.PERMITTED
        fill, edge = (GREEN_PAPER, GREEN) if is_on else ("#fff", EDGE)
        picture.box(x, y, *_BOX, fill=fill, edge=edge)
        picture.text(x + _BOX[0] / 2, y + 18, phase.value, at="middle", bold=True)
        picture.texts(x + _BOX[0] / 2, y + (34 if len(_WORDS[phase]) > 1 else 40), _WORDS[phase], at="middle", size=11)
    return picture.svg()
