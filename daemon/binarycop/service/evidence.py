"""Why the votes on a person came out as they did: sums over the frames of a whole approach, never a single frame.

Pure, and of constant size. No picture can be made from it again: docs/privacy.md.
"""

from dataclasses import dataclass

from binarycop.classes import LABELS, Outcome
from binarycop.detection.light import Light
from binarycop.journal.writers import Value
from binarycop.record import replace
from binarycop.verdict import FrameVote

_BRIGHTNESS_STEP = 5


@dataclass(frozen=True)
class Evidence:
    """The sums over the frames in which a person's face was evaluated.

    seen: how many there are. scored: those with scores. votes: by class, in the order of ``MaskClass``. lead: the sum
    of the margins of the frames with scores. face_px, brightness, sharpness: sums over all of them.
    """

    seen: int = 0
    scored: int = 0
    votes: tuple[int, ...] = (0,) * len(LABELS)
    lead: int = 0
    face_px: float = 0.0
    brightness: float = 0.0
    sharpness: float = 0.0

    def with_face(self, width_px: float, light: Light) -> "Evidence":
        """With one more frame, before its scores are known. width_px: of the face in the frame."""
        return replace(
            self,
            seen=self.seen + 1,
            face_px=self.face_px + width_px,
            brightness=self.brightness + light.brightness,
            sharpness=self.sharpness + light.sharpness,
        )

    def with_vote(self, vote: FrameVote) -> "Evidence":
        """With the vote of the newest frame, which has scores; it may abstain."""
        votes = tuple(count + (index == vote.mask_class) for index, count in enumerate(self.votes))
        return replace(self, scored=self.scored + 1, votes=votes, lead=self.lead + vote.margin)

    def values(self, outcome: Outcome, margin: int) -> dict[str, Value]:
        """The fields of a journal entry: counts, and means that are rounded coarsely.

        margin: a frame whose lead is below it gives no vote; two equal best scores never do.
        """
        seen, scored = max(self.seen, 1), max(self.scored, 1)
        return {
            "outcome": outcome.value,
            "seen": self.seen,
            "without_scores": self.seen - self.scored,
            **{f"votes_{label}": count for label, count in zip(LABELS, self.votes, strict=True)},
            "lead": round(self.lead / scored),
            "lead_needed": max(margin, 1),
            "face_px": round(self.face_px / seen),
            "brightness": _BRIGHTNESS_STEP * round(self.brightness / seen / _BRIGHTNESS_STEP),
            "sharpness": round(self.sharpness / seen),
        }
