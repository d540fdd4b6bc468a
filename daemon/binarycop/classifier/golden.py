"""The golden vectors of a bundle: what every backend must reproduce before it decides anything."""

import numpy as np

from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.errors import BundleError


def check_golden(bundle: Bundle, classifier: Classifier) -> int:
    """Hold a backend to the bundle's golden vectors; returns how many. Raises BundleError on the first that differs."""
    got = classifier.scores(bundle.golden_inputs)
    wrong = np.flatnonzero((got != bundle.golden_scores).any(axis=1))
    if len(wrong):
        first = int(wrong[0])
        raise BundleError(
            bundle.folder,
            f"{classifier.name} does not reproduce the golden vectors: {len(wrong)} of {len(got)} differ, number "
            f"{first} gives {got[first].tolist()} instead of {bundle.golden_scores[first].tolist()}",
        )
    return len(got)
