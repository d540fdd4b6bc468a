"""What a network says of a crop, of a face, and of a picture: numbers and words, never pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

from binarycop.api import html
from binarycop.classes import LABELS, MaskClass
from binarycop.geometry import Box
from binarycop.verdict import vote


@dataclass(frozen=True)
class Answer:
    """The network's answer to one crop.

    scores: four integers in the order of ``MaskClass``. limit: the smallest lead with which a frame gives a vote at the
    gate.
    """

    scores: tuple[int, ...]
    limit: int

    @property
    def mask_class(self) -> MaskClass:
        """The class with the best score, even if the answer is no vote."""
        return MaskClass(self.scores.index(max(self.scores)))

    @property
    def lead(self) -> int:
        """The best score minus the second best."""
        return vote(self.scores, 0.0, self.limit).margin

    @property
    def is_decided(self) -> bool:
        """Whether the lead is large enough. If not, the frame abstains: at the gate it would give no vote."""
        return vote(self.scores, 0.0, self.limit).mask_class is not None

    def __str__(self) -> str:
        scores = ", ".join(f"{label} {score}" for label, score in zip(LABELS, self.scores))
        return f"{self.mask_class.label if self.is_decided else 'abstained'}, lead {self.lead}/{self.limit} ({scores})"

    def _repr_html_(self) -> str:
        return html.page(str(self).partition(" (")[0], html.bars(self.scores, self.mask_class, self.is_decided))


@dataclass(frozen=True)
class FaceAnswer(Answer):
    """The network's answer to one face of a picture. Its scores are the mean of those of the face's views.

    box: where the face is, in pixels of the picture. confidence: the detector's, 0 to 1.
    """

    box: Box
    confidence: float

    def __str__(self) -> str:
        box = self.box
        where = f"{box.width_px:.0f}×{box.height_px:.0f} px at ({box.x_px:.0f}, {box.y_px:.0f})"
        return f"{super().__str__()}, {where}"


@dataclass(frozen=True)
class Look:
    """What was seen in one picture.

    faces: all faces from 16 px on, the largest first: at a gate, that person would decide. width_px, height_px: of the
    picture as it was decoded; the boxes are in these pixels. bundle, version, backend: what answered.
    """

    faces: tuple[FaceAnswer, ...]
    width_px: int
    height_px: int
    bundle: str
    version: str
    backend: str

    def __str__(self) -> str:
        lines = [self._heading(), *(f"{number}: {face}" for number, face in enumerate(self.faces, 1))]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        boxes = [(face.box, face.mask_class, face.is_decided) for face in self.faces]
        parts = [html.outline(self.width_px, self.height_px, boxes)]
        for number, face in enumerate(self.faces, 1):
            parts += [html.line(f"{number}: {face}"), html.bars(face.scores, face.mask_class, face.is_decided)]
        return html.page(self._heading(), *parts)

    def _heading(self) -> str:
        count = len(self.faces)
        faces = f"{count or 'no'} face{'' if count == 1 else 's'}"
        return f"{faces} in {self.width_px}×{self.height_px}, {self.bundle} {self.version} on {self.backend}"


def make_answer(scores: Sequence[int], limit: int) -> Answer:
    """The answer that four scores make; they may be numpy's integers."""
    return Answer(tuple(int(score) for score in scores), limit)
