"""The gate's lines in the overlay: Verilog, constraints, Tcl, settings and wiring guide agree with the table."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from binarycop.settings.gate import GateSettings
from binarycop.settings.load import load
from overlays.finn import lines
from overlays.finn.lines import LINES, SOURCES, Pull
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
XDC = Path("/build/gate_lines.xdc")
VERILOG_PORT = re.compile(r"^ +(input|output) +wire +(?:\[(\d+):0\] +)?(\w+),?$", re.MULTILINE)


def verilog_ports() -> dict[str, tuple[str, int]]:
    """Direction and width of each pin of the module in the block design."""
    text = SOURCES[1].read_text(encoding="utf-8")
    return {name: (way, int(high or 0) + 1) for way, high, name in VERILOG_PORT.findall(text)}


def tcl(timeout_s: float = 0.5, max_on_s: float = lines.MAX_ON_S) -> str:
    return lines.block_design(XDC, 100.0, timeout_s, max_on_s)


def test_bits_are_consecutive_and_each_pin_is_used_once() -> None:
    assert [line.bit for line in LINES] == list(range(len(LINES)))
    packages = [pin.package for line in LINES for pin in line.pins]
    assert len(set(packages)) == len(packages) == 14


def test_the_verilog_has_an_emio_bit_for_each_line() -> None:
    ports = verilog_ports()
    assert ports["gpio_o"] == ports["gpio_t"] == ("input", len(LINES))
    assert ports["gpio_i"] == ("output", len(LINES))


def test_each_port_is_connected_to_a_verilog_pin_of_the_same_direction_and_width() -> None:
    ports = verilog_ports()
    made = re.findall(r"^create_bd_port -dir (\w)(?: -from (\d+) -to 0)? (\w+)$", tcl(), re.MULTILINE)
    joined = dict(re.findall(r"get_bd_ports (\w+)\] \[get_bd_pins gate_lines_0/(\w+)\]", tcl()))
    assert made
    for way, high, port in made:
        assert ports.pop(joined[port]) == ({"O": "output", "I": "input"}[way], int(high or 0) + 1)
    assert set(ports) == {"clk", "resetn", "gpio_o", "gpio_t", "gpio_i"}


def test_each_pin_has_a_constraint_and_each_constraint_a_port() -> None:
    placed = re.findall(r"PACKAGE_PIN (\w+) IOSTANDARD LVCMOS33.*get_ports \{(\S+)\}\]", lines.constraints())
    assert placed == [(pin.package, pin.port) for line in LINES for pin in line.pins]
    made = {
        f"{port}[{bit}]" if high else port
        for high, port in re.findall(r"create_bd_port -dir \w (?:-from (\d+) -to 0 )?(\w+)", tcl())
        for bit in range(int(high or 0) + 1)
    }
    assert {port for _, port in placed} == made


def test_a_cut_wire_is_a_fire_but_never_a_passage_a_ready_lane_or_a_turned_key() -> None:
    pulls = {line.name: line.pull for line in LINES if not line.output}
    feedback = pulls.pop("feedback")
    assert pulls == {"passed": Pull.DOWN, "ready": Pull.DOWN, "fire": Pull.UP, "override": Pull.DOWN}
    [line] = [line for line in LINES if line.name == "feedback"]
    assert (feedback, line.active_high) == (Pull.DOWN, False), "a cut wire is a relay that stays on: a fault"
    assert "PULLTYPE PULLUP} [get_ports {gate_fire}]" in lines.constraints()


def test_the_timeout_is_given_in_clock_cycles() -> None:
    assert "CONFIG.TIMEOUT_CYCLES {50000000}" in tcl()
    assert "CONFIG.TIMEOUT_CYCLES {20000000}" in tcl(0.2)
    with pytest.raises(ValueError, match="less than one cycle"):
        tcl(1e-9)


def test_the_maximum_on_time_is_given_in_timeouts_and_is_longer_than_every_hold_time() -> None:
    assert "CONFIG.MAX_ON_TIMEOUTS {250}" in tcl()
    assert "CONFIG.MAX_ON_TIMEOUTS {50}" in tcl(0.2, 10)
    assert "CONFIG.MAX_ON_TIMEOUTS {0}" in tcl(max_on_s=0)
    [hold_s] = [field for field in fields(GateSettings) if field.name == "hold_s"]
    assert hold_s.metadata["high"] + 1 < lines.MAX_ON_S
    with pytest.raises(ValueError, match="less than the dead-man timeout"):
        tcl(max_on_s=0.4)


def test_tclsh_can_parse_the_tcl() -> None:
    shell = shutil.which("tclsh")
    if shell is None:
        pytest.skip("needs tclsh")
    script = "proc unknown {args} {puts $args}\n" + tcl()
    ran = subprocess.run([shell], input=script, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert ran.stderr == ""
    words = [line.split()[0] for line in ran.stdout.splitlines()]
    assert words.count("create_bd_cell") == 1
    assert words.count("create_bd_port") == 8
    assert words.count("connect_bd_net") == 13


def test_the_settings_load_and_contain_each_line_once(tmp_path: Path) -> None:
    file = tmp_path / "gate.yaml"
    file.write_text(lines.settings(30), encoding="utf-8")
    of_gate = load(file).settings.gates[0].lines
    pins = [of_gate.permission.pin, *(lamp.pin for lamp in of_gate.lamps.values())]
    rest = (of_gate.heartbeat, of_gate.passed, of_gate.ready, of_gate.fire, of_gate.override, of_gate.feedback)
    pins += [line.pin for line in rest if line]
    assert pins == [f"zynq_gpio:{54 + bit}" for bit in range(11)]
    assert of_gate.max_on_s == 30
    file.write_text(lines.settings(0), encoding="utf-8")
    assert load(file).settings.gates[0].lines.max_on_s is None
    assert of_gate.permission.active_high


def test_the_wiring_guide_has_every_line() -> None:
    guide = (ROOT / "docs" / "wiring.md").read_text(encoding="utf-8")
    for line in LINES:
        places = ", ".join(pin.place for pin in line.pins) or "none"
        assert f"| `{line.name}` | `{line.gpio}` | {places} |" in guide
