"""The results as text: one line for the terminal, and the page docs/faults.md."""

import os
import re
from collections.abc import Sequence

from binarycop.journal.events import Event
from tests.system.faults.fault_row import FaultResult, FaultRow
from tests.system.faults.gate_process import ROOT

_CATALOG = ROOT / "systemd" / "binarycop.catalog"
_GROUPS = {
    "camera": "Camera and picture",
    "overlay": "Overlay and bundle",
    "lines": "Lines and inputs",
    "stages": "Stages and threads",
    "system": "Around the daemon",
}
_COLUMNS = (
    "fault",
    "injected how",
    "the gate",
    "relay off after",
    "the operator reads",
    "recovery",
    "permission again after",
    "counts",
)
_HEAD = """# What the gate does when something fails

`make test-faults WRITE=1` writes this page from the journal and the lines of a running daemon; do not edit it.
`make test-faults` runs all rows again; `make test-faults WORD=brief` runs those that CI runs.

Each row runs a daemon of its own: `binarycop run` with settings from a file. Preloaded libraries replace the V4L2
camera and the GPIO chip below the daemon's own code, which are unchanged (tests/frames/fake_v4l2.c and
tests/system/faults/fake_gpio.c). A drawn, correctly masked person stands in front of the camera and has the permission;
then the fault is injected. *Relay off after* is the time from the fault until the relay was off, with its limit and
what sets the limit; `-` means that the relay was not on, or rightly stayed on. *Permission again after* is the time
from the end of the fault, or of the daemon, to the next permission; it includes the start of Python. The test does what
systemd would do (Restart=, ExecStopPost=), with the real gate-release. What systemd writes then (`systemd: …`) was not
read here.

In every row the relay was on once for each permission in the journal (an override has its own event). No permission was
given during a fault that forbids it. The counts of the daemon's summary agree with the journal. Every captured frame
was processed, dropped or withheld; one frame at most may have waited when the daemon was stopped.

Measured on {machine}; a board is slower.
"""
_TAIL = """
## Tested elsewhere

| fault | test in tests/system |
|---|---|
| the process is stopped (SIGSTOP), watchdog | systemd: `a_stopped_process_is_killed_and_started_again` |
| kill -9, and systemd starts gate-release | systemd: `a_killed_process_is_followed_by_the_helper_at_once` |
| a source that hangs in the kernel | systemd: `a_source_that_hangs_starves_the_watchdog` |
| wrong settings after good ones: gate-release has the old list in every unit | systemd: \
`an_exit_code_that_prevents_a_restart_does_not_prevent_the_release` |
| the list for gate-release is a link, or a FIFO | systemd: \
`a_hostile_folder_is_taken_over_by_root_and_nothing_of_a_linked_file_is_shown`, \
`a_list_that_never_ends_stops_neither_the_degraded_state_nor_the_next_try` |
| the degraded unit does not work | systemd: \
`the_timer_starts_a_degraded_gate_again_with_or_without_the_degraded_unit` |
| exit code 8: the overlay's unit first | systemd: `a_lost_overlay_is_loaded_again_before_the_next_start` |
| five failed starts | systemd: `a_gate_that_cannot_start_ends_degraded_and_is_tried_again` |
| no journal, or a damaged one | systemd: `without_a_journal_there_is_one_clear_line` |
| reboot: unattended start, events of both boots | systemd: `events_are_read_over_both_boots` |
| kill -9 and hangs on the kernel's GPIO | board: `kill -9, and the helper`, `a hang, and the helper` |
| the dead-man timer in the overlay | rtl |

## Known limits

- The detector `fixed` knows no faces. For it a black or white picture is somebody in its region. A permission that was
  on then stays on as long as noise makes each picture a new one, but never longer than gate.hold_s. The rows above use
  `lookout`.
- A person who is out of sight because the camera is lost counts as passed, if no line reports passages.
- A relay that is welded, or a line that is shorted, stays on whatever is commanded. In the rows of such lines the times
  and the counts of the relay are those of the commands.

## What only a board can prove

- the level of the lines from power-on until the daemon first drives them, while the bitstream is loaded, and after a
  power cut: the pull-down resistor in the hardware must keep the relay off, not the software (docs/wiring.md)
- that a line of the overlay reads back what is on its pin, and what it reads while the logic is not configured
- a real relay: the time that its contact needs, its wear, its welding
- that a real Zynq GPIO line keeps its level after the death of its process, as the driver's source shows
- a real DMA that hangs in the middle of a transfer, and whether loading the overlay again frees it
- a bitstream that is damaged on the card, or made for another chip, when it is given to the FPGA manager
- a USB camera that is unplugged from a real port; a kernel driver that hangs
- too little memory on the whole board (512 MB, no swap), and too little time of its ARM cores: the times above are
  those of this machine
- brown-out, heat, electromagnetic interference
"""


def line(row: FaultRow, result: FaultResult | str) -> str:
    """One line for the terminal."""
    head = f"{row.group}: {row.fault}: "
    if isinstance(result, str):
        return f"FAILED {head}{result}"
    relay_off = "" if result.relay_off_s is None else f", relay off after {_relay_off(row, result)}"
    back = "" if result.back_s is None else f", permission again after {result.back_s:.1f} s"
    return f"ok     {head}{result.reaction}{relay_off}{back}; {result.counts}"


def page(good: Sequence[tuple[FaultRow, FaultResult]], missing: Sequence[str] = ()) -> str:
    """The text of docs/faults.md. missing: the rows that failed or were not run."""
    text = _HEAD.format(machine=f"{os.cpu_count()} shared cores ({os.uname().machine})")
    for group, title in _GROUPS.items():
        text += f"\n## {title}\n\n| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|\n"
        for row, result in good:
            if row.group == group:
                text += _row(row, result)
    if missing:
        text += f"\nFailed, or not run: {', '.join(missing)}.\n"
    return text + _TAIL


def _row(row: FaultRow, result: FaultResult) -> str:
    relay_off = "-" if result.relay_off_s is None else f"{_relay_off(row, result)}: {row.limit_reason}"
    back = "-" if result.back_s is None else f"{result.back_s:.1f} s"
    cells = (
        row.fault,
        row.injection,
        result.reaction,
        relay_off,
        _message(result.message),
        result.recovery,
        back,
        result.counts,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _relay_off(row: FaultRow, result: FaultResult) -> str:
    return f"{result.relay_off_s:.2f} s (limit {row.limit_s:g})"


def _message(event: Event | str) -> str:
    """The event's name and its subject in the catalog; or the line itself."""
    if isinstance(event, str):
        return f"`{event}`"
    found = re.search(rf"-- {event.spec.message_id}\nSubject: (.*)", _CATALOG.read_text())
    return f"`{event.spec.name}`: {found[1] if found else event.spec.text}"
