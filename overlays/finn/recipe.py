"""What FINN is told, as data: folding, FIFO depths and the build's configuration, per network, flavour and board."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from overlays.dimensioning.costs import network_costs
from overlays.networks.tables import CLOCK_MHZ, CNV, U_CNV, Network

TCL = "gate_lines.tcl"  # beside the configuration: what our step adds to FINN's block design
GOLDEN = 4  # golden vectors that FINN verifies its own steps with; each takes seconds in simulation

# Our own steps are functions of steps.py; the other names are FINN's.
COMMON_STEPS = (
    "step_binary_qonnx_to_finn",
    "step_tidy_up",
    "step_streamline",
    "step_convert_to_hw",
    "step_create_dataflow_partition",
    "step_specialize_layers",
    "step_apply_folding_config",
    "step_check_folding",
    "step_minimize_bit_width",
    "step_generate_estimate_reports",
)
ESTIMATE_STEPS = (*COMMON_STEPS, "step_preview_fifos")
BUILD_STEPS = (
    *COMMON_STEPS,
    "step_hw_codegen",
    "step_hw_ipgen",
    "step_set_fifo_depths",
    "step_check_fifos",
    "step_synthesize_with_gate",
    "step_make_driver",
    "step_deployment_package",
)


class Flavour(Enum):
    """How deep the FIFOs in front of the layers are.

    PAPER: what explains the paper's rates. n-CNV and µ-CNV ran as if conv1_1 and conv1_2 took turns, which FIFOs of
    two words bring about; CNV ran at the pace of its slowest MVTU, with BNN-PYNQ's FIFOs (github.com/Xilinx/BNN-PYNQ,
    bnn/src/network/cnvW1A1/hw/top.cpp), from which the paper's CNV comes; here they are the same in bits.
    DEEP: 64 words, which hold a row of what conv1_2 and conv2_2 read (in CNV 30 pixels of two words and 12 of four) and
    all that CNV's FC1 and FC2 read per image, so that no layer waits for another longer than its slowest has work.
    """

    PAPER = "paper"
    DEEP = "deep"


_SHALLOW, _DEEP = 2, 64
_BNN_PYNQ = (128, 256, 256, 512, 324, 8, 64, 1024, 192)


@dataclass(frozen=True)
class Board:
    """A board with pynq.

    finn_name: what FINN calls it, or would; board_part: for Vivado, ``*`` its newest version; xnor_dsps: DSPs that
    may take XNORs off the LUTs.
    """

    finn_name: str
    part: str
    board_part: str
    xnor_dsps: int


PYNQ_Z1 = Board("Pynq-Z1", "xc7z020clg400-1", "www.digilentinc.com:pynq-z1:part0:1.0", 0)
# Of the XC7Z010's 80 DSPs the paper's µ-CNV has 27 as it is (Table II).
ARTY_Z7_10 = Board("Arty-Z7-10", "xc7z010clg400-1", "digilentinc.com:arty-z7-10:part0:*", 80 - 27)
BOARDS = {board.finn_name.lower(): board for board in (PYNQ_Z1, ARTY_Z7_10)}


def fifo_depths(network: Network, flavour: Flavour) -> tuple[int, ...]:
    """Words of the FIFO in front of each layer, in the layer's SIMD width."""
    if flavour is Flavour.PAPER and network is CNV:
        return _BNN_PYNQ
    return (_DEEP if flavour is Flavour.DEEP else _SHALLOW,) * len(network.layers)


def layers_in_dsps(network: Network, dsps: int) -> frozenset[int]:
    """Layers whose XNORs go into DSPs, the widest that fit first.

    FINN puts one XNOR into one DSP, PE × SIMD of them (its ``resType`` dsp), where a DSP48E1's logic unit could do 48.
    The first layer adds bytes and has none.
    """
    chosen: set[int] = set()
    layers = network.layers
    for index in sorted(range(1, len(layers)), key=lambda index: -layers[index].pe * layers[index].simd):
        lanes = layers[index].pe * layers[index].simd
        if lanes <= dsps:
            chosen.add(index)
            dsps -= lanes
    return frozenset(chosen)


@dataclass(frozen=True)
class Recipe:
    """One build. Raises ValueError where the board's chip is the XC7Z010 and the network is not µ-CNV."""

    network: Network
    flavour: Flavour
    board: Board = PYNQ_Z1

    def __post_init__(self) -> None:
        if self.board is ARTY_Z7_10 and self.network is not U_CNV:
            raise ValueError(f"{self.network.name} does not fit the XC7Z010; only {U_CNV.name} does")

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.network.name}-{self.flavour.value}-{self.board.finn_name.lower()}"

    def folding(self) -> dict[str, dict[str, Any]]:
        """FINN's folding configuration: attributes by node name, PE and SIMD as in Table I.

        Node names are those that FINN gives after ``step_specialize_layers``. It skips what it does not know, which our
        checks then find.
        """
        config: dict[str, dict[str, Any]] = {"Defaults": {}}
        windows = pools = 0
        moved = layers_in_dsps(self.network, self.board.xnor_dsps)
        depths = fifo_depths(self.network, self.flavour)
        costs = network_costs(self.network)
        for index, (layer, cost, depth) in enumerate(zip(self.network.layers, costs, depths)):
            mvtu: dict[str, Any] = {
                "PE": layer.pe,
                "SIMD": layer.simd,
                "mem_mode": "internal_decoupled",
                "ram_style": "block" if cost.bram18 else "distributed",
                "resType": "dsp" if index in moved else "lut",
            }
            config[f"MVAU_hls_{index}"] = mvtu
            if layer.kind == "conv":
                config[f"ConvolutionInputGenerator_rtl_{windows}"] = {
                    "SIMD": layer.simd,
                    "parallel_window": 0,
                    "ram_style": "distributed",
                    "inFIFODepths": [depth],
                }
                windows += 1
            else:
                mvtu["inFIFODepths"] = [depth]
            if layer.pool:
                # FINN makes a pool of a window and a Pool node; all channels at once keep both off the critical path.
                config[f"ConvolutionInputGenerator_rtl_{windows}"] = {"SIMD": layer.outputs, "ram_style": "distributed"}
                config[f"Pool_hls_{pools}"] = {"PE": layer.outputs}
                windows, pools = windows + 1, pools + 1
        return config

    def config(self, out: Path, folding: Path, *, estimate: bool) -> dict[str, Any]:
        """FINN's ``DataflowBuildConfig`` as plain data, without its steps.

        out: where FINN writes; folding: the file with ``folding``; the golden vectors lie beside it. estimate: stop
        where Vivado would be needed.
        """
        outputs = ["estimate_reports"]
        verify = ["initial_python", "streamlined_python"]
        if not estimate:
            outputs += ["bitfile", "pynq_driver", "deployment_package"]
            verify += ["folded_hls_cppsim"]
        return {
            "output_dir": str(out),
            "synth_clk_period_ns": 1e3 / CLOCK_MHZ,
            "generate_outputs": outputs,
            "board": self.board.finn_name,
            "fpga_part": self.board.part,
            "shell_flow_type": "vivado_zynq",
            "folding_config_file": str(folding),
            "auto_fifo_depths": False,
            "standalone_thresholds": False,
            "save_intermediate_models": True,
            "enable_build_pdb_debug": False,
            "verify_steps": verify,
            "verify_input_npy": str(folding.with_name("input.npy")),
            "verify_expected_output_npy": str(folding.with_name("expected_output.npy")),
        }
