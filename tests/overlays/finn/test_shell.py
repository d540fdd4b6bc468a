"""The changes to FINN's template, with a fake template that has only the lines that matter."""

import importlib.util
from types import ModuleType

import pytest

from overlays.finn import shell
from overlays.finn.errors import TemplateMismatch
from overlays.finn.recipe import ARTY_Z7_10, PYNQ_Z1
from tests.tried import Kind, tried

TEMPLATE = """set BOARD %s
if {$BOARD == "ZCU104"} {
    set ZYNQ_TYPE "zynq_us+"
} elseif {$BOARD == "Pynq-Z1"} {
    set ZYNQ_TYPE "zynq_7000"
}
%s
save_bd_design
assign_bd_address
validate_bd_design
"""


@pytest.fixture
def templates() -> ModuleType:
    module = ModuleType("templates")
    vars(module)["custom_zynq_shell_template"] = TEMPLATE
    return module


def filled(template: str) -> str:
    """A template filled as FINN does it."""
    return template % ("Pynq-Z1", "# kernels")


@pytest.mark.parametrize(
    "further",
    [
        pytest.param(
            (), marks=tried(Kind.BUILD, "Zynq shell of FINN 0.5 to 0.10.1 and dev", "our lines are added once")
        ),
        pytest.param(("1", "0"), marks=tried(Kind.BUILD, "Zynq shell of FINN+ 1.0 to 1.4", "our lines are added once")),
    ],
    ids=["FINN", "FINN+"],
)
def test_the_lines_are_inserted_after_the_kernels_and_before_the_design_is_saved(further: tuple[str, ...]) -> None:
    """FINN+ fills more values into its template."""
    template = shell.with_lines(TEMPLATE + "set SWITCH %s\n" * len(further), "add 100 %\n")
    text = template % ("Pynq-Z1", "# kernels", *further)
    assert text.count("# kernels\nadd 100 %\nsave_bd_design\n") == 1


@tried(Kind.BUILD, "Zynq shell for an Arty Z7-10, which FINN does not know", "the board is added")
def test_a_board_that_finn_does_not_know_gets_a_branch() -> None:
    text = filled(shell.with_board(TEMPLATE, ARTY_Z7_10))
    assert text.index('$BOARD == "Arty-Z7-10"') < text.index('$BOARD == "Pynq-Z1"')
    assert text.count("{") == text.count("}")


@tried(
    Kind.BUILD, "Zynq shell of a FINN that saves its design elsewhere, or twice", "refused: the line that is missing"
)
def test_an_unexpected_template_is_refused() -> None:
    with pytest.raises(TemplateMismatch, match="'save_bd_design' 0 times"):
        shell.with_lines(TEMPLATE.replace("save_bd_design", "save_design"), "")
    with pytest.raises(TemplateMismatch, match="2 times"):
        shell.with_lines(TEMPLATE * 2, "")


def test_the_template_is_restored_even_after_an_error(templates: ModuleType) -> None:
    parts, widths = {"Pynq-Z1": "xc7z020clg400-1"}, {"Pynq-Z1": 64}

    def build() -> None:
        with shell.patched(templates, parts, widths, ARTY_Z7_10, "ours\n"):
            assert "ours\nsave_bd_design" in templates.custom_zynq_shell_template
            assert (parts["Arty-Z7-10"], widths["Arty-Z7-10"]) == ("xc7z010clg400-1", 64)
            raise RuntimeError("Vivado failed")

    with pytest.raises(RuntimeError, match="Vivado failed"):
        build()
    assert templates.custom_zynq_shell_template == TEMPLATE
    assert (parts, widths) == ({"Pynq-Z1": "xc7z020clg400-1"}, {"Pynq-Z1": 64})


def test_a_board_that_finn_knows_is_not_changed(templates: ModuleType) -> None:
    parts: dict[str, str] = {}
    with shell.patched(templates, parts, {}, PYNQ_Z1, "ours\n"):
        assert templates.custom_zynq_shell_template == shell.with_lines(TEMPLATE, "ours\n")
        assert parts == {}


def test_finns_own_template_has_the_expected_lines() -> None:
    if importlib.util.find_spec("finn") is None:
        pytest.skip("needs FINN")
    from finn.transformation.fpgadataflow.templates import custom_zynq_shell_template  # noqa: PLC0415

    assert "ours" in shell.with_lines(shell.with_board(custom_zynq_shell_template, ARTY_Z7_10), "ours\n")
