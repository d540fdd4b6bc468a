"""The person in front of one gate, with the votes for the verdict on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from binarycop import verdict
from binarycop.classes import GateStatus, Outcome
from binarycop.detection.light import Light
from binarycop.service.evidence import Evidence
from binarycop.settings.verdict import VerdictSettings


@dataclass
class PersonVotes:
    """One person in front of the gate.

    window: the votes that count, or None before the first one. evidence: since the person came in front. announced:
    the status in the person's last journal entry ``verdict``, or None before the first one. face_px: the width of the
    face when it was last looked at. gaps: how many gaps in which nothing showed the face are taken into account.
    """

    person: int
    window: verdict.VoteWindow | None = None
    evidence: Evidence = field(default_factory=Evidence)
    announced: GateStatus | None = None
    face_px: float | None = None
    gaps: int = 0

    @property
    def current_verdict(self) -> verdict.Verdict | None:
        """The verdict that the votes make now, if they make one."""
        return self.window.verdict if self.window else None

    @property
    def outcome(self) -> Outcome:
        """How far the voting has got now."""
        if self.current_verdict is None:
            return Outcome.STILL_LOOKING
        return Outcome.GAVE_UP if self.current_verdict.status is GateStatus.UNDECIDED else Outcome.DECIDED

    @property
    def is_undecided(self) -> bool:
        """Whether the last announcement was no class, or there was none."""
        return self.announced in (None, GateStatus.UNDECIDED)

    def see_face(self, width_px: float, light: Light) -> None:
        """Add a frame in which the face was evaluated, before its scores are known."""
        self.face_px = width_px
        self.evidence = self.evidence.with_face(width_px, light)

    def add(
        self, scores: Sequence[int], captured_s: float, settings: VerdictSettings, margin: int
    ) -> verdict.Verdict | None:
        """Add one frame; returns the verdict, if the votes now make one. Arguments: see ``verdict.step``."""
        self.window = verdict.step(self.window, self.person, scores, captured_s, settings, margin)
        self.evidence = self.evidence.with_vote(self.window.votes[-1])
        return self.window.verdict

    def discard(self) -> None:
        """Start again without any vote: the permission that these votes gave was not used, or was withdrawn."""
        self.window = None

    def see_gaps(self, gaps: int) -> bool:
        """Take this number of gaps into account: earlier votes do not count. Returns whether a gap is new."""
        if gaps == self.gaps:
            return False
        self.gaps = gaps
        self.window = None if self.window is None else verdict.without_votes(self.window)
        return True

    def undecided(self, now_s: float) -> verdict.Verdict:
        """The verdict on a person who leaves before the votes have made one."""
        return verdict.undecided(self.window.votes if self.window else (), now_s)
