"""``binarycop write-journal`` as a process, started as systemd starts it."""

import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from binarycop.cli.main import main
from binarycop.clock import MonotonicClock
from binarycop.journal.events import Event
from binarycop.journal.writer_client import WriterClient
from binarycop.settings.load import MAX_GATES
from tests.patience import PATIENCE_S

# systemd gives the socket as descriptor 3.
PROGRAM = """
import os, sys
os.dup2(int(os.environ["INLET"]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
from binarycop.cli.main import main
sys.exit(main())
"""
ME = pwd.getpwuid(os.getuid()).pw_name


class Sockets:
    """The writer's socket, the service manager's and journald's, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.address = folder / "socket"
        self.inlet, self.journald, self.manager = (
            self._bind(folder / name) for name in ("socket", "journald", "notify")
        )
        self.inlet.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.folder = folder

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """Start the writer, and wait until it is ready."""
        own = {"INLET": str(self.inlet.fileno()), "LISTEN_FDS": "1", "NOTIFY_SOCKET": str(self.folder / "notify")}
        command = [sys.executable, "-c", PROGRAM, "write-journal", "--journald", str(self.folder / "journald")]
        process = subprocess.Popen(
            [*command, "--sender", ME, *options],
            env={**os.environ, **own},
            pass_fds=[self.inlet.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.manager.recv(4096) == b"READY=1"
        return process

    def entry(self) -> dict[str, str]:
        """The next entry that journald gets."""
        lines = self.journald.recv(8192).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def close(self) -> None:
        for opened in (self.inlet, self.journald, self.manager):
            opened.close()

    def _bind(self, path: Path) -> socket.socket:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        opened.bind(str(path))
        opened.settimeout(PATIENCE_S)
        return opened


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Sockets]:
    sockets = Sockets(tmp_path)
    yield sockets
    sockets.close()


def test_what_waits_in_the_socket_and_what_comes_is_written(sockets: Sockets) -> None:
    client = WriterClient(str(sockets.address), MonotonicClock())
    client.send(Event.FIRE, "north", {"state": "active"})
    with sockets.start() as writer:
        client.send(Event.FIRE, "north", {"state": "over"})
        assert [sockets.entry()["BINARYCOP_STATE"] for _ in range(2)] == ["active", "over"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hostile:
            for size in (1, 1024, 100_000):
                hostile.sendto(b"x" * size, str(sockets.address))
        client.send(Event.OVERLAY_BACK, "", {})
        client.close()
        # The first refusal is reported at once, the others at the end.
        assert [sockets.entry()["BINARYCOP_EVENT"] for _ in range(2)] == ["unwritten", "overlay_back"]
        writer.send_signal(signal.SIGTERM)
        assert sockets.entry()["BINARYCOP_COUNT"] == "2"
        assert writer.wait(PATIENCE_S) == 0
        assert writer.stderr is not None
        assert writer.stderr.read() == ""


def test_it_imports_nothing_heavy() -> None:
    """It runs all the time on a board with 512 MB."""
    heavy = "numpy", "cv2", "yaml", "gpiozero", "json", "systemd"
    check = (
        f"import sys, binarycop.cli.write_journal, binarycop.cli.main; print([n for n in {heavy} if n in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_without_systemds_socket_or_the_senders_user_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LISTEN_FDS", raising=False)
    assert main(["write-journal", "--sender", ME]) == 9
    assert "start binarycop-journal.socket" in capsys.readouterr().err
    assert main(["write-journal", "--sender", "no-such-user"]) == 9
    assert "there is no user no-such-user" in capsys.readouterr().err


def test_it_can_be_set_up_for_as_many_gates_as_the_settings_may_have(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = ["write-journal", "--sender", "no-such-user", "--gates"]
    assert main([*nobody, str(MAX_GATES)]) == 9
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        main([*nobody, str(MAX_GATES + 1)])
    assert f"{MAX_GATES + 1} is not one of 1, 2" in capsys.readouterr().err
