"""Asks the running daemon how it stands."""

import socket
from pathlib import Path

from binarycop.errors import StatusDenied, StatusError
from binarycop.service.status import Status
from binarycop.service.status_codec import MOST_BYTES, decode

LONGEST_S = 2.0
_NOT_RUNNING = "the daemon does not run"


def ask(path: Path, longest_s: float = LONGEST_S) -> Status:
    """The daemon's answer. Waits so long for each part of it. Raises StatusDenied, StatusError."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(longest_s)
            connection.connect(str(path))
            data = _read(connection)
    except (FileNotFoundError, ConnectionRefusedError):
        raise StatusError(path, _NOT_RUNNING) from None
    except PermissionError:
        raise StatusDenied(path, "only root and the group binarycop may ask the daemon how it is") from None
    except TimeoutError:
        reason = f"no answer within {longest_s:g} s: the daemon is starting, or it hangs"
        raise StatusError(path, reason) from None
    except OSError as error:
        raise StatusError(path, error.strerror or str(error)) from None
    if not data:
        raise StatusError(path, f"{_NOT_RUNNING} any more: it ended before it answered")
    try:
        return decode(data)
    except ValueError as error:
        raise StatusError(path, f"the answer is not one of this version: {error}") from None


def _read(connection: socket.socket) -> bytes:
    """All that it sends, and at most one byte more than an answer may have."""
    data = b""
    while len(data) <= MOST_BYTES and (part := connection.recv(MOST_BYTES + 1 - len(data))):
        data += part
    return data
