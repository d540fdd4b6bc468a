"""After a failure of the overlay: the coil first, then it is loaded anew, then the emulator or the end."""

from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.classifier.bundle import Bundle
from binarycop.classifier.choose import open_classifier
from binarycop.errors import BackendError, DmaTimeout, OverlayError, OverlayForbidden, OverlayMissing
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal
from binarycop.service import build
from binarycop.settings.schema import (
    Backend,
    ClassifierSettings,
    Fail,
    Fallback,
    GateSettings,
    InputSettings,
    LaneSettings,
    LinesSettings,
    OverlaySettings,
    SignalSettings,
    SignalsSettings,
)
from tests.service.rigs import CORRECT, HERE, NOSE, Rig

HUNG = DmaTimeout("odma0", 0.1)
ON_EMULATOR = OverlaySettings(fallback=Fallback.EMULATOR)
WITH_INPUTS = LaneSettings(lines=LinesSettings(passed=InputSettings("PASSED"), fire=InputSettings("FIRE")))
OVERLAY_EVENTS = (Event.OVERLAY_FAILED, Event.OVERLAY_LOADING, Event.OVERLAY_BACK, Event.ON_EMULATOR)


def overlay_names(rig: Rig) -> list[str]:
    return [name for name, _ in rig.told(*OVERLAY_EVENTS)]


def test_the_coil_is_released_before_the_overlay_is_loaded_anew_and_the_gate_goes_on() -> None:
    rig = Rig().somebody(CORRECT).frames(5)
    assert rig.coil
    levels = []
    rig.classifier.on_reload = lambda: levels.append(rig.factory.pin("RELAY").state)
    rig.classifier.fails = HUNG
    rig.frames(1)
    assert levels == [False]
    assert not rig.coil
    assert rig.names[rig.names.index("fault") :] == [
        "fault", "withdrawn", "left", "overlay_failed", "overlay_loading", "overlay_back",
    ]  # fmt: skip
    rig.frames(3)
    assert not rig.coil, "the verdict must be made anew"
    rig.frames(12)
    assert rig.told(Event.PERMIT)[-1][1]["person"] == 2
    assert rig.told(Event.FAULT)[0][1]["reason"] == rig.told(Event.FAULT_OVER)[0][1]["reason"] == "no scores"


def test_the_journal_says_what_failed_and_which_try_it_is() -> None:
    rig = Rig().somebody(NOSE).frames(2)
    rig.classifier.fails = HUNG
    rig.frames(1)
    assert rig.told(*OVERLAY_EVENTS) == [
        ("overlay_failed", {"reason": "odma0 has not finished within 100 ms"}),
        ("overlay_loading", {"number": 1, "most": 3}),
        ("overlay_back", {}),
    ]


def test_a_try_that_fails_is_followed_by_another_without_waiting_for_a_person() -> None:
    rig = Rig().somebody(NOSE).frames(2)
    rig.classifier.fails = HUNG
    rig.classifier.reloads = [OverlayError("it could not be loaded"), None]
    rig.frames(1).nobody().wait(0.1)
    assert overlay_names(rig) == [
        "overlay_failed", "overlay_loading", "overlay_failed", "overlay_loading", "overlay_back",
    ]  # fmt: skip


def test_when_the_restarts_are_used_up_the_service_ends_with_the_last_failure_and_the_coil_released() -> None:
    rig = Rig(overlay=OverlaySettings(restarts=2)).somebody(CORRECT).frames(5)
    rig.classifier.fails = HUNG
    rig.classifier.reloads = [OverlayError("once"), OverlayError("twice")]
    with pytest.raises(OverlayError, match="twice"), rig.service:
        rig.frames(3)
    assert rig.factory.pin("RELAY").state is False
    assert overlay_names(rig).count("overlay_loading") == 2
    assert rig.classifier.is_closed


def test_or_it_goes_on_with_the_emulator_where_the_settings_allow_it_and_says_so() -> None:
    rig = Rig(overlay=replace(ON_EMULATOR, restarts=1)).somebody(NOSE).frames(2)
    rig.classifier.fails = HUNG
    rig.classifier.reloads = [OverlayError("dead")]
    rig.spare.scores_of = [CORRECT]
    rig.frames(2)
    assert overlay_names(rig)[-1] == "on_emulator"
    assert rig.told(Event.ON_EMULATOR)[0][1]["reason"] == "dead"
    assert rig.classifier.is_closed
    rig.frames(12)
    assert rig.told(Event.PERMIT)
    assert rig.spare.batches
    rig.service.close()
    assert rig.spare.is_closed


def test_without_any_restart_the_emulator_takes_over_at_once() -> None:
    rig = Rig(overlay=replace(ON_EMULATOR, restarts=0)).somebody(NOSE).frames(2)
    rig.classifier.fails = HUNG
    rig.frames(1)
    assert overlay_names(rig) == ["overlay_failed", "on_emulator"]


