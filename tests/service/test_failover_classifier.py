"""After a failure of the overlay: relay off, load it again, then the emulator or the end."""

from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.bundle.files import Bundle
from binarycop.errors import BackendError, DmaTimeout, OverlayError, OverlayInUse, OverlayLoadDenied, OverlayMissing
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal
from binarycop.service import backends
from binarycop.service.backends import open_classifier
from binarycop.settings.classifier import Backend, ClassifierSettings, Fallback, OverlaySettings
from binarycop.settings.gate import Fail, GateSettings
from binarycop.settings.lines import InputSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from tests.service.fakes import CORRECT, HERE, NOSE, SimulatedSetup

HUNG = DmaTimeout("odma0", 0.1)
ON_EMULATOR = OverlaySettings(fallback=Fallback.EMULATOR)
WITH_INPUTS = LaneSettings(lines=LinesSettings(passed=InputSettings("PASSED"), fire=InputSettings("FIRE")))
OVERLAY_EVENTS = (Event.OVERLAY_FAILED, Event.OVERLAY_LOADING, Event.OVERLAY_BACK, Event.ON_EMULATOR)


def overlay_names(setup: SimulatedSetup) -> list[str]:
    return [name for name, _ in setup.records(*OVERLAY_EVENTS)]


def test_the_relay_is_off_before_the_overlay_is_loaded_again_and_the_gate_goes_on() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(5)
    assert setup.is_relay_on
    levels = []
    setup.classifier.on_reload = lambda: levels.append(setup.factory.pin("RELAY").state)
    setup.classifier.fails = HUNG
    setup.frames(1)
    assert levels == [False]
    assert not setup.is_relay_on
    assert setup.event_names[setup.event_names.index("fault") :] == [
        "fault", "withdrawn", "left", "overlay_failed", "overlay_loading", "overlay_back",
    ]  # fmt: skip
    setup.frames(3)
    assert not setup.is_relay_on, "the person needs a new verdict"
    setup.frames(12)
    assert setup.records(Event.PERMIT)[-1][1]["person"] == 2
    assert setup.records(Event.FAULT)[0][1]["reason"] == setup.records(Event.FAULT_OVER)[0][1]["reason"] == "no scores"


def test_the_journal_has_the_reason_of_the_failure_and_the_number_of_the_attempt() -> None:
    setup = SimulatedSetup().person_arrives(NOSE).frames(2)
    setup.classifier.fails = HUNG
    setup.frames(1)
    assert setup.records(*OVERLAY_EVENTS) == [
        ("overlay_failed", {"reason": "odma0 has not finished within 100 ms"}),
        ("overlay_loading", {"number": 1, "most": 3}),
        ("overlay_back", {}),
    ]


def test_after_a_failed_attempt_the_next_one_does_not_wait_for_a_person() -> None:
    setup = SimulatedSetup().person_arrives(NOSE).frames(2)
    setup.classifier.fails = HUNG
    setup.classifier.reloads = [OverlayError("it could not be loaded"), None]
    setup.frames(1).person_leaves().wait(0.1)
    assert overlay_names(setup) == [
        "overlay_failed", "overlay_loading", "overlay_failed", "overlay_loading", "overlay_back",
    ]  # fmt: skip


def test_after_the_last_restart_the_service_ends_with_the_last_failure_and_the_relay_off() -> None:
    setup = SimulatedSetup(overlay=OverlaySettings(restarts=2)).person_arrives(CORRECT).frames(5)
    setup.classifier.fails = HUNG
    setup.classifier.reloads = [OverlayError("once"), OverlayError("twice")]
    with pytest.raises(OverlayError, match="twice"), setup.service:
        setup.frames(3)
    assert setup.factory.pin("RELAY").state is False
    assert overlay_names(setup).count("overlay_loading") == 2
    assert setup.classifier.is_closed


def test_after_the_last_restart_the_emulator_takes_over_if_the_settings_allow_it() -> None:
    setup = SimulatedSetup(overlay=replace(ON_EMULATOR, restarts=1)).person_arrives(NOSE).frames(2)
    setup.classifier.fails = HUNG
    setup.classifier.reloads = [OverlayError("dead")]
    setup.fallback.scores_of = [CORRECT]
    setup.frames(2)
    assert overlay_names(setup)[-1] == "on_emulator"
    assert setup.records(Event.ON_EMULATOR)[0][1]["reason"] == "dead"
    assert not setup.classifier.is_closed  # the relays stay behind the overlay, so nobody else may load it
    setup.frames(12)
    assert setup.records(Event.PERMIT)
    assert setup.fallback.batches
    setup.service.close()
    assert setup.fallback.is_closed
    assert setup.classifier.is_closed


def test_with_no_restarts_allowed_the_emulator_takes_over_at_once() -> None:
    setup = SimulatedSetup(overlay=replace(ON_EMULATOR, restarts=0)).person_arrives(NOSE).frames(2)
    setup.classifier.fails = HUNG
    setup.frames(1)
    assert overlay_names(setup) == ["overlay_failed", "on_emulator"]


def test_only_the_restarts_within_within_s_count() -> None:
    setup = SimulatedSetup(overlay=OverlaySettings(restarts=1, within_s=60)).person_arrives(NOSE).frames(2)
    for _ in range(3):
        setup.classifier.fails = HUNG
        setup.frames(1).wait(61)
    assert overlay_names(setup).count("overlay_back") == 3
    setup.classifier.fails = HUNG
    setup.frames(1)
    setup.classifier.fails = HUNG
    with pytest.raises(DmaTimeout):
        setup.frames(1)


