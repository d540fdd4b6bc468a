"""Checks of the lines: pin factory, GPIO chips, each pin and its owner, and the overlay's clock. Pure."""

from dataclasses import dataclass

from binarycop.doctor.finding import Finding, fail, not_checked, ok, warn

OWNER = "binarycop"
"""The daemon's name in the kernel's list of lines."""

_SHOWN = 6


@dataclass(frozen=True)
class Wire:
    """One wire. name: its key below ``lines``. problem: why it has no line. owner: the program that has it."""

    gate: str
    name: str
    pin: str
    problem: str = ""
    owner: str = ""


@dataclass(frozen=True)
class WireFacts:
    """factory: the pin factory that the settings mean. factory_problem: why there is none, empty if there is one.

    is_live: some source is a camera. chips: in words. denied: device files of chips that this process may not open.
    is_daemon_running: it then holds its lines. slow_clock: what is wrong with the overlay's clock, empty if nothing is.
    """

    factory: str
    factory_problem: str = ""
    is_live: bool = True
    chips: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    wires: tuple[Wire, ...] = ()
    is_daemon_running: bool = False
    slow_clock: str = ""


def check_factory(facts: WireFacts) -> Finding:
    """Whether the gate drives anything at all."""
    if facts.factory_problem:
        return fail("factory", facts.factory_problem, "write lines.factory: gpiochip, and the pins (docs/wiring.md)")
    if facts.factory != "mock":
        return ok("factory", facts.factory)
    remedy = "write lines.factory: gpiochip, and the pins of this board (docs/wiring.md)"
    if facts.is_live:
        return fail("factory", "mock: drives nothing, though the gate has a camera", remedy)
    return warn("factory", "mock: drives nothing", remedy)


def check_chips(facts: WireFacts) -> Finding:
    """Whether there are chips that this process may open."""
    if facts.factory != "gpiochip":
        return not_checked("chips", f"the factory is {facts.factory}")
    if facts.denied:
        return not_checked("chips", f"this user may not open {', '.join(facts.denied)}", "run doctor as root")
    if not facts.chips:
        return fail("chips", "this machine has no GPIO chip", "is this the board's own kernel?")
    return ok("chips", ", ".join(facts.chips))


def check_pins(facts: WireFacts) -> list[Finding]:
    """Whether each wire has a line, and who has it."""
    if facts.factory != "gpiochip" or facts.denied or not facts.chips:
        return [not_checked("pins", "there is no chip that can be asked")]
    findings = []
    for gate in dict.fromkeys(wire.gate for wire in facts.wires):
        wires = [wire for wire in facts.wires if wire.gate == gate]
        wrong = [wire for wire in wires if wire.problem]
        findings += [
            fail("pins", f"{wire.name} ({wire.pin}): {wire.problem}", "correct the pin; gpioinfo lists all", gate=gate)
            for wire in wrong
        ]
        if not wrong:
            words = f"all {len(wires)} lines exist" if len(wires) > 1 else "the line exists"
            findings.append(ok("pins", words, gate=gate))
        findings.append(_owners(gate, [wire for wire in wires if not wire.problem], facts.is_daemon_running))
    return findings


def _owners(gate: str, wires: list[Wire], is_daemon_running: bool) -> Finding:
    foreign = [wire for wire in wires if wire.owner and not (is_daemon_running and wire.owner == OWNER)]
    if foreign:
        names = ", ".join(f"{wire.name} is held by {wire.owner!r}" for wire in foreign[:_SHOWN])
        return fail("owners", f"other programs hold lines: {names}", "end that program, then start the gate", gate=gate)
    free = [wire.name for wire in wires if not wire.owner]
    if is_daemon_running and free:
        text = f"the daemon runs and does not hold {', '.join(free[:_SHOWN])}"
        return fail(
            "owners", text, "systemctl restart binarycop: the settings have changed, or it has failed", gate=gate
        )
    return ok("owners", "the daemon holds them" if is_daemon_running else "free, as the daemon is stopped", gate=gate)


def check_clock(facts: WireFacts) -> Finding:
    """The clock of the overlay, and so of its dead-man timer."""
    if facts.slow_clock and facts.is_daemon_running:
        return not_checked("overlay's clock", "slow, as it is while the gates sleep (service.mode: low-power)")
    if facts.slow_clock:
        return fail("overlay's clock", facts.slow_clock, "systemctl restart binarycop-overlay restores it")
    return ok("overlay's clock", "not slow")


def check_wires(facts: WireFacts) -> list[Finding]:
    """Every check of this module."""
    if facts.factory_problem or facts.factory == "mock":
        return [check_factory(facts)]
    return [check_factory(facts), check_chips(facts), *check_pins(facts), check_clock(facts)]
