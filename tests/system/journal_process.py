"""The journal's writer as systemd starts it, in front of a journald that only keeps what it gets."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread

# systemd gives the writer its socket as descriptor 3.
_START = """
import os, sys
os.dup2(int(os.environ["INLET"]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
from binarycop.cli.main import main
sys.exit(main())
"""


class JournalProcess:
    """The writer in ``folder``.

    sender: the user that may write to it, besides root. on_entry: called for each entry that journald gets.
    """

    def __init__(
        self,
        folder: Path,
        sender: str,
        environment: Mapping[str, str],
        on_entry: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        self.address, self._folder, self._sender = folder / "socket", folder, sender
        self._environment, self._on_entry = environment, on_entry
        self.datagrams: list[bytes] = []
        """What journald got."""

        self._inlet, self._journald = (_bind(folder / name) for name in ("socket", "journald"))
        self.process: subprocess.Popen[bytes] | None = None
        self._inlet.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        # systemd lets only the daemon's user write; here the writer must refuse the others by itself.
        self.address.chmod(0o777)
        Thread(target=self._keep, daemon=True).start()

    def start(self) -> None:
        """Start the writer. What waits in its socket is not lost."""
        own = {"INLET": str(self._inlet.fileno()), "LISTEN_FDS": "1"}
        arguments = ["write-journal", "--sender", self._sender, "--journald", str(self._folder / "journald")]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, *arguments],
            env={**self._environment, **own},
            pass_fds=[self._inlet.fileno()],
            stdin=subprocess.DEVNULL,
        )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the writer; with SIGTERM, as systemd does it, it first tells what it left out."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send the writer a signal."""
        if self.process is not None:
            self.process.send_signal(number)

    def lose_journald(self) -> None:
        """Let journald be gone, as far as the writer can see."""
        (self._folder / "journald").rename(self._folder / "gone")

    def find_journald(self) -> None:
        """End that."""
        (self._folder / "gone").rename(self._folder / "journald")

    def close(self) -> None:
        """End the writer, and close the sockets."""
        self.stop(signal.SIGKILL)
        self._inlet.close()
        # Lets the thread end; it has read all that came before.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self._folder / "journald"))

    def _keep(self) -> None:
        while datagram := self._journald.recv(1 << 16):
            self.datagrams.append(datagram)
            self._on_entry(datagram)
        self._journald.close()


def fields_of(datagram: bytes) -> dict[str, str]:
    """The fields of an entry that journald got."""
    return dict(line.split("=", 1) for line in datagram.decode().splitlines())


def _bind(path: Path) -> socket.socket:
    with suppress(FileNotFoundError):
        os.unlink(path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    opened.bind(str(path))
    return opened
