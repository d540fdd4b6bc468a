"""Checkpoints of a training run: one after each epoch, so that an interrupted run can continue."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from overlays.atomic_write import atomic_write


class Stateful(Protocol):
    """A network, an optimiser or a learning rate schedule of torch."""

    def state_dict(self) -> Mapping[str, Any]:
        """Everything that must be restored."""

    def load_state_dict(self, state_dict: Any) -> Any:
        """Restore what ``state_dict`` returned."""


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint file of one run.

    run: identifies the run (settings, number of samples). parts: what is saved and restored, by name.
    """

    file: Path
    run: Mapping[str, object]
    parts: Mapping[str, Stateful]

    def save(self, epochs_done: int) -> None:
        """Replace the file."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        with atomic_write(self.file) as partial:
            torch.save({"run": dict(self.run), "epoch": epochs_done, **states}, partial)

    def resume(self) -> int:
        """Restore the parts and return the number of epochs done; 0 if there is no file.

        Raises ValueError if the file belongs to another run.
        """
        if not self.file.exists():
            return 0
        state = read(self.file)
        if state["run"] != self.run:
            raise ValueError(
                f"checkpoint {self.file} belongs to another run ({state['run']}, not {dict(self.run)}); move it away"
            )
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        return int(state["epoch"])


def read(file: Path) -> dict[str, Any]:
    """The content of a checkpoint: ``run``, ``epoch``, and the state of each part."""
    state: dict[str, Any] = torch.load(file, weights_only=True, map_location="cpu")
    return state
