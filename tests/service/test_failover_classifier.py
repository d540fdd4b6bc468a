"""After a failure of the overlay: the coil first, then it is loaded anew, then the emulator or the end."""

from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.bundle.files import Bundle
from binarycop.errors import BackendError, DmaTimeout, OverlayError, OverlayLoadDenied, OverlayMissing
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal
from binarycop.service import assembly
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


def overlay_names(bench: SimulatedSetup) -> list[str]:
    return [name for name, _ in bench.told(*OVERLAY_EVENTS)]


def test_the_coil_is_released_before_the_overlay_is_loaded_anew_and_the_gate_goes_on() -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(5)
    assert bench.coil
    levels = []
    bench.classifier.on_reload = lambda: levels.append(bench.factory.pin("RELAY").state)
    bench.classifier.fails = HUNG
    bench.frames(1)
    assert levels == [False]
    assert not bench.coil
    assert bench.names[bench.names.index("fault") :] == [
        "fault", "withdrawn", "left", "overlay_failed", "overlay_loading", "overlay_back",
    ]  # fmt: skip
    bench.frames(3)
    assert not bench.coil, "the verdict must be made anew"
    bench.frames(12)
    assert bench.told(Event.PERMIT)[-1][1]["person"] == 2
    assert bench.told(Event.FAULT)[0][1]["reason"] == bench.told(Event.FAULT_OVER)[0][1]["reason"] == "no scores"


def test_the_journal_says_what_failed_and_which_try_it_is() -> None:
    bench = SimulatedSetup().somebody(NOSE).frames(2)
    bench.classifier.fails = HUNG
    bench.frames(1)
    assert bench.told(*OVERLAY_EVENTS) == [
        ("overlay_failed", {"reason": "odma0 has not finished within 100 ms"}),
        ("overlay_loading", {"number": 1, "most": 3}),
        ("overlay_back", {}),
    ]


def test_a_try_that_fails_is_followed_by_another_without_waiting_for_a_person() -> None:
    bench = SimulatedSetup().somebody(NOSE).frames(2)
    bench.classifier.fails = HUNG
    bench.classifier.reloads = [OverlayError("it could not be loaded"), None]
    bench.frames(1).nobody().wait(0.1)
    assert overlay_names(bench) == [
        "overlay_failed", "overlay_loading", "overlay_failed", "overlay_loading", "overlay_back",
    ]  # fmt: skip


def test_when_the_restarts_are_used_up_the_service_ends_with_the_last_failure_and_the_coil_released() -> None:
    bench = SimulatedSetup(overlay=OverlaySettings(restarts=2)).somebody(CORRECT).frames(5)
    bench.classifier.fails = HUNG
    bench.classifier.reloads = [OverlayError("once"), OverlayError("twice")]
    with pytest.raises(OverlayError, match="twice"), bench.service:
        bench.frames(3)
    assert bench.factory.pin("RELAY").state is False
    assert overlay_names(bench).count("overlay_loading") == 2
    assert bench.classifier.is_closed


def test_or_it_goes_on_with_the_emulator_where_the_settings_allow_it_and_says_so() -> None:
    bench = SimulatedSetup(overlay=replace(ON_EMULATOR, restarts=1)).somebody(NOSE).frames(2)
    bench.classifier.fails = HUNG
    bench.classifier.reloads = [OverlayError("dead")]
    bench.spare.scores_of = [CORRECT]
    bench.frames(2)
    assert overlay_names(bench)[-1] == "on_emulator"
    assert bench.told(Event.ON_EMULATOR)[0][1]["reason"] == "dead"
    assert bench.classifier.is_closed
    bench.frames(12)
    assert bench.told(Event.PERMIT)
    assert bench.spare.batches
    bench.service.close()
    assert bench.spare.is_closed


def test_without_any_restart_the_emulator_takes_over_at_once() -> None:
    bench = SimulatedSetup(overlay=replace(ON_EMULATOR, restarts=0)).somebody(NOSE).frames(2)
    bench.classifier.fails = HUNG
    bench.frames(1)
    assert overlay_names(bench) == ["overlay_failed", "on_emulator"]


def test_restarts_of_long_ago_do_not_count() -> None:
    bench = SimulatedSetup(overlay=OverlaySettings(restarts=1, within_s=60)).somebody(NOSE).frames(2)
    for _ in range(3):
        bench.classifier.fails = HUNG
        bench.frames(1).wait(61)
    assert overlay_names(bench).count("overlay_back") == 3
    bench.classifier.fails = HUNG
    bench.frames(1)
    bench.classifier.fails = HUNG
    with pytest.raises(DmaTimeout):
        bench.frames(1)


