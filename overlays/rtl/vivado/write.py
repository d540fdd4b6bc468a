"""Write a Vivado project for a bundle's circuit: sources, block design, constraints. It was never run with Vivado.

python -m overlays.rtl.vivado.write n-cnv --out work/vivado/n-cnv
vivado -mode batch -source work/vivado/n-cnv/build.tcl
binarycop import-build work/vivado/n-cnv/deploy --into overlays/bundles/n-cnv
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from binarycop.bundle import files as bundles
from binarycop.bundle.manifest import Manifest
from binarycop.errors import BinaryCoPError
from overlays.command_line import make_parser
from overlays.finn import lines
from overlays.finn.recipe import PYNQ_Z1
from overlays.rtl import accelerator, generate
from overlays.rtl.accelerator import SHELL
from overlays.rtl.vivado.wrapper import wrapper

RTL = Path(__file__).resolve().parents[1]
TCL = Path(__file__).with_name("block_design.tcl")
BUNDLES = RTL.parent / "bundles"
_CLOCK = (
    'X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 ap_clk CLK", '
    'X_INTERFACE_PARAMETER = "ASSOCIATED_RESET ap_rst_n, ASSOCIATED_BUSIF {}"'
)
_RESET = 'X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 ap_rst_n RST", X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW"'
_AXI3 = 'X_INTERFACE_PARAMETER = "PROTOCOL AXI3, READ_WRITE_MODE {}, MAX_BURST_LENGTH 16"'
# The core's own clock and stream, with the names of the DMAs' interfaces, and scores in whole bytes.
_NETWORK = """// The core for a block design, written by overlays/rtl/vivado.
`default_nettype none
module network (
    (* {clock} *)
    input wire ap_clk,
    (* {reset} *)
    input wire ap_rst_n,
    input wire [23:0] s_axis_tdata,
    input wire s_axis_tvalid,
    output wire s_axis_tready,
    output wire [{last_of_stream}:0] m_axis_tdata,
    output wire m_axis_tvalid,
    input wire m_axis_tready
);
    wire signed [{last}:0] score;
    assign m_axis_tdata = score;  // extended with its sign
    wire score_last;
    binarycop_core core (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .s_axis_tdata(s_axis_tdata),
        .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tready(s_axis_tready),
        .m_axis_tdata(score),
        .m_axis_tlast(score_last),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready)
    );
    wire unused = score_last;
endmodule
`default_nettype wire
"""


def wrappers(parameters: Mapping[str, int]) -> dict[str, str]:
    """The Verilog of the block design's three modules, by file name. parameters: of the shell for the bundle."""
    dmas: dict[str, tuple[str, str, str, str, Mapping[str, int]]] = {
        "idma.v": ("image_reader", "s_axi_control:m_axi_gmem:m_axis", "m_axi_gmem_araddr", "READ_ONLY", {}),
        "odma.v": ("score_writer", "s_axi_control:m_axi_gmem:s_axis", "m_axi_gmem_awaddr", "WRITE_ONLY", parameters),
    }
    texts = {}
    for file, (module, buses, port, mode, values) in dmas.items():
        attributes = {"ap_clk": _CLOCK.format(buses), "ap_rst_n": _RESET, port: _AXI3.format(mode)}
        text = (SHELL / f"{module}.sv").read_text(encoding="utf-8")
        texts[file] = wrapper(text, Path(file).stem, attributes, values)
    bits = parameters["SCORE_BITS"]
    texts["network.v"] = _NETWORK.format(
        clock=_CLOCK.format("s_axis:m_axis"), reset=_RESET, last=bits - 1, last_of_stream=-(-bits // 8) * 8 - 1
    )
    return texts


def driver(manifest: Manifest) -> str:
    """The part of a FINN driver that ``binarycop import-build`` reads: shapes, types and names of the DMAs."""
    return (
        "# Not a program: what FINN's driver says about a build, for binarycop import-build.\n"
        "io_shape_dict = {\n"
        f"    'idt': [DataType['UINT8']],\n    'odt': [DataType['{manifest.output_type}']],\n"
        "    'ishape_normal': [(1, 32, 32, 3)],\n    'oshape_normal': [(1, 4)],\n"
        f"    'ishape_packed': [{manifest.input_packed}],\n    'oshape_packed': [{manifest.output_packed}],\n"
        f"    'input_dma_name': ['{manifest.input_dma}'],\n    'output_dma_name': ['{manifest.output_dma}'],\n"
        "    'number_of_external_weights': 0,\n}\n"
    )


def write(bundle: Path, folder: Path, max_on_s: float = lines.MAX_ON_S) -> None:
    """Write the project. max_on_s: of the dead-man timer. Raises BundleError, ValueError, OSError."""
    loaded = bundles.load(bundle)
    manifest = loaded.manifest
    rtl, driver_folder = folder / "rtl", folder / "deploy" / "driver"
    if generate.main([str(bundle), "--out", str(rtl)]) != 0:
        raise ValueError(f"there is no circuit for {bundle}")
    for source in SHELL.glob("*.sv"):
        # binarycop_shell is the same design without Vivado.
        if source.stem != "binarycop_shell":
            shutil.copy(source, rtl)
    for name, text in wrappers(accelerator.parameters(loaded)).items():
        (rtl / name).write_text(text, encoding="utf-8")
    xdc = folder.resolve() / "gate_lines.xdc"
    xdc.write_text(lines.constraints(), encoding="utf-8")
    gate_lines = lines.block_design(xdc, manifest.clock_mhz, max_on_s=max_on_s)
    (folder / "gate_lines.tcl").write_text(gate_lines, encoding="utf-8")
    (folder / "lines.yaml").write_text(lines.settings(max_on_s), encoding="utf-8")
    head = {
        "part": PYNQ_Z1.part,
        "board_part": PYNQ_Z1.board_part,
        "clock_mhz": f"{manifest.clock_mhz:g}",
        "input_dma": manifest.input_dma,
        "output_dma": manifest.output_dma,
    }
    values = "".join(f"set {name} {{{value}}}\n" for name, value in head.items())
    (folder / "build.tcl").write_text(values + TCL.read_text(encoding="utf-8"), encoding="utf-8")
    driver_folder.mkdir(parents=True, exist_ok=True)
    (driver_folder / "driver.py").write_text(driver(manifest), encoding="utf-8")


def main() -> int:
    """Run the command. Returns 1, with one line on stderr, if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("bundle", help="name of a shipped bundle, or a folder with a slash in it")
    parser.add_argument("--out", type=Path, required=True, help="folder for the project")
    options = parser.parse_args()
    try:
        write(Path(options.bundle) if "/" in options.bundle else BUNDLES / options.bundle, options.out)
    except (BinaryCoPError, ValueError, OSError) as error:
        print(f"vivado: {error}", file=sys.stderr)
        return 1
    print(f"vivado: run vivado -mode batch -source {options.out}/build.tcl")
    return 0


if __name__ == "__main__":
    sys.exit(main())
