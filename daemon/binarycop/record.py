"""Copies of records with other values: what is done several times a frame."""

from typing import TYPE_CHECKING, Any, TypeVar

_Record = TypeVar("_Record")

if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - so that each value's type is checked
else:

    def replace(record: _Record, /, **changes: Any) -> _Record:
        """A copy of a frozen dataclass with these fields changed. Raises TypeError if it does not have one of them.

        ``dataclasses.replace`` calls the constructor, which takes eight times as long: 30,000 instructions on the
        board's kind of processor. So the class must have no ``__post_init__``, no ``__slots__``, and no fields that
        its constructor does not take.
        """
        values = record.__dict__
        if not changes.keys() <= values.keys():
            raise TypeError(f"{type(record).__name__} has not all of {', '.join(changes)}")
        copy = object.__new__(type(record))
        copy.__dict__.update(values, **changes)
        return copy
