"""What a field of the settings declares in addition to its type: a default, bounds, and whether a reload applies it."""

from collections.abc import Callable
from dataclasses import MISSING, Field, field
from typing import Any

_RELOADABLE = "reloadable"


def setting(default: Any = MISSING, *, factory: Callable[[], Any] | Any = MISSING, reloadable: bool = False) -> Any:
    """A field with a default, or with a ``factory`` that makes one.

    reloadable: a reload applies a new value while the gate works; otherwise the daemon must be restarted.
    """
    return field(default=default, default_factory=factory, metadata={_RELOADABLE: reloadable})


def bounded(default: Any, low: float, high: float, *, reloadable: bool = False) -> Any:
    """A number with inclusive bounds, which the loader checks. reloadable: see ``setting``."""
    return field(default=default, metadata={"low": low, "high": high, _RELOADABLE: reloadable})


def is_reloadable(field: Field[Any]) -> bool:
    """Whether a reload applies a new value of this field. Only the fields of single values declare it, not sections."""
    return bool(field.metadata.get(_RELOADABLE, False))
