"""Reads the facts that ``wires`` checks. It opens no line and drives nothing: the kernel names each line's owner."""

from gpiozero.exc import GPIOZeroError

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.doctor.wires import Wire, WireFacts
from binarycop.errors import OverlayError
from binarycop.frames.names import is_recording
from binarycop.lines.chips import Chips, LineAccessDenied
from binarycop.lines.factory import open_factory, resolve
from binarycop.lines.wires import find_chips
from binarycop.settings.schema import Settings, wires_of


def read_wires(settings: Settings, *, is_daemon_running: bool, manager: SysfsFpgaManager | None = None) -> WireFacts:
    """The facts of this machine."""
    is_live = any(not is_recording(lane.frames.source) for lane in settings.gates)
    factory = settings.gates[0].lines.factory
    try:
        factory = resolve(factory, is_live=is_live)
        open_factory(factory).close()
        chips = find_chips(factory)
    except OSError as error:  # FactoryError, and errors of unusual chips
        return WireFacts(factory, str(error), is_live)
    return WireFacts(
        factory=factory,
        is_live=is_live,
        chips=tuple(f"{chip.info.name} ({chip.info.label}, {chip.info.lines} lines)" for chip in chips.opened),
        denied=tuple(map(str, chips.denied)),
        wires=wires_on(settings, chips),
        is_daemon_running=is_daemon_running,
        slow_clock=_slow_clock(manager or SysfsFpgaManager()),
    )


def wires_on(settings: Settings, chips: Chips) -> tuple[Wire, ...]:
    """Every wire of the settings, with its owner on these chips."""
    owners = {f"{chip.info.name}:{line.offset}": line.consumer for chip in chips.opened for line in chip.lines}
    wires = []
    for lane in settings.gates:
        for path, line in wires_of(lane):
            problem, owner = "", ""
            try:
                owner = owners[str(chips.find(line.pin))]
            except (GPIOZeroError, LineAccessDenied) as error:
                problem = str(error)
            wires.append(Wire(lane.name, path.removeprefix("lines."), line.pin, problem, owner))
    return tuple(wires)


def _slow_clock(manager: SysfsFpgaManager) -> str:
    try:
        full_mhz = manager.slowed_from_mhz()
    except OverlayError as error:
        return error.reason
    if full_mhz is None:
        return ""
    return f"slow, {full_mhz:g} MHz in full: a daemon that was killed left it so, and the dead-man timer with it"
