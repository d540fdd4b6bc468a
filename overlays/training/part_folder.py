"""A folder that any number of processes and machines fill with parts of a pool, and from which training takes them.

A part is a file with its own hash. Its crops depend only on the run's settings and its number, so it does not matter
who makes it, and a part that is made twice does no harm.
"""

import hashlib
import json
import os
import socket
import time
import zipfile
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlays.atomic_write import atomic_write
from overlays.training.run_folder import RunSettings

_SETTINGS, _NEXT = "settings.json", "next"
_CLAIM_S = 900.0  # a part takes a minute or two; the maker of an older claim has ended
_POLL_S = 0.5
LONGEST_WAIT_S = 1800.0

Crops = NDArray[np.uint8]


@dataclass(frozen=True)
class MadeFrom:
    """What the crops of a part depend on, besides its number."""

    seed: int
    part: int
    views: int
    recipe: str
    patches_sha256: str

    @staticmethod
    def of(settings: RunSettings, recipe: object, patches: Path) -> "MadeFrom":
        """The values of a run. Raises OSError if the patches cannot be read."""
        digest = hashlib.sha256(patches.read_bytes()).hexdigest()
        return MadeFrom(settings.seed, settings.pool.part, settings.pool.views, repr(recipe), digest)


class PartFolder:
    """The parts in a folder. Raises ValueError if they are made from other settings or patches."""

    def __init__(self, folder: Path, made_from: MadeFrom) -> None:
        self.folder, self._part = folder, made_from.part
        folder.mkdir(parents=True, exist_ok=True)
        wanted = asdict(made_from)
        _publish(folder / _SETTINGS, json.dumps(wanted, indent=2).encode())
        stored = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        for name, value in wanted.items():
            if stored.get(name) != value:
                raise ValueError(f"{folder / _SETTINGS}: {name} is {stored.get(name)!r}, but the run has {value!r}")

    def file(self, first: int) -> Path:
        """The file of the part that begins with subject ``first``."""
        return self.folder / f"{first:012}.npz"

    def write(self, first: int, crops: Crops) -> None:
        """Write a part, complete or not at all. If the part exists already, that one stays."""
        temporary = self.folder / f".{first:012}.{_maker()}"
        with temporary.open("wb") as stream:
            np.savez(stream, crops=crops, sha256=np.array(_sha256(crops)))
        _first_stays(temporary, self.file(first))

    def read(self, first: int) -> Crops:
        """Read a part. Raises FileNotFoundError without it, ValueError if it has changed since it was written."""
        file = self.file(first)
        try:
            with np.load(file, allow_pickle=False) as stored:
                crops, digest = stored["crops"], str(stored["sha256"])
        except (zipfile.BadZipFile, KeyError, EOFError, ValueError) as error:
            raise ValueError(f"{file} cannot be read ({error}); delete it, and it is made again") from error
        if _sha256(crops) != digest:
            raise ValueError(f"{file} has another hash than its maker wrote; delete it, and it is made again")
        return np.asarray(crops, np.uint8)

    @property
    def next_subject(self) -> int | None:
        """The first subject that training has not taken; None before training has begun."""
        file = self.folder / _NEXT
        return int(file.read_text(encoding="utf-8")) if file.is_file() else None

    def begin(self, first: int) -> None:
        """Tell the makers which subject training takes next."""
        with atomic_write(self.folder / _NEXT) as partial:
            partial.write_text(str(first), encoding="utf-8")

    def claim(self, first: int) -> bool:
        """Claim a part for this maker. Returns false if the part exists or another maker has claimed it."""
        claim = self.folder / f"{first:012}.claim"
        if self.file(first).exists():
            return False
        try:
            claim.open("x").close()
        except FileExistsError:
            if self._now() - claim.stat().st_mtime < _CLAIM_S:
                return False
            claim.touch()
        return True

    def release(self, first: int) -> None:
        """Release a claim."""
        (self.folder / f"{first:012}.claim").unlink(missing_ok=True)

    def parts(
        self, first: int, keep: int, *, is_first: bool, wait: Callable[[float], None] = time.sleep
    ) -> Generator[Crops, None, None]:
        """All parts from ``first`` on, each as soon as it is there.

        keep: subjects before the present part whose files stay, since other processes may still have to read them.
        is_first: this process tells the makers what is taken, and deletes used parts. Raises TimeoutError if a part
        does not come.
        """
        number = first
        while True:
            if is_first:
                self.begin(number)
            waited_s = 0.0
            while not self.file(number).exists():
                if waited_s >= LONGEST_WAIT_S:
                    raise TimeoutError(
                        f"{self.file(number)} did not come in {LONGEST_WAIT_S:.0f} s; "
                        "is overlays.training.make_parts running?"
                    )
                wait(_POLL_S)
                waited_s += _POLL_S
            yield self.read(number)
            number += self._part
            if is_first:
                self._delete_before(number - keep - self._part)

    def _delete_before(self, number: int) -> None:
        for file in self.folder.glob("[0-9]*.npz"):
            if int(file.stem) < number:
                file.unlink(missing_ok=True)

    def _now(self) -> float:
        """The time on the machine that stores the files, whose clock may differ from this machine's."""
        mark = self.folder / f".{_maker()}"
        mark.touch()
        now = mark.stat().st_mtime
        mark.unlink()
        return now


def _maker() -> str:
    return f"{socket.gethostname()}.{os.getpid()}"


def _sha256(crops: Crops) -> str:
    return hashlib.sha256(np.ascontiguousarray(crops).data).hexdigest()


def _publish(file: Path, content: bytes) -> None:
    temporary = file.with_name(f".{file.name}.{_maker()}")
    temporary.write_bytes(content)
    _first_stays(temporary, file)


def _first_stays(temporary: Path, file: Path) -> None:
    try:
        os.link(temporary, file)
    except FileExistsError:
        pass  # another process was first, with the same content
    finally:
        temporary.unlink()
