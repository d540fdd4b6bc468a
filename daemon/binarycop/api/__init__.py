"""The Python interface: what ``binarycop.open`` gives, and its answers. Only these names are public.

Every other module of the package may change with each version; these change only with a version that says so
(CONTRIBUTING.md, "Versions").
"""

from binarycop.api.answers import Answer, FaceAnswer, Look
from binarycop.api.mask_classifier import MaskClassifier
from binarycop.bundle.files import Bundle, LayerWeights
from binarycop.bundle.manifest import Layer, Manifest
from binarycop.classes import MaskClass
from binarycop.errors import BackendError, BinaryCoPError, BundleError, DetectorError, UndecodableFrame
from binarycop.geometry import Box

__all__ = [
    "Answer",
    "BackendError",
    "BinaryCoPError",
    "Box",
    "Bundle",
    "BundleError",
    "DetectorError",
    "FaceAnswer",
    "Layer",
    "LayerWeights",
    "Look",
    "Manifest",
    "MaskClass",
    "MaskClassifier",
    "UndecodableFrame",
]
