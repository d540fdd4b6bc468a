"""Changes to FINN's Tcl template of the block design: the gate's lines, and boards that FINN does not know.

FINN writes the Tcl of its Zynq shell from one template (finn.transformation.fpgadataflow.templates) and has no hook. So
the template is replaced while FINN uses it. Our Tcl is inserted where the design is complete but not yet saved.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import ModuleType

from overlays.finn.errors import TemplateMismatch
from overlays.finn.recipe import PYNQ_Z1, Board

_COMPLETE = "save_bd_design\nassign_bd_address\n"
_BOARDS = '} elseif {$BOARD == "Pynq-Z1"} {\n'
PORT_WIDTH_BITS = 64  # of the Zynq-7000's high-performance ports


def with_lines(template: str, tcl: str) -> str:
    """FINN's template with ``tcl`` inserted before the design is saved. Raises TemplateMismatch."""
    # FINN fills the template with the operator %, so each % in our text is doubled.
    return _before(template, _COMPLETE, tcl.replace("%", "%%"))


def with_board(template: str, board: Board) -> str:
    """FINN's template with a branch for ``board``, a Zynq-7000. Raises TemplateMismatch."""
    tcl = (
        f'}} elseif {{$BOARD == "{board.finn_name}"}} {{\n'
        '    set ZYNQ_TYPE "zynq_7000"\n'
        f"    set parts [lsort [get_board_parts -quiet {board.board_part}]]\n"
        f'    if {{[llength $parts] == 0}} {{ error "Vivado has no board files {board.board_part}" }}\n'
        "    set_property board_part [lindex $parts end] [current_project]\n"
    )
    return _before(template, _BOARDS, tcl)


@contextmanager
def patched(
    templates: ModuleType,
    part_map: MutableMapping[str, str],
    port_widths: MutableMapping[str, int],
    board: Board,
    tcl: str,
) -> Iterator[None]:
    """Within this context FINN uses the changed template; afterwards it has its own again.

    templates: FINN's module. part_map, port_widths: FINN's tables by board. tcl: inserted text. Raises
    TemplateMismatch.
    """
    original = templates.custom_zynq_shell_template
    template = with_lines(original, tcl)
    added = board is not PYNQ_Z1
    if added:
        template = with_board(template, board)
        part_map[board.finn_name], port_widths[board.finn_name] = board.part, PORT_WIDTH_BITS
    setattr(templates, "custom_zynq_shell_template", template)  # noqa: B010 - a ModuleType has no such attribute for mypy
    try:
        yield
    finally:
        setattr(templates, "custom_zynq_shell_template", original)  # noqa: B010
        if added:
            del part_map[board.finn_name], port_widths[board.finn_name]


def _before(template: str, anchor: str, tcl: str) -> str:
    times = template.count(anchor)
    if times != 1:
        raise TemplateMismatch(anchor.splitlines()[0], times)
    return template.replace(anchor, tcl + anchor)
