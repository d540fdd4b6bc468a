"""What is fuzzed: each target reads bytes. It may raise only the project's own errors."""

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from binarycop.accelerator.simulated import design
from binarycop.bundle import build_files, check_build, deployment_package
from binarycop.bundle import files as bundles
from binarycop.bundle import hwh as handoffs
from binarycop.bundle import manifest as manifests
from binarycop.bundle.store import BundleStore
from binarycop.cli.events import format_line, to_dict
from binarycop.cli.machine_state import MachineState
from binarycop.cli.status_page import Page
from binarycop.cli.terminal import Terminal
from binarycop.errors import BinaryCoPError
from binarycop.frames.clip import Clip
from binarycop.frames.image import decode
from binarycop.journal.boots import Boot
from binarycop.journal.entry import encode
from binarycop.journal.events import Event
from binarycop.journal.fields import Value
from binarycop.journal.journal_writer import JournalWriter, Limits
from binarycop.journal.journald import RawEntry, Terms
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import Query, read
from binarycop.service import status_codec, unit
from binarycop.settings.load import load
from tests.random_bundles import random_bundle
from tests.service.statuses import STATUS

CORPUS = Path(__file__).parent / "corpus"
_FRAMES_MOST = 20
_FACTS = MachineState(94.4, 101.2, 6, 230.0, 0.0, 54.3, 3200.0)
_STATUS = (
    b"NRestarts=0\nActiveState=active\nActiveEnterTimestampMonotonic=1000000\nExecMainStartTimestampMonotonic=900000\n"
    b"StatusText=gate: in service, policy enforce; 12 persons, 9 permitted, 3 refused, 0 undecided\n"
)

Target = Callable[[bytes, Path], None]


def settings(data: bytes, work: Path) -> None:
    """A settings file."""
    file = work / "gate.yaml"
    file.write_bytes(data)
    load(file)


def manifest(data: bytes, work: Path) -> None:
    """A bundle's manifest; the other files are intact."""
    folder = _bundle(work)
    (folder / manifests.FILE).write_bytes(data)
    bundles.load(folder)


def weights(data: bytes, work: Path) -> None:
    """A bundle's weights."""
    _with_arrays(bundles.WEIGHTS, data, work)


def golden(data: bytes, work: Path) -> None:
    """A bundle's golden vectors."""
    _with_arrays(bundles.GOLDEN, data, work)


def _with_arrays(name: str, data: bytes, work: Path) -> None:
    """A bundle with another file of arrays, and its sha256 in the manifest, since both come from the same source."""
    folder = _bundle(work)
    content = json.loads(_manifest_text(work))
    content["files"][name] = hashlib.sha256(data).hexdigest()
    (folder / name).write_bytes(data)
    (folder / manifests.FILE).write_text(json.dumps(content))
    bundles.load(folder)


def install(data: bytes, work: Path) -> None:
    """A bundle that is installed: its manifest, and what root makes of the names in it."""
    folder, store = _bundle(work), work / "store"
    (folder / manifests.FILE).write_bytes(data)
    BundleStore(store).install(folder)
    if {path.name for path in work.iterdir()} - {"bundle", "store"}:
        raise AssertionError("a file outside the store was written")


def status(data: bytes, work: Path) -> None:
    """What ``systemctl show`` says of the daemon, whose status line is its own."""
    unit.parse(data.decode("utf-8", "replace")).has_worked(1000.0, 600.0)


def answer(data: bytes, work: Path) -> None:
    """What the daemon answers on the socket of its status: it is refused, or can be shown."""
    try:
        found = status_codec.decode(data)
    except ValueError:
        return
    terminal = Terminal(io.StringIO(), {})
    for line in Page(found, _FACTS, None, datetime(2026, 5, 4)).lines():
        assert terminal.styled(line).isprintable()
    json.dumps(status_codec.to_dict(found), allow_nan=False)


def driver(data: bytes, work: Path) -> None:
    """The driver.py of a FINN build."""
    folder = _deploy(work)
    (folder / "driver" / "driver.py").write_bytes(data)
    deployment_package.check(deployment_package.read(folder), bundles.load(_bundle(work)).manifest)


def handoff(data: bytes, work: Path) -> None:
    """The .hwh of a FINN build."""
    file = work / "overlay.hwh"
    file.write_bytes(data)
    check_build.check_hardware(file, handoffs.read(file), bundles.load(_bundle(work)).manifest)


def bitstream(data: bytes, work: Path) -> None:
    """The .bit of a FINN build."""
    folder = _deploy(work)
    (folder / "bitfile" / "top.bit").write_bytes(data)
    build_files.check_pair(folder / "bitfile" / "top.bit", folder / "bitfile" / "top.hwh")


