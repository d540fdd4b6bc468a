"""Faults of the overlay, on the simulated board, and of the bundle."""

import json
import re
import resource
import shutil
import struct
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from binarycop.accelerator.simulated import design
from binarycop.bundle import files as bundles
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.search import find_bundle
from binarycop.journal.events import Event
from tests.system.faults import fault_trigger
from tests.system.faults.fault_row import FaultResult, FaultRow, check_no_permission, restart, stop_and_count
from tests.system.faults.gate_process import CheckFailed, GateProcess

_DEADLINE = "classifier.overlay.deadline_s 0.1, plus a frame and 1 s"
_REFUSED = 4
_MOST_MEMORY_KB = 400 * 1024  # far below what the bomb holds
_BOMB_BYTES = 1 << 30


def _board(kind: str, **overlay: Any) -> tuple[dict[str, Any], str]:
    settings = {"classifier": {"backend": "simulated-board", "overlay": overlay}}
    return settings, f"from tests.system.faults import fault_trigger; fault_trigger.fail_overlay('{kind}'); "


def _fails(kind: str, reaction: str, work: Path, limit_s: float) -> FaultResult:
    settings, before = _board(kind)
    with GateProcess(work, settings, before=before) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.wait_for_event(Event.OVERLAY_FAILED, at_s)
        back = gate.wait_for_event(Event.OVERLAY_BACK, at_s)
        if any(change.level for change in gate.relay_since(at_s) if change.at_s < back.at_s - 0.1):
            raise CheckFailed("permission was given before the overlay was back")
        back_s = gate.wait_for_next_permit(at_s) - at_s
        return FaultResult(
            reaction,
            relay_off_s,
            Event.OVERLAY_FAILED,
            "by itself: loads the overlay again",
            back_s,
            stop_and_count(gate),
        )


def _restarts_exhausted(work: Path, limit_s: float) -> FaultResult:
    settings, before = _board("hang", restarts=0)
    with GateProcess(work, settings, before=before) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        code = gate.wait_for_exit()
        if code != 7:
            raise CheckFailed(f"the exit code is {code}: {gate.last_line()}")
        message = gate.last_line()
        back_s = restart(gate)
        return FaultResult(
            "switches the relay off, ends with exit code 7",
            relay_off_s,
            message,
            "Restart=",
            back_s,
            stop_and_count(gate),
        )


def _emulator(work: Path, limit_s: float) -> FaultResult:
    settings, before = _board("hang", restarts=0, fallback="emulator")
    with GateProcess(work, settings, before=before) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        fault_trigger.trigger(work)
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.wait_for_event(Event.ON_EMULATOR, at_s)
        back_s = gate.wait_for_next_permit(at_s) - at_s
        return FaultResult(
            "switches the relay off, continues more slowly",
            relay_off_s,
            Event.ON_EMULATOR,
            "by itself: on the emulator",
            back_s,
            stop_and_count(gate),
        )


def _refused(damage: Callable[[Path], None], work: Path, limit_s: float) -> FaultResult:
    """Start the daemon with a damaged copy of the bundle, then with a good bundle."""
    folder = work / "bundle"
    shutil.copytree(find_bundle("n-cnv"), folder)
    damage(folder)
    with GateProcess(work, {"classifier": {"bundle": str(folder)}}, starts_ready=False) as gate:
        code = gate.wait_for_exit()
        if code != _REFUSED:
            raise CheckFailed(f"the exit code is {code}: {gate.last_line()}")
        most_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        if most_kb > _MOST_MEMORY_KB:
            raise CheckFailed(f"the daemon, or a program before it, took {most_kb} KiB of memory")
        message = gate.last_line().replace(str(folder), "BUNDLE")
        check_no_permission(gate, 0.0)
        gate.write_settings({})
        at_s = monotonic()
        gate.start()
        back_s = gate.wait_for_next_permit(at_s) - at_s
        return FaultResult(
            "does not start, exit code 4", None, message, "a good bundle, and a start", back_s, stop_and_count(gate)
        )


