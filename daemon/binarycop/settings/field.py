"""How a setting's field says its bounds."""

from dataclasses import field
from typing import Any


def bounded(default: Any, low: float, high: float) -> Any:
    """A number with its inclusive bounds, which the loader enforces."""
    return field(default=default, metadata={"low": low, "high": high})
