"""Our own steps, with a fake of FINN: its modules, and nodes with attributes."""

import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from overlays.finn.errors import BuildMismatch
from overlays.finn.recipe import BUILD_STEPS, ESTIMATE_STEPS, Flavour, Recipe
from overlays.finn.steps import resolve
from overlays.networks.tables import U_CNV

_MODULES = (
    "finn.builder",
    "finn.transformation.fpgadataflow",
    "finn.transformation.fpgadataflow.insert_dwc",
    "finn.transformation.fpgadataflow.insert_fifo",
    "finn.transformation.fpgadataflow.specialize_layers",
    "finn.transformation.general",
    "finn.transformation.qonnx.convert_qonnx_to_finn",
    "finn.util.basic",
    "qonnx.custom_op.registry",
    "qonnx.transformation.general",
    "qonnx.util.cleanup",
)


@dataclass
class FakeMvau:
    """An MVAU node of FINN, and its custom operation at the same time."""

    weights: np.ndarray
    attributes: dict[str, Any]
    op_type: str = "MVAU_hls"
    input: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.input = ("activations", str(id(self)))

    def get_nodeattr(self, name: str) -> Any:
        return self.attributes[name]

    def set_nodeattr(self, name: str, value: Any) -> None:
        self.attributes[name] = value


class FakeModel:
    """A ModelWrapper with MVAUs only."""

    def __init__(self, nodes: list[FakeMvau]) -> None:
        self.graph = SimpleNamespace(node=nodes)
        self._weights = {node.input[1]: node.weights for node in nodes}

    def get_initializer(self, name: str) -> np.ndarray:
        return self._weights[name]


def mvau(weights: np.ndarray, inputs: str, weight_type: str, xnor: int) -> FakeMvau:
    return FakeMvau(weights, {"inputDataType": inputs, "weightDataType": weight_type, "binaryXnorMode": xnor})


def minimized() -> FakeModel:
    """As FINN's step_minimize_bit_width leaves µ-CNV: INT2 in the first layer."""
    signs, ones = np.array([[-1.0, 1.0]]), np.ones((1, 2))
    others = [mvau(ones, "BINARY", "BINARY", 1) for _ in U_CNV.layers[1:]]
    return FakeModel([mvau(signs, "UINT8", "INT2", 0), *others])


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Our steps by their names, from a build with a fake of FINN."""
    for name in _MODULES:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            monkeypatch.setitem(sys.modules, ".".join(parts[:end]), MagicMock())
    sys.modules["qonnx.custom_op.registry"].getCustomOp = lambda node: node  # type: ignore[attr-defined]
    found = resolve(BUILD_STEPS, Recipe(U_CNV, Flavour.DEEP))
    return {step.__name__: step for step in found if not isinstance(step, str)}


def test_the_first_layers_weights_are_bipolar_again(steps: dict[str, Any]) -> None:
    model = minimized()
    with pytest.raises(BuildMismatch, match="types of MVTU 0"):
        steps["step_check_types"](model, None)
    steps["step_restore_bipolar_weights"](model, None)
    assert [node.attributes["weightDataType"] for node in model.graph.node] == ["BIPOLAR"] + ["BINARY"] * 6
    steps["step_check_types"](model, None)


def test_weights_with_a_zero_stay_as_finn_made_them(steps: dict[str, Any]) -> None:
    model = FakeModel([mvau(np.array([[-1.0, 0.0, 1.0]]), "UINT8", "INT2", 0)])
    steps["step_restore_bipolar_weights"](model, None)
    assert model.graph.node[0].attributes["weightDataType"] == "INT2"


@pytest.mark.parametrize("names", [ESTIMATE_STEPS, BUILD_STEPS])
def test_the_types_are_restored_before_anything_is_estimated_or_built(names: tuple[str, ...]) -> None:
    order = [
        names.index(name) for name in ("step_minimize_bit_width", "step_restore_bipolar_weights", "step_check_types")
    ]
    assert order == list(range(order[0], order[0] + 3))
    assert order[-1] < names.index("step_generate_estimate_reports")
