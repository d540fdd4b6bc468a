"""Runs in the daemon's unit instead of a daemon that was taken over: gives the journal's writer as much as it can.

``flood.py SECONDS``: prints as JSON how many datagrams the socket took. They are pieces of a random picture: as they
are, too long, and in the fields of entries that the table of events allows. It needs only Python.
"""

import base64
import json
import os
import socket
import sys
from itertools import count
from time import monotonic, sleep

_ADDRESS = os.environ.get("BINARYCOP_JOURNAL", "/run/binarycop-journal/socket")


def main() -> int:
    """Send until the time is over."""
    end_s = monotonic() + float(sys.argv[1])
    taken = {"raw": 0, "long": 0, "text": 0, "numbers": 0}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for number in count():
            if monotonic() > end_s:
                break
            picture = os.urandom(360)
            person, margin = int.from_bytes(picture[:3], "big") % 10_000_000, picture[3] / 10
            for kind, data in (
                ("text", b"event=fault\ngate=\nreason=" + base64.b64encode(picture)),
                ("numbers", f"event=verdict\ngate=\nperson={person}\nclass=nose\nvotes={picture[4]}\n"
                            f"frames={picture[5]}\nmargin={margin:.1f}".encode()),
                ("raw", picture),
                ("long", picture * 400),
            ):  # fmt: skip
                # One in ten is not of the table, so that most of the writer's time is spent on what is.
                if kind in ("raw", "long") and number % 10:
                    continue
                try:
                    sender.sendto(data, _ADDRESS)
                    taken[kind] += 1
                except BlockingIOError:
                    sleep(0.001)
    print(json.dumps(taken), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
