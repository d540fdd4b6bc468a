"""The journal's writer as systemd starts it, in front of a journald that only keeps what it gets."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
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
    """The writer in ``folder``. sender: the user that may write to it, besides root."""

    def __init__(self, folder: Path, sender: str, environment: Mapping[str, str]) -> None:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        self.address, self._folder, self._sender = folder / "socket", folder, sender
        self._environment = environment
        self.datagrams: list[bytes] = []
        """What journald got."""

        self._inlet, self._journald = (_bind(folder / name) for name in ("socket", "journald"))
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

    def stop(self) -> None:
        """End the writer, and let it tell what it left out."""
        self.process.terminate()
        self.process.wait()

    def close(self) -> None:
        """End the writer, and close the sockets."""
        self.process.kill()
        self.process.wait()
        self._inlet.close()
        # Lets the thread end; it has read all that came before.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self._folder / "journald"))

    def _keep(self) -> None:
        while datagram := self._journald.recv(1 << 16):
            self.datagrams.append(datagram)
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
