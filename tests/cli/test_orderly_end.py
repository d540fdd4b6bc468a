"""A signal leaves a command's blocks before it ends the process."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from binarycop.cli.orderly_end import orderly_end, without_stop
from tests.patience import PATIENCE_S

PROGRAM = """
import os, signal
from binarycop.cli.orderly_end import orderly_end
signal.signal({number}, signal.SIG_DFL)  # the tests may run under nohup, where it is ignored
with orderly_end():
    try:
        os.kill(os.getpid(), {number})
    finally:
        os.kill(os.getpid(), {number})
        print("switched off", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_the_process_ends_by_the_signal_after_its_blocks_are_left(number: signal.Signals) -> None:
    program = PROGRAM.format(number=int(number))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (done.stdout, done.stderr) == ("switched off\n", "")
    assert done.returncode == -number


def test_afterwards_the_handlers_are_those_from_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with orderly_end():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_was_ignored_from_the_start_stays_ignored() -> None:
    before, went_on = signal.signal(signal.SIGHUP, signal.SIG_IGN), False
    try:
        with orderly_end():
            os.kill(os.getpid(), signal.SIGHUP)
            went_on = True
    finally:
        signal.signal(signal.SIGHUP, before)
    assert went_on


def test_a_handler_that_c_has_set_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGHUP)
    monkeypatch.setattr(signal, "getsignal", lambda _: None)  # what Python says of such a handler
    with orderly_end():
        pass
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_thread_that_runs_a_command_sets_no_handler() -> None:
    handlers = []

    def run() -> None:
        with orderly_end():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]


def test_ctrl_z_does_nothing_while_a_line_is_driven_whatever_ends_it() -> None:
    before, handlers = signal.getsignal(signal.SIGTSTP), []
    with suppress(KeyboardInterrupt), without_stop():
        handlers.append(signal.getsignal(signal.SIGTSTP))
        raise KeyboardInterrupt
    assert handlers == [signal.SIG_IGN]
    assert signal.getsignal(signal.SIGTSTP) is before
