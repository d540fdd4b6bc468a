"""Training in several processes: the same losses as one, and crops that any number of makers put into one folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from overlays.networks.tables import U_CNV  # noqa: E402
from overlays.training.make_parts import make_parts  # noqa: E402
from overlays.training.model import BinaryNet  # noqa: E402
from overlays.training.part_folder import LONGEST_WAIT_S, MadeFrom, PartFolder  # noqa: E402
from overlays.training.pool import Pool, PoolSettings  # noqa: E402
from overlays.training.processes import Processes  # noqa: E402
from overlays.training.run_folder import Progress, RunSettings  # noqa: E402
from overlays.training.trainer import Trainer  # noqa: E402
from tests.overlays.training import train_together  # noqa: E402
from tests.patience import PATIENCE_S  # noqa: E402

POOL = PoolSettings(subjects=8, part=4, views=1)
MADE_FROM = MadeFrom(seed=3, part=4, views=1, recipe="drawn", patches_sha256="ab")


def crops(first: int) -> np.ndarray:
    return np.full((POOL.part, POOL.views, 34, 34, 3), first, np.uint8)


def parts(folder: Path) -> PartFolder:
    return PartFolder(folder, MADE_FROM)


def test_two_processes_have_the_losses_of_one(tmp_path: Path) -> None:
    module, file = "tests.overlays.training.train_together", tmp_path / "losses.json"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", module]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    subprocess.run([*command, str(file), "2"], env=environment, check=True, capture_output=True, timeout=PATIENCE_S)
    together, alone = json.loads(file.read_text(encoding="utf-8")), train_together.losses(2)
    assert together == pytest.approx(alone, rel=1e-5)
    assert alone[-1] < alone[0] - 0.2


def test_a_batch_that_cannot_be_split_is_refused() -> None:
    net = BinaryNet(U_CNV)
    with pytest.raises(ValueError, match="a batch of 200 crops cannot be split evenly among 3 processes"):
        Trainer(net, RunSettings("u-cnv"), Progress(), shares=3)


def test_one_process_decides_and_measures_by_itself() -> None:
    alone = Processes()
    assert alone.is_first
    assert alone.decided(True)
    assert not alone.decided(False)
    assert alone.mean(0.5) == 0.5


def test_two_makers_fill_one_folder_and_the_pool_reads_it_in_order(tmp_path: Path) -> None:
    first, second = parts(tmp_path), parts(tmp_path)
    assert make_parts(first, crops, 0, POOL, count=1) == 1
    assert make_parts(second, crops, 0, POOL, count=2) == 2
    with Pool(first.parts(0, POOL.subjects, is_first=True), POOL, 0) as pool:
        pool.renew()
        assert pool.next_subject == 12
        seen, _ = pool.sample(50, np.random.default_rng(0))
    assert sorted(set(seen.reshape(-1).tolist())) == [4, 8]
    assert first.next_subject == 8


def test_a_claimed_part_is_made_by_one_maker_only(tmp_path: Path) -> None:
    first, second = parts(tmp_path), parts(tmp_path)
    assert first.claim(0)
    assert not second.claim(0)
    first.release(0)
    assert second.claim(0)
    second.write(0, crops(0))
    assert not first.claim(0)


def test_a_claim_of_a_maker_that_has_ended_is_taken_over(tmp_path: Path) -> None:
    assert parts(tmp_path).claim(0)
    claim = next(tmp_path.glob("*.claim"))
    os.utime(claim, (claim.stat().st_mtime - 1000,) * 2)
    assert parts(tmp_path).claim(0)


def test_makers_stop_ahead_of_training_and_end_if_it_takes_nothing(tmp_path: Path) -> None:
    waits: list[float] = []
    made = make_parts(parts(tmp_path), crops, 0, POOL, None, waits.append)
    assert made == 26  # those of the pool, and 24 more
    assert sum(waits) == 3600


def test_the_part_that_is_there_first_stays(tmp_path: Path) -> None:
    folder = parts(tmp_path)
    folder.write(0, crops(1))
    folder.write(0, crops(2))
    assert folder.read(0).max() == 1
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("spoil", [lambda data: data[:-20], lambda data: data.replace(b"\x07" * 8, b"\x08" * 8, 1)])
def test_a_part_that_was_changed_is_refused_with_its_file(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    folder = parts(tmp_path)
    folder.write(0, crops(7))
    folder.file(0).write_bytes(spoil(folder.file(0).read_bytes()))
    with pytest.raises(ValueError, match=r"000000000000.npz .*delete it"):
        folder.read(0)


def test_parts_of_another_run_are_refused(tmp_path: Path) -> None:
    parts(tmp_path)
    with pytest.raises(ValueError, match="seed is 3, but the run has 4"):
        PartFolder(tmp_path, MadeFrom(4, 4, 1, "drawn", "ab"))


def test_what_training_no_longer_needs_is_deleted_by_the_first_process_only(tmp_path: Path) -> None:
    folder = parts(tmp_path)
    for first in range(0, 40, 4):
        folder.write(first, crops(first))
    others = folder.parts(0, POOL.subjects, is_first=False)
    taken = folder.parts(0, POOL.subjects, is_first=True)
    for _ in range(8):
        next(others)
    assert folder.file(0).exists()
    for _ in range(8):
        next(taken)
    assert [folder.file(first).exists() for first in (0, 12, 16, 28)] == [False, False, True, True]


def test_a_part_that_nobody_makes_is_an_error_after_half_an_hour(tmp_path: Path) -> None:
    waits: list[float] = []
    with pytest.raises(TimeoutError, match=r"did not come in 1800 s; is overlays.training.make_parts running"):
        next(parts(tmp_path).parts(0, 8, is_first=True, wait=waits.append))
    assert sum(waits) == LONGEST_WAIT_S
