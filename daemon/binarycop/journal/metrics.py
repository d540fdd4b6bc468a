"""Figures of the gates for Prometheus, counted from the journal: numbers only.

All names and labels come from the table below and from the names of the gates in the settings. So no text that the
daemon writes can leave the board in a metric.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from binarycop.journal.fields import FIELDS, Word
from binarycop.journal.reader import whole_of
from binarycop.settings.check import NAME_OF_UNKNOWN

UNKNOWN = NAME_OF_UNKNOWN
"""The label of a gate that is not in the settings, and of a word that is not in the table of events."""


@dataclass(frozen=True)
class Counter:
    """A metric that counts an event. label: the field whose words are its second label, besides the gate."""

    name: str
    help: str
    label: str = ""


COUNTERS: dict[str, Counter] = {
    "person": Counter("binarycop_people_total", "People who came to the front."),
    "verdict": Counter("binarycop_verdicts_total", "Verdicts, also of undecided people.", "class"),
    "permit": Counter("binarycop_permissions_total", "Permissions given.", "cause"),
    "refuse": Counter("binarycop_refusals_total", "Permissions refused.", "class"),
    "remind": Counter("binarycop_reminders_total", "People reminded.", "class"),
    "passed": Counter("binarycop_passages_total", "Passages with a permission.", "by"),
    "not_passed": Counter("binarycop_permissions_not_used_total", "Permissions that nobody used."),
    "withdrawn": Counter("binarycop_permissions_withdrawn_total", "Permissions withdrawn."),
    "forced": Counter("binarycop_forced_total", "Passages without a permission."),
    "tailgate": Counter("binarycop_tailgated_total", "Passages during the re-lock delay."),
    "override": Counter("binarycop_overrides_total", "Changes of the override input.", "state"),
    "override_refused": Counter("binarycop_overrides_refused_total", "Overrides refused."),
    "fire": Counter("binarycop_fire_total", "Changes of the fire input.", "state"),
    "fault": Counter("binarycop_faults_total", "Faults that began."),
}
"""What is counted for each gate."""

DAEMON_COUNTERS: dict[str, Counter] = {
    "started": Counter("binarycop_starts_total", "Starts of the daemon."),
    "failed": Counter("binarycop_failures_total", "Ends of the daemon with an error."),
    "unwritten": Counter("binarycop_entries_lost_total", "Entries that are not in the journal."),
}

LATENCY, MARGIN = "binarycop_decision_latency_seconds", "binarycop_verdict_margin"
_BOUNDS = {
    LATENCY: (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    MARGIN: (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0),
}
_GAUGES = {
    "binarycop_fault": "1 while the gate has a fault.",
    "binarycop_last_person_timestamp_seconds": "The minute in which somebody last came to the front; 0: not known.",
}
_READY, _LAST = "binarycop_ready", "binarycop_last_event_timestamp_seconds"
_HELP = {
    LATENCY: "From the capture of a frame to the lines, for each decision.",
    MARGIN: "Best score minus the second best, of each verdict with a class.",
    _READY: "1 from the daemon's ready to its end, as the journal has them.",
    _LAST: "The minute in which the newest event was written.",
    **_GAUGES,
}
_ENDS = frozenset({"started", "stopped", "failed", "gave_up"})
_MOST_FAULTS = 100
_MINUTE_US = 60_000_000


class Metrics:
    """gates: their names in the settings. samples: each sample's value; its key is the line without the value."""

    def __init__(self, gates: Sequence[str]) -> None:
        self._gates = {name.encode(): name for name in gates}
        self.samples: dict[str, float] = {}
        self.faults: set[tuple[str, str]] = set()
        """Gate and reason of each fault that has begun and is not over."""
        for gate in (*gates, UNKNOWN):
            for counter in COUNTERS.values():
                for word in _words(counter):
                    self.samples[_key(counter.name, gate, counter.label, word)] = 0.0
            for name, bounds in _BOUNDS.items():
                for bound in (*bounds, float("inf")):
                    self.samples[_key(f"{name}_bucket", gate, "le", _number(bound))] = 0.0
                self.samples[_key(f"{name}_sum", gate)] = self.samples[_key(f"{name}_count", gate)] = 0.0
            for name in _GAUGES:
                self.samples[_key(name, gate)] = 0.0
        for name in (*(counter.name for counter in DAEMON_COUNTERS.values()), _READY, _LAST):
            self.samples[name] = 0.0

    def restore(self, samples: Mapping[str, float], faults: Sequence[tuple[str, str]]) -> None:
        """Continue with the values of an earlier run. Samples that are no longer known are left out."""
        self.samples.update({key: float(value) for key, value in samples.items() if key in self.samples})
        self.faults = set(faults[:_MOST_FAULTS])

    def start_boot(self) -> None:
        """The entries of another boot follow."""
        self._end()

    def add(self, event: str, at_us: int, fields: Mapping[str, Any]) -> None:
        """Take an event that the gate's own units wrote, in the journal's order."""
        gate = self._gates.get(_bytes(fields, "gate"), UNKNOWN)
        count = whole_of(fields, "BINARYCOP_COUNT") or 0
        # No figure gives the time of a person to the second.
        minute_s = at_us // _MINUTE_US * 60.0
        self.samples[_LAST] = minute_s
        if event in _ENDS:
            self._end()
        if event in DAEMON_COUNTERS:
            self.samples[DAEMON_COUNTERS[event].name] += count if event == "unwritten" else 1
        self._count_event(event, gate, fields, 1)
        if event == "ready":
            self.samples[_READY] = 1.0
        elif event == "person":
            self.samples[_key("binarycop_last_person_timestamp_seconds", gate)] = minute_s
        elif event == "repeated":
            self._count_event(_bytes(fields, "what").decode(errors="replace"), gate, {}, count)
        elif event in ("fault", "fault_over"):
            fault = gate, _bytes(fields, "reason").decode(errors="replace")
            if event == "fault_over":
                self.faults.discard(fault)
            elif len(self.faults) < _MOST_FAULTS:
                self.faults.add(fault)
            self.samples[_key("binarycop_fault", gate)] = float(any(name == gate for name, _ in self.faults))
        elif event == "verdict" and _bytes(fields, "class") != b"undecided":
            self._observe(MARGIN, gate, _bytes(fields, "margin"), 1.0)
        elif event in ("permit", "refuse", "remind"):
            self._observe(LATENCY, gate, _bytes(fields, "latency_ms"), 1e-3)

    def text(self) -> str:
        """All samples in Prometheus' text format, version 0.0.4."""
        types = {counter.name: "counter" for counter in (*COUNTERS.values(), *DAEMON_COUNTERS.values())}
        types |= dict.fromkeys(_BOUNDS, "histogram") | dict.fromkeys((*_GAUGES, _READY, _LAST), "gauge")
        helps = {counter.name: counter.help for counter in (*COUNTERS.values(), *DAEMON_COUNTERS.values())} | _HELP
        lines = []
        for name, kind in types.items():
            lines += [f"# HELP {name} {helps[name]}", f"# TYPE {name} {kind}"]
            ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            lines += [
                f"{key} {_number(value)}"
                for key, value in self.samples.items()
                if key.partition("{")[0] in [name + end for end in ends]
            ]
        return "\n".join(lines) + "\n"

    def _count_event(self, event: str, gate: str, fields: Mapping[str, Any], count: int) -> None:
        counter = COUNTERS.get(event)
        if counter is None:
            return
        word = _bytes(fields, counter.label).decode(errors="replace") if counter.label else ""
        key = _key(counter.name, gate, counter.label, word)
        if key not in self.samples:
            key = _key(counter.name, gate, counter.label, UNKNOWN)
        self.samples[key] += count

    def _observe(self, name: str, gate: str, text: bytes, scale: float) -> None:
        try:
            value = float(text) * scale
        except ValueError:
            return
        if not abs(value) < float("inf"):
            return
        for bound in (*_BOUNDS[name], float("inf")):
            self.samples[_key(f"{name}_bucket", gate, "le", _number(bound))] += value <= bound
        self.samples[_key(f"{name}_sum", gate)] += value
        self.samples[_key(f"{name}_count", gate)] += 1

    def _end(self) -> None:
        """The daemon has ended."""
        self.samples[_READY] = 0.0
        self.faults.clear()
        for gate in (*self._gates.values(), UNKNOWN):
            self.samples[_key("binarycop_fault", gate)] = 0.0


def _words(counter: Counter) -> tuple[str, ...]:
    known = FIELDS[counter.label] if counter.label else None
    return (*known.words, UNKNOWN) if isinstance(known, Word) else ("",)


def _key(name: str, gate: str, label: str = "", word: str = "") -> str:
    escaped = gate.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}{{gate="{escaped}"' + (f',{label}="{word}"' if label else "") + "}"


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else f"{value:.15g}"


def _bytes(fields: Mapping[str, Any], name: str) -> bytes:
    value = fields.get(f"BINARYCOP_{name.upper()}", b"")
    return value if isinstance(value, bytes) else b""
