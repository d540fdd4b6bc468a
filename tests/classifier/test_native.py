"""The compiled kernel: bit-exact in every variant, within its memory, chosen by what the processor can do."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle
from binarycop.bundle.manifest import Layer
from binarycop.classifier import choose
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.native import build
from binarycop.classifier.native.kernel import find_kernel, processor_features
from binarycop.classifier.native.layout import Form, NativeNetwork, layout
from binarycop.classifier.native.variants import SOURCE, VARIANTS, Variant, this_machine, variants_of
from tests.patience import PATIENCE_S
from tests.random_bundles import TINY, random_bundle

_Compiled = TypeVar("_Compiled")
HARNESS = Path(__file__).with_name("run_kernel.c")
SANITIZERS = ("-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}  # the harness ends without freeing
# The compiler for another machine's programs, and what runs these here.
FOREIGN = {
    "armv7l": ("arm-linux-gnueabihf-gcc", "qemu-arm-static"),
    "aarch64": ("aarch64-linux-gnu-gcc", "qemu-aarch64-static"),
}
# Pixels of 2, 4, 6, 8, 16 and 34 bytes, pooled and not, dense layers after both kinds.
SHAPES = {
    "tiny": TINY,
    "two channels": (Layer("conv", 3, 2, False, 1, 1), Layer("fc", 1800, 4, False, 1, 1)),
    "odd pools": (
        Layer("conv", 3, 17, True, 1, 1),
        Layer("conv", 17, 33, True, 1, 1),
        Layer("conv", 33, 40, False, 1, 1),
        Layer("fc", 640, 70, False, 1, 1),
        Layer("fc", 70, 9, False, 1, 1),
        Layer("fc", 9, 4, False, 1, 1),
    ),
    "whole words": (
        Layer("conv", 3, 64, False, 1, 1),
        Layer("conv", 64, 128, True, 1, 1),
        Layer("conv", 128, 64, False, 1, 1),
        Layer("conv", 64, 50, True, 1, 1),
        Layer("fc", 1250, 512, False, 1, 1),
        Layer("fc", 512, 4, False, 1, 1),
    ),
    "wide": (
        Layer("conv", 3, 24, True, 1, 1),
        Layer("conv", 24, 264, True, 1, 1),
        Layer("conv", 264, 16, True, 1, 1),
        Layer("fc", 64, 4, False, 1, 1),
    ),
}


def runner(variant: Variant, folder: Path, source: Path = HARNESS) -> list[str]:
    """Compiles a harness for a variant, with sanitizers where this machine runs it itself; skips if it cannot."""
    is_foreign = variant.machine != this_machine()
    compiler, *emulator = FOREIGN.get(variant.machine, ("?",)) if is_foreign else ("cc",)
    for program in (compiler, *emulator):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    if not is_foreign and not variant.features <= processor_features():
        pytest.skip(f"needs a processor with {variant.name}")
    harness = folder / source.stem
    flags = [flag for flag in build.FLAGS if flag not in ("-shared", "-nostdlib", "-s")]
    extra = ["-static"] if is_foreign else list(SANITIZERS)
    command = [compiler, *flags, *variant.flags, *extra, f"-I{SOURCE.parent}", "-o", str(harness), str(source)]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    return [*emulator, str(harness)]


def output(command: list[str], data: bytes) -> bytes:
    """What a harness makes of its standard input. A sanitizer that finds something ends it with an error."""
    done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=PATIENCE_S, env=NO_LEAKS)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def compiled(opened: object, kind: type[_Compiled]) -> _Compiled:
    """What was opened, if it computes with the kernel; otherwise the test is skipped."""
    if not isinstance(opened, kind):
        pytest.skip("needs the compiled kernel")
    return opened


def run(command: list[str], network: NativeNetwork, crops: NDArray[np.uint8]) -> list[list[int]]:
    """The scores by the harness."""
    layers = list(network.layers)
    parts: list[NDArray[Any]] = [np.array([len(layers), network.image_bytes, len(crops), layers[-1].outputs], np.int32)]
    for index, layer in enumerate(layers):
        weights, limits = network.arrays[2 * index : 2 * index + 2]
        numbers = [getattr(layer, name) for name, _ in layer._fields_[:7]]
        parts += [np.array([*numbers, weights.nbytes, limits.nbytes], np.int32), weights, limits]
    data = b"".join(part.tobytes() for part in (*parts, crops))
    scores: list[list[int]] = np.frombuffer(output(command, data), np.int32).reshape(len(crops), -1).tolist()
    return scores


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: f"{variant.name}-{variant.machine}")
def test_every_variant_stays_within_its_memory_and_gives_the_scores_of_numpy(
    variant: Variant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    command = runner(variant, tmp_path_factory.mktemp("kernel"))
    printed = subprocess.run([*command, "form"], check=True, timeout=PATIENCE_S, capture_output=True).stdout
    lanes, step_bytes, triples, nibbles, tables = np.frombuffer(printed, np.int32).tolist()
    form = Form(lanes, step_bytes, bool(triples), bool(nibbles), bool(tables))
    for name, layers in SHAPES.items():
        bundle = random_bundle(tmp_path_factory.mktemp("shape"), layers, seed=len(name))
        network = layout(bundle, form)
        assert network is not None
        crops = np.ascontiguousarray(bundle.golden_inputs[:5])
        crops[0], crops[1] = 0, 255
        assert run(command, network, crops) == Emulator(bundle).scores(crops).tolist(), name


def test_the_best_variant_that_the_processor_can_run_is_taken(tmp_path: Path) -> None:
    variants = variants_of("x86_64")
    built = [variant for variant in variants if SOURCE.with_name(variant.file).is_file()]
    if this_machine() != "x86_64" or built != list(variants):
        pytest.skip("needs the variants of x86_64")
    for variant in variants:
        kernel = find_kernel(features=variant.features)
        assert kernel is not None
        assert kernel.name == variant.name
        shutil.copy(SOURCE.with_name(variant.file), tmp_path)
    (tmp_path / variants[0].file).write_bytes(b"not a library")
    kernel = find_kernel(tmp_path, features=frozenset().union(*(variant.features for variant in variants)))
    assert kernel is not None
    assert kernel.name == variants[1].name


def test_a_library_of_an_older_source_is_passed_over(tmp_path: Path) -> None:
    if not variants_of(this_machine()) or shutil.which("cc") is None:
        pytest.skip("needs a compiler and a machine with a variant")
    for variant in variants_of(this_machine()):
        library = str(tmp_path / variant.file)
        command = ["cc", "-shared", "-nostdlib", "-o", library, "-x", "c", "/dev/null"]
        subprocess.run(command, check=True, timeout=PATIENCE_S)
    assert find_kernel(tmp_path) is None


def test_a_machine_or_a_processor_without_a_variant_has_no_kernel(tmp_path: Path) -> None:
    assert find_kernel(machine="riscv64") is None
    assert find_kernel(machine="armv7l", features=()) is None
    assert find_kernel(tmp_path) is None


def test_without_a_kernel_numpy_computes(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "find_kernel", lambda features: None)
    emulator = choose.open_emulator(tiny_bundle)
    assert isinstance(emulator, Emulator)
    assert (emulator.scores(tiny_bundle.golden_inputs) == tiny_bundle.golden_scores).all()


def test_a_network_without_a_convolution_is_left_to_numpy(tmp_path: Path) -> None:
    bundle = random_bundle(tmp_path, (Layer("fc", 3072, 4, False, 1, 1),))
    assert layout(bundle, Form(8, 4, triples=False, nibbles=False, tables=False)) is None
    assert isinstance(choose.open_emulator(bundle), Emulator)


def test_a_network_with_more_inputs_than_16_bits_count_is_left_to_numpy(tiny_bundle: Bundle) -> None:
    layers = Layer("conv", 3, 3641, True, 1, 1), Layer("conv", 3641, 4, False, 1, 1)
    bundle = replace(tiny_bundle, manifest=replace(tiny_bundle.manifest, layers=layers))
    assert layout(bundle, Form(8, 4, triples=False, nibbles=False, tables=False)) is None
