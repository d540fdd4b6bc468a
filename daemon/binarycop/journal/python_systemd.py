"""Reads journald's files with python3-systemd, the fastest way from Python."""

from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any

from binarycop.journal.journald import RawEntry, Terms

_WAIT_S = 1.0


class SystemdReader:
    """Reads with python-systemd 234 and later. module: ``systemd.journal``."""

    def __init__(self, module: Any) -> None:
        class Raw(module.Reader):  # type: ignore[misc]
            """Leaves the fields unconverted: converting all of them takes most of the time, and few are needed."""

            def _convert_entry(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
                return entry

        self._open = Raw

    def has_files(self) -> bool:
        """Whether this user may read any file of the journal."""
        with closing(self._open()) as reader:
            return bool(reader.has_persistent_files() or reader.has_runtime_files())

    def unique(self, field: str) -> set[str]:
        """See ``Reader.unique``."""
        with closing(self._open()) as reader:
            # Boots are UUIDs, all others texts.
            return {getattr(value, "hex", str(value)) for value in reader.query_unique(field)}

    def entries(
        self, terms: Terms, *, newest_first: bool = False, after: str = "", follow: bool = False
    ) -> Generator[RawEntry, None, None]:
        """See ``Reader.entries``."""
        with closing(self._open()) as reader:
            for index, term in enumerate(terms):
                if index:
                    reader.add_disjunction()
                for name, values in term.items():
                    for value in values:
                        reader.add_match(**{name: value})
            step = reader.get_previous if newest_first else reader.get_next
            entry = _seek(reader, after) if after else None
            if newest_first:
                reader.seek_tail()
            elif not after:
                reader.seek_head()
            while True:
                entry = entry or step()
                if entry:
                    yield RawEntry(
                        entry["__REALTIME_TIMESTAMP"], entry["__MONOTONIC_TIMESTAMP"][0], entry["__CURSOR"], entry
                    )
                    entry = None
                elif follow:
                    reader.wait(_WAIT_S)
                else:
                    return


def _seek(reader: Any, cursor: str) -> Any:
    """Go to the entry with this cursor; if it is gone, or not selected, returns the first one behind it."""
    reader.seek_cursor(cursor)
    entry = reader.get_next()
    return entry if entry and entry["__CURSOR"] != cursor else None
