"""From a source's frames to the figures on the screen: with the daemon's perception, and without its gate."""

import pytest

from binarycop.aim.judgement import ProblemKind
from binarycop.classes import GateStatus
from binarycop.errors import OverlayError, SourceError
from binarycop.frames.source_event import SourceEventKind
from binarycop.geometry import Box
from tests.aim.fakes import Aiming
from tests.service.fakes import CORRECT, NOSE


def test_it_shows_where_the_face_is_and_how_it_is_lit() -> None:
    view = Aiming().frames(30).session.view()
    assert view.face is not None
    assert (view.face.width_px, view.face.across, view.face.down) == (80, 0.5, 0.5)
    assert (view.face.left, view.face.right) == (3.5, 3.5)
    assert (round(view.face.brightness), view.face.sharpness, view.face.backlight) == (120, 0, 1)
    assert view.live.with_face == 1
    assert view.live.rate_hz == pytest.approx(30)
    assert (view.camera.width_px, view.camera.height_px, view.camera.asked_hz) == (640, 480, 30)
    assert view.mode == "MJPG 640×480 at 30 Hz"


def test_a_face_in_front_of_a_bright_window_is_backlit_though_its_crop_is_bright() -> None:
    aiming = Aiming()
    aiming.pixels[:] = 230
    aiming.pixels[190:290, 280:360] = 70
    judgement = aiming.frames(60).session.judgement()
    face = aiming.session.view().face
    assert face is not None
    assert face.box_brightness == 70
    assert face.brightness > 80
    assert ProblemKind.BACKLIT in [problem.kind for problem in judgement.problems]


def test_it_counts_the_votes_as_the_daemon_does() -> None:
    aiming = Aiming()
    aiming.setup.classifier.scores_of = [NOSE]
    votes = aiming.frames(4).session.view().votes
    assert votes is not None
    assert votes.current_verdict is None
    votes = aiming.frames(1).session.view().votes
    assert votes is not None
    assert votes.current_verdict is not None
    assert votes.current_verdict.status is GateStatus.NOSE
    assert (votes.evidence.seen, votes.evidence.scored) == (5, 5)


def test_another_person_has_votes_of_their_own() -> None:
    aiming = Aiming().frames(10)
    first = aiming.session.view().votes
    aiming.setup.detectors[0].box = None
    assert aiming.wait(1).frames(40).session.view().votes is None
    aiming.setup.detectors[0].box = Box(300, 200, 90, 110)
    second = aiming.frames(2).session.view().votes
    assert first is not None
    assert second is not None
    assert second.person == first.person + 1
    assert second.evidence.seen == 2


def test_a_frame_whose_lead_is_too_small_has_no_vote() -> None:
    aiming = Aiming()
    aiming.setup.classifier.scores_of = [[13, 10, 0, 0]]
    view = aiming.frames(1).session.view()
    assert view.face is not None
    assert (view.face.lead, view.face.has_vote) == (3, False)
    aiming.setup.classifier.scores_of = [CORRECT]
    view = aiming.frames(1).session.view()
    assert view.face is not None
    assert (view.face.lead, view.face.has_vote) == (50, True)


def test_a_face_is_shown_only_while_it_is_new() -> None:
    aiming = Aiming().frames(5)
    assert aiming.wait(1.9).session.view().face is not None
    assert aiming.wait(0.2).session.view().face is None


def test_the_judgement_comes_after_20_s_and_is_made_again_every_second() -> None:
    aiming = Aiming().frames(599)
    assert aiming.session.view().judgement is None
    first = aiming.frames(3).session.view().judgement
    assert first is not None
    assert [problem.kind for problem in first.problems] == [ProblemKind.BLURRED]  # an even grey has no sharpness
    assert first.least_px == 40
    aiming.pixels = aiming.pixels // 8
    assert aiming.frames(10).session.view().judgement is first
    later = aiming.frames(400).session.view().judgement
    assert later is not None
    assert [problem.kind for problem in later.problems] == [ProblemKind.TOO_DARK]


