"""The Python interface: what ``binarycop.open`` gives, and its answers. Only these names are public.

A name keeps its meaning while the first number of the version stays the same; every other module of the package may
change with each version.
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
