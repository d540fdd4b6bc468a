"""The gate's lines in the overlay: EMIO bits, pins, constraints, Tcl and settings, from one table.

PYNQ-Z1 (XC7Z020) and Arty Z7-10 (XC7Z010) have the same pins. Sources: the constraints of PYNQ's base overlay
(github.com/Xilinx/PYNQ, boards/Pynq-Z1/base/vivado/constraints/base.xdc) and Digilent's Arty-Z7-10-Master.xdc.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

RTL = Path(__file__).resolve().parent / "rtl"
SOURCES = (RTL / "deadman.v", RTL / "gate_lines.v")
EMIO_FIRST = 54  # zynq_gpio's first EMIO line (UG585, chapter 14: banks 0 and 1 are 54 MIO pins)
TIMEOUT_S = 0.5
MAX_ON_S = 125.0  # longer than the longest hold time that the settings allow (gate.hold_s, 120 s)


class Pull(Enum):
    """The weak resistor of an input pin, which determines the level of a cut wire."""

    NONE = ""
    UP = "PULLUP"
    DOWN = "PULLDOWN"


@dataclass(frozen=True)
class Pin:
    """A pin of the chip. place: where it is on the board, a pin of a Pmod connector or an LED."""

    port: str
    package: str
    place: str


@dataclass(frozen=True)
class Line:
    """One line. name: its key under ``lines`` in the settings. bit: of EMIO.

    The heartbeat has no pin: it ends in the dead-man timer. active_high: the settings' value.
    """

    name: str
    bit: int
    output: bool
    pins: tuple[Pin, ...] = ()
    pull: Pull = Pull.NONE
    active_high: bool = True

    @property
    def gpio(self) -> str:
        """The line's name in the settings with the factory ``gpiochip``."""
        return f"zynq_gpio:{EMIO_FIRST + self.bit}"


LINES = (
    Line("permission", 0, True, (Pin("gate_permission", "Y18", "JA1"),)),
    Line("lamps.correct", 1, True, (Pin("gate_lamps[0]", "W14", "JB1"), Pin("gate_leds[0]", "R14", "LD0"))),
    Line("lamps.nose", 2, True, (Pin("gate_lamps[1]", "Y14", "JB2"), Pin("gate_leds[1]", "P14", "LD1"))),
    Line("lamps.nose_mouth", 3, True, (Pin("gate_lamps[2]", "T11", "JB3"), Pin("gate_leds[2]", "N16", "LD2"))),
    Line("lamps.chin", 4, True, (Pin("gate_lamps[3]", "T10", "JB4"), Pin("gate_leds[3]", "M14", "LD3"))),
    Line("heartbeat", 5, True),
    Line("passed", 6, False, (Pin("gate_passed", "U18", "JA7"),), Pull.DOWN),
    Line("ready", 7, False, (Pin("gate_ready", "U19", "JA8"),), Pull.DOWN),
    # The contact to ground opens in a fire, so a cut wire is a fire, too.
    Line("fire", 8, False, (Pin("gate_fire", "W18", "JA9"),), Pull.UP),
    Line("override", 9, False, (Pin("gate_override", "W19", "JA10"),), Pull.DOWN),
    # The mirror contact to 3.3 V is closed while the coil is de-energised, so a cut wire is a relay that stays on.
    Line("feedback", 10, False, (Pin("gate_feedback", "Y19", "JA2"),), Pull.DOWN, active_high=False),
)

# Port of the block design, direction, width, and pin of rtl/gate_lines.v.
_PORTS = (
    ("gate_permission", "O", 1, "permission"),
    ("gate_lamps", "O", 4, "lamps"),
    ("gate_leds", "O", 4, "leds"),
    ("gate_passed", "I", 1, "passed"),
    ("gate_ready", "I", 1, "ready"),
    ("gate_fire", "I", 1, "fire"),
    ("gate_override", "I", 1, "override_key"),
    ("gate_feedback", "I", 1, "feedback"),
)


