"""The commissioning: a person says what the outputs did, and works the inputs."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from gpiozero import DigitalOutputDevice

from binarycop.clock import ManualClock
from binarycop.lines.commissioning import INPUT_S, Answer, Commissioning, LineTest, Outcome
from binarycop.lines.mock import MockLines
from binarycop.lines.wiring_test import WiringTest
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings

LANE = LaneSettings(
    name="north",
    lines=LinesSettings(
        lamps={"correct": LineSettings("LAMP")},
        passed=InputSettings("PASSED"),
        fire=InputSettings("FIRE"),
        override=InputSettings("KEY"),
    ),
)


@dataclass
class Worker:
    """A person with prepared answers. works: the pins of the inputs, each operated on request."""

    answers: list[Answer] = field(default_factory=lambda: [Answer.YES, Answer.YES])
    skips: bool = False
    requests: list[str] = field(default_factory=list)

    def ask(self, question: str) -> Answer:
        return self.answers.pop(0)

    def request(self, task: str) -> None:
        self.requests.append(task)

    def has_skipped(self) -> bool:
        return self.skips


def results(
    worker: Worker | None,
    work: Callable[[MockLines, float], None] = lambda factory, now_s: None,
    lane: LaneSettings = LANE,
    factory: MockLines | None = None,
) -> dict[str, LineTest]:
    """Each line's result. work: changes the inputs as time goes on."""
    factory, clock = factory or MockLines(), ManualClock()

    def wait(for_s: float) -> None:
        clock.advance_to(clock.now_s() + for_s)
        work(factory, clock.now_s())

    with WiringTest(lane, factory) as wiring:
        return {test.name: test for test in Commissioning(wiring, worker, clock, wait).run(0.5)}


def press_all(factory: MockLines, now_s: float) -> None:
    """Every input is active for a tenth of each second."""
    for pin in ("PASSED", "FIRE", "KEY"):
        line = factory.pin(pin)
        if line.function == "input":
            (line.drive_high if now_s % 1 < 0.1 else line.drive_low)()


def test_lines_that_are_seen_and_worked_pass() -> None:
    worker = Worker()
    tests = results(worker, press_all)
    assert {name: test.outcome for name, test in tests.items()} == dict.fromkeys(
        ("permission", "lamps.correct", "passed", "fire", "override"), Outcome.PASSED
    )
    assert tests["override"].done == "read inactive, then active, then inactive"
    assert worker.requests[-1] == "override is inactive. Now turn the key, then turn it back."


def test_a_lamp_that_nobody_saw_fails_though_it_reads_right() -> None:
    tests = results(Worker([Answer.YES, Answer.NO]), press_all)
    lamp = tests["lamps.correct"]
    assert (lamp.outcome, lamp.answer) == (Outcome.FAILED, "no")
    assert lamp.problems == ("nobody saw it: check the wire, the lamp or relay, and its supply",)


def test_an_output_is_driven_again_on_request() -> None:
    worker = Worker([Answer.AGAIN, Answer.AGAIN, Answer.YES, Answer.SKIPPED])
    tests = results(worker, press_all)
    assert tests["permission"].outcome is Outcome.PASSED
    assert tests["lamps.correct"].outcome is Outcome.NOT_TESTED
    assert worker.answers == []


def test_an_input_that_nobody_works_fails_after_its_deadline() -> None:
    tests = results(Worker())
    problem = f"stayed inactive for {INPUT_S:g} s: check contact, wire and pull resistor"
    assert tests["fire"].problems == (problem,)


def test_an_input_that_does_not_come_back_fails() -> None:
    tests = results(Worker(), lambda factory, now_s: factory.pin("KEY").drive_high())
    assert tests["override"].outcome is Outcome.FAILED


def test_an_input_that_is_active_at_rest_has_the_wrong_polarity() -> None:
    def toggle(factory: MockLines, now_s: float) -> None:
        line = factory.pin("FIRE")
        if line.function == "input":
            (line.drive_low if now_s % 1 < 0.1 else line.drive_high)()

    fire = results(Worker(), toggle)["fire"]
    assert fire.done == "read active, then inactive, then active"
    assert fire.problems == ("active while nobody worked it: is active_high right for this contact?",)


def test_an_input_that_is_skipped_is_not_tested() -> None:
    assert results(Worker(skips=True))["fire"].outcome is Outcome.NOT_TESTED


def test_without_a_person_the_outputs_are_tested_by_what_they_read() -> None:
    tests = results(None)
    assert [test.outcome for test in tests.values()] == [Outcome.PASSED] * 2 + [Outcome.NOT_TESTED] * 3
    assert tests["fire"].done == "nobody was asked to work it (--yes)"


@pytest.mark.parametrize(("answer", "outcome"), [(Answer.YES, Outcome.FAILED), (Answer.NO, Outcome.FAILED)])
def test_the_contact_of_the_relay_has_the_relays_result(answer: Answer, outcome: Outcome) -> None:
    lane = LaneSettings(lines=LinesSettings(lamps={}, feedback=InputSettings("CONTACT")))
    assert results(Worker([answer]), lane=lane)["feedback"].outcome is outcome  # a mock contact never follows


def test_a_line_that_cannot_be_opened_fails_and_nobody_is_asked_about_it() -> None:
    factory, worker = MockLines(), Worker([Answer.YES])
    with DigitalOutputDevice("LAMP", pin_factory=factory), DigitalOutputDevice("FIRE", pin_factory=factory):
        tests = results(worker, factory=factory)
    assert tests["lamps.correct"].outcome is Outcome.FAILED
    assert "in use" in tests["fire"].problems[0]
    assert worker.answers == []