def _flip_bit(folder: Path) -> None:
    data = bytearray((folder / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "weights.npz").write_bytes(data)


def _truncate_manifest(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text[: len(text) // 2])


def _add_bomb(folder: Path) -> None:
    """Add an array of 1 GiB, which takes 1 MB in the file, with the right sha256 in the manifest."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({_BOMB_BYTES},), }}\n".encode()
    chunk = bytes(1 << 20)
    archive = zipfile.ZipFile(folder / "weights.npz", "a", zipfile.ZIP_DEFLATED)
    with archive, archive.open("bomb.npy", "w") as member:
        member.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
        for _ in range(_BOMB_BYTES // len(chunk)):
            member.write(chunk)
    _update_manifest(folder, {"weights.npz": sha256((folder / "weights.npz").read_bytes()).hexdigest()})


def _write_nan(folder: Path) -> None:
    """A geometry with which no face can be cut."""
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(re.sub(r'"margin": [\d.]+', '"margin": NaN', text))


def _replace_golden(folder: Path) -> None:
    """Put in another network's golden vectors, with the right sha256 in the manifest."""
    shutil.copy(find_bundle("u-cnv") / "golden.npz", folder / "golden.npz")
    _update_manifest(folder, {"golden.npz": sha256((folder / "golden.npz").read_bytes()).hexdigest()})


def _replace_bitstream(folder: Path) -> None:
    built = design.write(folder, bundles.load(folder))
    _update_manifest(folder, built.manifest.sha256)
    (folder / BITSTREAM).write_bytes(design.bitstream("not the network of this bundle"))


def _update_manifest(folder: Path, digests: Mapping[str, str]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] |= digests
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _row(
    fault: str, how: str, limit_s: float | None, check: Callable[[Path, float], FaultResult], *, slow: bool = False
) -> FaultRow:
    return FaultRow("overlay", fault, how, limit_s, "" if limit_s is None else _DEADLINE, check, slow)


ROWS = (
    _row(
        "DMA hangs",
        "the simulated board never finishes a batch",
        1.2,
        partial(_fails, "hang", "switches the relay off, loads the overlay again"),
    ),
    _row(
        "DMA late",
        "a batch finishes after its deadline",
        1.2,
        partial(_fails, "slow", "switches the relay off, loads the overlay again"),
        slow=True,
    ),
    _row(
        "DMA returns wrong data",
        "one bit of each result is flipped",
        1.2,
        partial(_fails, "flip", "switches the relay off, loads the overlay again"),
    ),
    _row(
        "overlay lost",
        "the kernel reports that the logic is not configured",
        1.2,
        partial(_fails, "lose", "switches the relay off, loads the overlay again"),
    ),
    _row("overlay lost for good", "a batch hangs, and classifier.overlay.restarts is 0", 1.2, _restarts_exhausted),
    _row("overlay lost, emulator allowed", "a batch hangs; restarts 0, fallback emulator", 1.2, _emulator, slow=True),
    _row(
        "wrong bitstream",
        "overlay.bit is not the file that the manifest lists",
        None,
        partial(_refused, _replace_bitstream),
    ),
    _row("bundle corrupted", "one bit of weights.npz is flipped", None, partial(_refused, _flip_bit)),
    _row(
        "manifest truncated",
        "the second half of manifest.json is missing",
        None,
        partial(_refused, _truncate_manifest),
        slow=True,
    ),
    _row(
        "bundle with an array of 1 GiB",
        "an array that is not of the network is added to weights.npz: 1 MB in the file",
        None,
        partial(_refused, _add_bomb),
    ),
    _row(
        "manifest that fails at the first face",
        "crop.margin in manifest.json is NaN",
        None,
        partial(_refused, _write_nan),
        slow=True,
    ),
    _row(
        "golden vectors of another network",
        "golden.npz of u-cnv in a bundle of n-cnv",
        None,
        partial(_refused, _replace_golden),
        slow=True,
    ),
)
