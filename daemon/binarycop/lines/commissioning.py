"""The commissioning of one lane: every output is driven, every input is operated, and a person says what happened.

It reads no keyboard and prints nothing: a ``Person`` is handed in.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from binarycop.clock import Clock
from binarycop.lines.level import level_words
from binarycop.lines.wiring_test import LineReport, WiringTest

INPUT_S = 30.0
"""An input must change within this many seconds, and change back within as many."""

_POLL_S = 0.005  # shorter than the shortest pulse that the debouncing lets through
_FEEDBACK, _RELAY = "feedback", "permission"
_LAMPS = "lamps."

_TASKS = {
    "passed": "walk through the gate, or work its contact",
    "ready": "make the speed gate not ready, then ready",
    "fire": "trip the fire loop, then reset it",
    "override": "turn the key, then turn it back",
}
_AT_REST = frozenset({"passed", "fire", "override"})
"""Inputs that are inactive until they are operated: if active at first, their polarity or wiring is wrong."""


class Answer(Enum):
    """What a person says to a question; the value is the word in the record."""

    YES = "yes"
    NO = "no"
    AGAIN = "again"
    SKIPPED = "skipped"


class Outcome(Enum):
    """How a line has come out; the value is the word in the record."""

    PASSED = "passed"
    FAILED = "FAILED"
    NOT_TESTED = "not tested"


class Person(Protocol):
    """Stands at the gate and looks at it."""

    def ask(self, question: str) -> Answer:
        """The answer to a question about what was just driven."""

    def request(self, task: str) -> None:
        """Say what to do now."""

    def has_skipped(self) -> bool:
        """Whether the last request is to be left out. Never waits."""


@dataclass(frozen=True)
class LineTest:
    """One line of the record.

    name: its key below ``lines``. done: what was done and read, in words. question, answer: of the person, empty if
    nothing was asked. problems: what was wrong, in words. outcome: NOT_TESTED if it was left out.
    """

    gate: str
    name: str
    pin: str
    direction: str
    outcome: Outcome
    done: str
    question: str = ""
    answer: str = ""
    problems: tuple[str, ...] = ()


class Commissioning:
    """Tests every line of a lane.

    person: None tests the outputs by their read-back alone, and no input but ``feedback``. wait: sleeps for so many
    seconds.
    """

    def __init__(
        self, wiring: WiringTest, person: Person | None, clock: Clock, wait: Callable[[float], object]
    ) -> None:
        self._wiring, self._person, self._clock, self._wait = wiring, person, clock, wait
        self._relay_problems: tuple[str, ...] = ("the relay was not tested",)

    def run(self, for_s: float) -> Iterator[LineTest]:
        """Test the outputs, each of them on for ``for_s`` seconds, then the inputs; the results as they come."""
        reports = self._wiring.reports()
        for report in reports:
            if report.direction == "output":
                yield self._output(report, for_s)
        for report in reports:
            if report.direction == "input":
                yield self._input(report)

    def _output(self, report: LineReport, for_s: float) -> LineTest:
        question, answer = _question(report.name), Answer.AGAIN
        can_ask = bool(question) and self._person is not None and not report.problem
        while answer is Answer.AGAIN:
            result = self._wiring.walk_one(report.name, for_s, self._wait)
            answer = self._person.ask(question) if can_ask and self._person is not None else Answer.YES
        problems = result.problems
        if answer is Answer.NO:
            problems += ("nobody saw it: check the wire, the lamp or relay, and its supply",)
        if report.name == _RELAY:
            self._relay_problems = problems
        done = f"on for {for_s:g} s: {result.checked}" if result.checked else ""
        outcome = Outcome.FAILED if problems else Outcome.NOT_TESTED if answer is Answer.SKIPPED else Outcome.PASSED
        if not can_ask:
            return _test(report, outcome, done, problems=problems)
        return _test(report, outcome, done, question=question, answer=answer.value, problems=problems)

    def _input(self, report: LineReport) -> LineTest:
        if report.problem:
            return _test(report, Outcome.FAILED, "", problems=(report.problem,))
        if report.name == _FEEDBACK:
            outcome = Outcome.FAILED if self._relay_problems else Outcome.PASSED
            return _test(report, outcome, "compared with the relay, see permission", problems=self._relay_problems)
        if self._person is None:
            return _test(report, Outcome.NOT_TESTED, "nobody was asked to work it (--yes)")
        return self._work(report, self._person)

    def _work(self, report: LineReport, person: Person) -> LineTest:
        """Wait until an input has changed and changed back."""
        first = bool(self._wiring.level(report.name))
        task = _TASKS[report.name]
        person.request(f"{report.name} is {_state(first)}. Now {task}.")
        seen = [first]
        for level in (not first, first):
            change = self._wait_for(report.name, level, person)
            if change is Answer.SKIPPED:
                return _test(report, Outcome.NOT_TESTED, _levels(seen), question=task, answer=Answer.SKIPPED.value)
            if change is Answer.NO:
                problem = f"stayed {_state(not level)} for {INPUT_S:g} s: check contact, wire and pull resistor"
                return _test(report, Outcome.FAILED, _levels(seen), question=task, problems=(problem,))
            seen.append(level)
        problems: tuple[str, ...] = ()
        if first and report.name in _AT_REST:
            problems = ("active while nobody worked it: is active_high right for this contact?",)
        outcome = Outcome.FAILED if problems else Outcome.PASSED
        return _test(report, outcome, _levels(seen), question=task, problems=problems)

    def _wait_for(self, name: str, level: bool, person: Person) -> Answer:
        """YES once the input has this level, NO after the deadline, SKIPPED if the person leaves it out."""
        end_s = self._clock.now_s() + INPUT_S
        while self._wiring.level(name) != level:
            if person.has_skipped():
                return Answer.SKIPPED
            if self._clock.now_s() >= end_s:
                return Answer.NO
            self._wait(_POLL_S)
        return Answer.YES


def _question(name: str) -> str:
    if name == _RELAY:
        return "Did the relay switch, and did the speed gate see it?"
    if name.startswith(_LAMPS):
        return f"Did the lamp {name.removeprefix(_LAMPS)} light?"
    return ""  # the heartbeat leads to no wire


def _test(
    report: LineReport,
    outcome: Outcome,
    done: str,
    *,
    question: str = "",
    answer: str = "",
    problems: tuple[str, ...] = (),
) -> LineTest:
    return LineTest(report.gate, report.name, report.pin, report.direction, outcome, done, question, answer, problems)


def _levels(seen: list[bool]) -> str:
    return "read " + ", then ".join(_state(level) for level in seen)


def _state(active: bool) -> str:
    return level_words(is_active=active, is_input=True)
