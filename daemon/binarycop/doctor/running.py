"""Checks of what the running daemon says of itself. Pure."""

from binarycop.doctor.finding import Finding, fail, not_checked, ok, warn
from binarycop.service.status import State, Status

_LOOK = "binarycop status, binarycop events --class fault"


def check_running(status: Status | None, problem: str) -> list[Finding]:
    """The daemon's state and settings. status: None if it gave no answer; problem: why."""
    if status is None:
        return [not_checked("answer", problem)]
    return [_state(status), *_settings(status)]


def _state(status: Status) -> Finding:
    text = f"{status.state.value}; started {status.running_s / 60:.0f} min ago; version {status.origin.version}"
    if status.state.works:
        return ok("answer", text)
    if status.state is State.STARTING:
        return warn("answer", text, "run doctor again in a minute")
    causes = "; ".join(f"{gate.gate}: {', '.join(gate.causes)}" for gate in status.gates if gate.causes)
    return fail("answer", f"{text}{'; ' if causes else ''}{causes}", _LOOK)


def _settings(status: Status) -> list[Finding]:
    found = []
    if status.settings.refused:
        found.append(warn("reload", f"the last one was refused: {status.settings.refused}", "binarycop check-config"))
    if status.settings.waiting:
        text = f"wait for a restart: {', '.join(status.settings.waiting)}"
        found.append(warn("settings", text, "systemctl restart binarycop"))
    return found or [ok("settings", "the daemon has those that it was last given")]