def constraints() -> str:
    """The constraints (XDC): pins, levels, resistors. The lines are slow and asynchronous, so they have no timing."""
    rows = ["# The gate's lines, written by overlays/finn/lines.py."]
    for line in LINES:
        for pin in line.pins:
            pull = f" PULLTYPE {line.pull.value}" if line.pull is not Pull.NONE else ""
            rows.append(
                f"set_property -dict {{PACKAGE_PIN {pin.package} IOSTANDARD LVCMOS33{pull}}} [get_ports {{{pin.port}}}]"
                f";# {pin.place}, {line.name}"
            )
    for port, direction, width, _ in _PORTS:
        way = "-to" if direction == "O" else "-from"
        rows.append(f"set_false_path {way} [get_ports {{{port}{'[*]' if width > 1 else ''}}}]")
    return "\n".join(rows) + "\n"


def block_design(xdc: Path, clock_mhz: float, timeout_s: float = TIMEOUT_S, max_on_s: float = MAX_ON_S) -> str:
    """Tcl that adds EMIO and the lines to FINN's block design, with the clock and the reset of FINN's kernels.

    xdc: the file with ``constraints``. timeout_s, max_on_s: of the dead-man timer; a max_on_s of 0 is no maximum.
    Raises ValueError if the timeout is below one cycle, or the maximum below the timeout.
    """
    cycles = round(timeout_s * clock_mhz * 1e6)
    if cycles < 1:
        raise ValueError(f"a dead-man timeout of {timeout_s} s is less than one cycle of {clock_mhz} MHz")
    if max_on_s != 0 and not timeout_s <= max_on_s:
        raise ValueError(f"a maximum on-time of {max_on_s} s is less than the dead-man timeout of {timeout_s} s")
    emio = f"CONFIG.PCW_GPIO_EMIO_GPIO_ENABLE {{1}} CONFIG.PCW_GPIO_EMIO_GPIO_IO {{{len(LINES)}}}"
    rows = [
        "# The gate's lines, written by overlays/finn/lines.py.",
        f"set_property -dict [list {emio}] [get_bd_cells zynq_ps]",
        f"add_files -norecurse [list {' '.join(f'{{{source}}}' for source in SOURCES)}]",
        f"add_files -fileset constrs_1 -norecurse {{{xdc}}}",
        "update_compile_order -fileset sources_1",
        "create_bd_cell -type module -reference gate_lines gate_lines_0",
        f"set_property CONFIG.TIMEOUT_CYCLES {{{cycles}}} [get_bd_cells gate_lines_0]",
        # In timeouts, since a parameter has 32 bits, and 125 s are more cycles than that.
        f"set_property CONFIG.MAX_ON_TIMEOUTS {{{round(max_on_s / timeout_s)}}} [get_bd_cells gate_lines_0]",
        "connect_bd_net [get_bd_pins gate_lines_0/clk] [get_bd_pins smartconnect_0/aclk]",
        "connect_bd_net [get_bd_pins gate_lines_0/resetn] [get_bd_pins smartconnect_0/aresetn]",
    ]
    rows += [
        f"connect_bd_net [get_bd_pins zynq_ps/{pin}] [get_bd_pins gate_lines_0/{pin.lower()}]"
        for pin in ("GPIO_O", "GPIO_T", "GPIO_I")
    ]
    for port, direction, width, pin in _PORTS:
        span = f" -from {width - 1} -to 0" if width > 1 else ""
        rows.append(f"create_bd_port -dir {direction}{span} {port}")
        rows.append(f"connect_bd_net [get_bd_ports {port}] [get_bd_pins gate_lines_0/{pin}]")
    return "\n".join(rows) + "\n"


def settings(max_on_s: float = MAX_ON_S) -> str:
    """The section ``lines`` of the settings for this overlay (YAML), a file for /etc/binarycop/gate.d/.

    max_on_s: as in ``block_design``.
    """
    rows = ["lines:", "  factory: gpiochip"]
    lamps = [line for line in LINES if line.name.startswith("lamps.")]
    for line in LINES:
        if line == lamps[0]:
            rows.append("  lamps:")
        indent = "    " if line in lamps else "  "
        level = "true" if line.active_high else "false"
        rows.append(f"{indent}{line.name.removeprefix('lamps.')}: {{pin: '{line.gpio}', active_high: {level}}}")
        if line.name == "heartbeat" and max_on_s != 0:
            rows.append(f"  max_on_s: {max_on_s:g}")
    return "\n".join(rows) + "\n"
