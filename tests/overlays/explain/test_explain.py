"""Heat maps: a bundle's network in torch has the bundle's scores, and the heat is where the network looks."""

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which differentiates the networks")

from torch import Tensor, nn  # noqa: E402

from binarycop.bundle import files as bundles  # noqa: E402
from binarycop.bundle.files import Bundle  # noqa: E402
from binarycop.bundle.search import find_bundle  # noqa: E402
from binarycop.classes import MaskClass  # noqa: E402
from binarycop.classifier.emulator import Emulator  # noqa: E402
from binarycop.classifier.gradcam import GradCam  # noqa: E402
from overlays.explain.__main__ import main  # noqa: E402
from overlays.explain.gradcam import CONV2_2, FIRST_PX, STEP_PX, enlarge, heat  # noqa: E402
from overlays.explain.heat_map import side_by_side  # noqa: E402
from overlays.export.torch_network import torch_network  # noqa: E402
from overlays.networks.tables import N_CNV  # noqa: E402
from overlays.synthesis.heads import noise_and_heads  # noqa: E402
from overlays.training.loop import channels_first, score_function  # noqa: E402
from tests.random_bundles import random_bundle  # noqa: E402

MAP_TOLERANCE = 1e-5  # of maps from 0 to 1: float32 adds in another order; 1e-6 was the most that was seen


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with n-CNV's layers and random weights: unlike the tiny bundle, it has the 5×5 maps."""
    return random_bundle(tmp_path_factory.mktemp("bundles") / "n-cnv", N_CNV.layers)


def test_a_bundles_network_in_torch_gives_the_bundles_scores(bundle: Bundle, tiny_bundle: Bundle) -> None:
    for each in (bundle, tiny_bundle):
        crops = noise_and_heads(60, 4, each.manifest.crop)
        expected = Emulator(each).scores(crops)
        assert np.array_equal(score_function(torch_network(each))(crops), expected)
        assert len(np.unique(expected, axis=0)) > 10


def test_the_window_of_a_sign_is_the_standard_deviation_of_its_input(bundle: Bundle) -> None:
    first = torch_network(bundle).mvtus[0]
    pixels = channels_first(bundle.golden_inputs).float()
    with torch.no_grad():
        sums = torch.nn.functional.conv2d(pixels, first.weight)
    assert torch.allclose(first.norm.running_var.sqrt(), sums.std(dim=(0, 2, 3)), rtol=1e-4)


def test_every_map_is_scaled_by_its_own_maximum(bundle: Bundle) -> None:
    crops = noise_and_heads(40, 5, bundle.manifest.crop)
    maps = heat(torch_network(bundle), crops, np.arange(40) % 4)
    assert maps.shape == (40, 5, 5)
    assert maps.min() >= 0
    most = maps.max(axis=(1, 2))
    assert set(np.round(most, 6)) <= {0.0, 1.0}
    assert most.mean() > 0.5


def test_a_map_does_not_depend_on_its_batch(bundle: Bundle) -> None:
    crops = noise_and_heads(20, 6, bundle.manifest.crop)
    net = torch_network(bundle)
    together = heat(net, crops, np.full(20, 2))
    alone = heat(net, crops[7:8], np.array([2]))
    assert np.allclose(together[7], alone[0], atol=1e-5)


def test_numpy_gives_the_maps_of_torch(bundle: Bundle) -> None:
    for each in (bundle, *(bundles.load(find_bundle(name)) for name in ("n-cnv", "u-cnv"))):
        crops = noise_and_heads(40, 8, each.manifest.crop)
        classes = np.arange(40) % 4
        maps = GradCam(each).heat(crops, [MaskClass(index % 4) for index in range(40)])
        assert np.abs(maps - heat(torch_network(each), crops, classes)).max() < MAP_TOLERANCE