def test_a_process_without_the_right_to_load_ends_whatever_may_take_over() -> None:
    bench = SimulatedSetup(overlay=ON_EMULATOR).somebody(CORRECT).frames(5)
    bench.classifier.fails = HUNG
    bench.classifier.reloads = [OverlayLoadDenied("no right")]
    with pytest.raises(OverlayLoadDenied), bench.service:
        bench.frames(1)
    assert bench.factory.pin("RELAY").state is False
    assert overlay_names(bench) == ["overlay_failed", "overlay_loading"]


def test_while_fire_holds_the_coil_nothing_is_loaded() -> None:
    bench = SimulatedSetup(WITH_INPUTS).somebody(NOSE).frames(2)
    bench.factory.pin("FIRE").drive_high()
    bench.frames(1)
    bench.classifier.fails = HUNG
    bench.frames(20)
    assert bench.coil
    assert overlay_names(bench) == ["overlay_failed"]
    bench.factory.pin("FIRE").drive_low()
    bench.frames(1)
    assert overlay_names(bench) == ["overlay_failed", "overlay_loading", "overlay_back"]


def test_passages_that_floating_inputs_report_are_overlooked() -> None:
    bench = SimulatedSetup(WITH_INPUTS).somebody(NOSE).frames(2)

    def float_for_a_while() -> None:
        for _ in range(3):
            bench.factory.pin("PASSED").drive_high()
            bench.factory.pin("PASSED").drive_low()

    bench.classifier.on_reload = float_for_a_while
    bench.classifier.fails = HUNG
    bench.frames(4)
    assert "overlay_back" in bench.names
    assert "forced" not in bench.names


def test_a_lane_that_fails_open_is_open_while_there_are_no_scores() -> None:
    signals = replace(SignalsSettings(), fault=SignalSettings(True))
    bench = SimulatedSetup(LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=signals)).somebody(NOSE).frames(3)
    assert bench.coil, "energised keeps it closed"
    levels = []
    bench.classifier.on_reload = lambda: levels.append(bench.factory.pin("RELAY").state)
    bench.classifier.fails = HUNG
    bench.frames(1)
    assert levels == [False]


def test_every_lane_is_released_before_anything_is_loaded() -> None:
    south = replace(LaneSettings(name="south"), lines=replace(LaneSettings().lines, permission=replace(
        LaneSettings().lines.permission, pin="R2"), lamps={}))  # fmt: skip
    bench = SimulatedSetup(LaneSettings(name="north"), south)
    bench.finders[0].box = bench.finders[1].box = HERE
    bench.classifier.scores_of = [CORRECT]
    bench.frames(5)
    assert [wires.is_relay_on for wires in bench.wires] == [True, True]
    levels = []
    bench.classifier.on_reload = lambda: levels.append([wires.is_relay_on for wires in bench.wires])
    bench.classifier.fails = HUNG
    bench.frames(1)
    assert levels == [[False, False]]


def test_a_failure_that_no_loading_mends_ends_the_service() -> None:
    bench = SimulatedSetup(overlay=ON_EMULATOR).somebody(NOSE).frames(2)
    bench.classifier.fails = BackendError("not of the overlay")
    with pytest.raises(BackendError, match="not of the overlay"):
        bench.frames(1)
    assert overlay_names(bench) == []


@pytest.mark.parametrize("fallback", Fallback)
def test_at_start_the_emulator_takes_over_only_where_the_settings_allow_it(
    tiny_bundle: Bundle, fallback: Fallback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: ClassifierSettings, bundle: Bundle) -> object:
        if settings.backend is Backend.OVERLAY:
            raise OverlayMissing("none is loaded")
        return open_classifier(settings, bundle)

    monkeypatch.setattr(assembly, "open_classifier", refuse)
    folder = str(Path(tiny_bundle.folder))
    settings = ClassifierSettings(folder, Backend.OVERLAY, OverlaySettings(fallback=fallback))
    journal = MemoryJournal()
    if fallback is Fallback.NONE:
        with pytest.raises(OverlayMissing, match="run binarycop load-overlay"):
            assembly.open_bundle_or_fallback(settings, journal)
        return
    _, classifier = assembly.open_bundle_or_fallback(settings, journal)
    assert classifier.name == "emulator"
    assert [event for event, _, _ in journal.records] == [Event.ON_EMULATOR]
