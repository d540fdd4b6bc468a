"""A reload: the settings are read again while the gate works, and the values that need no restart are applied.

Each field of the settings declares whether a reload applies it (``settings.field``).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from binarycop.errors import BinaryCoPError
from binarycop.settings.dump import to_dict
from binarycop.settings.field import is_reloadable
from binarycop.settings.schema import Settings


@dataclass(frozen=True)
class Change:
    """What a reload does.

    settings: the settings from now on. applied: the keys that have changed in them. needs_restart: the keys whose new
    values need a restart.
    """

    settings: Settings
    applied: tuple[str, ...]
    needs_restart: tuple[str, ...]


def change(now: Settings, new: Settings) -> Change:
    """Compare the settings that apply now with new ones. Pure. A gate is recognised by its name."""
    by_name = {lane.name: lane for lane in new.gates}
    gates = tuple(_with_reloadable(lane, by_name.get(lane.name, lane)) for lane in now.gates)
    settings = replace(now, gates=gates)
    return Change(settings, _changed_keys(now, settings), _changed_keys(settings, new))


def _with_reloadable(now: Any, new: Any) -> Any:
    """The section ``now`` with the reloadable values of ``new``, sections in it included."""
    values = {}
    for field in fields(now):
        old_value, new_value = getattr(now, field.name), getattr(new, field.name)
        if is_reloadable(field):
            values[field.name] = new_value
        elif is_dataclass(old_value) and type(new_value) is type(old_value):
            values[field.name] = _with_reloadable(old_value, new_value)
    return replace(now, **values)


def _changed_keys(before: Settings, after: Settings) -> tuple[str, ...]:
    old, new = _flat(before), _flat(after)
    return tuple(key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key))


def _flat(settings: Settings) -> dict[str, Any]:
    """Every value by its key; the name of its gate follows a gate's key, in parentheses."""
    tree = to_dict(settings)
    gates = tree.pop("gates")
    flat = dict(_leaves(tree, ""))
    flat["gates"] = [gate["name"] for gate in gates]
    for gate in gates:
        flat |= {f"{key} ({gate['name']})": value for key, value in _leaves(gate, "")}
    return flat


def _leaves(tree: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for name, value in tree.items():
        leaves += _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return leaves


def run_in_thread(work: Callable[[], None]) -> None:
    """Run ``work`` in a thread of its own, which does not keep the process from ending."""
    threading.Thread(target=work, name="settings", daemon=True).start()


class SettingsReader:
    """Reads the settings in the background: YAML takes so long on a board that the loop would miss a frame.

    load: reads the settings. run: runs the reading soon, in another thread. One thread uses this class.
    """

    def __init__(self, load: Callable[[], Settings], run: Callable[[Callable[[], None]], None] = run_in_thread) -> None:
        self._load, self._run = load, run
        self._result: Settings | str | None = None
        self.is_running = False

    def start(self) -> None:
        """Start to read the settings as they are now."""
        self.is_running = True
        self._run(self._read)

    def poll(self) -> Settings | str | None:
        """The settings, or why they are refused, once; None while there is no result."""
        result = self._result
        if result is not None:
            # Only a result that was read is cleared: one that arrives in between must not be lost.
            self._result, self.is_running = None, False
        return result

    def _read(self) -> None:
        try:
            self._result = self._load()
        except BinaryCoPError as error:
            self._result = str(error).replace("\n", "; ")
        except Exception as error:  # noqa: BLE001 - the gate goes on with the old settings, and the journal gets the error
            self._result = f"unexpected {type(error).__name__}: {error}"