class _Corner(nn.Module):  # type: ignore[misc]
    """A full-precision network: the score of the first class is the brightness of the top left cell."""

    def __init__(self) -> None:
        super().__init__()
        cells = nn.Conv2d(1, 1, 6, stride=6, bias=False)
        cells.weight.data.fill_(1.0)
        self.mvtus = nn.ModuleList([nn.Identity(), nn.Identity(), nn.Identity(), cells])

    def forward(self, pixels: Tensor) -> Tensor:
        maps = self.mvtus[CONV2_2](pixels[:, :1])
        return maps[:, 0, 0, :1] * torch.tensor([[1.0, 0.0, 0.0, 0.0]])


def test_heat_is_the_weighted_sum_of_the_maps() -> None:
    crops = np.zeros((2, 32, 32, 3), np.uint8)
    crops[0, :6, :6], crops[0, 12:18, 24:30] = 100, 200
    maps = heat(_Corner(), crops, np.array([0, 0]))
    # There is one map, with a positive weight, so the heat is the scaled map.
    assert maps[0].argmax() == 2 * 5 + 4
    assert maps[0, 0, 0] == pytest.approx(0.5)
    assert maps[1].max() == 0


def test_cells_are_in_the_middle_of_the_pixels_that_they_see() -> None:
    net = nn.Sequential(
        *(nn.Conv2d(1, 1, 3, bias=False), nn.Conv2d(1, 1, 3, bias=False), nn.AvgPool2d(2)),
        *(nn.Conv2d(1, 1, 3, bias=False), nn.Conv2d(1, 1, 3, bias=False), nn.AvgPool2d(2)),
    )
    for parameter in net.parameters():
        parameter.data.fill_(1.0)
    for row, column in ((0, 0), (1, 4), (3, 2)):
        pixels = torch.zeros(1, 1, 32, 32, requires_grad=True)
        net(pixels)[0, 0, row, column].backward()
        seen = np.argwhere(pixels.grad[0, 0].numpy() > 0)
        middle = (seen.min(axis=0) + seen.max(axis=0)) / 2
        assert middle.tolist() == [FIRST_PX + row * STEP_PX, FIRST_PX + column * STEP_PX]


def test_an_enlarged_map_has_its_maximum_over_the_cell() -> None:
    cells = np.zeros((5, 5), np.float32)
    cells[1, 3] = 1
    zoom = 10
    large = enlarge(cells, zoom)
    assert large.shape == (320, 320)
    y, x = np.unravel_index(large.argmax(), large.shape)
    assert (y + 0.5) / zoom - 0.5 == pytest.approx(FIRST_PX + STEP_PX, abs=0.1)
    assert (x + 0.5) / zoom - 0.5 == pytest.approx(FIRST_PX + 3 * STEP_PX, abs=0.1)
    assert large[0, 0] == 0


def test_the_command_writes_one_heat_map_for_each_picture(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "drawn.png"
    cv2.imwrite(str(picture), np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    out = tmp_path / "out"
    given = ["--bundle", str(bundle.folder), "--out", str(out), "--label", "chin", "--box", "10", "5", "40", "50"]
    monkeypatch.setattr("sys.argv", ["explain", *given, str(picture), str(tmp_path / "none.png")])
    assert main() == 1
    assert np.asarray(cv2.imread(str(out / "001-drawn-chin.png"))).shape == (320, 640, 3)
    assert (out / ".gitignore").read_text(encoding="utf-8") == "*\n"
    printed = capsys.readouterr()
    assert printed.out.endswith("heat of chin\n")
    assert "none.png: does not exist" in printed.err


def test_the_picture_shows_the_crop_and_its_heat() -> None:
    crop = np.full((32, 32, 3), (200, 60, 20), np.uint8)  # RGB
    cells = np.zeros((5, 5), np.float32)
    cells[2, 2] = 1
    picture = side_by_side(crop, cells)
    assert picture.shape == (320, 640, 3)
    assert picture[160, 160].tolist() == [20, 60, 200]  # BGR
    middle, corner = picture[160, 480].astype(int), picture[5, 325].astype(int)
    assert middle[2] - middle[0] > corner[2] - corner[0]  # redder where the heat is