def test_a_process_that_may_not_load_the_overlay_ends_even_if_the_emulator_could_take_over() -> None:
    setup = SimulatedSetup(overlay=ON_EMULATOR).person_arrives(CORRECT).frames(5)
    setup.classifier.fails = HUNG
    setup.classifier.reloads = [OverlayLoadDenied("no right")]
    with pytest.raises(OverlayLoadDenied), setup.service:
        setup.frames(1)
    assert setup.factory.pin("RELAY").state is False
    assert overlay_names(setup) == ["overlay_failed", "overlay_loading"]


def test_while_fire_keeps_the_relay_on_the_overlay_is_not_loaded() -> None:
    setup = SimulatedSetup(WITH_INPUTS).person_arrives(NOSE).frames(2)
    setup.factory.pin("FIRE").drive_high()
    setup.frames(1)
    setup.classifier.fails = HUNG
    setup.frames(20)
    assert setup.is_relay_on
    assert overlay_names(setup) == ["overlay_failed"]
    setup.factory.pin("FIRE").drive_low()
    setup.frames(11)
    assert overlay_names(setup) == ["overlay_failed", "overlay_loading", "overlay_back"]


def test_passages_that_floating_inputs_report_are_ignored() -> None:
    setup = SimulatedSetup(WITH_INPUTS).person_arrives(NOSE).frames(2)

    def float_for_a_while() -> None:
        for _ in range(3):
            setup.factory.pin("PASSED").drive_high()
            setup.factory.pin("PASSED").drive_low()

    setup.classifier.on_reload = float_for_a_while
    setup.classifier.fails = HUNG
    setup.frames(4)
    assert "overlay_back" in setup.event_names
    assert "forced" not in setup.event_names


def test_a_lane_that_fails_open_has_the_relay_off_while_there_are_no_scores() -> None:
    signals = replace(SignalsSettings(), fault=SignalSettings(True))
    lane = LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=signals)
    setup = SimulatedSetup(lane).person_arrives(NOSE).frames(3)
    assert setup.is_relay_on, "with fail open, relay on means no permission"
    levels = []
    setup.classifier.on_reload = lambda: levels.append(setup.factory.pin("RELAY").state)
    setup.classifier.fails = HUNG
    setup.frames(1)
    assert levels == [False]


def test_the_relays_of_all_lanes_are_off_before_the_overlay_is_loaded() -> None:
    south = replace(LaneSettings(name="south"), lines=replace(LaneSettings().lines, permission=replace(
        LaneSettings().lines.permission, pin="R2"), lamps={}))  # fmt: skip
    setup = SimulatedSetup(LaneSettings(name="north"), south)
    setup.detectors[0].box = setup.detectors[1].box = HERE
    setup.classifier.scores_of = [CORRECT]
    setup.frames(5)
    assert [lane_io.is_relay_on for lane_io in setup.lane_ios] == [True, True]
    levels = []
    setup.classifier.on_reload = lambda: levels.append([lane_io.is_relay_on for lane_io in setup.lane_ios])
    setup.classifier.fails = HUNG
    setup.frames(1)
    assert levels == [[False, False]]


def test_a_failure_of_something_else_than_the_overlay_ends_the_service() -> None:
    setup = SimulatedSetup(overlay=ON_EMULATOR).person_arrives(NOSE).frames(2)
    setup.classifier.fails = BackendError("not the overlay")
    with pytest.raises(BackendError, match="not the overlay"):
        setup.frames(1)
    assert overlay_names(setup) == []


@pytest.mark.parametrize("backend", [Backend.EMULATOR, Backend.OVERLAY])
def test_while_a_killed_daemons_clock_is_slow_no_backend_starts_since_the_dead_man_timer_is_slow_too(
    tiny_bundle: Bundle, tmp_path: Path, backend: Backend
) -> None:
    manager = SysfsFpgaManager(tmp_path, tmp_path, tmp_path / "sha256")
    manager.record_slowed(100.0)
    overlay = OverlaySettings(fallback=Fallback.EMULATOR)
    settings, journal = ClassifierSettings(str(tiny_bundle.folder), backend, overlay=overlay), MemoryJournal()
    with pytest.raises(OverlayMissing, match=r"left its clock slow, .*; run binarycop load-overlay$"):
        backends.open_bundle_or_fallback(settings, journal, manager)
    other = SysfsFpgaManager(tmp_path, tmp_path, tmp_path / "sha256")
    other.claim()
    with pytest.raises(OverlayInUse, match="is using it already"):
        backends.open_bundle_or_fallback(settings, journal, manager)
    other.release()
    manager.record_slowed(None)
    emulator = ClassifierSettings(str(tiny_bundle.folder), Backend.EMULATOR)
    assert backends.open_bundle_or_fallback(emulator, journal, manager)[1].name == "emulator"


@pytest.mark.parametrize("fallback", Fallback)
def test_at_the_start_the_emulator_takes_over_only_if_the_settings_allow_it(
    tiny_bundle: Bundle, fallback: Fallback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: ClassifierSettings, bundle: Bundle) -> object:
        if settings.backend is Backend.OVERLAY:
            raise OverlayMissing("none is loaded")
        return open_classifier(settings, bundle)

    monkeypatch.setattr(backends, "open_classifier", refuse)
    folder = str(Path(tiny_bundle.folder))
    settings = ClassifierSettings(folder, Backend.OVERLAY, overlay=OverlaySettings(fallback=fallback))
    journal = MemoryJournal()
    if fallback is Fallback.NONE:
        with pytest.raises(OverlayMissing, match="run binarycop load-overlay"):
            backends.open_bundle_or_fallback(settings, journal)
        return
    _, classifier = backends.open_bundle_or_fallback(settings, journal)
    assert classifier.name == "emulator"
    assert [event for event, _, _ in journal.records] == [Event.ON_EMULATOR]
