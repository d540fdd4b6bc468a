"""Bitstream and .hwh of the simulated board, generated for our block design: FINN's Zynq shell with the gate's lines.

The .hwh has what pynq reads of such a file: blocks, their bus interfaces, who addresses whom, clocks, EMIO. It leaves
out the single wires of the AXI buses, which Vivado writes, too, and which nobody here asks for. The bitstream has a
Xilinx header (fields a to e) and, for configuration data, only a sentence that says what it is.
"""

import hashlib
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from binarycop.accelerator.simulated.iodma import SIZE
from binarycop.bundle.check_build import BITSTREAM, HWH
from binarycop.bundle.files import Bundle

_GP0 = 0x4000_0000  # where FINN's AXI-Lite interfaces begin on a Zynq-7000
_DDR_BYTES = 0x2000_0000
IO_PLL_MHZ = 1000.0  # what the PYNQ-Z1's preset makes of its 50 MHz crystal
_AXI, _AXIS = "xilinx.com:interface:aximm:1.0", "xilinx.com:interface:axis:1.0"
_GPIO = "xilinx.com:interface:gpio:1.0"
_NETWORK, _LINES, _PS, _OUTSIDE = "StreamingDataflowPartition_1", "gate_lines_0", "zynq_ps", "External_Ports"
_EMIO_BITS = 10
_PINS = {
    "gate_permission": ("permission", "O", 1),
    "gate_lamps": ("lamps", "O", 4),
    "gate_leds": ("leds", "O", 4),
    "gate_passed": ("passed", "I", 1),
    "gate_ready": ("ready", "I", 1),
    "gate_fire": ("fire", "I", 1),
    "gate_override": ("override_key", "I", 1),
}


def write(folder: Path, bundle: Bundle) -> Bundle:
    """Write both files, and return the bundle with them in its manifest, as after an import."""
    manifest = bundle.manifest
    sentence = f"not a bitstream: stands for {manifest.name} {manifest.version} on a simulated board"
    files = {
        BITSTREAM: bitstream(sentence),
        HWH: handoff(manifest.input_dma, manifest.output_dma, manifest.clock_mhz),
    }
    digests = dict(manifest.sha256)
    for name, data in files.items():
        (folder / name).write_bytes(data)
        digests[name] = hashlib.sha256(data).hexdigest()
    return replace(bundle, folder=folder, manifest=replace(manifest, sha256=digests))


def bitstream(text: str) -> bytes:
    """A .bit file whose configuration data, in whole words, is a text."""
    data = text.encode("ascii")
    data += b"\0" * (-len(data) % 4)
    fields = ((b"a", b"top_wrapper;Version=simulated"), (b"b", b"7z020clg400"), (b"c", b"-"), (b"d", b"-"))
    header = struct.pack(">h", 9) + bytes.fromhex("0ff00ff00ff00ff000") + struct.pack(">h", 1)
    header += b"".join(key + struct.pack(">h", len(value) + 1) + value + b"\0" for key, value in fields)
    return header + b"e" + struct.pack(">i", len(data)) + data


def handoff(source: str, sink: str, clock_mhz: float) -> bytes:
    """The .hwh for an input and an output DMA of these names."""
    root = Element("EDKSYSTEM", EDWVERSION="1.2", TIMESTAMP="-", VIVADOVERSION="simulated")
    SubElement(root, "SYSTEMINFO", ARCH="zynq", DEVICE="7z020", NAME="top", PACKAGE="clg400", SPEEDGRADE="-1")
    outside = SubElement(root, "EXTERNALPORTS")
    for name, (pin, way, bits) in _PINS.items():
        _wire(outside, Wire(name, way, bits, ((_LINES, pin),)))
    SubElement(root, "EXTERNALINTERFACES")
    modules = SubElement(root, "MODULES")
    _processor(modules, (source, sink), clock_mhz)
    _block(modules, "axi_interconnect_0", "xilinx.com:ip:axi_interconnect:2.1", "ACLK", clock_mhz)
    _block(modules, "smartconnect_0", "xilinx.com:ip:smartconnect:1.0", "aclk", clock_mhz)
    for name, partition, stream, peer in ((source, 0, "m_axis_0", "s_axis_0"), (sink, 2, "s_axis_0", "m_axis_0")):
        vlnv = f"xilinx_finn:finn:StreamingDataflowPartition_{partition}:1.0"
        block = _block(modules, name, vlnv, "ap_clk", clock_mhz)
        _interface(block, "s_axi_control_0", "TARGET", _AXI)
        _interface(block, "m_axi_gmem0", "INITIATOR", _AXI)
        _stream(block, stream, _NETWORK, peer)
        ranges = SubElement(block, "MEMORYMAP")
        _range(ranges, _PS, "m_axi_gmem0", "S_AXI_HP0", 0, _DDR_BYTES, "MEMORY")
    block = _block(modules, _NETWORK, f"xilinx_finn:finn:{_NETWORK}:1.0", "ap_clk", clock_mhz)
    _stream(block, "s_axis_0", source, "m_axis_0")
    _stream(block, "m_axis_0", sink, "s_axis_0")
    block = _block(modules, _LINES, "xilinx.com:module_ref:gate_lines:1.0", "clk", clock_mhz)
    for way, name in (("I", "gpio_o"), ("I", "gpio_t"), ("O", "gpio_i")):
        _wire(block[1], Wire(name, way, _EMIO_BITS, ((_PS, name.upper()),)))
    for name, (pin, way, bits) in _PINS.items():
        _wire(block[1], Wire(pin, way, bits, ((_OUTSIDE, name),)))
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


