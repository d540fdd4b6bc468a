"""JSON from outside as fields with a path, a type and bounds. Every error is a ValueError that names the field.

Refused before anything is built of it: too many bytes, too many levels. Refused as well: a name that is written twice,
and numbers that are not finite or have too many digits; Python's own reader accepts all of these.
"""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

_MAX_DEPTH = 16
_MAX_DIGITS = 32  # int() takes a time that grows with the square of the digits
_MAX_SHOWN = 40  # characters of a wrong value in a message
_ESCAPE_QUOTE_OR_BRACKET = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)


def parse(data: bytes) -> "Fields":
    """The object that is the whole of a JSON file. Raises ValueError."""
    _check_depth(data)
    value = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_object,
        parse_int=lambda text: int(text) if len(text) <= _MAX_DIGITS else math.inf,
        parse_float=lambda text: float(text) if len(text) <= _MAX_DIGITS else math.inf,
    )
    _check_finite(value, "")
    return Fields(_of_kind(dict, value, "the file", "a JSON object"), "")


def _check_depth(data: bytes) -> None:
    depth, is_text = 0, False
    for match in _ESCAPE_QUOTE_OR_BRACKET.finditer(data):
        if match[0] == b'"':
            is_text = not is_text
        elif not is_text:
            depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(match[0], 0)
            if depth > _MAX_DEPTH:
                line = data.count(b"\n", 0, match.start()) + 1
                raise ValueError(f"line {line} is nested too deeply; write at most {_MAX_DEPTH} levels")


@dataclass(frozen=True)
class Fields:
    """A JSON object. path: where it stands, for messages."""

    values: dict[str, Any]
    path: str

    def value(self, name: str) -> Any:
        """Any value. Raises ValueError if it is missing, as all methods do."""
        if name not in self.values:
            raise ValueError(f"{self.path or 'it'} lacks {name!r}")
        return self.values[name]

    def fields(self, name: str) -> "Fields":
        """An object."""
        return Fields(_of_kind(dict, self.value(name), self._path(name), "an object"), self._path(name))

    def list_of_fields(self, name: str, most: int) -> list["Fields"]:
        """A list of 1 to ``most`` objects."""
        path = self._path(name)
        return [
            Fields(_of_kind(dict, item, f"{path}[{index}]", "an object"), f"{path}[{index}]")
            for index, item in enumerate(self._list(name, most, "objects"))
        ]

    def whole_numbers(self, name: str, most: int, low: int, high: int) -> tuple[int, ...]:
        """A list of 1 to ``most`` whole numbers."""
        path, items = self._path(name), self._list(name, most, "whole numbers")
        return tuple(_whole(item, f"{path}[{index}]", low, high) for index, item in enumerate(items))

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        return _whole(self.value(name), self._path(name), low, high)

    def number(self, name: str, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(_wrong(self._path(name), value, f"a number from {low:g} to {high:g}"))
        return float(value)

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(_of_kind(bool, self.value(name), self._path(name), "true or false"))

    def text(self, name: str, most: int, pattern: str = "") -> str:
        """Text of 1 to ``most`` characters without control characters. pattern: what it must match, if not empty."""
        value, shape = self.value(name), f", as {pattern}" if pattern else ""
        is_text = isinstance(value, str) and 1 <= len(value) <= most and value.isprintable()
        if not is_text or (pattern and not re.fullmatch(pattern, value)):
            raise ValueError(_wrong(self._path(name), value, f"text of 1 to {most} characters{shape}"))
        return str(value)

    def expect(self, name: str, expected: Any) -> None:
        """Check that the field has this value, of the same type."""
        value = self.value(name)
        if value != expected or type(value) is not type(expected):
            raise ValueError(_wrong(self._path(name), value, repr(expected)))

    def _list(self, name: str, most: int, of: str) -> list[Any]:
        value = self.value(name)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise ValueError(_wrong(self._path(name), value, f"a list of 1 to {most} {of}"))
        return value

    def _path(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def shown(value: Any) -> str:
    """A wrong value for a message: short, and without characters that a terminal would obey."""
    text = "an object" if isinstance(value, dict) else "a list" if _is_long(value) else ascii(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def _is_long(value: Any) -> bool:
    return isinstance(value, list) and (len(value) > 8 or any(isinstance(item, list | dict) for item in value))


def _wrong(path: str, value: Any, right: str) -> str:
    return f"{path} is {shown(value)}; write {right}"


def _of_kind(kind: type, value: Any, path: str, right: str) -> Any:
    if not isinstance(value, kind):
        raise ValueError(_wrong(path, value, right))
    return value


def _whole(value: Any, path: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(_wrong(path, value, f"a whole number from {low} to {high}"))
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{shown(twice)} is written twice; keep one")
    return values


def _check_finite(value: Any, path: str) -> None:
    """Python's reader takes NaN and Infinity, and 1e400 as infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        right = f"a finite number of at most {_MAX_DIGITS} digits"
        raise ValueError(f"{path or 'the file'} is {value}; write {right}")
    if isinstance(value, dict):
        for name, item in value.items():
            _check_finite(item, f"{path}.{_shown_name(name)}" if path else _shown_name(name))
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_finite(item, f"{path}[{index}]")


def _shown_name(name: str) -> str:
    return name if name.isprintable() and len(name) <= _MAX_SHOWN else shown(name)
