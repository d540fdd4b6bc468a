"""The kernel ends a process whose loop hangs, with the signal of the timer."""

import signal
import subprocess
import sys

PROGRAM = """
import sys, time
from binarycop.service.hang_timer import HangTimer

with HangTimer(0.3) as hang_timer:
    for _ in range(20):
        time.sleep(0.05)
        hang_timer.restart()
    print("restarted", flush=True)
    {then}
print("done", flush=True)
{later}
"""


def run(then: str, later: str = "") -> tuple[int, list[str]]:
    command = [sys.executable, "-c", PROGRAM.format(then=then, later=later)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=60)
    return done.returncode, done.stdout.split()


def test_a_loop_that_restarts_the_timer_goes_on_and_the_timer_ends_with_it() -> None:
    assert run("pass", "time.sleep(0.6)") == (0, ["restarted", "done"])


def test_a_loop_that_waits_for_ever_is_ended() -> None:
    assert run("time.sleep(50)") == (-signal.SIGALRM, ["restarted"])


def test_a_loop_whose_other_thread_hangs_is_ended_although_it_goes_on() -> None:
    loop = "while True: hang_timer.restart(time.monotonic() - begun_s); time.sleep(0.01)"
    assert run(f"begun_s = time.monotonic()\n    {loop}") == (-signal.SIGALRM, ["restarted"])


def test_a_loop_that_hangs_in_compiled_code_and_holds_the_interpreter_lock_is_ended() -> None:
    # A sum over a range is one call into C, during which no signal handler of Python runs.
    assert run("sum(range(10**12))") == (-signal.SIGALRM, ["restarted"])
