"""The finder that ships with the project: what it computes from the network's values, and that engines agree."""

import hashlib
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.choose import make_detector
from binarycop.detection.lookout.decode import decode, weighted_nms
from binarycop.detection.lookout.detector import WEIGHTS, Lookout
from binarycop.detection.lookout.engine import NcnnEngine, OpenCvEngine, make_engine
from binarycop.detection.lookout.network import PROPOSAL, REFINEMENT, ROI_PX, Conv, Network, Weights
from binarycop.detection.lookout.refinement import RefinementStage, Roi
from binarycop.detection.lookout.weights import LEVEL_MAX, keys, read_weights
from binarycop.errors import DetectorError
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, EngineKind, FacesSettings, LookoutSettings
from overlays.detector import golden

BOXES = json.loads(Path(__file__).with_name("lookout.json").read_text())


class Silent:
    """Says of every cell that nobody is there, and remembers the frames."""

    name = "silent"

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.said: dict[tuple[int, int, int], tuple[float, ...]] = {}

    def run(self, padded: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        self.shapes.append(padded.shape)
        height, width = padded.shape[:2]
        values = [
            np.full((5, height // one.stride_px, width // one.stride_px), -9, np.float32) for one in PROPOSAL.heads
        ]
        for (head, row, column), cell in self.said.items():
            values[head][:, row, column] = cell
        return values


class Trusting:
    """Says of every place what the survey said, or what it was told to say."""

    def __init__(self, *said: tuple[float, ...]) -> None:
        self.said = np.array(said, np.float64).reshape(-1, 5)
        self.asked: list[int] = []

    def refine(self, frame: NDArray[np.uint8], likely: NDArray[np.float64]) -> NDArray[np.float64]:
        self.asked.append(len(likely))
        return self.said if len(self.said) else likely


def lookout(survey: Silent, inspector: Trusting | None = None, **settings: Any) -> Lookout:
    return Lookout(survey, cast(RefinementStage, inspector or Trusting()), **settings)


def random_weights(network: Network, seed: int) -> Weights:
    """Of a size at which values neither die out nor explode."""
    rng = np.random.default_rng(seed)
    return {
        name: (rng.standard_normal(shape) * (2 / float(np.prod(shape[1:]))) ** 0.5).astype(np.float32)
        for name, shape in network.shapes().items()
    }


def convolved(values: NDArray[np.float64], weights: Weights, name: str, layer: Conv) -> NDArray[np.float64]:
    """A convolution as in a textbook, in double precision."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    outputs, inputs, side, _ = weight.shape
    padded = np.pad(values, ((0, 0), (layer.padding,) * 2, (layer.padding,) * 2))
    rows, columns = ((size - side) // layer.stride + 1 for size in padded.shape[1:])
    result = np.zeros((outputs, rows, columns))
    for output in range(outputs):
        first = output // (outputs // layer.groups) * inputs
        for row in range(rows):
            for column in range(columns):
                corner = padded[first : first + inputs, row * layer.stride :, column * layer.stride :]
                result[output, row, column] = (corner[:, :side, :side] * weight[output]).sum() + bias[output]
    return result


def textbook(network: Network, weights: Weights, frame: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """What the heads give, by the table of layers alone."""
    values, wanted = [frame.transpose(2, 0, 1).astype(np.float64)], []
    for at, layer in enumerate(network.layers):
        summed = convolved(values[-1], weights, f"layer{at}", layer)
        values.append(np.maximum(summed + (values[-layer.skip] if layer.skip else 0), 0))
        for number, head in enumerate(network.heads):
            if head.after == at:
                wanted.append(convolved(values[-1], weights, f"head{number}", Conv(0, 0, 1, 1)))
    return wanted


@pytest.mark.parametrize(("network", "size"), [(PROPOSAL, (64, 96)), (REFINEMENT, (ROI_PX, ROI_PX))])
def test_opencv_computes_what_the_table_of_layers_says(network: Network, size: tuple[int, int]) -> None:
    weights = random_weights(network, 1)
    frame = np.random.default_rng(2).integers(0, 256, (*size, 3), dtype=np.uint8)
    for ours, theirs in zip(OpenCvEngine(network, weights).run(frame), textbook(network, weights, frame)):
        assert ours.shape == theirs.shape
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-3 * float(np.abs(theirs).max()))


def test_a_cell_becomes_the_box_that_it_says() -> None:
    silent = Silent()
    silent.said[(1, 2, 3)] = (2.0, 0.25, -0.5, np.log(0.5), 0.0)
    (face,) = lookout(silent, threshold=0.5).detect(np.zeros((96, 128, 3), np.uint8))
    box = face.box
    # The cell's middle is at (56, 40); its usual side 48.
    assert (box.x_px, box.y_px, box.width_px, box.height_px) == (60 - 12, 32 - 24, 24, 48)
    assert face.confidence == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-3)


def test_boxes_are_in_pixels_of_the_frame_however_far_it_was_shrunk() -> None:
    silent = Silent()
    silent.said[(0, 4, 4)] = (2.0, 0.0, 0.0, 0.0, 0.0)
    (face,) = lookout(silent, longer_px=80).detect(np.zeros((240, 320, 3), np.uint8))
    assert silent.shapes == [(64, 96, 3)]
    assert (face.box.x_px, face.box.y_px, face.box.width_px) == (4 * 24, 4 * 24, 4 * 24)


def test_nothing_is_found_below_the_threshold() -> None:
    silent = Silent()
    silent.said[(0, 4, 4)] = (0.0, 0.0, 0.0, 0.0, 0.0)
    frame = np.zeros((64, 64, 3), np.uint8)
    assert len(lookout(silent, threshold=0.49).detect(frame)) == 1
    assert lookout(silent, threshold=0.51).detect(frame) == []


def test_wild_values_make_no_endless_box() -> None:
    silent = Silent()
    silent.said[(2, 0, 0)] = (99.0, 0.0, 0.0, 900.0, 900.0)
    (face,) = lookout(silent).detect(np.zeros((64, 64, 3), np.uint8))
    assert np.isfinite(face.box.area_px)
    assert face.confidence == 1.0


def test_cells_that_agree_are_one_face_and_their_mean() -> None:
    rows = np.array([[10, 10, 40, 40, 0.9], [12, 10, 40, 40, 0.9], [30, 10, 40, 40, 0.6], [200, 10, 40, 40, 0.5]])
    merged = weighted_nms(rows, overlap=0.3)
    # The third shares a third of its area with the first: the same face, but no part of the mean.
    assert merged.tolist() == [[11, 10, 40, 40, 0.9], [200, 10, 40, 40, 0.5]]


def test_the_surest_face_is_first() -> None:
    low, high = np.full((5, 8, 8), -9, np.float32), np.full((5, 4, 4), -9, np.float32)
    low[:, 1, 1], high[:, 3, 3] = (1, 0, 0, 0, 0), (2, 0, 0, 0, 0)
    found = weighted_nms(decode([low, high, np.full((5, 2, 2), -9, np.float32)], 0.5), 0.3)
    assert found[:, 4].tolist() == sorted(found[:, 4].tolist(), reverse=True)
    assert len(found) == 2


def test_a_place_that_the_second_look_takes_for_nothing_is_no_face() -> None:
    silent = Silent()
    silent.said[(0, 4, 4)], silent.said[(1, 1, 5)] = (2.0, 0, 0, 0, 0), (-1.0, 0, 0, 0, 0)
    doubting = Trusting((24, 24, 24, 24, 0.2), (70, 8, 40, 40, 0.9))
    (face,) = lookout(silent, doubting, threshold=0.5).detect(np.zeros((64, 128, 3), np.uint8))
    assert face == Face(Box(70, 8, 40, 40), 0.9)


def test_two_places_that_turn_out_to_be_one_face_are_one() -> None:
    silent = Silent()
    silent.said[(0, 1, 4)], silent.said[(0, 6, 4)] = (2.0, 0, 0, 0, 0), (1.0, 0, 0, 0, 0)
    alike = Trusting((20, 20, 30, 30, 0.8), (22, 20, 30, 30, 0.8))
    (face,) = lookout(silent, alike).detect(np.zeros((64, 64, 3), np.uint8))
    assert face.box == Box(21, 20, 30, 30)


def test_only_so_many_places_of_a_frame_are_looked_at_again() -> None:
    silent, inspector = Silent(), Trusting()
    for row in range(0, 32, 4):
        for column in range(0, 64, 4):
            silent.said[(0, row, column)] = (-1.0, 0, 0, 0, 0)
    lookout(silent, inspector, longer_px=512).detect(np.zeros((256, 512, 3), np.uint8))
    assert inspector.asked == [32]


def test_where_the_survey_sees_nobody_nothing_is_looked_at_again() -> None:
    inspector = Trusting()
    assert lookout(Silent(), inspector).detect(np.zeros((64, 64, 3), np.uint8)) == []
    assert inspector.asked == [0]


@pytest.mark.parametrize("shape", [(1, 1, 3), (33, 500, 3), (700, 20, 3)])
def test_pictures_of_any_shape_are_taken(shape: tuple[int, int, int]) -> None:
    assert golden.shipped_detector(EngineKind.OPENCV).detect(np.full(shape, 128, np.uint8)) == []


def test_the_shipped_weights_are_those_that_were_measured() -> None:
    provenance = json.loads(WEIGHTS.with_name("provenance.json").read_text())
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == provenance["sha256"]
    assert LookoutSettings().threshold == provenance["threshold"]


def test_all_that_ships_with_it_is_small() -> None:
    assert (
        sum(file.stat().st_size for file in WEIGHTS.parent.iterdir() if file.suffix != ".py" and file.is_file())
        < 300_000
    )


def test_this_opencv_gives_the_same_boxes_as_every_other() -> None:
    assert golden.boxes(golden.shipped_detector(EngineKind.OPENCV)) == BOXES
    assert sum(map(len, BOXES)) >= 12


def test_ncnn_gives_the_same_boxes_within_a_quarter_pixel() -> None:
    pytest.importorskip("ncnn")
    found = golden.boxes(golden.shipped_detector(EngineKind.NCNN))
    assert [len(one) for one in found] == [len(one) for one in BOXES]
    for ours, theirs in zip(found, BOXES):
        for one, other in zip(ours, theirs):
            assert one == pytest.approx(other, abs=0.25)


def test_nobody_is_found_in_noise() -> None:
    assert BOXES[16:] == [[], [], [], []]


def test_ncnn_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Net:
        def __init__(self) -> None:
            self.opt = type("Options", (), {})()

        def load_param_mem(self, text: str) -> int:
            assert text.startswith("7767517\n")
            return 0

        def load_model_mem(self, weights: bytes) -> None:
            assert len(weights) == 4 * (
                sum(int(np.prod(shape)) for shape in PROPOSAL.shapes().values()) + len(PROPOSAL.shapes()) // 2
            )

    fake = type("ncnn", (), {"Net": Net})
    monkeypatch.setattr("importlib.import_module", lambda name: fake)
    weights = random_weights(PROPOSAL, 0)
    assert isinstance(make_engine(EngineKind.AUTO, PROPOSAL, weights), NcnnEngine)
    assert isinstance(make_engine(EngineKind.OPENCV, PROPOSAL, weights), OpenCvEngine)


def test_without_ncnn_it_is_opencv_unless_ncnn_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("importlib.import_module", missing)
    assert make_engine(EngineKind.AUTO, PROPOSAL, random_weights(PROPOSAL, 0)).name == "opencv"
    settings = FacesSettings(finder=DetectorKind.LOOKOUT, lookout=LookoutSettings(engine=EngineKind.NCNN))
    with pytest.raises(DetectorError, match=r"engine ncnn cannot be had .*; opencv needs nothing more"):
        make_detector(settings)


def test_an_ncnn_too_old_to_load_from_memory_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    old = type("ncnn", (), {"Net": type("Net", (), {})})
    monkeypatch.setattr("importlib.import_module", lambda name: old)
    assert make_engine(EngineKind.AUTO, PROPOSAL, random_weights(PROPOSAL, 0)).name == "opencv"
    with pytest.raises(DetectorError, match="too old"):
        make_engine(EngineKind.NCNN, PROPOSAL, random_weights(PROPOSAL, 0))


@pytest.mark.parametrize("network", [PROPOSAL, REFINEMENT])
def test_weights_that_are_not_this_networks_are_refused(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    with pytest.raises(DetectorError, match="cannot read its weights"):
        read_weights(file, network)
    file.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(DetectorError, match="cannot read its weights"):
        read_weights(file, network)
    np.savez(file, np.zeros(4))
    with pytest.raises(DetectorError, match="holds another network's weights"):
        read_weights(file, network)
    stored = dict(np.load(WEIGHTS))
    levels, scales, _ = keys(network)
    for name, spoilt in ((levels, stored[levels][:-1]), (scales, stored[scales].astype(np.float64))):
        np.savez(file, **{**stored, name: spoilt})
        with pytest.raises(DetectorError, match="holds another network's weights"):
            read_weights(file, network)


def test_weights_are_levels_times_their_channels_scale(tmp_path: Path) -> None:
    stored = dict(np.load(WEIGHTS))
    levels, scales, _ = keys(PROPOSAL)
    weights = read_weights(WEIGHTS, PROPOSAL)
    second = int(np.prod(PROPOSAL.shapes()["layer0.weight"]))
    assert weights["layer1.weight"][0, 0, 0, 1] == stored[levels][second + 1] * stored[scales][8]
    assert np.abs(stored[levels].astype(int)).max() == LEVEL_MAX


def test_a_place_is_twice_as_large_as_the_face_and_black_beyond_the_frame() -> None:
    frame = np.full((100, 100, 3), 200, np.uint8)
    place = Roi.around((0.0, 38.0, 24.0, 20.0))
    assert place == Roi(-12, 24, 48)
    seen = place.cut(frame)
    assert (seen[:, :12] == 0).all()
    assert (seen[:, 12:] == 200).all()


@pytest.mark.parametrize("box", [(-900, -900, 20, 20), (4e3, 50, 60, 60), (0, 0, 0.1, 0.1), (-400, -300, 9e5, 9e5)])
def test_any_place_can_be_cut(box: tuple[float, ...]) -> None:
    assert Roi.around(box).cut(np.zeros((60, 80, 3), np.uint8)).shape == (48, 48, 3)


def test_what_is_said_of_a_place_is_where_the_face_is() -> None:
    place, face = Roi.around((30.0, 30.0, 40.0, 44.0)), (34.0, 27.0, 36.0, 50.0)
    assert place.decode(place.encode(face)) == pytest.approx(face)
    assert place.decode((0, 0, 0, 0)) == pytest.approx([28, 30, 44, 44])


def test_wild_words_of_the_second_look_make_no_endless_box() -> None:
    class Wild:
        name = "wild"

        def run(self, padded: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
            return [np.array([900, 0, 0, 900, -900], np.float32).reshape(5, 1, 1)]

    with np.errstate(over="raise"):
        ((_, _, width, height, sure),) = RefinementStage(Wild()).refine(
            np.zeros((64, 64, 3), np.uint8), np.array([[10.0, 10.0, 20.0, 20.0, 0.4]])
        )
    assert (width, height, sure) == (pytest.approx(20 * np.exp(1.5)), pytest.approx(20 * np.exp(-1.5)), 1.0)


@pytest.mark.parametrize(("survey", "second", "both"), [(0.5, 0.0, 0.5), (0.9, -np.log(9), 0.5), (1.0, 40.0, 1.0)])
def test_both_looks_count_alike(survey: float, second: float, both: float) -> None:
    class Saying:
        name = "saying"

        def run(self, padded: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
            return [np.array([second, 0, 0, 0, 0], np.float32).reshape(5, 1, 1)]

    place = np.array([[10.0, 10.0, 20.0, 20.0, survey]])
    assert RefinementStage(Saying()).refine(np.zeros((64, 64, 3), np.uint8), place)[0, 4] == pytest.approx(
        both, abs=1e-3
    )


def test_masked_faces_are_found_where_they_are(shared_data: Path) -> None:
    rows = [line.split(",") for line in (shared_data / "real_photos" / "labels.csv").read_text().splitlines()[1:]]
    test = [row for row in rows if row[8] == "test"]
    finder = make_detector(FacesSettings())
    hits = 0
    for row in test:
        x, y, width, height = (float(one) for one in row[3:7])
        centres = [face.box.centre for face in finder.detect(read_picture(shared_data / "real_photos" / row[0]))]
        hits += any(x < cx < x + width and y < cy < y + height for cx, cy in centres)
    assert hits >= 0.95 * len(test)
