"""The daemon of a measurement ends with it, whenever the signal comes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from binarycop.benchmarks.daemon_process import daemon_process
from binarycop.cli.orderly_end import orderly_end
from tests.patience import PATIENCE_S

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
QUIET = subprocess.DEVNULL


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[[signal.Signals | None], list["subprocess.Popen[bytes]"]]:
    """Has a signal come when the process exists, but before Popen has returned; gives the processes."""

    def with_signal(number: signal.Signals | None) -> list["subprocess.Popen[bytes]"]:
        processes: list[subprocess.Popen[bytes]] = []

        class Interrupted(subprocess.Popen):  # type: ignore[type-arg]
            def __init__(self, *arguments: object, **options: object) -> None:
                super().__init__(*arguments, stdin=subprocess.PIPE, **options)  # type: ignore[call-overload]
                processes.append(self)
                if number is not None:
                    signal.raise_signal(number)

        monkeypatch.setattr(subprocess, "Popen", Interrupted)
        return processes

    return with_signal


def test_the_process_ends_with_the_block(started: Callable[..., list["subprocess.Popen[bytes]"]]) -> None:
    processes = started(None)
    with daemon_process(WAITS, stdout=QUIET, stderr=QUIET) as daemon:
        assert daemon.poll() is None
    assert [process.returncode for process in processes] == [-signal.SIGTERM]


def test_ctrl_c_while_the_process_is_started_ends_it(
    started: Callable[..., list["subprocess.Popen[bytes]"]],
) -> None:
    processes = started(signal.SIGINT)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt), daemon_process(WAITS, stdout=QUIET, stderr=QUIET):
            pytest.fail("the block must not begin")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert [process.returncode for process in processes] == [-signal.SIGTERM]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_while_the_process_is_started_ends_both(
    number: signal.Signals, started: Callable[..., list["subprocess.Popen[bytes]"]], monkeypatch: pytest.MonkeyPatch
) -> None:
    processes, ended_by = started(number), []
    kill = os.kill
    monkeypatch.setattr(os, "kill", lambda pid, came: ended_by.append(came) if pid == os.getpid() else kill(pid, came))
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with orderly_end(), daemon_process(WAITS, stdout=QUIET, stderr=QUIET):
            pytest.fail("the block must not begin")
    finally:
        signal.signal(number, before)
    assert ended_by == [number]
    assert [process.poll() for process in processes] == [-signal.SIGTERM]


def test_a_signal_that_is_ignored_stays_so_in_the_new_process() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        program = "import signal, sys; sys.exit(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
        with daemon_process([sys.executable, "-c", program], stdout=QUIET, stderr=QUIET) as daemon:
            assert daemon.wait(PATIENCE_S) == 1
    finally:
        signal.signal(signal.SIGHUP, before)
