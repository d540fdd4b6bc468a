"""Faults of the overlay, on the simulated board, and of bundles."""

import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from binarycop.accelerator.simulated import design
from binarycop.bundle import files as bundles
from binarycop.bundle.check_build import BITSTREAM
from binarycop.bundle.search import find_bundle
from binarycop.journal.events import Event
from tests.system.faults import saboteur
from tests.system.faults.gate import Broken, Gate
from tests.system.faults.row import Outcome, Row, conclude, look, started_again

_DEADLINE = "classifier.overlay.deadline_s 0.1, a frame and a second"
_REFUSED = 4


def _board(kind: str, **overlay: Any) -> tuple[dict[str, Any], str]:
    settings = {"classifier": {"backend": "simulated-board", "overlay": overlay}}
    return settings, f"from tests.system.faults import saboteur; saboteur.fail_overlay('{kind}'); "


def _fails(kind: str, did: str, work: Path, limit_s: float) -> Outcome:
    settings, before = _board(kind)
    with Gate(work, settings, before=before) as gate:
        gate.permit()
        at_s = monotonic()
        saboteur.order(work)
        released_s = gate.released(at_s, limit_s)
        gate.reads(Event.OVERLAY_FAILED, at_s)
        back = gate.reads(Event.OVERLAY_BACK, at_s)
        if any(one.level for one in gate.relay_since(at_s) if one.at_s < back.at_s - 0.1):
            raise Broken("permission was given before the overlay was back")
        back_s = gate.permit_again(at_s) - at_s
        return Outcome(did, released_s, Event.OVERLAY_FAILED, "by itself: loads it anew", back_s, conclude(gate))


def _used_up(work: Path, limit_s: float) -> Outcome:
    settings, before = _board("hang", restarts=0)
    with Gate(work, settings, before=before) as gate:
        gate.permit()
        at_s = monotonic()
        saboteur.order(work)
        released_s = gate.released(at_s, limit_s)
        code = gate.ended()
        if code != 7:
            raise Broken(f"it ended with {code}: {gate.last_words()}")
        said = gate.last_words()
        back_s = started_again(gate)
        return Outcome("releases, ends with 7", released_s, said, "Restart=", back_s, conclude(gate))


def _emulator(work: Path, limit_s: float) -> Outcome:
    settings, before = _board("hang", restarts=0, fallback="emulator")
    with Gate(work, settings, before=before) as gate:
        gate.permit()
        at_s = monotonic()
        saboteur.order(work)
        released_s = gate.released(at_s, limit_s)
        gate.reads(Event.ON_EMULATOR, at_s)
        back_s = gate.permit_again(at_s) - at_s
        return Outcome(
            "releases, goes on slower", released_s, Event.ON_EMULATOR, "by itself: the emulator", back_s, conclude(gate)
        )


def _refused(spoil: Callable[[Path], None], work: Path, limit_s: float) -> Outcome:
    """The daemon is given a bundle of its own, which was spoilt; then a good one."""
    folder = work / "bundle"
    shutil.copytree(find_bundle("n-cnv"), folder)
    spoil(folder)
    with Gate(work, {"classifier": {"bundle": str(folder)}}, starts_ready=False) as gate:
        code = gate.ended()
        if code != _REFUSED:
            raise Broken(f"it ended with {code}: {gate.last_words()}")
        said = gate.last_words().replace(str(folder), "BUNDLE")
        look(gate, 0.0)
        gate.write_settings({})
        at_s = monotonic()
        gate.start()
        back_s = gate.permit_again(at_s) - at_s
        return Outcome("does not start, ends with 4", None, said, "a good bundle, and a start", back_s, conclude(gate))


def _flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "weights.npz").write_bytes(data)


def _cut_manifest(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text[: len(text) // 2])


def _exchange_golden(folder: Path) -> None:
    """Another network's golden vectors, with the manifest's blessing: as one built from other weights."""
    shutil.copy(find_bundle("u-cnv") / "golden.npz", folder / "golden.npz")
    _bless(folder, {"golden.npz": sha256((folder / "golden.npz").read_bytes()).hexdigest()})


def _exchange_bitstream(folder: Path) -> None:
    built = design.write(folder, bundles.load(folder))
    _bless(folder, built.manifest.sha256)
    (folder / BITSTREAM).write_bytes(design.bitstream("not the network of this bundle"))


def _bless(folder: Path, digests: Mapping[str, str]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] |= digests
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _row(
    fault: str, how: str, limit_s: float | None, check: Callable[[Path, float], Outcome], *, slow: bool = False
) -> Row:
    return Row("overlay", fault, how, limit_s, "" if limit_s is None else _DEADLINE, check, slow)


ROWS = (
    _row("DMA hangs", "simulated board never ends a batch", 1.2, partial(_fails, "hang", "releases, reloads")),
    _row("DMA late", "ends a batch past its deadline", 1.2, partial(_fails, "slow", "releases, reloads"), slow=True),
    _row("DMA answers nonsense", "flips a bit of each answer", 1.2, partial(_fails, "flip", "releases, reloads")),
    _row("overlay lost", "its registers read as zeros", 1.2, partial(_fails, "lose", "releases, reloads")),
    _row("overlay lost for good", "hangs, and classifier.overlay.restarts is 0", 1.2, _used_up),
    _row("overlay lost, emulator allowed", "hangs, restarts 0, fallback emulator", 1.2, _emulator, slow=True),
    _row("wrong bitstream", "another .bit than the manifest's", None, partial(_refused, _exchange_bitstream)),
    _row("bundle corrupted", "one bit of weights.npz", None, partial(_refused, _flip_a_bit)),
    _row("bundle cut short", "half of manifest.json", None, partial(_refused, _cut_manifest), slow=True),
    _row("another network's bundle", "golden vectors of u-cnv", None, partial(_refused, _exchange_golden), slow=True),
)
