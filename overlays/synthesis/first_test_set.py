"""The first synthetic test set, of 58 people, which all versions up to 0.3.0 are reported on.

The synthesis has changed since, so the set is made with the code of then, from the repository:

    python -m overlays.synthesis.first_test_set --data ../shared/data --landmarks work/landmarks.npz --work work/first
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlays.command_line import add_data_option, make_parser, print_progress

_RECORD = Path(__file__).with_name("first_test_set.json")
_CHECKOUT = Path(__file__).resolve().parents[2]
CROPS = "test.npy"
_MAKE = """
import sys
from pathlib import Path
import numpy as np
from overlays.synthesis.dataset import Recipe
from overlays.synthesis.faces import Split
from overlays.training.sample_store import load_or_make

if __name__ == "__main__":
    patches, data, crops, out = map(Path, sys.argv[1:5])
    made = load_or_make(crops, patches, data, Split.TEST, Recipe(), int(sys.argv[5]), int(sys.argv[6]))
    np.save(out, made.labelled.crops)
"""


def load(work: Path) -> NDArray[np.uint8]:
    """The crops that ``main`` made, (8000, 32, 32, 3) uint8 RGB; the four classes alternate.

    Raises ValueError if they are not those that were recorded.
    """
    crops: NDArray[np.uint8] = np.load(work / CROPS)
    recorded = json.loads(_RECORD.read_text(encoding="utf-8"))["sha256"]
    found = hashlib.sha256(np.ascontiguousarray(crops).data).hexdigest()
    if found != recorded:
        raise ValueError(f"{work / CROPS} has the hash {found[:12]}…, not {recorded[:12]}… of {_RECORD.name}")
    return crops


def code_of_then(work: Path) -> Path:
    """Unpack the code that made the set into ``work``, from the repository. Returns its folder.

    Raises CalledProcessError without git or without the history.
    """
    commit, code = json.loads(_RECORD.read_text(encoding="utf-8"))["commit"], work / "code"
    code.mkdir(parents=True, exist_ok=True)
    command = ["git", "archive", commit, "overlays", "daemon"]
    archive = subprocess.run(command, cwd=_CHECKOUT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(code, filter="data")
    return code


def environment_of(code: Path) -> dict[str, str]:
    """The environment in which Python imports the packages of a folder with code."""
    return os.environ | {"PYTHONPATH": f"{code}:{code / 'daemon'}"}


def main() -> None:
    """Make the crops."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    parser.add_argument("--landmarks", type=Path, required=True, help="file written by overlays.synthesis.landmarks")
    parser.add_argument(
        "--work", type=Path, default=Path("work/first"), help="folder for the set (default: %(default)s)"
    )
    arguments = parser.parse_args()
    work, data, landmarks = (path.resolve() for path in (arguments.work, arguments.data, arguments.landmarks))
    recorded = json.loads(_RECORD.read_text(encoding="utf-8"))
    code = code_of_then(work)
    script, patches = code / "make_test_set.py", work / "patches.npz"
    script.write_text(_MAKE, encoding="utf-8")
    cut = ["-m", "overlays.synthesis.patches", "--data", data, "--landmarks", landmarks, "--out", patches]
    make = [script, patches, data, work / "crops", work / CROPS, recorded["seed"], recorded["crops"]]
    for command in (cut, make):
        subprocess.run([sys.executable, *map(str, command)], cwd=code, env=environment_of(code), check=True)
    load(work)
    print_progress(f"{work / CROPS}: the first test set, as recorded")


if __name__ == "__main__":
    main()
