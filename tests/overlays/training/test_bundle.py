"""From a training run to a bundle that the daemon loads."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which trains the networks")
for package in ("brevitas", "qonnx", "onnxoptimizer", "tqdm"):
    pytest.importorskip(package, reason=f"needs {package} for the export")

from binarycop.classifier.emulator import Emulator  # noqa: E402
from binarycop.classifier.golden import check_golden  # noqa: E402
from overlays.export import check  # noqa: E402
from overlays.export.write_bundle import write_bundle  # noqa: E402
from overlays.networks.tables import U_CNV  # noqa: E402
from overlays.synthesis.dataset import Recipe  # noqa: E402
from overlays.synthesis.heads import labelled_heads  # noqa: E402
from overlays.training import bundle as bundles  # noqa: E402
from overlays.training.calibration import calibrate_margin  # noqa: E402
from overlays.training.evaluation import LabelledCrops  # noqa: E402
from overlays.training.loop import channels_first, recalibrate_batchnorm, score_function  # noqa: E402
from overlays.training.model import BinaryNet  # noqa: E402
from overlays.training.run_folder import Progress, RunFolder, RunSettings  # noqa: E402

SETTINGS = RunSettings("u-cnv", crops=9000)


@pytest.fixture(scope="module")
def heads() -> LabelledCrops:
    return LabelledCrops(*labelled_heads(400, 5, Recipe().geometry))


@pytest.fixture(scope="module")
def net(heads: LabelledCrops) -> BinaryNet:
    """A network that has learnt a little from drawn heads."""
    torch.manual_seed(0)
    made = BinaryNet(U_CNV)
    optimiser = torch.optim.Adam(made.parameters(), lr=1e-2)
    pixels, classes = channels_first(heads.crops).float(), torch.from_numpy(heads.classes)
    made.train()
    for step in range(120):
        chosen = torch.randperm(400, generator=torch.Generator().manual_seed(step))[:50]
        loss = torch.nn.functional.cross_entropy(made.logits(pixels[chosen]), classes[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        made.clip()
    recalibrate_batchnorm(made, pixels, 50)
    return made


def test_a_run_becomes_a_bundle_with_its_scores(
    net: BinaryNet, heads: LabelledCrops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "IMAGES", 12)
    scores = score_function(net)
    metadata = bundles.describe(scores, {"synthetic val": heads}, Recipe(), SETTINGS, Progress(8800, 99), "0.4.0")
    written = write_bundle(net, tmp_path / "u-cnv", metadata)
    manifest = written.manifest
    assert (manifest.name, manifest.version) == ("u-cnv", "0.4.0")
    assert manifest.abstain_margin == calibrate_margin(scores(heads.crops), heads.classes)
    assert check_golden(written, Emulator(written)) >= 64
    assert np.array_equal(Emulator(written).scores(heads.crops[:50]), scores(heads.crops[:50]))
    provenance = manifest.provenance
    assert provenance["crops seen"] == 8800
    assert provenance["training"]["rate"] == SETTINGS.rate
    assert 0.1 < provenance["temperature"] < 100
    assert provenance["figures"]["synthetic val"]["balanced_accuracy"] > 0.5


def test_a_version_that_no_board_can_store_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    others = ["--run", "run", "--out", "out", "--data", str(tmp_path), "--patches", str(tmp_path / "file")]
    monkeypatch.setattr("sys.argv", ["bundle", *others, "--version", "0.4.0 beta"])
    with pytest.raises(SystemExit):
        bundles.main()
    assert "'0.4.0 beta' cannot be a folder's name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("--run", "is not the folder of a run"),
        ("--data", "is not a folder"),
        ("--patches", "is not a file"),
        ("--out", "is not a folder"),
    ],
)
def test_a_wrong_path_is_refused_before_anything_is_measured(
    option: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.json").touch()
    (tmp_path / "wrong").mkdir()
    (tmp_path / "file").touch()
    paths = {"--run": "", "--data": "", "--patches": "file", "--out": "new"}
    paths[option] = "file" if option in ("--data", "--out") else "wrong"
    words = [word for name, path in paths.items() for word in (name, str(tmp_path / path))]
    monkeypatch.setattr("sys.argv", ["bundle", *words, "--version", "0.4.0"])
    with pytest.raises(SystemExit):
        bundles.main()
    error = capsys.readouterr().err
    assert option in error
    assert f"{tmp_path / paths[option]} {problem}" in error


def test_a_run_in_full_precision_becomes_no_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    RunFolder(tmp_path / "run").begin(RunSettings("u-cnv", binary=False))
    (tmp_path / "patches.npz").touch()
    places = ["--data", str(tmp_path), "--patches", str(tmp_path / "patches.npz"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["bundle", "--run", str(tmp_path / "run"), "--version", "0.4.0", *places])
    with pytest.raises(SystemExit):
        bundles.main()
    assert "run is in full precision; a bundle has binary weights" in capsys.readouterr().err
