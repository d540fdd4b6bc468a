"""A journal of any length, as busy gates write it: people, decisions, faults, restarts, over several boots."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from binarycop.journal.events import Event
from binarycop.journal.fields import Value

CLASSES = ("correct", "nose", "nose_mouth", "chin", "undecided")


@dataclass(frozen=True)
class Written:
    """An event with its values: in which boot, and how long after the first one."""

    event: Event
    gate: str
    at_s: float
    boot: int
    values: dict[str, Value]


def events(count: int, boots: int = 4, seed: int = 1) -> Iterator[Written]:
    """At least so many events."""
    rng, at_s, written = random.Random(seed), 0.0, 0
    for boot in range(boots):
        at_s += rng.uniform(60, 3600)
        yield Written(Event.READY, "", at_s, boot, {"detail": "north: in service"})
        person = 0
        while written < count * (boot + 1) // boots:
            person += 1
            for event, gate, later_s, values in _passage(rng, person):
                at_s += later_s
                written += 1
                yield Written(event, gate, at_s, boot, values)
        at_s += 1
        if boot % 2:
            yield Written(Event.STOPPED, "", at_s, boot, {"reason": "SIGTERM"})


def _passage(rng: random.Random, person: int) -> Iterator[tuple[Event, str, float, dict[str, Value]]]:
    gate, status = rng.choice(("north", "south")), rng.choice(CLASSES)
    yield Event.PERSON, gate, rng.uniform(5, 600), {"person": person}
    margin = 0.0 if status == "undecided" else round(rng.uniform(5, 120), 1)
    votes: dict[str, Value] = {"votes": rng.randrange(6), "frames": rng.randrange(5, 20), "margin": margin}
    of_person: dict[str, Value] = {"person": person, "class": status}
    yield Event.VERDICT, gate, 0.5, {**of_person, **votes}
    decision = {**of_person, **votes, "bundle": "n-cnv 0.1.0", "before": "idle"}
    latency: dict[str, Value] = {"latency_ms": round(rng.gammavariate(2, 3), 1)}
    if status == "correct":
        yield Event.PERMIT, gate, 0, {**decision, **latency, "after": "permitted", "cause": "verdict"}
        ending = rng.choice((Event.PASSED, Event.PASSED, Event.NOT_PASSED))
        by: dict[str, Value] = {"by": "line"} if ending is Event.PASSED else {}
        yield ending, gate, 1.5, {**of_person, "before": "awaiting", "after": "refractory", **by}
    elif status != "undecided":
        yield Event.REFUSE, gate, 0, {**decision, **latency, "after": "idle"}
    if rng.random() < 0.02:
        yield Event.FAULT, gate, 1, {"reason": "no frames"}
        yield Event.FAULT_OVER, gate, rng.uniform(1, 600), {"reason": "no frames"}
    if rng.random() < 0.02:
        yield Event.REPEATED, gate, 1, {"what": "tailgate", "count": rng.randrange(1, 9), "seconds": 10.0}
    yield Event.LEFT, gate, 1, {"person": person}