def test_restarts_of_long_ago_do_not_count() -> None:
    rig = Rig(overlay=OverlaySettings(restarts=1, within_s=60)).somebody(NOSE).frames(2)
    for _ in range(3):
        rig.classifier.fails = HUNG
        rig.frames(1).wait(61)
    assert overlay_names(rig).count("overlay_back") == 3
    rig.classifier.fails = HUNG
    rig.frames(1)
    rig.classifier.fails = HUNG
    with pytest.raises(DmaTimeout):
        rig.frames(1)


def test_a_process_without_the_right_to_load_ends_whatever_may_take_over() -> None:
    rig = Rig(overlay=ON_EMULATOR).somebody(CORRECT).frames(5)
    rig.classifier.fails = HUNG
    rig.classifier.reloads = [OverlayForbidden("no right")]
    with pytest.raises(OverlayForbidden), rig.service:
        rig.frames(1)
    assert rig.factory.pin("RELAY").state is False
    assert overlay_names(rig) == ["overlay_failed", "overlay_loading"]


def test_while_fire_holds_the_coil_nothing_is_loaded() -> None:
    rig = Rig(WITH_INPUTS).somebody(NOSE).frames(2)
    rig.factory.pin("FIRE").drive_high()
    rig.frames(1)
    rig.classifier.fails = HUNG
    rig.frames(20)
    assert rig.coil
    assert overlay_names(rig) == ["overlay_failed"]
    rig.factory.pin("FIRE").drive_low()
    rig.frames(1)
    assert overlay_names(rig) == ["overlay_failed", "overlay_loading", "overlay_back"]


def test_passages_that_floating_inputs_report_are_overlooked() -> None:
    rig = Rig(WITH_INPUTS).somebody(NOSE).frames(2)

    def float_for_a_while() -> None:
        for _ in range(3):
            rig.factory.pin("PASSED").drive_high()
            rig.factory.pin("PASSED").drive_low()

    rig.classifier.on_reload = float_for_a_while
    rig.classifier.fails = HUNG
    rig.frames(4)
    assert "overlay_back" in rig.names
    assert "forced" not in rig.names


def test_a_lane_that_fails_open_is_open_while_there_are_no_scores() -> None:
    signals = replace(SignalsSettings(), fault=SignalSettings(True))
    rig = Rig(LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=signals)).somebody(NOSE).frames(3)
    assert rig.coil, "energised keeps it closed"
    levels = []
    rig.classifier.on_reload = lambda: levels.append(rig.factory.pin("RELAY").state)
    rig.classifier.fails = HUNG
    rig.frames(1)
    assert levels == [False]


def test_every_lane_is_released_before_anything_is_loaded() -> None:
    south = replace(LaneSettings(name="south"), lines=replace(LaneSettings().lines, permission=replace(
        LaneSettings().lines.permission, pin="R2"), lamps={}))  # fmt: skip
    rig = Rig(LaneSettings(name="north"), south)
    rig.finders[0].box = rig.finders[1].box = HERE
    rig.classifier.scores_of = [CORRECT]
    rig.frames(5)
    assert [wires.coil for wires in rig.wires] == [True, True]
    levels = []
    rig.classifier.on_reload = lambda: levels.append([wires.coil for wires in rig.wires])
    rig.classifier.fails = HUNG
    rig.frames(1)
    assert levels == [[False, False]]


def test_a_failure_that_no_loading_mends_ends_the_service() -> None:
    rig = Rig(overlay=ON_EMULATOR).somebody(NOSE).frames(2)
    rig.classifier.fails = BackendError("not of the overlay")
    with pytest.raises(BackendError, match="not of the overlay"):
        rig.frames(1)
    assert overlay_names(rig) == []


@pytest.mark.parametrize("fallback", Fallback)
def test_at_start_the_emulator_takes_over_only_where_the_settings_allow_it(
    tiny_bundle: Bundle, fallback: Fallback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: ClassifierSettings, bundle: Bundle) -> object:
        if settings.backend is Backend.OVERLAY:
            raise OverlayMissing("none is loaded")
        return open_classifier(settings, bundle)

    monkeypatch.setattr(build, "open_classifier", refuse)
    folder = str(Path(tiny_bundle.folder))
    settings = ClassifierSettings(folder, Backend.OVERLAY, OverlaySettings(fallback=fallback))
    journal = MemoryJournal()
    if fallback is Fallback.NONE:
        with pytest.raises(OverlayMissing, match="run binarycop load-overlay"):
            build.open_bundle_or_spare(settings, journal)
        return
    _, classifier = build.open_bundle_or_spare(settings, journal)
    assert classifier.name == "emulator"
    assert [event for event, _, _ in journal.records] == [Event.ON_EMULATOR]
