"""The checks of detector, bundle, bitstream and backend."""

from dataclasses import replace

import pytest

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.bundle.files import Bundle
from binarycop.doctor.engine import EngineFacts, FinderFacts, RunningEngine, check_engine, check_finder
from binarycop.doctor.engine_facts import read_engine, read_finder
from binarycop.doctor.finding import Level
from binarycop.settings.classifier import Backend, ClassifierSettings
from binarycop.settings.faces import DetectorKind, FacesSettings, YuNetSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings, Settings

GOOD = EngineFacts("n-cnv 0.3.0", backend="emulator (avx2)", golden=96, p50_ms=0.2, most_ms=0.4)
ON_OVERLAY = replace(GOOD, overlay=True, has_build=True, loaded=True)
HELD = replace(ON_OVERLAY, held="the gate's service is using the overlay")
RUNNING = RunningEngine("overlay", True, 96, 11.0, 24.0)


def test_a_good_bundle_has_nothing_to_do() -> None:
    assert {finding.level for facts in (GOOD, ON_OVERLAY) for finding in check_engine(facts)} == {Level.OK}


@pytest.mark.parametrize(
    ("facts", "name", "level", "words"),
    [
        (EngineFacts(bundle_problem="weights.npz differs"), "bundle", Level.FAIL, "weights.npz differs"),
        (replace(GOOD, build_problem="overlay.bit is a text"), "bitstream", Level.FAIL, "overlay.bit is a text"),
        (replace(ON_OVERLAY, has_build=False), "bitstream", Level.FAIL, "the bundle has none"),
        (replace(ON_OVERLAY, loaded=None), "bitstream", Level.FAIL, "no overlay is loaded"),
        (replace(ON_OVERLAY, loaded=False), "bitstream", Level.FAIL, "another overlay is loaded"),
        (GOOD, "bitstream", Level.OK, "not needed"),
        (replace(GOOD, problem="golden vector 3 differs"), "golden vectors", Level.FAIL, "golden vector 3 differs"),
        (replace(GOOD, problem="x"), "latency", Level.NOT_CHECKED, "not checked: no backend was tried"),
        (replace(GOOD, p50_ms=40.0), "latency", Level.WARN, "longer than a frame lasts"),
        (HELD, "golden vectors", Level.NOT_CHECKED, "not checked: the gate's service is using the overlay"),
        (replace(HELD, running=RUNNING), "golden vectors", Level.OK, "the daemon's overlay reproduced all 96"),
        (replace(HELD, running=RUNNING), "latency", Level.OK, "11.0 ms from a frame's capture to the lines"),
        (
            replace(HELD, running=replace(RUNNING, has_scores=False)),
            "golden vectors",
            Level.FAIL,
            "the daemon's overlay gives no scores",
        ),
    ],
)
def test_each_check_says_what_is_wrong(facts: EngineFacts, name: str, level: Level, words: str) -> None:
    finding = next(one for one in check_engine(facts) if one.name == name)
    assert finding.level is level
    assert words in finding.text
    assert finding.remedy or level in (Level.OK, Level.NOT_CHECKED)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (FinderFacts("north", "lookout on ncnn", 20.0, 4), Level.OK),
        (FinderFacts("north", "lookout on opencv", 140.0, 4), Level.WARN),
        (FinderFacts("north", problem="no model"), Level.FAIL),
    ],
)
def test_a_detector_must_keep_up_with_its_share_of_the_frames(facts: FinderFacts, level: Level) -> None:
    assert check_finder(facts).level is level


def test_the_bundle_of_the_settings_is_tried(tiny_bundle: Bundle) -> None:
    settings = Settings(classifier=ClassifierSettings(bundle=str(tiny_bundle.folder)))
    facts = read_engine(settings, SysfsFpgaManager(), None, is_daemon_running=False)
    assert (facts.golden, facts.problem, facts.bundle_problem) == (len(tiny_bundle.golden_inputs), "", "")
    assert 0 < facts.p50_ms <= facts.most_ms
    assert facts.backend.startswith("emulator")


def test_a_bundle_that_is_not_there_is_a_finding() -> None:
    settings = Settings(classifier=ClassifierSettings(bundle="./nowhere"))
    assert "nowhere" in read_engine(settings, SysfsFpgaManager(), None, is_daemon_running=False).bundle_problem


def test_an_overlay_is_left_to_the_daemon_that_uses_it(tiny_bundle: Bundle) -> None:
    classifier = ClassifierSettings(bundle=str(tiny_bundle.folder), backend=Backend.OVERLAY)
    facts = read_engine(Settings(classifier=classifier), SysfsFpgaManager(), None, is_daemon_running=True)
    assert facts.held
    assert facts.backend == ""


def test_the_detector_of_a_gate_is_timed() -> None:
    lane = LaneSettings(frames=FramesSettings(source="demo"))
    facts, detector = read_finder(lane)
    assert (facts.name, facts.problem) == ("fixed", "")
    assert detector is not None


def test_a_detector_without_its_model_is_a_finding() -> None:
    faces = FacesSettings(finder=DetectorKind.YUNET, yunet=YuNetSettings(model="/nowhere/model.onnx"))
    facts, detector = read_finder(LaneSettings(faces=faces))
    assert detector is None
    assert check_finder(facts).level is Level.FAIL
