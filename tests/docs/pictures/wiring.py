"""How board, relay module and speed gate are wired with our overlay; docs/wiring.md and first-hour.md say the same."""

from overlays.finn.lines import LINES
from tests.docs.pictures.svg import AMBER, BLUE, EDGE, GREEN, INK, RED, SOFT_INK, Drawing

PULL_DOWN = "1 kΩ"
_INPUTS = {
    # y, what it says, the contact's other end, whether it is closed at rest
    "passed": (292, "closes for a moment at each passage", "3.3 V", False),
    "ready": (332, "closed while a permission can be taken", "3.3 V", False),
    "fire": (404, "opens in a fire, so a cut wire is a fire", "ground", True),
    "override": (463, "closed while the key is turned", "3.3 V", False),
}
_BOARD_X, _MODULE_X, _GATE_X = 210, 380, 740


def pin_of(line: str) -> str:
    """The header's pin of a line of our overlay, such as JA1."""
    [found] = [each for each in LINES if each.name == line]
    return found.pins[0].place


def draw() -> str:
    """The picture."""
    picture = Drawing(940, 490, "How board, relay module and speed gate are wired; the relay is off")
    picture.text(40, 34, "Board, relay and speed gate; the relay is off", bold=True, size=15)
    picture.text(910, 34, "3.3 V at most at any pin of the board", at="end", size=12, colour=RED)
    _board(picture)
    _module(picture)
    _speed_gate(picture)
    for line, (y, words, end, is_closed) in _INPUTS.items():
        _input(picture, line, y, words, end, is_closed=is_closed)
    return picture.svg()


def _board(picture: Drawing) -> None:
    picture.box(40, 56, _BOARD_X - 40, 418)
    picture.text(56, 80, "board", bold=True)
    picture.texts(56, 98, ("PYNQ-Z1 with our overlay",), size=11)
    for line, y in (("permission", 126), ("feedback", 236), *((line, row[0]) for line, row in _INPUTS.items())):
        picture.text(_BOARD_X - 10, y + 4, f"{line}  {pin_of(line)}", at="end", size=12)
    picture.text(_BOARD_X - 10, 170, "ground", at="end", size=12)


def _module(picture: Drawing) -> None:
    picture.box(_MODULE_X, 56, 240, 208)
    picture.text(_MODULE_X + 14, 80, "relay module", bold=True)
    picture.texts(_MODULE_X + 130, 80, ("active high",), size=11)
    picture.path(f"M{_BOARD_X} 126H{_MODULE_X + 40}")
    picture.path(f"M{_BOARD_X} 166H{_MODULE_X + 40}")
    # The pull-down stands at the module's end of the wire.
    picture.path("M340 126V136M340 156V166")
    picture.path("M334 136H346V156H334Z", fill="#fff")
    picture.text(326, 150, PULL_DOWN, at="end", size=12, bold=True)
    picture.path(f"M{_MODULE_X + 40} 114H{_MODULE_X + 76}V178H{_MODULE_X + 40}Z", fill="#fff")
    picture.text(_MODULE_X + 58, 150, "coil", at="middle", size=12)
    picture.path(f"M{_MODULE_X + 76} 146H{_MODULE_X + 139}", dash="3 3", width=1)
    # The change-over contact: its arm lies on the normally closed side.
    picture.path(f"M{_MODULE_X + 136} 146L{_MODULE_X + 176} 122", width=2.4, colour=INK)
    picture.path(f"M{_MODULE_X + 136} 146V214H{_GATE_X}")
    for y, words in ((120, "normally closed"), (172, "normally open")):
        picture.circle(_MODULE_X + 180, y, 4)
        picture.text(_MODULE_X + 230, y - 10 if y == 120 else y + 18, words, at="end", size=11, colour=SOFT_INK)
    picture.circle(_MODULE_X + 136, 146, 4)
    picture.path(f"M{_MODULE_X + 184} 120H680V162H{_GATE_X}", colour=AMBER, dash="6 4", ends=">")
    picture.path(f"M{_MODULE_X + 184} 172H{_GATE_X}", colour=GREEN, ends=">", width=2)
    picture.text(632, 112, "fail: open", size=12, colour=AMBER)
    picture.text(632, 190, "fail: secure", size=12, colour=GREEN)
    picture.path(f"M{_BOARD_X} 236H{_MODULE_X + 40}M{_MODULE_X + 76} 236H{_MODULE_X + 110}")
    picture.path(f"M{_MODULE_X + 40} 236L{_MODULE_X + 78} 234", width=2.4, colour=INK)
    picture.text(_MODULE_X + 114, 240, "3.3 V", size=12, colour=SOFT_INK)
    picture.text(_MODULE_X + 14, 256, "mirror contact: closed at rest", size=11, colour=SOFT_INK)


def _speed_gate(picture: Drawing) -> None:
    picture.box(_GATE_X, 56, 170, 300)
    picture.text(_GATE_X + 14, 80, "speed gate", bold=True)
    picture.texts(_GATE_X + 14, 98, ("its motor, crush protection", "and fire loop are its own"), size=11)
    picture.text(_GATE_X + 14, 171, "permission", size=12)
    picture.text(_GATE_X + 14, 218, "common", size=12)
    picture.box(_GATE_X, 366, 170, 50)
    picture.text(_GATE_X + 14, 384, "fire alarm system", bold=True)
    picture.box(_GATE_X, 424, 170, 50)
    picture.text(_GATE_X + 14, 440, "key switch", bold=True)


def _input(picture: Drawing, line: str, y: int, words: str, end: str, *, is_closed: bool) -> None:
    """A contact between a pin and 3.3 V, or ground; it stands in the machine on the right."""
    picture.path(f"M{_BOARD_X} {y}H{_GATE_X + 60}", colour=BLUE if line != "fire" else RED)
    picture.path(f"M{_GATE_X + 86} {y}H{_GATE_X + 112}", colour=EDGE)
    tip = y - 1 if is_closed else y - 14
    picture.path(f"M{_GATE_X + 60} {y}L{_GATE_X + 87} {tip}", width=2.4, colour=INK)
    picture.text(_GATE_X + 116, y + 4, end, size=12, colour=SOFT_INK)
    picture.text(_BOARD_X + 20, y - 8, words, size=12, colour=SOFT_INK)