@dataclass(frozen=True)
class Wire:
    """A port of a block. way: I or O; ends: the blocks and ports at its other end."""

    name: str
    way: str
    bits: int
    ends: tuple[tuple[str, str], ...]
    clock_mhz: float | None = None


def _processor(modules: Element, dmas: tuple[str, str], clock_mhz: float) -> None:
    ps = _module(modules, _PS, "xilinx.com:ip:processing_system7:5.5")
    divisor = round(IO_PLL_MHZ / clock_mhz)
    values = {"PCW_GPIO_EMIO_GPIO_ENABLE": "1", "PCW_GPIO_EMIO_GPIO_IO": str(_EMIO_BITS)}
    for index in range(4):
        values[f"PCW_FPGA_FCLK{index}_ENABLE"] = str(int(index == 0))
        values[f"PCW_FCLK{index}_PERIPHERAL_DIVISOR0"] = str(divisor if index == 0 else 1)
        values[f"PCW_FCLK{index}_PERIPHERAL_DIVISOR1"] = "1"
        values[f"PCW_FCLK{index}_PERIPHERAL_CLKSRC"] = "IO PLL"
    for key, value in values.items():
        SubElement(ps[0], "PARAMETER", NAME=key, VALUE=value)
    _wire(ps[1], Wire("FCLK_CLK0", "O", 1, tuple((dma, "ap_clk") for dma in dmas), clock_mhz))
    for way, name in (("O", "GPIO_O"), ("O", "GPIO_T"), ("I", "GPIO_I")):
        _wire(ps[1], Wire(name, way, _EMIO_BITS, ((_LINES, name.lower()),)))
    _interface(ps, "M_AXI_GP0", "INITIATOR", _AXI)
    _interface(ps, "S_AXI_HP0", "TARGET", _AXI)
    maps = _interface(ps, "GPIO_0", "INITIATOR", _GPIO)
    for name in ("O", "T", "I"):
        SubElement(maps, "PORTMAP", LOGICAL=f"TRI_{name}", PHYSICAL=f"GPIO_{name}")
    ranges = SubElement(ps, "MEMORYMAP")
    for index, name in enumerate(dmas):
        _range(ranges, name, "M_AXI_GP0", "s_axi_control_0", _GP0 + index * SIZE, SIZE, "REGISTER")


def _module(modules: Element, name: str, vlnv: str) -> Element:
    """A block: its parameters, ports and bus interfaces, in this order, are still empty."""
    kind = vlnv.split(":")[2]
    module = SubElement(modules, "MODULE", FULLNAME=f"/{name}", INSTANCE=name, MODTYPE=kind, VLNV=vlnv)
    for section in ("PARAMETERS", "PORTS", "BUSINTERFACES"):
        SubElement(module, section)
    return module


def _block(modules: Element, name: str, vlnv: str, clock: str, clock_mhz: float) -> Element:
    block = _module(modules, name, vlnv)
    _wire(block[1], Wire(clock, "I", 1, ((_PS, "FCLK_CLK0"),), clock_mhz))
    return block


def _wire(ports: Element, wire: Wire) -> None:
    attributes = {"NAME": wire.name, "DIR": wire.way, "SIGIS": "undef" if wire.clock_mhz is None else "clk"}
    if wire.clock_mhz is not None:
        attributes["CLKFREQUENCY"] = str(round(wire.clock_mhz * 1e6))
    if wire.bits > 1:
        attributes |= {"LEFT": str(wire.bits - 1), "RIGHT": "0"}
    connections = SubElement(SubElement(ports, "PORT", attributes), "CONNECTIONS")
    for instance, port in wire.ends:
        SubElement(connections, "CONNECTION", INSTANCE=instance, PORT=port)


def _interface(module: Element, name: str, role: str, vlnv: str) -> Element:
    """A bus interface of a block; returns its port maps, to be filled."""
    bus = f"{module.attrib['INSTANCE']}_{name}"
    interface = SubElement(module[2], "BUSINTERFACE", BUSNAME=bus, NAME=name, TYPE=role, VLNV=vlnv)
    return SubElement(interface, "PORTMAPS")


def _stream(module: Element, name: str, peer: str, peer_name: str) -> None:
    """An AXI stream between two blocks; of its wires only the data's."""
    drives = name.startswith("m_")
    maps = _interface(module, name, "INITIATOR" if drives else "TARGET", _AXIS)
    SubElement(maps, "PORTMAP", LOGICAL="TDATA", PHYSICAL=f"{name}_tdata")
    _wire(module[1], Wire(f"{name}_tdata", "O" if drives else "I", 8, ((peer, f"{peer_name}_tdata"),)))


def _range(ranges: Element, instance: str, by: str, to: str, base: int, size: int, kind: str) -> None:
    """One line of an address map."""
    attributes = {"INSTANCE": instance, "MASTERBUSINTERFACE": by, "SLAVEBUSINTERFACE": to, "MEMTYPE": kind}
    attributes |= {"BASEVALUE": f"0x{base:08X}", "HIGHVALUE": f"0x{base + size - 1:08X}"}
    SubElement(ranges, "MEMRANGE", attributes)
