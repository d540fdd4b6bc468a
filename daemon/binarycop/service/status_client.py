"""Asks the running daemon for its status."""

import socket
import time
from pathlib import Path

from binarycop.errors import StatusDenied, StatusError
from binarycop.service.status import Status
from binarycop.service.status_codec import MOST_BYTES, NO_STATUS, decode

LONGEST_S = 2.0
_NOT_RUNNING = "the daemon does not run"
_TURN_S = 0.02
_MOST_CHARACTERS = 200


def ask(path: Path, longest_s: float = LONGEST_S) -> Status:
    """The daemon's complete answer, within this time. Raises StatusDenied, StatusError."""
    end_s = time.monotonic() + longest_s
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            _connect(connection, path, end_s)
            data = _read(connection, end_s)
    except (FileNotFoundError, ConnectionRefusedError):
        raise StatusError(path, _NOT_RUNNING) from None
    except PermissionError:
        raise StatusDenied(path, "only root and the group binarycop may ask the daemon how it is") from None
    except TimeoutError:
        reason = f"no answer within {longest_s:g} s: the daemon is starting or hangs, or too many ask it"
        raise StatusError(path, reason) from None
    except OSError as error:
        raise StatusError(path, error.strerror or str(error)) from None
    if not data:
        raise StatusError(path, f"{_NOT_RUNNING} any more: it ended before it answered")
    if data == NO_STATUS:
        raise StatusError(path, "the daemon runs, but cannot put its status into an answer: please report it")
    try:
        return decode(data)
    except ValueError as error:
        # It may quote the answer.
        reason = f"the answer is not one of this version: {str(error)[:_MOST_CHARACTERS]}"
        raise StatusError(path, reason) from None


def _connect(connection: socket.socket, path: Path, end_s: float) -> None:
    """Raises TimeoutError."""
    while True:
        connection.settimeout(_left_s(end_s))
        try:
            connection.connect(str(path))
            return
        except BlockingIOError:  # more wait than listen(2) allows; connect(2) of a Unix socket does not wait then
            time.sleep(_TURN_S)


def _read(connection: socket.socket, end_s: float) -> bytes:
    """All that it sends, and at most one byte more than an answer may have. Raises TimeoutError."""
    data = b""
    while len(data) <= MOST_BYTES:
        connection.settimeout(_left_s(end_s))  # also for one that sends a byte now and then
        part = connection.recv(MOST_BYTES + 1 - len(data))
        if not part:
            break
        data += part
    return data


def _left_s(end_s: float) -> float:
    left_s = end_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s
