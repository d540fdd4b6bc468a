"""FINN's input as plain data: folding, FIFO depths and build configuration for a network, a flavour and a board."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from overlays.dimensioning.costs import network_costs
from overlays.networks.tables import CLOCK_MHZ, CNV, U_CNV, Network

TCL = "gate_lines.tcl"  # in the folder of the configuration: what our step adds to FINN's block design
GOLDEN = 4  # golden vectors with which FINN verifies its steps; each takes seconds in simulation

# Our own steps are functions in steps.py; the other names are FINN's.
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
    "step_restore_bipolar_weights",
    "step_check_types",
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
    """The depth of the FIFOs in front of the layers.

    PAPER: the depths that explain the paper's rates. n-CNV and µ-CNV ran as if conv1_1 and conv1_2 worked one after the
    other, which happens with FIFOs of two words. CNV ran at the speed of its slowest MVTU, with BNN-PYNQ's FIFOs
    (github.com/Xilinx/BNN-PYNQ, bnn/src/network/cnvW1A1/hw/top.cpp), of the same size in bits as here.
    DEEP: 64 words. They hold a row of the input of conv1_2 and conv2_2 (in CNV 30 pixels of two words and 12 of four)
    and the whole input of CNV's FC1 and FC2, so the slowest layer never has to wait.
    """

    PAPER = "paper"
    DEEP = "deep"


_SHALLOW, _DEEP = 2, 64
_BNN_PYNQ = (128, 256, 256, 512, 324, 8, 64, 1024, 192)


@dataclass(frozen=True)
class Board:
    """A board with pynq.

    finn_name: its name in FINN (ours for a board that FINN does not know). board_part: its name in Vivado; ``*`` is the
    newest version. xnor_dsps: DSPs that may be used for XNORs in place of LUTs.
    """

    finn_name: str
    part: str
    board_part: str
    xnor_dsps: int


PYNQ_Z1 = Board("Pynq-Z1", "xc7z020clg400-1", "www.digilentinc.com:pynq-z1:part0:1.0", 0)
# The XC7Z010 has 80 DSPs, of which the paper's µ-CNV uses 27 (Table II).
ARTY_Z7_10 = Board("Arty-Z7-10", "xc7z010clg400-1", "digilentinc.com:arty-z7-10:part0:*", 80 - 27)
BOARDS = {board.finn_name.lower(): board for board in (PYNQ_Z1, ARTY_Z7_10)}


def fifo_depths(network: Network, flavour: Flavour) -> tuple[int, ...]:
    """The depth of the FIFO in front of each layer, in words of the layer's SIMD."""
    if flavour is Flavour.PAPER and network is CNV:
        return _BNN_PYNQ
    return (_DEEP if flavour is Flavour.DEEP else _SHALLOW,) * len(network.layers)


def layers_in_dsps(network: Network, dsps: int) -> frozenset[int]:
    """The numbers of the layers whose XNORs go into DSPs: the widest layers that fit.

    FINN uses one DSP for each XNOR, PE × SIMD in a layer (``resType`` dsp), although the logic unit of a DSP48E1 could
    do 48. The first layer adds bytes and has no XNORs.
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
    """One build. Raises ValueError for a network other than µ-CNV on the XC7Z010, where it does not fit."""

    network: Network
    flavour: Flavour
    board: Board = PYNQ_Z1

    def __post_init__(self) -> None:
        if self.board is ARTY_Z7_10 and self.network is not U_CNV:
            raise ValueError(f"{self.network.name} does not fit the XC7Z010; only {U_CNV.name} does")

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.network.name}-{self.flavour.value}-{self.board.finn_name.lower()}"

    def folding(self) -> dict[str, dict[str, Any]]:
        """FINN's folding configuration: attributes by node name, with PE and SIMD from Table I.

        The names are those after FINN's ``step_specialize_layers``. FINN ignores unknown names; our checks find that.
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
                # In FINN a pool is a window and a Pool node; with all channels at once, neither is the slowest node.
                config[f"ConvolutionInputGenerator_rtl_{windows}"] = {"SIMD": layer.outputs, "ram_style": "distributed"}
                config[f"Pool_hls_{pools}"] = {"PE": layer.outputs}
                windows, pools = windows + 1, pools + 1
        return config

    def config(self, out: Path, folding: Path, *, estimate: bool) -> dict[str, Any]:
        """FINN's ``DataflowBuildConfig`` as plain data, without the steps.

        out: the folder for FINN's output. folding: the file with ``folding``, in the folder of the golden vectors.
        estimate: stop before Vivado is needed.
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
