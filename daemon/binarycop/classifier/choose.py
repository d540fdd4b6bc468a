"""Opens what the compiled kernel computes. Without it numpy computes the same scores, and OpenCV the pictures."""

from collections.abc import Iterable

from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.native.area_mean import AreaMean
from binarycop.classifier.native.emulator import NativeEmulator
from binarycop.classifier.native.kernel import find_kernel
from binarycop.classifier.native.layout import layout
from binarycop.classifier.native.picture_fit import PictureFit
from binarycop.pixels import Fit, Shrink


def open_emulator(bundle: Bundle, features: Iterable[str] | None = None) -> Classifier:
    """The fastest emulator of a bundle's network on this machine, or with these features of a processor only."""
    kernel = find_kernel(features=features)
    network = layout(bundle, kernel.form) if kernel is not None else None
    return NativeEmulator(kernel, network) if kernel is not None and network is not None else Emulator(bundle)


def open_shrink(by_opencv: Shrink, features: Iterable[str] | None = None) -> Shrink:
    """The compiled function that shrinks crops, where there is one for this machine, or for these features of it."""
    kernel = find_kernel(features=features)
    return by_opencv if kernel is None else AreaMean(kernel, by_opencv)


def open_fit(by_opencv: Fit, features: Iterable[str] | None = None) -> Fit:
    """The compiled functions that shrink frames for the detector; as ``open_shrink``."""
    kernel = find_kernel(features=features)
    return by_opencv if kernel is None else PictureFit(kernel, by_opencv)


def engine_of(classifier: Classifier) -> str | None:
    """What an emulator computes with: ``numpy``, or the variant of the kernel. None for another backend."""
    return classifier.engine if isinstance(classifier, Emulator | NativeEmulator) else None
