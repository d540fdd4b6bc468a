"""``binarycop bundle`` as a unit or a person calls it."""

import json
import re
import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from binarycop.bundle import manifest as manifests
from binarycop.bundle.files import GOLDEN, Bundle, write_manifest
from binarycop.bundle.store import BundleStore
from binarycop.cli import bundle
from binarycop.cli.main import main
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal
from binarycop.service import unit
from binarycop.service.lane import Lane
from binarycop.service.status_text import status_text
from binarycop.settings.schema import LaneSettings
from tests.random_bundles import random_bundle
from tests.tried import Kind, tried


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gate.yaml"
    file.write_text("classifier: {bundle: random, backend: emulator}\n")
    return file


@pytest.fixture(autouse=True)
def daemon(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What systemctl says of the daemon's unit, line by line; empty: there is no systemd."""
    lines: list[str] = []
    monkeypatch.setattr(unit, "read", lambda: unit.parse("\n".join(lines)) if lines else None)
    return lines


IN_SERVICE = "gate: in service, policy enforce; 3 persons, 2 permitted, 1 refused"


def works(daemon: list[str], status: str = IN_SERVICE) -> None:
    """The daemon was started just now and works since then."""
    now_us = time.monotonic_ns() // 1000
    daemon[:] = [
        "ActiveState=active",
        f"ActiveEnterTimestampMonotonic={now_us}",
        f"ExecMainStartTimestampMonotonic={now_us}",
        "NRestarts=0",
        f"StatusText={status}",
    ]


def call(root: Path, *arguments: str | Path) -> int:
    return main(["bundle", "--root", str(root), *map(str, arguments)])


def with_wrong_golden_vectors(folder: Path) -> Path:
    """A bundle that agrees with its manifest, but fails its self-test."""
    random_bundle(folder)
    with np.load(folder / GOLDEN) as golden:
        np.savez_compressed(folder / GOLDEN, inputs=golden["inputs"], scores=golden["scores"] + 1)
    write_manifest(folder, manifests.read(folder))
    return folder


def test_a_start_with_a_bad_bundle_rolls_back_and_gives_the_reason(
    root: Path,
    config: Path,
    tiny_bundle: Bundle,
    tmp_path: Path,
    daemon: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(root, "install", tiny_bundle.folder) == 0
    assert call(root, "ensure", "--config", config) == 0
    assert "passed its self-test and is on trial" in capsys.readouterr().err
    works(daemon)
    assert call(root, "confirm", "--after", "0") == 0
    assert capsys.readouterr().out.rstrip().endswith("in use, known good")
    assert call(root, "install", with_wrong_golden_vectors(tmp_path / "bad")) == 0
    assert call(root, "ensure", "--config", config) == 0
    errors = capsys.readouterr().err
    assert "emulator does not reproduce the golden vectors: 64 of 64 differ" in errors
    assert "rolled back to 0.0.0-" in errors
    assert call(root, "ensure", "--config", config) == 0
    assert "is known good, and is unchanged" in capsys.readouterr().err


def test_a_bad_bundle_without_a_known_good_one_is_exit_code_4(
    root: Path, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "install", with_wrong_golden_vectors(tmp_path / "bad")) == 0
    assert call(root, "ensure", "--config", config) == 4
    assert "64 of 64 differ" in capsys.readouterr().err


def test_an_overlay_that_another_program_uses_is_no_failure_of_the_bundle(
    root: Path, config: Path, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("classifier: {bundle: random, backend: overlay}\n")
    call(root, "install", tiny_bundle.folder)
    installed = BundleStore(root).versions()
    reason = "overlay: python3, process 12, is using it; end that first"
    commands = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=16, stderr=f"binarycop: {reason}\n")

    monkeypatch.setattr("subprocess.run", run)
    capsys.readouterr()
    assert call(root, "ensure", "--config", config) == 16
    assert capsys.readouterr().err == f"binarycop: {reason}\n"
    assert "load-overlay" in commands[0]
    assert BundleStore(root).versions() == installed


def test_the_store_and_the_settings_may_be_relative_paths(
    config: Path, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(Path("store"), "install", tiny_bundle.folder) == 0
    assert call(Path("store"), "ensure", "--config", config.name) == 0


def test_a_rollback_of_a_bundle_that_is_not_in_the_store_says_so(
    root: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    call(root, "install", tiny_bundle.folder)
    assert call(root, "rollback", "n-cnv") == 4
    assert "bundle n-cnv: there is no such bundle in the store, which has random" in capsys.readouterr().err


def test_a_rollback_is_an_event_with_fields(
    root: Path, config: Path, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = MemoryJournal()
    monkeypatch.setattr(bundle, "open_journal", lambda *_: journal)
    call(root, "install", tiny_bundle.folder)
    call(root, "ensure", "--config", config)
    call(root, "install", with_wrong_golden_vectors(tmp_path / "bad"))
    call(root, "ensure", "--config", config)
    ((event, _, values),) = journal.records
    assert (event, values["bundle"]) == (Event.BUNDLE_BACK, "random")
    assert values["refused"] != values["version"]


@pytest.mark.parametrize(
    ("after_s", "status"),
    [
        ("600", IN_SERVICE),
        ("0", "gate: in service, policy enforce; 3 persons, 0 permitted, 0 refused, 3 undecided"),
        (
            "0",
            f"north: OUT OF ORDER, relay off: no frames; {IN_SERVICE}",
        ),
        ("0", ""),
    ],
    ids=["too short", "nobody judged", "out of order", "no status"],
)
def test_a_version_is_not_known_good_before_the_daemon_has_worked_with_it(
    root: Path,
    config: Path,
    tiny_bundle: Bundle,
    daemon: list[str],
    capsys: pytest.CaptureFixture[str],
    after_s: str,
    status: str,
) -> None:
    call(root, "install", tiny_bundle.folder)
    call(root, "ensure", "--config", config)
    works(daemon, status)
    assert call(root, "confirm", "--after", after_s) == 0
    assert (
        f"nothing to confirm yet: it takes {after_s} s in service, and one person permitted or refused"
        in capsys.readouterr().err
    )
    assert call(root, "list") == 0
    assert capsys.readouterr().out.rstrip().endswith("in use, on trial")


def test_without_systemd_nothing_is_confirmed(root: Path, config: Path, tiny_bundle: Bundle) -> None:
    call(root, "install", tiny_bundle.folder)
    call(root, "ensure", "--config", config)
    assert call(root, "confirm", "--after", "0") == 0
    assert not any(version.known_good for version in BundleStore(root).versions())


def test_a_bundle_with_which_the_daemon_fails_is_rolled_back(
    root: Path, config: Path, tiny_bundle: Bundle, tmp_path: Path, daemon: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call(root, "install", tiny_bundle.folder)
    call(root, "ensure", "--config", config)
    works(daemon)
    call(root, "confirm", "--after", "0")
    random_bundle(tmp_path / "other", seed=2)
    call(root, "install", tmp_path / "other")
    call(root, "ensure", "--config", config)
    daemon[:] = ["ActiveState=activating", "NRestarts=3"]
    capsys.readouterr()
    assert call(root, "ensure", "--config", config) == 0
    assert "the daemon has failed 3 times with it" in capsys.readouterr().err


@pytest.mark.parametrize("after_s", ["nan", "inf", "-1", "1e9", "9" * 400, "86401", "\u0665", ""])
def test_a_time_that_is_no_reasonable_number_is_a_wrong_argument(root: Path, after_s: str) -> None:
    with pytest.raises(SystemExit) as caught:
        call(root, "confirm", "--after", after_s)
    assert caught.value.code == 2


def test_the_daemons_own_status_is_what_is_read(tiny_bundle: Bundle) -> None:
    lane = SimpleNamespace(
        settings=LaneSettings(name="gate"),
        counters=SimpleNamespace(persons=3, permits=0, refusals=1, undecided=2),
        faults=(),
        source_end=None,
    )
    text = status_text([cast("Lane", lane)])
    assert unit.parse(f"ActiveState=active\nStatusText={text}").has_worked(600.0, 600.0)


def test_wrong_settings_have_their_own_exit_code(
    root: Path, config: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    call(root, "install", tiny_bundle.folder)
    config.write_text("classifier: {bundel: random}\n")
    assert call(root, "ensure", "--config", config) == 3
    assert "bundel" in capsys.readouterr().err


def test_a_bundle_outside_the_store_is_left_to_the_daemon(
    root: Path, config: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(f"classifier: {{bundle: {tiny_bundle.folder}}}\n")
    assert call(root, "ensure", "--config", config) == 0
    assert "not in the bundle store: no self-test, and no version to roll back to" in capsys.readouterr().err
    assert call(root, "ensure", "--config", config, "--json") == 0
    result = {"name": str(tiny_bundle.folder), "version": "", "tested": False, "refused": "", "reason": ""}
    assert json.loads(capsys.readouterr().out) == result


def test_list_shows_what_is_in_use(
    root: Path, config: Path, tiny_bundle: Bundle, daemon: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call(root, "install", "--packaged", tiny_bundle.folder)
    call(root, "ensure", "--config", config)
    works(daemon)
    call(root, "confirm", "--after", "0")
    capsys.readouterr()
    assert call(root, "list") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("random  0.0.0-")
    assert line.endswith("in use, known good, packaged")


def test_a_store_that_cannot_be_written_is_exit_code_10_and_one_line(
    tmp_path: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert call(tmp_path / "file" / "store", "install", tiny_bundle.folder) == 10
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"binarycop: bundle store: {tmp_path}/file/store: Not a directory"


def test_the_former_name_of_an_option_is_still_understood(
    root: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "install", "--shipped", tiny_bundle.folder) == 0
    assert capsys.readouterr().out.rstrip().endswith("in use, packaged")


def test_every_verb_prints_json(
    root: Path, config: Path, tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def objects(*arguments: str | Path) -> list[dict[str, object]]:
        assert call(root, *arguments, "--json") == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    (first,) = objects("install", tiny_bundle.folder)
    assert first == {
        "name": "random", "version": first["version"], "in_use": True, "known_good": False, "packaged": False,
        "on_trial": False,
    }  # fmt: skip
    (result,) = objects("ensure", "--config", config)
    assert result == {"name": "random", "version": first["version"], "tested": True, "refused": "", "reason": ""}
    (second,) = objects("install", with_wrong_golden_vectors(tmp_path / "bad"))
    (result,) = objects("ensure", "--config", config)
    assert (result["version"], result["refused"]) == (first["version"], second["version"])
    assert "64 of 64 differ" in str(result["reason"])
    assert [version["in_use"] for version in objects("list")].count(True) == 1
    assert call(root, "rollback", "random") == 4


@tried(Kind.BUILD, "a bitstream that was only copied into a bundle's folder", "not installed, and named")
def test_install_names_the_files_that_are_not_the_bundles(
    root: Path, tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "install", tiny_bundle.folder) == 0
    assert capsys.readouterr().err == ""
    folder = Path(shutil.copytree(tiny_bundle.folder, tmp_path / "copy"))
    for name in ("overlay.bit", "overlay.hwh", *(f"x{number}" for number in range(9))):
        (folder / name).write_bytes(b"any")
    assert call(root, "install", folder) == 0
    names = "overlay.bit, overlay.hwh, x0, x1, x2, x3, x4, x5 and 3 more"
    note = f"binarycop: not installed, since manifest.json does not list it: {names}"
    assert capsys.readouterr().err.splitlines() == [note]


def test_a_systemd_that_does_not_answer_is_not_taken_for_a_daemon_that_has_not_worked_long_enough(
    root: Path, tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "install", tiny_bundle.folder) == 0
    assert call(root, "confirm") == 0
    assert "nothing to confirm: systemd does not answer" in capsys.readouterr().err


def test_the_marks_of_a_version_have_colours_on_a_terminal(
    root: Path, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "install", tiny_bundle.folder) == 0
    plain = capsys.readouterr().out
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert call(root, "list") == 0
    coloured = capsys.readouterr().out
    assert "\x1b[1min use\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert call(root, "list") == 0
    assert capsys.readouterr().out == plain
