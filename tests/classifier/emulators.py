"""Every way in which this machine can emulate the accelerator."""

from collections.abc import Callable, Iterator

from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.native.emulator import NativeEmulator
from binarycop.classifier.native.kernel import Kernel, processor_features
from binarycop.classifier.native.layout import layout
from binarycop.classifier.native.variants import SOURCE, Variant, this_machine, variants_of

EmulatorOf = Callable[[Bundle], Classifier]


def native(variant: Variant) -> EmulatorOf:
    """Opens a bundle on one compiled variant."""
    kernel = Kernel(variant.name, SOURCE.with_name(variant.file))

    def open_network(bundle: Bundle) -> Classifier:
        network = layout(bundle, kernel.form)
        assert network is not None
        return NativeEmulator(kernel, network)

    return open_network


def emulators() -> Iterator[tuple[str, EmulatorOf]]:
    """numpy, and the compiled variants that this processor runs. Without a C compiler there is numpy only."""
    yield "numpy", Emulator
    for variant in variants_of(this_machine()):
        if SOURCE.with_name(variant.file).is_file() and variant.features <= processor_features():
            yield variant.name, native(variant)
