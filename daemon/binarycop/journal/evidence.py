"""The evidence for a verdict as a part of its sentence, from the fields of the journal's entry."""

from collections.abc import Mapping

from binarycop.classes import LABELS, Outcome

EVIDENCE = (
    "outcome", "seen", "without_scores", "votes_correct", "votes_nose", "votes_nose_mouth", "votes_chin",
    "lead", "lead_needed", "face_px", "brightness", "sharpness",
)  # fmt: skip
"""Why the votes on a person came out as they did; an entry has all of these fields or none."""


def sentence(values: Mapping[str, str | int | float | bool | None]) -> str:
    """What goes into ``{evidence}`` of an event's text; empty if the entry has no evidence.

    Such as ``, gave up; 31 frames: correct 3, nose 2; lead 12/18; face 44 px, bright 30, sharp 4``: the votes by class,
    the mean lead and the lead that a vote needs.
    """
    if any(values.get(name) is None for name in EVIDENCE):
        return ""
    outcome = Outcome(values["outcome"])
    end = "" if outcome is Outcome.DECIDED else f", {outcome.words}"
    seen, without = values["seen"], values["without_scores"]
    votes = [f"{label} {count}" for label in LABELS if (count := values[f"votes_{label}"])]
    parts = [f"{seen} frame{'' if seen == 1 else 's'}{f', {without} without scores' if without else ''}"]
    if seen != without:
        parts[0] += f": {', '.join(votes) or 'no vote'}"
        parts.append(f"lead {values['lead']}/{values['lead_needed']}")
    if seen:
        parts.append(f"face {values['face_px']} px, bright {values['brightness']}, sharp {values['sharpness']}")
    return f"{end}; {'; '.join(parts)}"
