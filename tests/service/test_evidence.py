"""The sums of an approach: bounded, independent of the order of the frames, and rounded."""

from hypothesis import given
from hypothesis import strategies as st

from binarycop.classes import LABELS, MaskClass, Outcome
from binarycop.detection.light import Light
from binarycop.errors import DmaTimeout
from binarycop.journal.events import Event
from binarycop.service.evidence import Evidence
from binarycop.settings.service import Mode, ServiceSettings
from binarycop.verdict import FrameVote
from tests.service.fakes import CORRECT, NOSE, SimulatedSetup

Seen = tuple[int, Light, FrameVote | None]

votes = st.builds(FrameVote, st.just(0.0), st.none() | st.sampled_from(MaskClass), st.integers(0, 2000))
lights = st.builds(Light, st.integers(0, 255), st.integers(0, 255))  # whole numbers, whose sums have no rounding
frames = st.lists(st.tuples(st.integers(8, 1024), lights, st.none() | votes), max_size=40)


def evidence_of(passage: list[Seen]) -> Evidence:
    evidence = Evidence()
    for width_px, light, vote in passage:
        evidence = evidence.with_face(width_px, light)
        if vote is not None:
            evidence = evidence.with_vote(vote)
    return evidence


@given(frames, st.randoms())
def test_the_order_of_the_frames_changes_nothing(passage: list[Seen], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(passage)
    random.shuffle(shuffled)
    assert evidence_of(shuffled) == evidence_of(passage)


@given(frames)
def test_counts_add_up_and_means_lie_between_the_least_and_the_most(passage: list[Seen]) -> None:
    values = evidence_of(passage).values(Outcome.GAVE_UP, 18)
    numbers = {name: value for name, value in values.items() if isinstance(value, int)}
    scored = [vote for _, _, vote in passage if vote is not None]
    assert numbers["seen"] == len(passage)
    assert numbers["without_scores"] == len(passage) - len(scored)
    for mask_class in MaskClass:
        assert numbers[f"votes_{mask_class.label}"] == sum(vote.mask_class is mask_class for vote in scored)
    if scored:
        margins = [vote.margin for vote in scored]
        assert min(margins) <= numbers["lead"] <= max(margins)
    if passage:
        widths_px = [width_px for width_px, _, _ in passage]
        assert min(widths_px) <= numbers["face_px"] <= max(widths_px)
        brightness = [light.brightness for _, light, _ in passage]
        assert min(brightness) - 2.5 <= numbers["brightness"] <= max(brightness) + 2.5
        sharpness = [light.sharpness for _, light, _ in passage]
        assert min(sharpness) <= numbers["sharpness"] <= max(sharpness)


def test_the_means_of_an_approach_are_rounded() -> None:
    evidence = evidence_of(
        [
            (40, Light(31.0, 3.0), FrameVote(0.0, MaskClass.NOSE, 20)),
            (45, Light(34.9, 4.1), FrameVote(0.1, None, 5)),
            (45, Light(30.0, 4.4), None),
        ]
    )
    assert evidence.values(Outcome.STILL_LOOKING, 18) == {
        "outcome": "still_looking", "seen": 3, "without_scores": 1,
        "votes_correct": 0, "votes_nose": 1, "votes_nose_mouth": 0, "votes_chin": 0,
        "lead": 12, "lead_needed": 18, "face_px": 43, "brightness": 30, "sharpness": 4,
    }  # fmt: skip


def test_nobody_seen_is_zeros_and_equal_scores_never_vote() -> None:
    values = Evidence().values(Outcome.LEFT, 0)
    assert values.pop("outcome") == "left"
    assert values.pop("lead_needed") == 1
    assert set(values.values()) == {0}
    assert len(Evidence().votes) == len(LABELS)


def test_frames_for_which_there_is_no_classifier_are_counted_as_such() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(2)
    setup.classifier.fails = DmaTimeout("odma0", 0.1)
    setup.frames(1)
    [(_, verdict)] = setup.records(Event.VERDICT)
    assert (verdict["outcome"], verdict["seen"], verdict["without_scores"]) == ("left", 3, 1)


def test_in_low_power_only_the_frames_that_were_looked_at_count() -> None:
    setup = SimulatedSetup(service=ServiceSettings(mode=Mode.LOW_POWER)).person_arrives(NOSE).frames(40, every_s=0.04)
    setup.person_leaves().frames(30, every_s=0.04)
    setup.person_arrives([10, 10, 0, 0]).frames(20).person_leaves().frames(10)
    refused, left = (values for _, values in setup.records(Event.VERDICT))
    assert (refused["seen"], refused["votes_nose"]) == (5, 5)
    assert left["seen"] == 20
    assert len(setup.classifier.batches) < 40 + 20


def test_with_several_views_the_lead_is_that_of_the_mean_scores() -> None:
    setup = SimulatedSetup(face_views=2).person_arrives(CORRECT)
    setup.classifier.scores_of = [[50, 0, 0, 0], [10, 20, 0, 0]]
    setup.frames(5)
    [(_, verdict)] = setup.records(Event.VERDICT)
    assert (verdict["seen"], verdict["lead"]) == (5, 20)
