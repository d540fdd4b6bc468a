"""The synthetic sets that networks are compared on. They are fixed: later changes of the synthesis do not change them.

Crops are never committed. So a set is made again with the code that first made it, from the repository's history, and
its hash is compared with that in ``synthesis/test_set.json``:

    python -m overlays.training.fixed_sets --data ../shared/data --landmarks work/landmarks.npz

``val``: to choose networks by. ``test``: 477 people, only for networks that were chosen. ``test-0.3.0``: the test set
of 58 people that all versions up to 0.3.0 are reported on.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from overlays.command_line import add_data_option, make_parser, print_progress
from overlays.training.evaluation import LabelledCrops
from overlays.training.sample_store import CropStore, read

VAL, TEST, TEST_0_3_0 = "val", "test", "test-0.3.0"
FOLDER = Path("work") / "fixed"
_RECORDS = Path(__file__).resolve().parents[1] / "synthesis" / "test_set.json"
_CHECKOUT = Path(__file__).resolve().parents[2]
_MAKE = """
import sys
from pathlib import Path
import numpy as np
from overlays.synthesis import faces, landmarks, patches
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.training.sample_store import load_or_make

if __name__ == "__main__":
    data, meshes, out = (Path(name) for name in sys.argv[1:4])
    split, seed, count = Split(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6])
    people = [portrait for portrait in faces.bare(data) if portrait.split is split]
    rows = zip(*patches._rows(data, people, landmarks.load(meshes)))
    types = (np.uint8, np.float32, np.float32, np.float32, np.float32, np.str_, np.str_)
    names = patches.Patches.__dataclass_fields__
    np.savez(out / "patches.npz", **{name: np.asarray(row, kind) for name, row, kind in zip(names, rows, types)})
    load_or_make(out, out / "patches.npz", data, split, Recipe(), seed, count)
"""


@dataclass(frozen=True)
class FixedSet:
    """How a set was made. commit: the code that made it; sha256: of its pixels."""

    commit: str
    split: str
    seed: int
    crops: int
    sha256: str
    people: int
    why: str

    @staticmethod
    def of(name: str) -> "FixedSet":
        """The record of a set. Raises ValueError for another name."""
        records = json.loads(_RECORDS.read_text(encoding="utf-8"))
        if name not in records:
            raise ValueError(f"{_RECORDS.name} has no set {name!r}, only {', '.join(records)}")
        return FixedSet(**records[name])


def load(folder: Path, name: str) -> CropStore:
    """A set that ``main`` made.

    Raises FileNotFoundError if it was not made, ValueError if its hash is not the recorded one.
    """
    fixed = FixedSet.of(name)
    made = sorted((folder / name).glob(f"{fixed.split}-{fixed.seed}-{fixed.crops}-*.npy"))
    if not made:
        raise FileNotFoundError(f"{folder / name} has no crops; make them with python -m overlays.training.fixed_sets")
    store = read(made[0])
    if store.sha256 != fixed.sha256:
        raise ValueError(f"{made[0]} has the hash {store.sha256[:12]}…, not {fixed.sha256[:12]}… of {_RECORDS.name}")
    return store


def labelled(folder: Path, name: str) -> LabelledCrops:
    """The crops of ``load`` with their classes."""
    return load(folder, name).labelled


def make(folder: Path, name: str, data: Path, landmarks: Path) -> None:
    """Make a set with the code that first made it. Raises CalledProcessError without the repository's history."""
    fixed, out = FixedSet.of(name), (folder / name).resolve()
    code = unpack(fixed.commit, out / "code")
    inputs = [data.resolve(), landmarks.resolve(), out, fixed.split, fixed.seed, fixed.crops]
    script = code / "make_set.py"
    script.write_text(_MAKE, encoding="utf-8")
    subprocess.run([sys.executable, str(script), *map(str, inputs)], cwd=code, env=environment(code), check=True)
    load(folder, name)


def unpack(commit: str, code: Path) -> Path:
    """The packages of a commit, unpacked into the folder ``code``."""
    code.mkdir(parents=True, exist_ok=True)
    command = ["git", "archive", commit, "overlays", "daemon"]
    archive = subprocess.run(command, cwd=_CHECKOUT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(code, filter="data")
    return code


def environment(code: Path) -> dict[str, str]:
    """The environment in which Python imports the packages of a folder with code."""
    return os.environ | {"PYTHONPATH": f"{code}:{code / 'daemon'}"}


def main() -> None:
    """Make the missing sets."""
    parser = make_parser(__doc__)
    parser.add_argument("sets", nargs="*", default=(VAL, TEST, TEST_0_3_0), metavar="SET", help="default: all of them")
    add_data_option(parser)
    parser.add_argument("--landmarks", type=Path, required=True, help="file written by overlays.synthesis.landmarks")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="default: %(default)s")
    arguments = parser.parse_args()
    for name in arguments.sets:
        try:
            load(arguments.folder, name)
        except FileNotFoundError:
            make(arguments.folder, name, arguments.data, arguments.landmarks)
        print_progress(f"{arguments.folder / name}: as recorded")


if __name__ == "__main__":
    main()