def plus(data: bytes, work: Path) -> None:
    """The settings.json of a FINN+ build."""
    folder = _deploy(work)
    (folder / "driver" / "settings.json").write_bytes(data)
    deployment_package.check(deployment_package.read(folder), bundles.load(_bundle(work)).manifest)


def picture(data: bytes, work: Path) -> None:
    """A camera's JPEG, or a picture in a folder."""
    with suppress(ValueError):  # the error for data that is not a picture
        decode(data)


def clip(data: bytes, work: Path) -> None:
    """A recording."""
    file = work / "clip.avi"
    file.write_bytes(data)
    source = Clip(file)
    for _ in range(_FRAMES_MOST):
        with suppress(BinaryCoPError):
            if source.read() is None:
                break
    source.close()


def journal(data: bytes, work: Path) -> None:
    """Entries of the journal, as JSON: any program on the board can write entries that look like the daemon's."""
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        return
    listed = given if isinstance(given, list) else [given]
    origins = GateOrigins({"binarycop": 990, "root": 0})
    entries = _Entries([entry for entry in listed if isinstance(entry, dict)])
    for record in read(entries, Query(), origins, [Boot(_BOOT)]):
        json.dumps(to_dict(record), allow_nan=False)
        assert format_line(record).isprintable()


def datagram(data: bytes, work: Path) -> None:
    """What the journal's writer gets: it is refused, or is exactly what the daemon would send."""
    sent: list[bytes] = []

    def send(entry: bytes) -> bool:
        sent.append(entry)
        return True

    JournalWriter(send, {0}, Limits(), 0.0).take(data, 0, 0.0)
    for entry in sent:
        assert all(re.fullmatch("[A-Z_]+=.*", line) and line.isprintable() for line in entry.decode().split("\n")[:-1])


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        settings,
        manifest,
        weights,
        golden,
        install,
        driver,
        handoff,
        bitstream,
        plus,
        status,
        answer,
        picture,
        clip,
        journal,
        datagram,
    )
}


def attempt(name: str, data: bytes, work: Path) -> None:
    """Give a target an input. An exception from it is a crash."""
    with suppress(BinaryCoPError):
        TARGETS[name](data, work)


def seeds(name: str, work: Path) -> list[bytes]:
    """Valid inputs to start from: the committed ones, and some that the project's code makes."""
    kept = [file.read_bytes() for file in sorted((CORPUS / name).glob("*"))]
    if name == "handoff":
        kept.append(design.hwh("idma0", "odma0", 100.0))
    if name == "bitstream":
        kept.append(design.bitstream("fuzzed"))
    if name == "datagram":
        values: dict[str, Value] = {"person": 3, "class": "correct", "cause": "verdict", "margin": 12.5, "votes": 5}
        kept.append(encode(Event.PERMIT, "north", values))
        kept.append(encode(Event.FAULT, "", {"reason": "no frames"}))
    if name in ("manifest", "install", "weights", "golden"):
        # Read now, before the file is damaged.
        text = _manifest_text(work).encode()
        arrays = {"weights": bundles.WEIGHTS, "golden": bundles.GOLDEN}
        kept.append((_bundle(work) / arrays[name]).read_bytes() if name in arrays else text)
    if name == "status":
        kept.append(_STATUS)
    if name == "answer":
        kept.append(status_codec.encode(STATUS, 0.2))
    return kept


_BOOT = UUID(int=1).hex


class _Entries:
    """A journal with these entries, all of one boot. journald itself gives the stamps, and no program can."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self._entries = [{name: _stored(value) for name, value in entry.items()} for entry in entries]

    def unique(self, field: str) -> set[str]:
        return {_BOOT}

    def entries(
        self, terms: Terms, *, newest_first: bool = False, after: str = "", follow: bool = False
    ) -> Generator[RawEntry, None, None]:
        for fields in self._entries:
            yield RawEntry(1_777_896_000_000_000, 1, "c", fields)


def _stored(value: Any) -> Any:
    """A field's value as journald gives it: bytes, or a list of them."""
    if isinstance(value, list):
        return [str(one).encode(errors="surrogatepass") for one in value]
    return str(value).encode(errors="surrogatepass")


@cache
def _manifest_text(work: Path) -> str:
    """The intact manifest of the bundle that will be damaged."""
    return (_bundle(work) / manifests.FILE).read_text()


@cache
def _bundle(work: Path) -> Path:
    return random_bundle(work / "bundle").folder


@cache
def _deploy(work: Path) -> Path:
    folder = work / "deploy"
    for below in ("bitfile", "driver"):
        (folder / below).mkdir(parents=True)
    shutil.copy(CORPUS / "driver" / "finn.py.txt", folder / "driver" / "driver.py")
    (folder / "bitfile" / "top.bit").write_bytes(design.bitstream("fuzzed"))
    (folder / "bitfile" / "top.hwh").write_bytes(design.hwh("idma0", "odma0", 100.0))
    return folder
