"""Settings that change while the gate works."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event as Flag

from binarycop.errors import SettingsError, SettingsErrors
from binarycop.service.reload import SettingsReader, change, run_in_thread
from binarycop.settings.classifier import ClassifierSettings
from binarycop.settings.faces import FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.gate import Fail, GateSettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.service import ServiceSettings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from binarycop.settings.verdict import VerdictSettings

NORTH, SOUTH = LaneSettings(name="north"), LaneSettings(name="south")
NOW = Settings(gates=(NORTH, SOUTH))


def test_what_the_gate_goes_by_holds_at_once() -> None:
    signals = SignalsSettings(nose=SignalSettings(True))
    south = replace(SOUTH, verdict=VerdictSettings(votes=3), gate=GateSettings(pulse_s=0.7), signals=signals)
    found = change(NOW, replace(NOW, gates=(NORTH, south)))
    assert found.settings.gates == (NORTH, south)
    assert {"verdict.votes (south)", "gate.pulse_s (south)", "signals.nose.permission (south)"} <= set(found.applied)
    assert found.needs_restart == ()


def test_what_is_made_at_the_start_waits_and_is_named() -> None:
    north = replace(
        NORTH,
        frames=FramesSettings(source="0"),
        faces=FacesSettings(least_px=40, yunet=replace(FacesSettings().yunet, longer_px=160)),
        gate=GateSettings(fail=Fail.OPEN, hold_s=5.0),
    )
    new = Settings(ClassifierSettings("u-cnv"), service=ServiceSettings(6.0), gates=(north, SOUTH))
    found = change(NOW, new)
    assert found.applied == ("faces.least_px (north)", "gate.hold_s (north)")
    assert found.needs_restart == (
        "classifier.bundle", "service.hang_s", "frames.source (north)", "faces.yunet.longer_px (north)",
        "gate.fail (north)",
    )  # fmt: skip
    assert found.settings.gates[0].gate.fail is Fail.SECURE
    assert found.settings.classifier == NOW.classifier


def test_a_gate_more_or_less_waits_and_the_others_go_on_by_their_new_settings() -> None:
    new = Settings(gates=(replace(SOUTH, gate=GateSettings(pulse_s=0.7)), LaneSettings(name="west")))
    found = change(NOW, new)
    assert [lane.gate.pulse_s for lane in found.settings.gates] == [0.5, 0.7]
    assert found.applied == ("gate.pulse_s (south)",)
    assert "gates" in found.needs_restart


def test_the_same_settings_change_nothing() -> None:
    found = change(NOW, Settings(gates=(NORTH, SOUTH)))
    assert (found.settings, found.applied, found.needs_restart) == (NOW, (), ())


def at_once(work: Callable[[], None]) -> None:
    work()


def test_what_was_read_is_given_once() -> None:
    reading = SettingsReader(lambda: NOW, at_once)
    assert reading.poll() is None
    reading.start()
    assert reading.is_running
    assert reading.poll() is NOW
    assert not reading.is_running
    assert reading.poll() is None


def test_files_are_read_beside_the_gate() -> None:
    go_on, is_done = Flag(), Flag()

    def load() -> Settings:
        go_on.wait(30)
        return NOW

    def in_a_watched_thread(work: Callable[[], None]) -> None:
        def watched() -> None:
            work()
            is_done.set()

        run_in_thread(watched)

    reading = SettingsReader(load, in_a_watched_thread)
    reading.start()
    assert reading.poll() is None
    assert reading.is_running
    go_on.set()
    assert is_done.wait(30)
    assert reading.poll() is NOW


def test_files_that_are_wrong_are_refused_with_every_reason_on_one_line() -> None:
    def load() -> Settings:
        raise SettingsErrors([SettingsError("is 1", "write 2", file="gate.yaml", line=3, key="a")] * 2)

    reading = SettingsReader(load, at_once)
    reading.start()
    assert reading.poll() == "gate.yaml:3: a: is 1; write 2; gate.yaml:3: a: is 1; write 2"


def test_whatever_else_goes_wrong_is_told_too() -> None:
    def load() -> Settings:
        raise MemoryError("full")

    reading = SettingsReader(load, at_once)
    reading.start()
    assert reading.poll() == "unexpected MemoryError: full"
