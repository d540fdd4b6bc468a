"""The kernel ends a process whose loop hangs, with the signal of the timer."""

import signal
import subprocess
import sys

from tests.patience import PATIENCE_S

PROGRAM = """
import signal, sys, time
from binarycop.service.hang_timer import HangTimer

def left_s():
    return signal.getitimer(signal.ITIMER_REAL)[0]

print("begun", flush=True)
with HangTimer({limit_s}) as hang_timer:
    {then}
print("done", left_s(), flush=True)
"""
LONG_S = 2 * PATIENCE_S  # no machine is that slow


def run(then: str, limit_s: float = 0.3) -> tuple[int, list[str]]:
    command = [sys.executable, "-c", PROGRAM.format(then=then, limit_s=limit_s)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=PATIENCE_S)
    return done.returncode, done.stdout.split()


def test_a_loop_that_restarts_the_timer_goes_on_and_the_timer_ends_with_it() -> None:
    half_s = LONG_S / 2
    look = f"print(left_s() > {half_s})"
    steps = f"hang_timer.restart({half_s}); {look}; hang_timer.restart(); {look}"
    assert run(steps, LONG_S) == (0, ["begun", "False", "True", "done", "0.0"])


def test_a_loop_that_waits_for_ever_is_ended() -> None:
    assert run("time.sleep(1000)") == (-signal.SIGALRM, ["begun"])


def test_a_loop_whose_other_thread_hangs_is_ended_although_it_goes_on() -> None:
    loop = "while True: hang_timer.restart(time.monotonic() - begun_s); time.sleep(0.01)"
    assert run(f"begun_s = time.monotonic()\n    {loop}") == (-signal.SIGALRM, ["begun"])


def test_a_loop_that_hangs_in_compiled_code_and_holds_the_interpreter_lock_is_ended() -> None:
    # A sum over a range is one call into C, during which no signal handler of Python runs.
    assert run("sum(range(10**12))") == (-signal.SIGALRM, ["begun"])
