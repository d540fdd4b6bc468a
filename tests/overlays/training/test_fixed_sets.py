"""The fixed sets: only crops with the recorded hash are taken, and the code that makes them is in the repository."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="needs tqdm, which shows how far the making of crops is")

from overlays.training import fixed_sets
from overlays.training.fixed_sets import TEST, TEST_0_3_0, VAL, FixedSet

NAMES = (VAL, TEST, TEST_0_3_0)


def test_four_hundred_people_are_in_the_test_set() -> None:
    assert FixedSet.of(TEST).people >= 400
    assert FixedSet.of(TEST_0_3_0).sha256.startswith("e196688586a9")
    with pytest.raises(ValueError, match=r"no set 'other', only val, test, test-0.3.0"):
        FixedSet.of("other")


@pytest.mark.parametrize("name", NAMES)
def test_the_code_that_made_a_set_is_in_the_repository(name: str, tmp_path: Path) -> None:
    try:
        code = fixed_sets.unpack(FixedSet.of(name).commit, tmp_path / "code")
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("needs git and the whole history")
    assert (code / "overlays" / "synthesis" / "dataset.py").is_file()
    assert (code / "daemon" / "binarycop" / "detection" / "crop.py").is_file()


def test_other_crops_are_refused_and_missing_ones_say_how_they_are_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"overlays\.training\.fixed_sets"):
        fixed_sets.load(tmp_path, TEST)
    (tmp_path / TEST).mkdir()
    file = tmp_path / TEST / "test-2-8000-0123.npy"
    np.save(file, np.zeros((8000, 32, 32, 3), np.uint8))
    texts = np.full(8000, "")
    np.savez(file.with_suffix(".npz"), kinds=texts, colours=texts, occlusions=texts, identities=texts)
    with pytest.raises(ValueError, match=r"has the hash .*, not c51db1559805"):
        fixed_sets.load(tmp_path, TEST)
