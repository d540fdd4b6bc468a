"""The commands that use the overlay: loading it, and the whole daemon on the simulated board."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.fabric import Fabric
from binarycop.bundle import files as bundles
from binarycop.bundle import manifest as manifests
from binarycop.bundle.bitstream import CHIPS
from binarycop.bundle.files import Bundle
from binarycop.cli import load_overlay
from binarycop.cli.main import main
from binarycop.clock import MonotonicClock
from binarycop.errors import OverlayInUse
from binarycop.journal.events import Event
from binarycop.service import unit
from tests.bundle import other_files
from tests.tried import Kind, tried


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def built(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    """The folder of a bundle with a build."""
    folder = Path(shutil.copytree(tiny_bundle.folder, tmp_path / "built"))
    design.write(folder, tiny_bundle)
    bundles.write_manifest(folder, tiny_bundle.manifest)
    return folder


def simulated_board(bundle: Bundle) -> Any:
    """Needs pynq."""
    from binarycop.accelerator.simulated.device import SimulatedBoard  # noqa: PLC0415 - imports pynq

    return SimulatedBoard(bundle, lambda built: Fabric(built, MonotonicClock()))


def settings_for(tmp_path: Path, fault: str, **overlay: object) -> str:
    """A settings file with a fault after nine batches: those of the golden vectors and five more."""
    classifier = {"overlay": overlay, "simulated_board": {"fault": fault, "after": 9}}
    path = tmp_path / "gate.yaml"
    path.write_text(yaml.safe_dump({"classifier": classifier}))
    return str(path)


def test_load_overlay_refuses_a_bundle_without_a_build(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load-overlay", "--bundle", bundle]) == 4
    assert "it has no overlay.bit: build one (overlays/finn)" in capsys.readouterr().err


def test_the_daemon_on_an_overlay_refuses_it_too(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--bundle", bundle, "--backend", "overlay"]) == 4
    assert "it has no overlay.bit" in capsys.readouterr().err


def test_the_unit_loads_no_overlay_that_the_settings_do_not_ask_for(
    bundle: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["load-overlay", "--if-set", "--bundle", bundle]) == 0
    assert capsys.readouterr().out == "classifier.backend is emulator: no overlay to load\n"
    assert main(["load-overlay", "--if-set", "--bundle", bundle, "--json"]) == 0
    assert lines_of(capsys.readouterr().out) == [{"backend": "emulator", "loaded": False}]
    (tmp_path / "gate.yaml").write_text("classifier: {backend: overlay}\n")
    assert main(["load-overlay", "--if-set", "--bundle", bundle, "--config", str(tmp_path / "gate.yaml")]) == 4


@pytest.mark.pynq
@pytest.mark.parametrize("backend", ["emulator", "overlay"])
def test_load_overlay_restores_a_slow_clock_first_also_if_it_then_loads_nothing(
    bundle: str, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """Else the emulator would take over, by the settings or their fallback, behind a dead-man timer of 200 s."""
    board = simulated_board(tiny_bundle)
    board.rest()
    assert board.clock_mhz() < 0.26
    monkeypatch.setattr(load_overlay, "SysfsFpgaManager", lambda: board.fabric)
    (tmp_path / "gate.yaml").write_text(f"classifier: {{backend: {backend}}}\n")
    command = ["load-overlay", "--if-set", "--bundle", bundle, "--config", str(tmp_path / "gate.yaml")]
    assert main(command) == (0 if backend == "emulator" else 4)  # the bundle has no bitstream
    assert (board.clock_mhz(), board.fabric.slowed_from_mhz()) == (100.0, None)


@pytest.mark.pynq
def test_a_clock_that_a_running_daemon_has_slowed_is_left_to_it(
    bundle: str, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    board = simulated_board(tiny_bundle)
    board.rest()

    def refuse() -> None:
        raise OverlayInUse("the gate's service is using it (process 12); stop it first: systemctl stop binarycop")

    monkeypatch.setattr(board.fabric, "claim", refuse)
    monkeypatch.setattr(load_overlay, "SysfsFpgaManager", lambda: board.fabric)
    assert main(["load-overlay", "--bundle", bundle]) == 16
    assert capsys.readouterr().err == (
        "binarycop: overlay: the gate's service is using it (process 12); stop it first: systemctl stop binarycop\n"
    )
    assert board.clock_mhz() < 0.26


@pytest.mark.parametrize("pid", [0, 12])
def test_nothing_is_loaded_while_the_gate_is_in_service_with_any_backend(
    bundle: str, pid: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A unit that waits for its next start is activating for systemd, too; it has no process."""
    monkeypatch.setattr(unit, "read", lambda: unit.parse(f"ActiveState=activating\nMainPID={pid}"))
    assert main(["load-overlay", "--bundle", bundle]) == (16 if pid else 4)
    words = "the gate is in service (process 12), and its lines may be behind the logic; stop it first: systemctl stop"
    assert (words in capsys.readouterr().err) == bool(pid)
    assert main(["load-overlay", "--simulated", "--bundle", bundle]) == 4  # a dry run reaches no board


