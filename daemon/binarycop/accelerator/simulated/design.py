"""Bitstream and .hwh of the simulated board, as from a build of our block design: FINN's Zynq shell with gate lines.

The .hwh has the parts that pynq reads: blocks, their bus interfaces, the address map, clocks and EMIO. It does not have
the single wires of the AXI buses. The bitstream has a Xilinx header and the packets of a compressed one (UG470); its
only frame is a sentence that says what the file is.
"""

import hashlib
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from binarycop.accelerator.simulated.iodma import SIZE
from binarycop.bundle.bitstream import CHIPS, PACKAGE
from binarycop.bundle.build_files import BITSTREAM, HWH, has_build
from binarycop.bundle.files import Bundle
from binarycop.file_kind import BIT_HEADER

CHIP = "7z020"  # of the PYNQ-Z1
_FRAME_WORDS = 101
_NOP, _WRITE, _FDRI, _CMD, _IDCODE = 0x2000_0000, 0x3000_0000, 0x02 << 13, 0x04 << 13, 0x0C << 13
GP0 = 0x4000_0000  # the first address of FINN's AXI-Lite interfaces on a Zynq-7000
_DDR_BYTES = 0x2000_0000
IO_PLL_MHZ = 1000.0  # of the PYNQ-Z1's preset, from its 50 MHz crystal
_AXI, _AXIS = "xilinx.com:interface:aximm:1.0", "xilinx.com:interface:axis:1.0"
_GPIO = "xilinx.com:interface:gpio:1.0"
_NETWORK, _GATE_LINES, _PS, _PORTS = "StreamingDataflowPartition_1", "gate_lines_0", "zynq_ps", "External_Ports"
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


def with_build(folder: Path, bundle: Bundle) -> Bundle:
    """The bundle itself if it has a build. Otherwise a copy of it in ``folder``, with a generated placeholder build.

    Bundles are used on the simulated board before anybody has run Vivado for them.
    """
    return bundle if has_build(bundle.manifest.sha256) else write(folder, bundle)


def write(folder: Path, bundle: Bundle) -> Bundle:
    """Write both files to ``folder``. Returns the bundle in that folder, with both files in its manifest.

    The manifest itself is not written.
    """
    manifest = bundle.manifest
    sentence = f"not a bitstream: stands for {manifest.name} {manifest.version} on a simulated board"
    files = {
        BITSTREAM: bitstream(sentence),
        HWH: hwh(manifest.input_dma, manifest.output_dma, manifest.clock_mhz),
    }
    digests = dict(manifest.sha256)
    for name, data in files.items():
        (folder / name).write_bytes(data)
        digests[name] = hashlib.sha256(data).hexdigest()
    return replace(bundle, folder=folder, manifest=replace(manifest, sha256=digests))


def bitstream(text: str) -> bytes:
    """The contents of a .bit file whose only frame is a text of at most 404 characters."""
    frame = text.encode("ascii").ljust(4 * _FRAME_WORDS, b"\0")
    name = "top_wrapper;COMPRESS=TRUE;UserID=0XFFFFFFFF;Version=simulated"
    return bit_file(name, f"{CHIP}{PACKAGE}", packets(CHIPS[CHIP].idcode, frame))


def bit_file(design: str, part: str, configuration: bytes) -> bytes:
    """A .bit file. design: field a, with the options of write_bitstream."""
    fields = ((b"a", design), (b"b", part), (b"c", "2000/01/01"), (b"d", "00:00:00"))
    texts = b"".join(key + struct.pack(">H", len(text) + 1) + text.encode("ascii") + b"\0" for key, text in fields)
    return BIT_HEADER + texts + b"e" + struct.pack(">I", len(configuration)) + configuration


