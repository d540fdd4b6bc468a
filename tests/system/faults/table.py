"""The matrix as text: a line for the terminal, a page for people."""

import os
import re
from collections.abc import Sequence

from binarycop.journal.events import Event
from tests.system.faults.gate import ROOT
from tests.system.faults.row import Outcome, Row

_CATALOG = ROOT / "systemd" / "binarycop.catalog"
_ROOMS = {
    "camera": "Camera and picture",
    "overlay": "Overlay and bundle",
    "lines": "Lines and inputs",
    "stages": "Stages and threads",
    "system": "Around the daemon",
}
_COLUMNS = ("fault", "injected how", "the gate", "released", "the operator reads", "recovers", "back", "counts")
_HEAD = """# What the gate does when something fails

Written by `make test-faults WRITE=1`, from the journal and the lines of a daemon that ran; do not edit.
`make test-faults` tries all of it again, `make test-faults WORD=brief` what CI does.

Each row is a process of its own: `binarycop run`, its settings from a file, between a V4L2 camera and a GPIO chip that
preloaded libraries play under OpenCV's and our own unchanged code (tests/frames/fake_v4l2.c and
tests/system/faults/fake_gpio.c). A drawn, correctly masked person stands before the camera and holds a permission; then
the fault comes. *Released* is the time from the fault to the relay's coil released, with its limit and what sets it;
`-` where the coil was not energised, or rightly stays so. *Back* is the time from the fault's end, or from the
daemon's, to the next permission, start of Python included. What systemd does (Restart=, ExecStopPost=) the trial does
in its place, with the real gate-release; what systemd then says of it (`systemd: …`) was not read here.

In every row each time that the coil was energised has its permission in the journal (but for the override, which has
its own event), none was given while a fault that forbids it lasted, and the last summary's counts are the journal's.
Frames in are frames looked at and dropped and withheld, but for one at most that waited when the daemon was ended.

Measured on {machine}; a board is slower.
"""
_TAIL = """
## Shown elsewhere

| fault | what shows it, in tests/system |
|---|---|
| the process stands still (SIGSTOP), watchdog | systemd: `a_stopped_process_is_killed_and_started_again` |
| kill -9, and systemd starts gate-release | systemd: `a_killed_process_is_followed_by_the_helper_at_once` |
| a source that hangs in the kernel | systemd: `a_source_that_hangs_starves_the_watchdog` |
| exit code 8: the overlay's unit first | systemd: `a_lost_overlay_is_loaded_again_before_the_next_start` |
| five failed starts | systemd: `a_gate_that_cannot_start_ends_degraded_and_is_tried_again` |
| no journal to read, or a broken one | systemd: `without_a_journal_there_is_one_clear_line` |
| reboot: events of both boots, unattended start | systemd: `events_are_read_over_both_boots` |
| kill -9 and hangs on the kernel's GPIO | board: `kill -9, and the helper`, `a hang, and the helper` |
| the dead-man timer in the overlay | rtl |

## Known, and so

- The finder `fixed` knows no faces: to it a black or white picture is somebody on the mark. A permission that was held
  then lasted on, until the picture counted as frozen; at most it lasts gate.hold_s. The rows above have `lookout`.
- A person whom the camera's loss takes out of sight counts as passed, where no line tells of passages.

## What only a board can prove

- the lines' level from power-on to the first drive, while the bitstream is loaded, and after a power cut: the
  hardware's pull-down, not software, answers for it (docs/wiring.md)
- that a real Zynq GPIO line keeps its level after its owner's death, as its driver's source says
- a real DMA that hangs in the middle of a transfer, and whether loading the overlay anew frees it
- a bitstream damaged on the card, or one of another chip, offered to the FPGA's manager
- a USB camera unplugged from a real port; a kernel driver that hangs
- memory pressure of the whole board (512 MB, no swap), and a starved ARM core: the times above are this machine's
- brown-out, heat, electromagnetic disturbance
"""


def line(row: Row, outcome: Outcome | str) -> str:
    """For the terminal."""
    head = f"{row.room}: {row.fault}: "
    if isinstance(outcome, str):
        return f"FAILED {head}{outcome}"
    released = "" if outcome.released_s is None else f", released {_released(row, outcome)}"
    back = "" if outcome.back_s is None else f", back {outcome.back_s:.1f} s"
    return f"ok     {head}{outcome.did}{released}{back}; {outcome.counts}"


def page(good: Sequence[tuple[Row, Outcome]], missing: Sequence[str] = ()) -> str:
    """docs/faults.md. missing: rows that failed, or were not tried."""
    text = _HEAD.format(machine=f"{os.cpu_count()} shared cores of a {os.uname().machine} machine")
    for room, title in _ROOMS.items():
        text += f"\n## {title}\n\n| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|\n"
        for row, outcome in good:
            if row.room == room:
                text += _row(row, outcome)
    if missing:
        text += f"\nNot held, or not tried, in this run: {', '.join(missing)}.\n"
    return text + _TAIL


def _row(row: Row, outcome: Outcome) -> str:
    released = "-" if outcome.released_s is None else f"{_released(row, outcome)}: {row.reason}"
    back = "-" if outcome.back_s is None else f"{outcome.back_s:.1f} s"
    cells = (row.fault, row.how, outcome.did, released, _reads(outcome.reads), outcome.recovers, back, outcome.counts)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _released(row: Row, outcome: Outcome) -> str:
    return f"{outcome.released_s:.2f} s (limit {row.limit_s:g})"


def _reads(event: Event | str) -> str:
    """An event by its name, and what the catalog says it is; else the line itself."""
    if isinstance(event, str):
        return f"`{event}`"
    found = re.search(rf"-- {event.spec.message_id}\nSubject: (.*)", _CATALOG.read_text())
    return f"`{event.spec.name}`: {found[1] if found else event.spec.text}"