@tried(
    Kind.BUILD, "dry run of load-overlay with a bundle that has no bitstream", "refused, as on a board: no overlay.bit"
)
def test_the_dry_run_refuses_a_bundle_without_a_build_as_a_board_does(
    bundle: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["load-overlay", "--simulated", "--bundle", bundle]) == 4
    assert "it has no overlay.bit: build one (overlays/finn)" in capsys.readouterr().err


@tried(
    Kind.BUILD,
    "overlay.bit and overlay.hwh copied into a bundle by hand",
    "refused: import-build; without an overlay: selftest says that they are not checked",
)
def test_a_build_that_the_manifest_does_not_list_is_named_with_what_to_do(
    bundle: str, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    shutil.copy(built / "overlay.bit", copy)
    what_to_do = "put it there with binarycop import-build"
    for command in (["selftest", "--backend", "overlay"], ["load-overlay", "--simulated"], ["load-overlay"]):
        assert main([*command, "--bundle", str(copy)]) == 4
        assert capsys.readouterr().err.endswith(f"copy: overlay.bit is not in the manifest; {what_to_do}\n")
    shutil.copy(built / "overlay.hwh", copy)
    assert main(["selftest", "--bundle", str(copy)]) == 0
    note = f"{copy}: overlay.bit and overlay.hwh not checked: not in the manifest; {what_to_do}"
    assert capsys.readouterr().err == f"binarycop: {note}\n"


# Wrong bitstreams in a bundle, with the right sha256 in the manifest: from a copy or a clone that failed.
NO_BITSTREAMS = [
    (b"", "overlay.bit is empty", "an empty bitstream"),
    (other_files.LFS_POINTER, "overlay.bit is a pointer of Git LFS", "a Git LFS pointer as bitstream"),
    (other_files.WEB_PAGE, "overlay.bit is a web page (HTML)", "a web page as bitstream"),
    (other_files.full()[:100_000], "overlay.bit is cut off", "a bitstream without its end"),
    (
        other_files.compressed(part="xczu3eg-sbva484-1-e"),
        "overlay.bit is for the part xczu3eg-sbva484-1-e",
        "a bitstream of an Ultra96",
    ),
]
COMMANDS = {
    "load-overlay": ["load-overlay"],
    "dry run": ["load-overlay", "--simulated"],
    "selftest": ["selftest"],
    "selftest on the simulated board": ["selftest", "--backend", "simulated-board"],
    "daemon": ["run", "--backend", "overlay"],
    "daemon on the simulated board": ["run", "--backend", "simulated-board"],
}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(
            *row[:2],
            id=row[2],
            marks=tried(Kind.BUILD, f"bundle with {row[2]}", "refused by each command: says what it is"),
        )
        for row in NO_BITSTREAMS
    ],
)
@pytest.mark.parametrize("command", [*COMMANDS, "bundle install"])
def test_a_bundle_whose_bitstream_is_none_is_refused_wherever_it_is_taken(
    command: str, built: Path, data: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (built / "overlay.bit").write_bytes(data)
    bundles.write_manifest(built, manifests.read(built))
    store = tmp_path / "store"
    install = ["bundle", "--root", str(store), "install", str(built)]
    assert main([*COMMANDS[command], "--bundle", str(built)] if command in COMMANDS else install) == 4
    assert f"bundle {built}: {reason}" in capsys.readouterr().err
    assert not list(store.glob("bundles/*"))


@pytest.mark.pynq
def test_load_overlay_has_a_dry_run_on_the_simulated_board(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load-overlay", "--simulated", "--bundle", str(built), "--json"]) == 0
    assert lines_of(capsys.readouterr().out) == [
        {"bundle": "random", "version": "0.0.0", "backend": "simulated-board", "clock_mhz": 100.0, "golden": 64}
    ]


@pytest.mark.parametrize("memory", [pytest.param("pynq", marks=pytest.mark.pynq), "uio"])
def test_the_simulated_board_loads_the_bitstream_of_the_bundle(
    built: Path, tmp_path: Path, memory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One for another chip is a failure of the overlay, as on a board, which reads the IDCODE."""
    command = ["selftest", "--backend", "simulated-board", "--bundle", str(built)]
    command += ["--config", settings_for(tmp_path, "none", memory=memory)]
    assert main(command) == 0
    text = (built / "overlay.hwh").read_bytes()
    (built / "overlay.hwh").write_bytes(text.replace(b'DEVICE="7z020"', b'DEVICE="7z010"'))
    bit = other_files.compressed(part="7z010clg400", idcode=CHIPS["7z010"].idcode)
    (built / "overlay.bit").write_bytes(bit)
    bundles.write_manifest(built, manifests.read(built))
    assert main(command) == 7
    assert "overlay.bit is for a 7z010, and the simulated board has a 7z020" in capsys.readouterr().err


@pytest.mark.pynq
def test_evaluate_gives_the_same_report_on_the_simulated_board(
    bundle: str, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = {}
    for backend in ("emulator", "simulated-board"):
        command = ["evaluate", str(pictures), "--bundle", bundle, "--finder", "fixed", "--backend", backend, "--json"]
        assert main(command) == 0
        (reports[backend],) = lines_of(capsys.readouterr().out)
        assert reports[backend].pop("backend") == backend
    assert reports["emulator"] == reports["simulated-board"]


@pytest.mark.pynq
def test_replay_gives_the_same_events_on_the_simulated_board(
    bundle: str, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = []
    for backend in ("emulator", "simulated-board"):
        assert main(["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--backend", backend, "--json"]) == 0
        events.append([{**event, "latency_ms": None} for event in lines_of(capsys.readouterr().out)])
    assert events[0] == events[1]


@pytest.mark.pynq
@pytest.mark.parametrize("fault", ["hang", "slow", "flip", "lose"])
def test_the_daemon_recovers_from_each_fault(
    bundle: str, clip: Path, tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings_for(tmp_path, fault, deadline_s=0.02)
    command = ["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--config", config]
    assert main([*command, "--backend", "simulated-board", "--json"]) == 0
    names = [line["event"] for line in lines_of(capsys.readouterr().out)]
    overlay = [Event.OVERLAY_FAILED, Event.OVERLAY_LOADING, Event.OVERLAY_BACK]
    failed = names.index("overlay_failed")
    assert names[failed : failed + 3] == [event.spec.name for event in overlay]
    assert names.index("fault") < failed < names.index("fault_over")
    assert "person" in names[failed:], "the front person is a new person after the fault"


@pytest.mark.pynq
def test_with_the_fallback_the_daemon_continues_on_the_emulator(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings_for(tmp_path, "hang", deadline_s=0.02, restarts=0, fallback="emulator")
    command = ["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed", "--config", config]
    assert main([*command, "--backend", "simulated-board"]) == 0
    err = capsys.readouterr().err
    assert "overlay failed: odma0 has not finished within 20 ms" in err
    assert "the emulator takes over, slower: odma0 has not finished within 20 ms" in err


@pytest.mark.pynq
def test_without_a_fallback_the_daemon_ends_with_an_exit_code_of_its_own(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings_for(tmp_path, "hang", deadline_s=0.02, restarts=0)
    command = ["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed", "--config", config]
    assert main([*command, "--backend", "simulated-board"]) == 7
    assert capsys.readouterr().err.splitlines()[-1] == "binarycop: overlay: odma0 has not finished within 20 ms"


@pytest.mark.pynq
def test_if_the_daemon_may_not_load_it_ends_with_the_exit_code_that_asks_for_a_loading(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings_for(tmp_path, "lose", fallback="emulator")
    monkeypatch.setattr(Fabric, "why_load_denied", lambda self: "read-only file system" if self.loads else None)
    command = ["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed", "--config", config]
    assert main([*command, "--backend", "simulated-board"]) == 8
    err = capsys.readouterr().err
    assert "overlay failed: the logic is no longer configured" in err
    assert err.splitlines()[-1].startswith("binarycop: overlay: it cannot be loaded from here: read-only file system")


def test_the_accelerator_without_root_needs_no_pynq_and_gives_the_same_events(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynq", None)
    config = settings_for(tmp_path, "none", memory="uio")
    command = ["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--config", config, "--json"]
    events = []
    for backend in ("emulator", "simulated-board"):
        assert main([*command, "--backend", backend]) == 0
        events.append([{**event, "latency_ms": None} for event in lines_of(capsys.readouterr().out)])
    assert events[0] == events[1]


@pytest.mark.parametrize("fault", ["hang", "slow", "flip", "lose"])
def test_without_root_each_fault_ends_with_the_exit_code_that_asks_for_a_loading(
    bundle: str, clip: Path, tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings_for(tmp_path, fault, deadline_s=0.02, memory="uio")
    command = ["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed", "--config", config]
    assert main([*command, "--backend", "simulated-board"]) == 8
    err = capsys.readouterr().err
    assert "overlay failed: " in err
    assert err.splitlines()[-1].startswith("binarycop: overlay: only root can load it")


@pytest.mark.pynq
def test_root_loads_for_a_daemon_without_root(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = settings_for(tmp_path, "none", memory="uio")
    assert main(["load-overlay", "--simulated", "--bundle", str(built), "--config", config]) == 0
    assert "loaded on simulated-board" in capsys.readouterr().out


def test_a_simulated_board_without_a_folder_for_its_files_is_an_error_that_says_so(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    config = settings_for(tmp_path, "none", memory="uio")
    assert main(["selftest", "--bundle", bundle, "--config", config, "--backend", "simulated-board"]) == 7
    errors = capsys.readouterr().err
    assert errors.startswith("binarycop: backend simulated-board needs a folder for temporary files: ")
    assert len(errors.splitlines()) == 1