def packets(idcode: int, frames: bytes) -> bytes:
    """Configuration data as Vivado writes it, with these frames and without its CRC."""
    words = [*[0xFFFF_FFFF] * 8, 0x0000_00BB, 0x1122_0044, *[0xFFFF_FFFF] * 2, 0xAA99_5566, _NOP]
    words += [_WRITE | _CMD | 1, 7, _NOP, _WRITE | _IDCODE | 1, idcode, _WRITE | _CMD | 1, 1, _NOP]  # RCRC, WCFG
    words += [_WRITE | _FDRI, 2 << 29 | 2 << 27 | len(frames) // 4]
    end = [_WRITE | _CMD | 1, 5, _NOP, _WRITE | _CMD | 1, 13, *[_NOP] * 4]  # START, DESYNC
    return b"".join((struct.pack(f">{len(words)}I", *words), frames, struct.pack(f">{len(end)}I", *end)))


def hwh(input_dma: str, output_dma: str, clock_mhz: float) -> bytes:
    """The contents of the .hwh, for DMAs of these names."""
    root = Element("EDKSYSTEM", EDWVERSION="1.2", TIMESTAMP="-", VIVADOVERSION="simulated")
    SubElement(root, "SYSTEMINFO", ARCH="zynq", DEVICE=CHIP, NAME="top", PACKAGE=PACKAGE, SPEEDGRADE="-1")
    ports = SubElement(root, "EXTERNALPORTS")
    for name, (port, direction, bits) in _PINS.items():
        _add_port(ports, Port(name, direction, bits, ((_GATE_LINES, port),)))
    SubElement(root, "EXTERNALINTERFACES")
    modules = SubElement(root, "MODULES")
    _add_processor(modules, (input_dma, output_dma), clock_mhz)
    _add_block(modules, "axi_interconnect_0", "xilinx.com:ip:axi_interconnect:2.1", "ACLK", clock_mhz)
    _add_block(modules, "smartconnect_0", "xilinx.com:ip:smartconnect:1.0", "aclk", clock_mhz)
    for name, partition, stream, peer in (
        (input_dma, 0, "m_axis_0", "s_axis_0"),
        (output_dma, 2, "s_axis_0", "m_axis_0"),
    ):
        vlnv = f"xilinx_finn:finn:StreamingDataflowPartition_{partition}:1.0"
        block = _add_block(modules, name, vlnv, "ap_clk", clock_mhz)
        _add_interface(block, "s_axi_control_0", "TARGET", _AXI)
        _add_interface(block, "m_axi_gmem0", "INITIATOR", _AXI)
        _add_stream(block, stream, _NETWORK, peer)
        ranges = SubElement(block, "MEMORYMAP")
        _add_range(ranges, _PS, "m_axi_gmem0", "S_AXI_HP0", 0, _DDR_BYTES, "MEMORY")
    block = _add_block(modules, _NETWORK, f"xilinx_finn:finn:{_NETWORK}:1.0", "ap_clk", clock_mhz)
    _add_stream(block, "s_axis_0", input_dma, "m_axis_0")
    _add_stream(block, "m_axis_0", output_dma, "s_axis_0")
    block = _add_block(modules, _GATE_LINES, "xilinx.com:module_ref:gate_lines:1.0", "clk", clock_mhz)
    for direction, name in (("I", "gpio_o"), ("I", "gpio_t"), ("O", "gpio_i")):
        _add_port(block[1], Port(name, direction, _EMIO_BITS, ((_PS, name.upper()),)))
    for name, (port, direction, bits) in _PINS.items():
        _add_port(block[1], Port(port, direction, bits, ((_PORTS, name),)))
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


@dataclass(frozen=True)
class Port:
    """A port of a block. direction: I or O. peers: block and port of each connection."""

    name: str
    direction: str
    bits: int
    peers: tuple[tuple[str, str], ...]
    clock_mhz: float | None = None


def _add_processor(modules: Element, dmas: tuple[str, str], clock_mhz: float) -> None:
    ps = _add_module(modules, _PS, "xilinx.com:ip:processing_system7:5.5")
    divisor = round(IO_PLL_MHZ / clock_mhz)
    values = {"PCW_GPIO_EMIO_GPIO_ENABLE": "1", "PCW_GPIO_EMIO_GPIO_IO": str(_EMIO_BITS)}
    for index in range(4):
        values[f"PCW_FPGA_FCLK{index}_ENABLE"] = str(int(index == 0))
        values[f"PCW_FCLK{index}_PERIPHERAL_DIVISOR0"] = str(divisor if index == 0 else 1)
        values[f"PCW_FCLK{index}_PERIPHERAL_DIVISOR1"] = "1"
        values[f"PCW_FCLK{index}_PERIPHERAL_CLKSRC"] = "IO PLL"
    for key, value in values.items():
        SubElement(ps[0], "PARAMETER", NAME=key, VALUE=value)
    _add_port(ps[1], Port("FCLK_CLK0", "O", 1, tuple((dma, "ap_clk") for dma in dmas), clock_mhz))
    for direction, name in (("O", "GPIO_O"), ("O", "GPIO_T"), ("I", "GPIO_I")):
        _add_port(ps[1], Port(name, direction, _EMIO_BITS, ((_GATE_LINES, name.lower()),)))
    _add_interface(ps, "M_AXI_GP0", "INITIATOR", _AXI)
    _add_interface(ps, "S_AXI_HP0", "TARGET", _AXI)
    maps = _add_interface(ps, "GPIO_0", "INITIATOR", _GPIO)
    for name in ("O", "T", "I"):
        SubElement(maps, "PORTMAP", LOGICAL=f"TRI_{name}", PHYSICAL=f"GPIO_{name}")
    ranges = SubElement(ps, "MEMORYMAP")
    for index, name in enumerate(dmas):
        _add_range(ranges, name, "M_AXI_GP0", "s_axi_control_0", GP0 + index * SIZE, SIZE, "REGISTER")


def _add_module(modules: Element, name: str, vlnv: str) -> Element:
    """Add a block with empty parameters, ports and bus interfaces, in this order. vlnv: vendor:library:name:version."""
    kind = vlnv.split(":")[2]
    module = SubElement(modules, "MODULE", FULLNAME=f"/{name}", INSTANCE=name, MODTYPE=kind, VLNV=vlnv)
    for section in ("PARAMETERS", "PORTS", "BUSINTERFACES"):
        SubElement(module, section)
    return module


def _add_block(modules: Element, name: str, vlnv: str, clock: str, clock_mhz: float) -> Element:
    """Add a block with one clock port."""
    block = _add_module(modules, name, vlnv)
    _add_port(block[1], Port(clock, "I", 1, ((_PS, "FCLK_CLK0"),), clock_mhz))
    return block


def _add_port(ports: Element, port: Port) -> None:
    attributes = {"NAME": port.name, "DIR": port.direction, "SIGIS": "undef" if port.clock_mhz is None else "clk"}
    if port.clock_mhz is not None:
        attributes["CLKFREQUENCY"] = str(round(port.clock_mhz * 1e6))
    if port.bits > 1:
        attributes |= {"LEFT": str(port.bits - 1), "RIGHT": "0"}
    connections = SubElement(SubElement(ports, "PORT", attributes), "CONNECTIONS")
    for instance, name in port.peers:
        SubElement(connections, "CONNECTION", INSTANCE=instance, PORT=name)


def _add_interface(module: Element, name: str, role: str, vlnv: str) -> Element:
    """Add a bus interface to a block. Returns its empty port maps."""
    bus = f"{module.attrib['INSTANCE']}_{name}"
    interface = SubElement(module[2], "BUSINTERFACE", BUSNAME=bus, NAME=name, TYPE=role, VLNV=vlnv)
    return SubElement(interface, "PORTMAPS")


def _add_stream(module: Element, name: str, peer: str, peer_name: str) -> None:
    """Add an end of an AXI stream between two blocks, with its data wires only."""
    drives = name.startswith("m_")
    maps = _add_interface(module, name, "INITIATOR" if drives else "TARGET", _AXIS)
    SubElement(maps, "PORTMAP", LOGICAL="TDATA", PHYSICAL=f"{name}_tdata")
    _add_port(module[1], Port(f"{name}_tdata", "O" if drives else "I", 8, ((peer, f"{peer_name}_tdata"),)))


def _add_range(ranges: Element, instance: str, master: str, slave: str, base: int, size: int, kind: str) -> None:
    """Add a line of an address map."""
    attributes = {"INSTANCE": instance, "MASTERBUSINTERFACE": master, "SLAVEBUSINTERFACE": slave, "MEMTYPE": kind}
    attributes |= {"BASEVALUE": f"0x{base:08X}", "HIGHVALUE": f"0x{base + size - 1:08X}"}
    SubElement(ranges, "MEMRANGE", attributes)
