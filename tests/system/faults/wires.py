"""Faults of the GPIO lines, and of what the lane's inputs say."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from binarycop.journal.events import Event
from tests.system.faults.film import Scene
from tests.system.faults.gate import Broken, Gate
from tests.system.faults.lines import RELAY
from tests.system.faults.row import LOOK_S, Outcome, Row, conclude, look, started_again

_NO_LINE = 6
_OVERRIDE_S = 2


def _refused(spoil: Callable[[Gate], None], mend: Callable[[Gate], None], work: Path) -> Outcome:
    gate = Gate(work, starts_ready=False)
    spoil(gate)
    with gate:
        code = gate.ended()
        if code != _NO_LINE:
            raise Broken(f"it ended with {code}: {gate.last_words()}")
        said = gate.last_words()
        look(gate, 0.0)
        mend(gate)
        at_s = monotonic()
        gate.start()
        back_s = gate.permit_again(at_s) - at_s
        return Outcome("does not start, ends with 6", None, said, "Restart= once it is free", back_s, conclude(gate))


def _taken(work: Path, limit_s: float) -> Outcome:
    return _refused(lambda gate: gate.lines.take(RELAY), lambda gate: gate.lines.give_back(RELAY), work)


def _forbidden(work: Path, limit_s: float) -> Outcome:
    return _refused(lambda gate: gate.lines.forbid(True), lambda gate: gate.lines.forbid(False), work)


def _lost(work: Path, limit_s: float) -> Outcome:
    with Gate(work) as gate:
        gate.permit()
        at_s = monotonic()
        gate.lines.lose()
        code = gate.ended()
        if code != _NO_LINE:
            raise Broken(f"it ended with {code}: {gate.last_words()}")
        said = gate.last_words()
        gate.lines.find_again()
        gate.stop_post()
        released_s = gate.released(at_s, limit_s)
        back_s = started_again(gate)
        return Outcome(
            "ends with 6; gate-release releases, once the chip is back",
            released_s,
            said,
            "Restart=",
            back_s,
            conclude(gate),
        )


def _fire(work: Path, limit_s: float) -> Outcome:
    settings = {"lines": {"fire": {"pin": "fire"}}, "gate": {"fire_level": "withhold"}}
    with Gate(work, settings) as gate:
        gate.permit()
        at_s = monotonic()
        gate.lines.drive("fire", True)
        released_s = gate.released(at_s, limit_s)
        gate.reads(Event.FIRE, at_s, "active")
        look(gate, at_s)
        over_s = monotonic()
        gate.lines.drive("fire", False)
        back_s = gate.permit_again(over_s) - over_s
        return Outcome("withholds as long as it is so", released_s, Event.FIRE, "by itself", back_s, conclude(gate))


def _ready(work: Path, limit_s: float) -> Outcome:
    with Gate(work, {"lines": {"ready": {"pin": "ready"}}}) as gate:
        gate.film.scene = Scene.PEOPLE
        gate.reads(Event.VERDICT, 0.0, "correct")
        look(gate, 0.0)
        at_s = monotonic()
        gate.lines.drive("ready", True)
        back_s = gate.permit_again(at_s) - at_s
        return Outcome(
            "gives nothing to a lane that is not ready", None, Event.VERDICT, "by itself", back_s, conclude(gate)
        )


def _override(work: Path, limit_s: float) -> Outcome:
    settings = {"lines": {"override": {"pin": "override"}}, "gate": {"override_s": _OVERRIDE_S}}
    with Gate(work, settings) as gate:
        at_s = monotonic()
        gate.lines.drive("override", True)
        gate.until("the override opens", lambda: gate.lines.level(RELAY))
        gate.other_rises = 1
        released_s = gate.released(at_s, limit_s)
        sleep(LOOK_S)
        if gate.lines.level(RELAY):
            raise Broken("the override opened again")
        back_s = gate.permit_again(at_s + released_s) - at_s - released_s
        return Outcome("ends it after override_s", released_s, Event.OVERRIDE, "by itself", back_s, conclude(gate))


_row = partial(Row, "lines")


ROWS = (
    _row("relay's line taken by another", "the chip answers EBUSY", None, "", _taken),
    _row("chip not permitted", "opening it answers EACCES", None, "", _forbidden, is_slow=True),
    _row(
        "chip lost in a permission",
        "its lines answer ENODEV, then it is back",
        4.0,
        "a step, and the unit's stop",
        _lost,
    ),
    _row("fire input stuck", "active for good, fire_level withhold", 1.0, "a step", _fire),
    _row("ready input stuck", "inactive for good", None, "", _ready, is_slow=True),
    _row("override input stuck", "active for good", _OVERRIDE_S + 1.0, "gate.override_s 2 and a second", _override),
)
