"""What a session opens is closed again if a later part cannot be opened."""

import pytest

from binarycop.aim import parts
from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.clock import ManualClock
from binarycop.journal.writers import MemoryJournal
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings, Settings
from tests.service.fakes import ScriptedClassifier


@pytest.mark.parametrize(
    "part", ["FailoverClassifier", "DetectorThread", "detector_of", "ThreadPerception", "grabber_of"]
)
def test_the_classifier_is_closed_if_a_later_part_cannot_be_opened(
    part: str, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = ScriptedClassifier()

    def open_it(*_: object) -> tuple[Bundle, Classifier]:
        return tiny_bundle, classifier

    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    lane = LaneSettings(frames=FramesSettings(source="demo"))
    monkeypatch.setattr(parts, "open_bundle_or_fallback", open_it)
    monkeypatch.setattr(parts, part, refuse)
    settings = Settings(gates=(lane,))
    with pytest.raises(MemoryError), parts.open_parts(settings, lane, ManualClock(0.0), MemoryJournal()):
        pass
    assert classifier.is_closed
