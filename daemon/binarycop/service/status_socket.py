"""The socket of ``binarycop status``: systemd's (``binarycop-status.socket``), or one of our own at a path."""

import errno
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from binarycop.errors import OutputError

PATH = Path("/run/binarycop/status")
"""Where ``binarycop-status.socket`` has it."""

NAME = "status"
"""FileDescriptorName= of that unit."""

_FIRST_FD = 3  # SD_LISTEN_FDS_START
_BACKLOG = 16


def of_systemd(environment: Mapping[str, str], pid: int) -> socket.socket | None:
    """The socket that systemd handed over to this process (sd_listen_fds(3)); None if there is none of that name.

    The daemon may not create names in any folder, so it could not create this socket itself.
    """
    count = environment.get("LISTEN_FDS", "")
    if environment.get("LISTEN_PID") != str(pid) or not (count.isdecimal() and len(count) < 4):
        return None
    names = environment.get("LISTEN_FDNAMES", "").split(":")[: int(count)]
    if NAME not in names:
        return None
    listener = socket.socket(fileno=_FIRST_FD + names.index(NAME))
    listener.set_inheritable(False)
    return listener


@contextmanager
def at_path(path: Path) -> Iterator[socket.socket]:
    """A socket that only this user may use, for a daemon in a terminal; its name is removed at the end.

    A socket that nobody listens on any more is replaced, and nothing else. Raises OutputError.
    """
    with ExitStack() as opened:
        try:
            _remove_left_over(path)
            listener = socket.socket(socket.AF_UNIX)
            on_failure = opened.enter_context(ExitStack())
            on_failure.callback(listener.close)  # later it is the server's
            listener.bind(str(path))
            opened.callback(_remove, path, path.lstat())
            path.chmod(0o600)  # before listen(2): until then nobody can connect
            listener.listen(_BACKLOG)
        except OSError as error:
            raise OutputError(path, error.strerror or str(error)) from error
        on_failure.pop_all()
        yield listener


def _remove(path: Path, made: os.stat_result) -> None:
    """Remove the name, unless it belongs to another socket by now."""
    with suppress(OSError):
        if os.path.samestat(path.lstat(), made):
            path.unlink()


def _remove_left_over(path: Path) -> None:
    """Remove the socket of a daemon that was killed. Raises OSError if it is something else, or is in use."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "there is something else of that name")
    with socket.socket(socket.AF_UNIX) as tried:
        tried.settimeout(0.2)
        try:
            tried.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise FileExistsError(errno.EADDRINUSE, "a daemon that runs uses it")
