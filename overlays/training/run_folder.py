"""The folder of a long training run: settings, weights, and the learning curve. It is small enough to be committed.

So a run can go on for days on machines that keep nothing else. The weights are the latent weights in half precision.
The optimiser's state is not kept: Adam builds it up again within a thousand steps.
"""

import csv
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from overlays.atomic_write import atomic_write
from overlays.networks.tables import NETWORKS
from overlays.training.model import BinaryNet
from overlays.training.pool import PoolSettings

_SETTINGS, _WEIGHTS, _CURVE = "settings.json", "weights.npz", "curve.csv"
_CROPS_SEEN, _NEXT_SUBJECT = "crops_seen", "next_subject"


@dataclass(frozen=True)
class RunSettings:
    """What a run is trained with.

    network: its name. crops: to be seen in all. rate: Adam's highest learning rate; it falls to 0 as a cosine of the
    crops that were seen. restarted_at: crops seen when that cosine began, for a finished run that goes on (a warm
    restart; Loshchilov and Hutter, SGDR, 2017). warm_up: crops after each start in which the rate rises. binary: false
    for the full-precision reference, which shows what binarisation costs. no_face: share of each batch that shows no
    face; its target is the same probability for each class.
    """

    network: str
    crops: int = 30_000_000
    batch: int = 200
    rate: float = 1e-2
    restarted_at: int = 0
    warm_up: int = 40_000
    seed: int = 0
    binary: bool = True
    no_face: float = 0.0
    pool: PoolSettings = field(default_factory=PoolSettings)


@dataclass(frozen=True)
class Progress:
    """How far a run is: crops seen, and the number of the first unused subject."""

    crops_seen: int = 0
    next_subject: int = 0


class RunFolder:
    """Reads and writes the files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Whether the run has settings."""
        return (self.folder / _SETTINGS).is_file()

    @property
    def settings(self) -> RunSettings:
        """The settings. Raises FileNotFoundError if the run was never begun, ValueError if they are not valid."""
        file = self.folder / _SETTINGS
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            return RunSettings(**{**stored, "pool": PoolSettings(**stored["pool"])})
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{file}: {error}; it must have the fields of RunSettings") from error

    def begin(self, settings: RunSettings) -> None:
        """Write the settings of a new run. Raises ValueError if the folder has a run already."""
        if self.exists:
            raise ValueError(f"{self.folder} has a run already; start without --begin to continue it")
        with atomic_write(self.folder / _SETTINGS) as partial:
            partial.write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")

    def save(self, net: BinaryNet, progress: Progress) -> None:
        """Replace the weights."""
        arrays = {}
        for name, tensor in net.state_dict().items():
            array = tensor.detach().cpu().numpy()
            # Batch normalisation keeps its precision: a threshold that is slightly wrong flips bits.
            arrays[name] = array.astype(np.float16) if name.endswith("weight") and array.ndim > 1 else array
        position = {_CROPS_SEEN: progress.crops_seen, _NEXT_SUBJECT: progress.next_subject}
        with atomic_write(self.folder / _WEIGHTS) as partial, partial.open("wb") as stream:
            np.savez_compressed(stream, **arrays, **position)  # type: ignore[arg-type]

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        file = self.folder / _WEIGHTS
        if not file.is_file():
            return Progress()
        with np.load(file, allow_pickle=False) as stored:
            return Progress(int(stored[_CROPS_SEEN]), int(stored[_NEXT_SUBJECT]))

    def load(self) -> tuple[BinaryNet, Progress]:
        """The network and how far it is; random weights if there are none yet."""
        settings = self.settings
        torch.manual_seed(settings.seed)
        net = BinaryNet(NETWORKS[settings.network], is_binary=settings.binary)
        net.to(memory_format=torch.channels_last)
        file = self.folder / _WEIGHTS
        if not file.is_file():
            return net, Progress()
        with np.load(file, allow_pickle=False) as stored:
            state = {name: torch.from_numpy(np.asarray(stored[name])) for name in net.state_dict()}
        net.load_state_dict(state)
        return net, self.progress

    def record(self, row: dict[str, float]) -> None:
        """Add a row to the learning curve."""
        file = self.folder / _CURVE
        is_new = not file.is_file()
        with file.open("a", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(row), lineterminator="\n")
            if is_new:
                writer.writeheader()
            writer.writerow(row)

    @property
    def curve(self) -> list[dict[str, float]]:
        """The rows of the learning curve; none before the first."""
        file = self.folder / _CURVE
        if not file.is_file():
            return []
        with file.open(encoding="utf-8", newline="") as stream:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]
