"""Settings read again while the gate works: what takes effect at once, what needs a restart, what is refused."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from binarycop.errors import BinaryCoPError
from binarycop.settings.dump import to_dict
from binarycop.settings.schema import LaneSettings, Settings

# What of the faces' settings needs no new finder.
_FOLLOWING = ("least_px", "find_every", "lost_s", "deadline_s")


@dataclass(frozen=True)
class Change:
    """From the settings that hold to new ones.

    settings: what holds from now on. applied: the keys that changed in it. needs_restart: the keys that the new
    settings have otherwise, and that need a restart.
    """

    settings: Settings
    applied: tuple[str, ...]
    needs_restart: tuple[str, ...]


def change(now: Settings, new: Settings) -> Change:
    """Take over what needs no new source, finder, line or network. Pure."""
    by_name = {lane.name: lane for lane in new.gates}
    gates = tuple(_adopted(lane, by_name.get(lane.name, lane)) for lane in now.gates)
    settings = replace(now, gates=gates)
    return Change(settings, _different(now, settings), _different(settings, new))


def _adopted(now: LaneSettings, new: LaneSettings) -> LaneSettings:
    # gate.fail says how the contact is wired, which is not changed by a signal.
    return replace(
        now,
        faces=replace(now.faces, **{name: getattr(new.faces, name) for name in _FOLLOWING}),
        verdict=new.verdict,
        gate=replace(new.gate, fail=now.gate.fail),
        signals=new.signals,
    )


def _different(one: Settings, other: Settings) -> tuple[str, ...]:
    before, after = _flat(one), _flat(other)
    return tuple(key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key))


def _flat(settings: Settings) -> dict[str, Any]:
    """Every value by its key; that of a lane with the lane's name behind it."""
    tree = to_dict(settings)
    gates = tree.pop("gates")
    flat = dict(_leaves(tree, ""))
    flat["gates"] = [gate["name"] for gate in gates]
    for gate in gates:
        flat |= {f"{key} ({gate['name']})": value for key, value in _leaves(gate, "")}
    return flat


def _leaves(tree: dict[str, Any], above: str) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for name, value in tree.items():
        leaves += _leaves(value, f"{above}{name}.") if isinstance(value, dict) else [(above + name, value)]
    return leaves


def run_in_thread(work: Callable[[], None]) -> None:
    """Start it, and do not wait; it does not keep the process from ending."""
    threading.Thread(target=work, name="settings", daemon=True).start()


class SettingsReader:
    """Reads the settings beside the gate: YAML takes long enough on a board for a frame to be missed.

    load: raises SettingsErrors. start: has it done by somebody else, soon. One thread uses this.
    """

    def __init__(
        self, load: Callable[[], Settings], start: Callable[[Callable[[], None]], None] = run_in_thread
    ) -> None:
        self._load, self._start = load, start
        self._found: Settings | str | None = None
        self.is_running = False

    def start(self) -> None:
        """Read the settings as they are now."""
        self.is_running = True
        self._start(self._read)

    def poll(self) -> Settings | str | None:
        """What was read, or why it is refused, once; None before that."""
        found, self._found = self._found, None
        self.is_running = self.is_running and found is None
        return found

    def _read(self) -> None:
        try:
            self._found = self._load()
        except BinaryCoPError as error:
            self._found = str(error).replace("\n", "; ")
        except Exception as error:  # noqa: BLE001 - whatever it is, the old settings stay and somebody is told
            self._found = f"unexpected {type(error).__name__}: {error}"
