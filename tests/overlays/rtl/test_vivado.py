"""The Vivado project, as far as it can be checked without Vivado."""

import shutil
import subprocess
from pathlib import Path

import pytest

from binarycop.accelerator.simulated import design
from binarycop.bundle import deployment_package
from binarycop.bundle import files as bundles
from overlays.rtl.vivado import write
from overlays.rtl.vivado.wrapper import wrapper
from tests.patience import PATIENCE_S

MODULE = """
module counter #(
    parameter int BITS = 8
) (
    input  wire             clk,
    output logic [BITS-1:0] value
);
endmodule
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vivado") / "n-cnv"
    write.write(write.BUNDLES / "n-cnv", folder)
    return folder


def test_a_wrapper_has_the_modules_parameters_and_ports() -> None:
    text = wrapper(MODULE, "counter_v", {"value": 'KEEP = "TRUE"'})
    assert "module counter_v #(\n    parameter BITS = 8\n) (\n    input wire clk,\n" in text
    assert '    (* KEEP = "TRUE" *)\n    output wire [BITS-1:0] value\n);' in text
    assert (
        "    counter #(\n        .BITS(BITS)\n    ) inner (\n        .clk(clk),\n        .value(value)\n    );" in text
    )


def test_a_parameter_gets_the_value_that_is_chosen() -> None:
    assert "    parameter BITS = 12\n" in wrapper(MODULE, "counter_v", {}, {"BITS": 12})


def test_the_output_dma_packs_the_scores_of_its_bundle() -> None:
    texts = write.wrappers({"SCORE_BITS": 17, "WORD_SCORES": 4, "WORD_BYTES": 9})
    assert (
        "parameter SCORE_BITS = 17,\n    parameter WORD_SCORES = 4,\n    parameter WORD_BYTES = 9," in texts["odma.v"]
    )
    assert "    output wire [23:0] m_axis_tdata," in texts["network.v"]
    assert "    wire signed [16:0] score;" in texts["network.v"]


def test_an_attribute_or_value_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="counter has no port reset"):
        wrapper(MODULE, "counter_v", {"reset": "X"})
    with pytest.raises(ValueError, match="counter has no parameter WIDTH"):
        wrapper(MODULE, "counter_v", {}, {"WIDTH": 4})
    with pytest.raises(ValueError, match="there is no module"):
        wrapper("package p; endpackage", "p_v", {})


def test_the_project_has_the_core_the_shell_and_the_gates_lines(project: Path) -> None:
    names = {file.name for file in (project / "rtl").iterdir()}
    assert {"binarycop_core.sv", "image_reader.sv", "score_writer.sv", "idma.v", "odma.v", "network.v"} <= names
    assert "binarycop_shell.sv" not in names
    assert "output wire [15:0] m_axis_tdata" in (project / "rtl" / "network.v").read_text()
    assert "create_bd_cell -type module -reference gate_lines" in (project / "gate_lines.tcl").read_text()


def test_tclsh_can_parse_the_tcl(project: Path) -> None:
    shell = shutil.which("tclsh")
    if shell is None:
        pytest.skip("needs tclsh")
    text = (project / "build.tcl").read_text()
    check = subprocess.run(
        [shell],
        input=f"puts [info complete {{{text}}}]\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert (check.stdout, check.stderr) == ("1\n", "")


def test_import_build_takes_what_the_project_says_about_itself(project: Path, tmp_path: Path) -> None:
    manifest = bundles.load(write.BUNDLES / "n-cnv").manifest
    deploy = shutil.copytree(project / "deploy", tmp_path / "deploy")
    (deploy / "bitfile").mkdir()
    (deploy / "bitfile" / "accelerator.bit").write_bytes(design.bitstream("a build"))
    (deploy / "bitfile" / "accelerator.hwh").write_bytes(design.hwh("idma0", "odma0", 100.0))
    deployment_package.check(deployment_package.read(deploy), manifest)
