"""The exported models give the bundle's scores: QONNX in its own executor, the float model in onnxruntime."""

from pathlib import Path

import numpy as np
import pytest

from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.evaluation import float_onnx
from binarycop.geometry import CropGeometry
from overlays.synthesis.heads import noise_and_heads


def test_the_float_model_in_onnxruntime(tiny_bundle: Bundle) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    model = float_onnx.model(tiny_bundle)
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    session = runtime.InferenceSession(model)
    crops = noise_and_heads(40, 2, tiny_bundle.manifest.crop)
    (got,) = session.run(None, {"pixels": crops.transpose(0, 3, 1, 2).astype(np.float32)})
    assert np.array_equal(got, Emulator(tiny_bundle).scores(crops))


def test_the_qonnx_model_in_its_own_executor(tiny_bundle: Bundle, tmp_path: Path) -> None:
    for package in ("torch", "brevitas", "qonnx", "onnxoptimizer"):
        pytest.importorskip(package, reason=f"needs {package} for the export")
    from overlays.export import check, qonnx  # noqa: PLC0415 - need all of these

    qonnx.export(tiny_bundle.manifest.layers, tiny_bundle.weights, tmp_path / "model.onnx")
    crops = noise_and_heads(9, 2, tiny_bundle.manifest.crop)
    expected = Emulator(tiny_bundle).scores(crops)
    got = check.qonnx_scores(tmp_path / "model.onnx", crops)
    assert check.differences({"emulator": expected, "qonnx": got}) == []
    changed = got.copy()
    changed[3, 1] += 2
    assert check.differences({"emulator": expected, "qonnx": changed}) == [
        "qonnx differs from emulator on 1 of 9 images"
    ]


def test_the_seed_selects_the_faces_of_the_check(shared_data: Path) -> None:
    for package in ("torch", "qonnx"):
        pytest.importorskip(package, reason=f"needs {package} for the check")
    from overlays.export import check  # noqa: PLC0415 - needs all of these

    first, again, other = (
        check.faces(shared_data, ["real_photos"], 12, seed, CropGeometry(1.1, 0.0)) for seed in (1, 1, 2)
    )
    assert first.shape == (12, 32, 32, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    with pytest.raises(ValueError, match=r"no face in the pictures of .*mask_art"):
        check.faces(shared_data, ["mask_art"], 12, 1, CropGeometry(1.1, 0.0))
