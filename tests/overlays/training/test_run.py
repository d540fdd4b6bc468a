"""A training run: the pool of crops, data augmentation, the folder from which it continues, and the learning rate."""

import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from overlays.networks.tables import U_CNV  # noqa: E402
from overlays.synthesis.dataset import Recipe  # noqa: E402
from overlays.synthesis.patches import Patches  # noqa: E402
from overlays.training import run, trainer  # noqa: E402
from overlays.training.curve import plot  # noqa: E402
from overlays.training.evaluation import LabelledCrops  # noqa: E402
from overlays.training.model import BinaryNet  # noqa: E402
from overlays.training.pool import SPARE_PX, Pool, PoolSettings, made_here  # noqa: E402
from overlays.training.run import figures, go_on  # noqa: E402
from overlays.training.run_folder import Progress, RunFolder, RunSettings  # noqa: E402
from overlays.training.trainer import Trainer, rate_factor  # noqa: E402
from overlays.training.variation import vary  # noqa: E402

DRAWN = Recipe(drawn=1.0, spare_px=SPARE_PX)
SMALL = PoolSettings(subjects=160, part=40, views=5, uses=4)


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One grey face: the tests train on drawn heads."""
    file = tmp_path_factory.mktemp("patches") / "patches.npz"
    maps = np.zeros((1, 32, 32, 2), np.float32)
    face = Patches(
        np.full((1, 128, 128, 3), 90, np.uint8),
        np.array([[38, 32, 52, 64]], np.float32),
        *(maps, maps, np.zeros(1, np.float32), np.array(["train"]), np.array(["a"])),
    )
    np.savez(file, **{name: getattr(face, name) for name in Patches.__dataclass_fields__})
    return file


def pool(patches: Path, tmp_path: Path, first: int = 0) -> Pool:
    return Pool(made_here(patches, tmp_path, DRAWN, SMALL, seed=7, first=first, processes=1), SMALL, first)


@pytest.fixture(scope="module")
def filled(patches: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with pool(patches, tmp_path_factory.mktemp("data")) as made:
        yield made


def test_samples_of_the_pool_are_balanced_and_depend_only_on_the_seed(filled: Pool) -> None:
    crops, classes = filled.sample(400, np.random.default_rng(3))
    again, _ = filled.sample(400, np.random.default_rng(3))
    assert crops.shape == (400, 32, 32, 3)
    assert crops.dtype == np.uint8
    assert np.array_equal(crops, again)
    assert np.bincount(classes).min() > 60


def test_a_pool_that_goes_on_has_other_subjects(filled: Pool, patches: Path, tmp_path: Path) -> None:
    before, classes = filled.sample(8, np.random.default_rng(3))
    assert filled.next_subject == SMALL.subjects
    with pool(patches, tmp_path, first=filled.next_subject) as later:
        after, classes_after = later.sample(8, np.random.default_rng(3))
        assert later.next_subject == 2 * SMALL.subjects
    assert classes.tolist() == classes_after.tolist()
    assert not any(np.array_equal(a, b) for a, b in zip(before, after))


def test_cheap_changes_keep_whole_numbers_and_the_picture() -> None:
    pixels = torch.full((500, 3, 32, 32), 100, dtype=torch.uint8)
    pixels[:, :, :, 16:] = 160
    seen = vary(pixels, torch.Generator().manual_seed(1))
    again = vary(pixels, torch.Generator().manual_seed(1))
    assert torch.equal(seen, again)
    assert torch.equal(seen, seen.round())
    assert 0 <= float(seen.min()) <= float(seen.max()) <= 255
    assert bool((seen[..., 20:].mean((1, 2, 3)) > seen[..., :12].mean((1, 2, 3)) + 20).all())
    assert abs(float(seen.mean()) - 130) < 5
    assert float(seen.mean((1, 2, 3)).std()) > 5


def test_the_rate_rises_after_each_start_and_falls_to_nothing() -> None:
    settings = RunSettings("u-cnv", crops=1000, warm_up=100)
    assert rate_factor(settings, 0, 0) == 0
    assert rate_factor(settings, 100, 100) > 0.95
    assert rate_factor(settings, 500, 0) == 0
    assert rate_factor(settings, 500, 200) == pytest.approx(0.5)
    assert rate_factor(settings, 1000, 500) == pytest.approx(0)


def test_after_a_restart_the_rate_falls_once_more_from_the_highest() -> None:
    settings = RunSettings("u-cnv", crops=1500, warm_up=100, restarted_at=1000)
    assert rate_factor(settings, 1000, 0) == 0
    assert rate_factor(settings, 1100, 100) == pytest.approx(0.5 + 0.5 * math.cos(math.pi / 5))
    assert rate_factor(settings, 1250, 250) == pytest.approx(0.5)
    assert rate_factor(settings, 1500, 500) == pytest.approx(0)


def test_a_run_goes_on_from_its_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    settings = RunSettings("u-cnv", crops=5000, pool=SMALL)
    folder.begin(settings)
    with pytest.raises(ValueError, match="has a run already"):
        folder.begin(settings)
    net, progress = folder.load()
    assert folder.settings == settings
    assert progress == Progress()
    with torch.no_grad():
        net.mvtus[0].norm.running_var.fill_(1e7)  # too much for half precision
    folder.save(net, Progress(1234, 5000))
    again, progress = RunFolder(tmp_path / "run").load()
    assert progress == Progress(1234, 5000)
    for (name, value), other in zip(net.state_dict().items(), again.state_dict().values()):
        assert torch.allclose(value.float(), other.float(), rtol=1e-3, atol=1e-6), name
        if name.endswith("weight") and value.ndim > 1:
            assert torch.equal(value >= 0, other >= 0), name
    assert (tmp_path / "run" / "weights.npz").stat().st_size < 2 * U_CNV.weight_bits * 1.2


def test_the_full_precision_reference_goes_on_as_such(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(RunSettings("u-cnv", binary=False, pool=SMALL))
    net, _ = folder.load()
    assert not net.is_binary
    folder.save(net, Progress(1000, 0))
    again, _ = RunFolder(tmp_path / "run").load()
    assert not again.is_binary
    assert torch.allclose(again.mvtus[1].weight, net.mvtus[1].weight, atol=1e-3)
    assert not torch.equal(net.mvtus[1].weight.abs(), torch.ones(()))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("--data", "nowhere is not a folder"),
        ("--patches", "nowhere is not a file; python -m overlays.synthesis.patches writes it"),
        ("--run", "nowhere is not the folder of a run; --begin n-cnv begins one there"),
    ],
)
def test_a_wrong_path_is_refused_before_any_crop_is_made(
    wrong: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("settings.json", "patches.npz"):
        (tmp_path / name).touch()
    paths = {"--run": tmp_path, "--data": tmp_path, "--patches": tmp_path / "patches.npz"}
    paths[wrong] = tmp_path / "nowhere"
    words = [word for name, path in paths.items() for word in (name, str(path))]
    monkeypatch.setattr("sys.argv", ["run", *words])
    with pytest.raises(SystemExit):
        run.main()
    assert problem in capsys.readouterr().err


def test_settings_that_are_no_settings_are_refused_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"network": "u-cnv"}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"settings.json.*RunSettings"):
        _ = RunFolder(tmp_path).settings


def test_it_learns_and_the_curve_grows_from_run_to_run(
    filled: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "_RECALIBRATION_CROPS", 400)
    folder = RunFolder(tmp_path / "run")
    folder.begin(RunSettings("u-cnv", crops=9 * SMALL.crops_per_part, warm_up=1000, pool=SMALL))
    labelled = LabelledCrops(*filled.sample(400, np.random.default_rng(1)))
    for minutes in (0.0, None):
        net, progress = folder.load()
        go_on(
            Trainer(net, folder.settings, progress),
            filled,
            folder,
            lambda scores: figures(scores, labelled, labelled),
            minutes,
        )
    rows = folder.curve
    assert [row["crops"] for row in rows] == [SMALL.crops_per_part, 9 * SMALL.crops_per_part]
    assert rows[1]["loss"] < rows[0]["loss"]
    assert rows[1]["synthetic"] > 0.5
    assert folder.load()[1].crops_seen == 9 * SMALL.crops_per_part


def test_an_interrupted_run_keeps_what_it_has_learnt(
    filled: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(RunSettings("u-cnv", crops=100_000, pool=SMALL))
    net, progress = folder.load()
    interrupted = Trainer(net, folder.settings, progress)

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(filled, "renew", interrupt)
    with pytest.raises(KeyboardInterrupt):
        go_on(interrupted, filled, folder, lambda scores: {}, None)
    assert folder.load()[1].crops_seen == SMALL.crops_per_part


def test_the_curve_is_plotted_and_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [{"crops": 5e5 * n, "loss": 1 / n, "synthetic": 0.7, "photographs": 0.6, "nose": 0.5} for n in range(1, 4)]
    for name in ("a.svg", "b.svg"):
        plot({"n-cnv": rows}, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "Learning curve: n-cnv" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="no run has"):
        plot({"n-cnv": []}, tmp_path / "c.svg")


def test_figures_are_mean_recall_and_the_share_of_uncovered_faces_called_correct() -> None:
    scores = np.array([[9, 0, 0, 0], [9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0], [0, 0, 9, 0]], np.int32)
    labelled = LabelledCrops(np.zeros((5, 32, 32, 3), np.uint8), np.array([0, 1, 1, 2, 2]))
    seen = figures(lambda _: scores, labelled, labelled)
    assert seen["photographs"] == pytest.approx((1 + 0.5 + 1) / 3, abs=1e-3)
    assert seen["uncovered_called_correct"] == 0.25
    assert (seen["correct"], seen["nose"], seen["nose_mouth"]) == (1.0, 0.5, 1.0)


def test_a_measured_copy_leaves_the_network_as_it_is(filled: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    net = BinaryNet(U_CNV)
    trained = Trainer(net, RunSettings("u-cnv", pool=SMALL), Progress())
    monkeypatch.setattr(trainer, "_RECALIBRATION_CROPS", 400)
    before = net.mvtus[0].norm.running_mean.clone()
    copy = trained.measured_net(filled)
    assert torch.equal(net.mvtus[0].norm.running_mean, before)
    assert not torch.equal(copy.mvtus[0].norm.running_mean, before)
