"""A status as the bytes of one answer, and back: JSON, at most 64 KiB, held to the types of ``status.py``.

The reader may be root, and the daemon may have been taken over by a hostile picture. So an answer is not trusted: each
value must have its field's type, and every text is one line when it is shown (``printable``).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from binarycop.service.status import Fields, Status

MOST_BYTES = 64 << 10
NO_STATUS = b"\n"
"""The answer of a daemon whose status cannot be encoded. An empty one would look like a daemon that has ended."""

_PLAIN = (str, int, float, bool, NoneType)
_MOST_COUNT, _MOST_AMOUNT = 1e15, 1e9
"""The largest number of a field that is whole, and of one that is a time or another amount: an age of 30 years."""


def encode(status: Status, age_s: float) -> bytes:
    """The answer: one line of JSON, with its age.

    ``NO_STATUS`` if that would be longer than ``MOST_BYTES``, which the settings prevent, or if JSON cannot hold a
    value of it, such as a number that is not finite.
    """
    tree = asdict(replace(status, age_s=round(age_s, 3)))
    try:
        data = json.dumps(tree, default=_word, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    except (ValueError, TypeError):
        return NO_STATUS
    return data if len(data) <= MOST_BYTES else NO_STATUS


def decode(data: bytes) -> Status:
    """Raises ValueError if this is not an answer of this version of the daemon."""
    if len(data) > MOST_BYTES or not data.endswith(b"\n"):
        raise ValueError("an answer is one line")
    try:
        tree = json.loads(data, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    status: Status = _parse(Status, tree, "status")
    return status


def to_dict(status: Status) -> dict[str, Any]:
    """The status as JSON's types, with its ``state``."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(status), default=_word))
    return {"state": status.state.value, **plain}


def _word(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"a {type(value).__name__} is neither a word nor a number")


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _parse(kind: Any, value: Any, name: str) -> Any:
    """The value with the declared type of its field. Raises ValueError."""
    origin = get_origin(kind)
    if origin is UnionType:
        [inner] = (one for one in get_args(kind) if one is not NoneType)
        return None if value is None else _parse(inner, value, name)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{name} is not a list")
        return tuple(_parse(get_args(kind)[0], one, name) for one in value)
    if origin is Mapping:
        return _parse_fields(value, name)
    if is_dataclass(kind):
        return _parse_record(kind, value, name)
    if issubclass(kind, Enum):
        return kind(_checked(value, (str,), name))
    return _checked(value, (int, float) if kind is float else (kind,), name)


def _parse_record(kind: Any, value: Any, name: str) -> Any:
    if not isinstance(value, dict) or set(value) != {field.name for field in fields(kind)}:
        raise ValueError(f"{name} has not the fields of this version")
    kinds = get_type_hints(kind)
    return kind(**{key: _parse(kinds[key], one, f"{name}.{key}") for key, one in value.items()})


def _parse_fields(value: Any, name: str) -> Fields:
    if not isinstance(value, dict):
        raise ValueError(f"{name} has no fields")
    return {key: _checked(one, _PLAIN, f"{name}.{key}") for key, one in value.items()}


def _checked(value: Any, kinds: tuple[type, ...], name: str) -> Any:
    # A bool is an int to Python, and a number that is too large for a time would be an error much later.
    is_kind = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    most = _MOST_AMOUNT if float in kinds else _MOST_COUNT
    if not is_kind or (isinstance(value, int | float) and abs(value) > most):
        raise ValueError(f"{name} is not what this version has there")
    return value
