"""Settings that are read again while the gate works."""

import threading
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from binarycop.errors import SettingsError, SettingsErrors
from binarycop.service.reload import SettingsReader, change, run_in_thread
from binarycop.settings.classifier import ClassifierSettings
from binarycop.settings.faces import FacesSettings
from binarycop.settings.field import is_reloadable
from binarycop.settings.frames import FramesSettings
from binarycop.settings.gate import Fail, GateSettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.service import ServiceSettings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from binarycop.settings.verdict import VerdictSettings
from tests.patience import PATIENCE_S

NORTH, SOUTH = LaneSettings(name="north"), LaneSettings(name="south")
NOW = Settings(gates=(NORTH, SOUTH))


def test_reloadable_values_are_applied() -> None:
    signals = SignalsSettings(nose=SignalSettings(True))
    south = replace(SOUTH, verdict=VerdictSettings(votes=3), gate=GateSettings(pulse_s=0.7), signals=signals)
    result = change(NOW, replace(NOW, gates=(NORTH, south)))
    assert result.settings.gates == (NORTH, south)
    assert {"verdict.votes (south)", "gate.pulse_s (south)", "signals.nose.permission (south)"} <= set(result.applied)
    assert result.needs_restart == ()


def test_values_that_are_not_reloadable_stay_and_are_named() -> None:
    north = replace(
        NORTH,
        frames=FramesSettings(source="0"),
        faces=FacesSettings(least_px=50, yunet=replace(FacesSettings().yunet, longer_px=160)),
        gate=GateSettings(fail=Fail.OPEN, hold_s=5.0),
    )
    new = Settings(ClassifierSettings("u-cnv"), service=ServiceSettings(6.0), gates=(north, SOUTH))
    result = change(NOW, new)
    assert result.applied == ("faces.least_px (north)", "gate.hold_s (north)")
    assert result.needs_restart == (
        "classifier.bundle", "service.hang_s", "frames.source (north)", "faces.yunet.longer_px (north)",
        "gate.fail (north)",
    )  # fmt: skip
    assert result.settings.gates[0].gate.fail is Fail.SECURE
    assert result.settings.classifier == NOW.classifier


def test_another_list_of_gates_needs_a_restart_and_the_gates_in_both_get_their_new_values() -> None:
    new = Settings(gates=(replace(SOUTH, gate=GateSettings(pulse_s=0.7)), LaneSettings(name="west")))
    result = change(NOW, new)
    assert [lane.gate.pulse_s for lane in result.settings.gates] == [0.5, 0.7]
    assert result.applied == ("gate.pulse_s (south)",)
    assert "gates" in result.needs_restart


def reloadable_keys(section: Any) -> list[str]:
    keys = [field.name for field in fields(section) if is_reloadable(field)]
    values = [getattr(section, field.name) for field in fields(section)]
    return keys + [key for value in values if is_dataclass(value) for key in reloadable_keys(value)]


def test_all_reloadable_keys_belong_to_a_gate_since_only_lanes_get_new_settings() -> None:
    assert reloadable_keys(LaneSettings())
    for section in (NOW.classifier, NOW.journal, NOW.service):
        assert reloadable_keys(section) == []


def test_the_same_settings_change_nothing() -> None:
    result = change(NOW, Settings(gates=(NORTH, SOUTH)))
    assert (result.settings, result.applied, result.needs_restart) == (NOW, (), ())


def at_once(work: Callable[[], None]) -> None:
    work()


def test_a_result_is_polled_once() -> None:
    reader = SettingsReader(lambda: NOW, at_once)
    assert reader.poll() is None
    reader.start()
    assert reader.is_running
    assert reader.poll() is NOW
    assert not reader.is_running
    assert reader.poll() is None


def test_files_are_read_in_the_background() -> None:
    may_read, is_done = threading.Event(), threading.Event()

    def load() -> Settings:
        may_read.wait(PATIENCE_S)
        return NOW

    def run(work: Callable[[], None]) -> None:
        def work_and_tell() -> None:
            work()
            is_done.set()

        run_in_thread(work_and_tell)

    reader = SettingsReader(load, run)
    reader.start()
    assert reader.poll() is None
    assert reader.is_running
    may_read.set()
    assert is_done.wait(PATIENCE_S)
    assert reader.poll() is NOW


def test_wrong_files_are_refused_with_all_reasons_on_one_line() -> None:
    def load() -> Settings:
        raise SettingsErrors([SettingsError("is 1", "write 2", file="gate.yaml", line=3, key="a")] * 2)

    reader = SettingsReader(load, at_once)
    reader.start()
    assert reader.poll() == "gate.yaml:3: a: is 1; write 2; gate.yaml:3: a: is 1; write 2"


def test_an_unexpected_error_is_a_reason_too() -> None:
    def load() -> Settings:
        raise MemoryError("full")

    reader = SettingsReader(load, at_once)
    reader.start()
    assert reader.poll() == "unexpected MemoryError: full"
