"""The record of a lane's commissioning, as text for a terminal of 80 columns and for the building's files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from binarycop.cli.wrapping import wrap
from binarycop.lines.commissioning import LineTest, Outcome
from binarycop.printable import printable

_COLUMNS = 78
_SIGNED = ("tested by", "signature", "witness", "signature")


@dataclass(frozen=True)
class Head:
    """What was tested with what. when: the date and time, in words. factory: with its chips, in words."""

    gate: str
    when: str
    factory: str
    program: str
    settings: str


def record(head: Head, tests: Sequence[LineTest], result: str) -> str:
    """The whole record, with lines for names and signatures at its end."""
    lines = ["Commissioning record: binarycop lines --walk", ""]
    rows = (
        ("gate", head.gate),
        ("date", head.when),
        ("factory", head.factory),
        ("program", head.program),
        ("settings", head.settings),
    )
    for name, text in rows:
        lines += _wrapped(f"{name:<10}{text}", " " * 10)
    for test in tests:
        lines += ["", *_block(test)]
    lines += ["", *_wrapped(f"result    {result}", " " * 10), ""]
    lines += [f"{name:<10}{'_' * 30}" for name in _SIGNED]
    return "\n".join(lines) + "\n"


def summary(tests: Sequence[LineTest]) -> str:
    """How many lines passed, and which did not."""
    counts = Counter(test.outcome for test in tests)
    parts = [f"{counts[Outcome.PASSED]} passed"]
    for outcome in (Outcome.FAILED, Outcome.NOT_TESTED):
        names = ", ".join(test.name for test in tests if test.outcome is outcome)
        if names:
            parts.append(f"{counts[outcome]} {outcome.value}: {names}")
    return "; ".join(parts)


def _block(test: LineTest) -> Iterator[str]:
    yield printable(f"{test.name:<18}{test.direction:<8}{test.pin:<22}{test.outcome.value}")
    texts = [test.done, *(f"wrong: {problem}" for problem in test.problems)]
    if test.question:
        texts.append(f"asked: {test.question}" + (f" - {test.answer}" if test.answer else ""))
    for text in texts:
        if text:
            yield from _wrapped(f"  {text}", "    ")


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(printable(text), _COLUMNS, indent=indent)
