"""The shell's parameters for a bundle: they follow from the packing of the scores in its manifest."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from binarycop.bundle import files
from binarycop.bundle.files import Bundle
from binarycop.bundle.packing import number_type, pack
from binarycop.errors import BundleError
from overlays.rtl import accelerator
from overlays.rtl.report import BUNDLES
from tests.random_bundles import random_bundle


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.mark.parametrize(("name", "expected"), [("cnv", (13, 4, 7)), ("n-cnv", (11, 1, 2)), ("u-cnv", (11, 1, 2))])
def test_a_network_that_ships_has_its_own_packing(name: str, expected: tuple[int, int, int]) -> None:
    assert tuple(accelerator.parameters(files.load(BUNDLES / name)).values()) == expected


@pytest.mark.parametrize("packed", [(1, 4, 2), (1, 2, 3), (1, 1, 6), (1, 2, 2, 2)])
def test_a_word_has_the_bytes_of_finns_packing(tiny: Bundle, packed: tuple[int, ...]) -> None:
    bundle = replace(tiny, manifest=replace(tiny.manifest, output_type="INT11", output_packed=packed))
    found = accelerator.parameters(bundle)
    scores = np.zeros((1, found["WORD_SCORES"]))
    assert pack(scores, number_type("INT11")).shape == (1, found["WORD_BYTES"])
    assert found["SCORE_BITS"] == 11


def test_scores_that_do_not_fill_their_words_are_refused(tiny: Bundle) -> None:
    bundle = replace(tiny, manifest=replace(tiny.manifest, output_type="INT11", output_packed=(1, 4, 1)))
    with pytest.raises(BundleError, match=r"output packed as \[1, 4, 1\] does not hold 4 scores of type INT11"):
        accelerator.parameters(bundle)


def test_the_sources_are_all_there_and_the_package_comes_first() -> None:
    sources = accelerator.shell_sources()
    assert sources[0].name == "fault_causes.sv"
    assert all(isinstance(source, Path) and source.is_file() for source in sources)
