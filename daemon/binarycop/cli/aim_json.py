"""What ``binarycop aim --json`` prints: an object five times a second, and the judgement at the end."""

from dataclasses import asdict
from typing import Any

from binarycop.aim.judgement import Judgement
from binarycop.aim.session import View
from binarycop.classes import MaskClass
from binarycop.cli.aim_screen import Heading, cell_of
from binarycop.service.person_votes import PersonVotes


def view_as_json(view: View, heading: Heading, *, is_relay_on: bool) -> dict[str, Any]:
    """The event ``view``: what there is to see now. A value that is not known is null."""
    live, face, controls = view.live, view.face, view.controls
    light = live.face
    column, row = (None, None) if face is None else cell_of(face)
    return {
        "event": "view",
        "gate": heading.gate,
        "t_s": round(view.elapsed_s, 1),
        "lines": heading.lines,
        "relay_on": is_relay_on,
        "mode": view.mode,
        "trouble": view.trouble or None,
        "rate_hz": _rounded(live.rate_hz, 1),
        "looked_at_hz": _rounded(live.looked_at_hz, 1),
        "exposure_s": _rounded(controls.exposure_s, 4),
        "exposure_automatic": controls.is_automatic,
        "may_lower_rate": controls.may_slow_down,
        "gain": controls.gain,
        "most_gain": controls.most_gain,
        "with_face": round(live.with_face, 2),
        "face_px": _rounded(None if face is None else face.width_px),
        "good_px": view.camera.good_px or None,
        "most_px": view.camera.most_px or None,
        "least_px": heading.least_px,
        "column": column,
        "row": row,
        "brightness": _rounded(None if light is None else light.brightness),
        "clipped": _rounded(None if light is None else light.clipped, 2),
        "sharpness": _rounded(None if light is None else light.sharpness),
        "behind": _rounded(live.behind),
        "behind_clipped": _rounded(live.behind_clipped, 2),
        "backlight": _rounded(None if light is None else light.backlight, 1),
        **_votes(view.votes),
        "lead_needed": heading.lead_needed,
        "votes_needed": heading.votes,
    }


def judgement_as_json(judgement: Judgement, heading: Heading) -> dict[str, Any]:
    """The event ``judgement``: ``is_right`` if there is nothing in ``findings``, and the setting that fits."""
    findings = [{**asdict(problem), "kind": problem.kind.value} for problem in judgement.problems]
    return {
        "event": "judgement",
        "gate": heading.gate,
        "is_right": not findings,
        "findings": findings,
        "proposal": {"faces.least_px": judgement.least_px},
        "now": {"faces.least_px": heading.least_px},
    }


def _votes(votes: PersonVotes | None) -> dict[str, Any]:
    if votes is None:
        return {"person": None, "class": None, "lead": None, "votes": None}
    window = votes.window.votes if votes.window is not None else ()
    verdict = votes.current_verdict
    classes = [vote.mask_class for vote in window]
    return {
        "person": votes.person,
        "class": votes.outcome.value if verdict is None else verdict.status.value,
        "lead": round(sum(vote.margin for vote in window) / len(window)) if window else None,
        "votes": {mask_class.label: classes.count(mask_class) for mask_class in MaskClass},
    }


def _rounded(value: float | None, digits: int | None = None) -> float | None:
    return None if value is None else round(value, digits)
