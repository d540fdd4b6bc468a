"""The check of the golden vectors: every backend must reproduce them before its scores are used."""

import numpy as np

from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.errors import BundleError


def check_golden(bundle: Bundle, classifier: Classifier) -> int:
    """Compare a backend's scores with the bundle's golden vectors. Returns the number of vectors.

    Raises BundleError if one differs.
    """
    scores = classifier.scores(bundle.golden_inputs)
    wrong = np.flatnonzero((scores != bundle.golden_scores).any(axis=1))
    if len(wrong):
        first = int(wrong[0])
        raise BundleError(
            bundle.folder,
            f"{classifier.name} does not reproduce the golden vectors: {len(wrong)} of {len(scores)} differ, number "
            f"{first} gives {scores[first].tolist()} instead of {bundle.golden_scores[first].tolist()}",
        )
    return len(scores)
