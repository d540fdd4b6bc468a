"""A journal of any length, as busy gates write it: people, decisions, faults, restarts, over several boots.

``python -m tests.journal.generated COUNT --uid UID`` prints it in journald's export format, for systemd-journal-remote.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from binarycop.journal.events import Event
from binarycop.journal.fields import Value
from binarycop.journal.writers import format_message, journald_fields

_START_US = 1_770_000_000_000_000
_OF_THE_PROCESS = {
    "_GID": "991", "_PID": "412", "_COMM": "python3", "_EXE": "/usr/bin/python3.11", "_CAP_EFFECTIVE": "0",
    "_CMDLINE": "/usr/bin/python3 -m binarycop write-journal", "_SYSTEMD_SLICE": "system.slice",
    "_SYSTEMD_CGROUP": "/system.slice/binarycop-journal.service", "_HOSTNAME": "gate", "_TRANSPORT": "journal",
}  # fmt: skip
"""As many fields as journald adds by itself."""
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


def main() -> None:
    """Print entries as the journal's writer, with this user, would have written them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--uid", default="991", help="of the user binarycop-journal")
    options = parser.parse_args()
    for one in events(options.count, boots=40):
        origin = {"_SYSTEMD_UNIT": "binarycop-journal.service", "_UID": options.uid, "_BOOT_ID": f"{one.boot + 1:032x}"}
        stamps = {
            "__REALTIME_TIMESTAMP": _START_US + round(one.at_s * 1e6),
            "__MONOTONIC_TIMESTAMP": round(one.at_s * 1e6),
        }
        fields = journald_fields(one.event, one.gate, one.values)
        entry = {
            **stamps,
            **origin,
            **_OF_THE_PROCESS,
            **fields,
            "MESSAGE": format_message(one.event, one.gate, one.values),
        }
        sys.stdout.write("".join(f"{name}={value}\n" for name, value in entry.items()) + "\n")


if __name__ == "__main__":
    main()
