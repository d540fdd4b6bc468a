"""The trained network as the daemon loads it: weights in half precision, and where they came from."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from binarycop.faces.lookout.finder import WEIGHTS
from overlays.finder.network import LookoutNet, folded

PROVENANCE = WEIGHTS.with_name("provenance.json")


def export(net: LookoutNet, folder: Path, provenance: dict[str, Any]) -> None:
    """Write ``weights.npz``, and ``provenance.json`` with its SHA-256 beside what is handed in."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / WEIGHTS.name
    np.savez(file, allow_pickle=False, **folded(net))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    text = json.dumps({"file": file.name, "sha256": digest, **provenance}, indent=2)
    (folder / PROVENANCE.name).write_text(text + "\n", encoding="utf-8")