def test_a_short_recording_is_judged_by_what_there_was_also_long_after_its_end() -> None:
    aiming = Aiming("clip.avi").frames(60).happens(SourceEventKind.ENDED, "after 60 frames")
    aiming.clock.advance_to(500)
    assert aiming.session.is_over
    judgement = aiming.session.judgement()
    assert judgement.least_px == 40
    assert [problem.kind for problem in judgement.problems] == [ProblemKind.BLURRED]


def test_a_camera_that_was_unplugged_is_waited_for() -> None:
    aiming = Aiming().frames(5).happens(SourceEventKind.LOST, "unplugged or stalled")
    assert aiming.session.view().trouble == "unplugged or stalled"
    assert not aiming.session.is_over
    assert aiming.happens(SourceEventKind.BACK, "gives frames again").session.view().trouble == ""


def test_a_frozen_camera_is_said_until_it_moves() -> None:
    aiming = Aiming().frames(5).happens(SourceEventKind.FROZEN, "sends the same picture again and again")
    assert "again and again" in aiming.session.view().trouble
    assert aiming.happens(SourceEventKind.MOVING).session.view().trouble == ""


def test_without_frames_a_person_is_gone_and_the_judgement_says_why_there_are_none() -> None:
    aiming = Aiming().frames(30).happens(SourceEventKind.LOST, "unplugged or stalled")
    assert aiming.session.view().votes is not None
    aiming.wait(2.5)
    assert aiming.session.view().votes is None
    aiming.wait(30)
    assert [problem.words for problem in aiming.session.judgement().problems] == ["no frames: unplugged or stalled"]


def test_a_detector_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    aiming = Aiming()
    monkeypatch.setattr(aiming.setup.trackers[0], "is_late", lambda now_s: True)
    assert aiming.frames(1).session.view().trouble == "the detector does not answer"
    monkeypatch.undo()
    assert aiming.frames(1).session.view().trouble == ""


def test_a_frame_that_takes_too_long_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    aiming = Aiming()
    monkeypatch.setattr(aiming.setup.runner, "busy_s", lambda: 2.1)
    assert aiming.frames(1).session.view().trouble == "a frame takes longer than faces.deadline_s"


def test_a_camera_whose_driver_hangs_is_said_and_nobody_is_sent_to_stand_nearer() -> None:
    aiming = Aiming()
    aiming.grabber.hangs_s = 2.5
    assert aiming.wait(2.5).session.view().trouble == ""
    aiming.grabber.hangs_s = 25.0
    view = aiming.wait(22.5).session.view()
    assert view.trouble == "the source does not answer: its driver hangs"
    assert view.judgement is not None
    assert [problem.words for problem in view.judgement.problems] == [f"no frames: {view.trouble}"]


def test_a_camera_that_gives_no_frame_at_all_is_an_error() -> None:
    aiming = Aiming()
    aiming.grabber.is_absent = True
    with pytest.raises(SourceError, match="source /dev/video0: is busy: another program uses it"):
        aiming.happens(SourceEventKind.LOST, "is busy: another program uses it")


def test_an_overlay_that_fails_ends_it_and_is_not_loaded_again() -> None:
    aiming = Aiming().frames(3)
    aiming.setup.classifier.fails = OverlayError("DMA hung")
    with pytest.raises(OverlayError, match="DMA hung"):
        aiming.frames(1)


def test_the_controls_are_read_once_a_second_and_only_of_a_camera() -> None:
    aiming = Aiming().frames(1)
    for _ in range(10):
        view = aiming.wait(0.2).session.view()
    assert view.controls.gain == 16
    assert aiming.controls_read in (2, 3)
    clip = Aiming("clip.avi").frames(30)
    assert clip.session.view().controls.gain is None
    assert clip.controls_read == 0
    assert clip.session.view().camera.asked_hz is None


def test_a_fixed_region_is_not_judged_by_its_place() -> None:
    judgement = Aiming("demo", is_region=True).frames(100).session.judgement()
    assert not judgement.is_place_known
    assert judgement.least_px is None


def test_nothing_is_driven_and_no_event_is_written() -> None:
    aiming = Aiming().frames(60)
    assert not aiming.setup.is_relay_on
    assert aiming.setup.journal.records == []
