"""``binarycop lines --walk``: drives every output, asks for every input to be operated, and writes the record."""

import argparse
import select
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import NoReturn

from binarycop import __version__
from binarycop.cli import result_file
from binarycop.cli.lines_record import Head, record, summary
from binarycop.cli.options import print_json
from binarycop.cli.terminal import Terminal, print_note
from binarycop.clock import MonotonicClock
from binarycop.lines.commissioning import INPUT_S, Answer, Commissioning, LineTest, Outcome, Person
from binarycop.lines.wires import Wires
from binarycop.lines.wiring_test import WiringTest
from binarycop.printable import printable

_ANSWERS = {"y": Answer.YES, "yes": Answer.YES, "n": Answer.NO, "no": Answer.NO}
_ANSWERS |= {"a": Answer.AGAIN, "again": Answer.AGAIN, "s": Answer.SKIPPED, "skip": Answer.SKIPPED}
_PASSED = {Outcome.PASSED: True, Outcome.FAILED: False, Outcome.NOT_TESTED: None}


class PersonAtTerminal:
    """Asks on standard error, reads standard input. fail: ends the command if nobody answers."""

    def __init__(self, fail: Callable[[str], NoReturn]) -> None:
        self._fail = fail

    def ask(self, question: str) -> Answer:
        """See ``Person.ask``."""
        while True:
            line = ask(f"{question} [y/n, a: again, s: skip]")
            if not line:
                print(file=sys.stderr)
                self._fail("nobody answered; --yes drives without a question")
            if answer := _ANSWERS.get(line.strip().lower()):
                return answer

    def request(self, task: str) -> None:
        """See ``Person.request``."""
        if sys.stdin.isatty():
            with suppress(termios.error):  # the terminal may be gone
                termios.tcflush(sys.stdin, termios.TCIFLUSH)  # Enter from before must not skip this one
        terminal = Terminal(sys.stderr)
        print(terminal.wrapped(task), file=sys.stderr)
        print(terminal.wrapped(f"  There are {INPUT_S:g} s for each; Enter skips it."), file=sys.stderr, flush=True)

    def has_skipped(self) -> bool:
        """See ``Person.has_skipped``. Only on a terminal: what a script writes has other lines for later questions."""
        if not sys.stdin.isatty() or not select.select([sys.stdin], [], [], 0)[0]:
            return False
        answered()
        return True


def ask(question: str) -> str:
    """Ask on standard error. Returns what ``answered`` does."""
    print(Terminal(sys.stderr).wrapped(question), end=" ", file=sys.stderr, flush=True)
    return answered()


def answered() -> str:
    """The next line of standard input; empty if there is none, if it is no text, or if the terminal is gone."""
    try:
        return sys.stdin.readline()
    except (OSError, UnicodeDecodeError):
        return ""


def walk(
    wiring: WiringTest, wires: Wires, settings: str, fail: Callable[[str], NoReturn], options: argparse.Namespace
) -> bool:
    """Test every line and show the results. Returns whether none has failed.

    settings: the files, in words. Raises OutputError if the record's file cannot be written.
    """
    person: Person | None = None if options.yes else PersonAtTerminal(fail)
    began = datetime.now().astimezone()
    tests: list[LineTest] = []
    for test in Commissioning(wiring, person, MonotonicClock(), time.sleep).run(options.for_s):
        tests.append(test)
        _show(test, as_json=options.json)
    result = summary(tests) if wires.drives else f"{summary(tests)}; mock: no wire was driven, so this proves nothing"
    when = f"{began:%Y-%m-%d %H:%M %z}, until {datetime.now():%H:%M}"
    text = record(Head(wires.gate, when, wires.words, f"binarycop {__version__}", settings), tests, result)
    if person is not None and not options.json:
        print()
        for line in text.splitlines():
            print(printable(line))
    if options.record:
        result_file.write(options.record, text)
    print_note(result)
    return all(test.outcome is not Outcome.FAILED for test in tests)


def _show(test: LineTest, *, as_json: bool) -> None:
    if as_json:
        values = {**asdict(test), "outcome": test.outcome.value.lower(), "passed": _PASSED[test.outcome]}
        print_json(values)
        return
    why = f": {'; '.join(test.problems)}" if test.problems else ""
    line = f"{test.gate}  test    {test.name:<17} {test.pin:<20} {test.outcome.value}{why}"
    print(Terminal().wrapped(line), flush=True)
