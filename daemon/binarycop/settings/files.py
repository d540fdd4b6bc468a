"""Which files the settings are read from: ``gate.yaml``, then ``gate.d/*.yaml`` in the order of their names.

As in systemd, hidden files are ignored, such as an editor's ``.#20-site.yaml``, and so are the leftovers of editors and
packages, such as ``site.yaml~``.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path

from binarycop.errors import SettingsError

SYSTEM_FILE = Path("/etc/binarycop/gate.yaml")
MAX_DROP_INS = 64
_MAX_UNREAD = 20
# Those of systemd's conf_files_list(), and Emacs's #site.yaml#.
_LEFTOVER = r".*(~|#|\.(bak|old|new|swp|rpm(new|save|orig)|dpkg-[a-z]+|ucf-[a-z]+))"


def files_of(path: Path | None) -> tuple[Path, ...]:
    """``path`` and its drop-ins, in order. None: those of the system, as far as they exist.

    Raises SettingsError if the drop-ins are too many or cannot be listed.
    """
    main = path or SYSTEM_FILE
    folder = _drop_in_folder(main)
    try:
        found = list(islice((name for name in _listed(folder) if name.endswith(".yaml")), MAX_DROP_INS + 1))
    except OSError as error:
        problem, hint = f"cannot be read: {error.strerror}", "let this user read the folder, or remove it"
        raise SettingsError(problem, hint, file=str(folder)) from error
    if len(found) > MAX_DROP_INS:
        raise SettingsError(f"has more than {MAX_DROP_INS} files", "write fewer files", file=str(folder))
    drop_ins = [folder / name for name in sorted(found)]
    return (main, *drop_ins) if path is not None or os.path.lexists(main) else tuple(drop_ins)


def unread(path: Path | None) -> list[str]:
    """A note for each file that looks like settings but is not read, such as ``gate.d/site.yml`` and ``gate.yml``.

    path: as for ``files_of``. At most 20 notes.
    """
    main = path or SYSTEM_FILE
    folder = _drop_in_folder(main)
    prefix = f"{main.stem}.".lower()
    with suppress(OSError):
        below = (folder / name for name in _listed(folder) if not name.endswith(".yaml"))
        beside = (main.parent / name for name in _listed(main.parent) if name.lower().startswith(prefix))
        others = (file for file in chain(below, beside) if file not in (main, folder))
        files = sorted(islice((file for file in others if not re.fullmatch(_LEFTOVER, file.name)), _MAX_UNREAD))
        return [f"{file}: is not read; only {main.name} and {folder.name}/*.yaml are" for file in files]
    return []


def _listed(folder: Path) -> Iterator[str]:
    """The names in a folder that are not hidden; none if there is no folder. Raises OSError."""
    if os.path.lexists(folder):
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if not entry.name.startswith("."))


def _drop_in_folder(path: Path) -> Path:
    return path.with_suffix(".d") if path.name else path
