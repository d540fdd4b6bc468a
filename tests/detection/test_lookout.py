"""The detector lookout: what it computes from its networks' outputs, and that all engines agree."""

import hashlib
import json
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classifier.choose import open_fit
from binarycop.detection.base import Face
from binarycop.detection.choose import make_detector
from binarycop.detection.letterbox import fit_by_opencv
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


class FakeProposal:
    """A proposal network with low confidence in every cell except those in ``cells``. It remembers the frames' shapes.

    cells: outputs by head, row and column.
    """

    name = "fake"

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.cells: dict[tuple[int, int, int], tuple[float, ...]] = {}

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        self.shapes.append(pixels.shape)
        height, width = pixels.shape[:2]
        outputs = [
            np.full((5, height // head.stride_px, width // head.stride_px), -9, np.float32) for head in PROPOSAL.heads
        ]
        for (head, row, column), cell in self.cells.items():
            outputs[head][:, row, column] = cell
        return outputs


class FakeRefinement:
    """A refinement stage that returns ``refined``, or the proposals unchanged. It remembers how many there were."""

    def __init__(self, *refined: tuple[float, ...]) -> None:
        self.refined = np.array(refined, np.float64).reshape(-1, 5)
        self.proposals: list[int] = []

    def refine(self, pixels: NDArray[np.uint8], proposals: NDArray[np.float64]) -> NDArray[np.float64]:
        self.proposals.append(len(proposals))
        return self.refined if len(self.refined) else proposals


class FixedOutputs:
    """A refinement network that always gives the same five outputs."""

    name = "fixed outputs"

    def __init__(self, *outputs: float) -> None:
        self.outputs = np.array(outputs, np.float32).reshape(5, 1, 1)

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        return [self.outputs]


def lookout(
    proposal: FakeProposal,
    refinement: FakeRefinement | None = None,
    *,
    longer_px: int = 320,
    threshold: float = 0.5,
) -> Lookout:
    stage = cast(RefinementStage, refinement or FakeRefinement())
    return Lookout(proposal, stage, longer_px=longer_px, threshold=threshold)


def random_weights(network: Network, seed: int) -> Weights:
    """Weights with which values neither vanish nor explode."""
    rng = np.random.default_rng(seed)
    return {
        name: (rng.standard_normal(shape) * (2 / float(np.prod(shape[1:]))) ** 0.5).astype(np.float32)
        for name, shape in network.shapes().items()
    }


def convolved(values: NDArray[np.float64], weights: Weights, name: str, layer: Conv) -> NDArray[np.float64]:
    """A convolution by its definition, in double precision."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    outputs, inputs, kernel, _ = weight.shape
    padded = np.pad(values, ((0, 0), (layer.padding,) * 2, (layer.padding,) * 2))
    rows, columns = ((size - kernel) // layer.stride + 1 for size in padded.shape[1:])
    result = np.zeros((outputs, rows, columns))
    for output in range(outputs):
        first = output // (outputs // layer.groups) * inputs
        for row in range(rows):
            for column in range(columns):
                corner = padded[first : first + inputs, row * layer.stride :, column * layer.stride :]
                result[output, row, column] = (corner[:, :kernel, :kernel] * weight[output]).sum() + bias[output]
    return result


def reference_outputs(network: Network, weights: Weights, frame: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """The heads' outputs, from the table of layers alone."""
    values, outputs = [frame.transpose(2, 0, 1).astype(np.float64)], []
    for at, layer in enumerate(network.layers):
        summed = convolved(values[-1], weights, f"layer{at}", layer)
        values.append(np.maximum(summed + (values[-layer.skip] if layer.skip else 0), 0))
        for number, head in enumerate(network.heads):
            if head.after == at:
                outputs.append(convolved(values[-1], weights, f"head{number}", Conv(0, 0, 1, 1)))
    return outputs


@pytest.mark.parametrize(("network", "size"), [(PROPOSAL, (64, 96)), (REFINEMENT, (ROI_PX, ROI_PX))])
def test_opencv_computes_the_table_of_layers(network: Network, size: tuple[int, int]) -> None:
    weights = random_weights(network, 1)
    frame = np.random.default_rng(2).integers(0, 256, (*size, 3), dtype=np.uint8)
    for output, expected in zip(OpenCvEngine(network, weights).run(frame), reference_outputs(network, weights, frame)):
        assert output.shape == expected.shape
        assert output == pytest.approx(expected, rel=1e-4, abs=1e-3 * float(np.abs(expected).max()))


def test_a_cells_outputs_are_decoded_to_its_box() -> None:
    proposal = FakeProposal()
    proposal.cells[(1, 2, 3)] = (2.0, 0.25, -0.5, np.log(0.5), 0.0)
    (face,) = lookout(proposal, threshold=0.5).detect(np.zeros((96, 128, 3), np.uint8))
    box = face.box
    # The cell's centre is at (56, 40); its reference size is 48.
    assert (box.x_px, box.y_px, box.width_px, box.height_px) == (60 - 12, 32 - 24, 24, 48)
    assert face.confidence == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-3)


def test_boxes_are_in_pixels_of_the_frame_even_if_it_was_shrunk() -> None:
    proposal = FakeProposal()
    proposal.cells[(0, 4, 4)] = (2.0, 0.0, 0.0, 0.0, 0.0)
    (face,) = lookout(proposal, longer_px=80).detect(np.zeros((240, 320, 3), np.uint8))
    assert proposal.shapes == [(64, 96, 3)]
    assert (face.box.x_px, face.box.y_px, face.box.width_px) == (4 * 24, 4 * 24, 4 * 24)


def test_a_coarse_search_is_at_half_of_the_size_if_the_refinement_network_sees_its_faces_as_well_there() -> None:
    proposal = FakeProposal()
    detector = lookout(proposal)
    frame = np.zeros((480, 640, 3), np.uint8)
    for least_px, width in ((97.0, 160), (95.0, 320)):
        detector.detect_large(frame, least_px)
        assert proposal.shapes[-1] == (
            width * 3 // 4 // 32 * 32 + 32 * (width == 160 or width * 3 // 4 % 32 > 0),
            width,
            3,
        )
    proposal.cells[0, 4, 5] = (2.0, 0.0, 0.0, 0.0, 0.0)
    (face,) = detector.detect_large(frame, 97.0)
    proposal.cells = {(0, 4, 5): (2.0, 0.0, 0.0, 0.0, 0.0)}
    (whole,) = detector.detect(frame)
    assert face.box.width_px == 2 * whole.box.width_px
    detector.detect_large(np.zeros((120, 160, 3), np.uint8), 60.0)
    assert max(proposal.shapes[-1]) < 160


def test_faces_below_the_threshold_do_not_count() -> None:
    proposal = FakeProposal()
    proposal.cells[(0, 4, 4)] = (0.0, 0.0, 0.0, 0.0, 0.0)
    frame = np.zeros((64, 64, 3), np.uint8)
    assert len(lookout(proposal, threshold=0.49).detect(frame)) == 1
    assert lookout(proposal, threshold=0.51).detect(frame) == []


def test_extreme_outputs_of_the_proposal_network_give_a_finite_box() -> None:
    proposal = FakeProposal()
    proposal.cells[(2, 0, 0)] = (99.0, 0.0, 0.0, 900.0, 900.0)
    (face,) = lookout(proposal).detect(np.zeros((64, 64, 3), np.uint8))
    assert np.isfinite(face.box.area_px)
    assert face.confidence == 1.0


def test_boxes_that_agree_become_one_face_at_their_mean() -> None:
    boxes = np.array([[10, 10, 40, 40, 0.9], [12, 10, 40, 40, 0.9], [30, 10, 40, 40, 0.6], [200, 10, 40, 40, 0.5]])
    faces = weighted_nms(boxes, max_iou=0.3)
    # The third box has an IoU of a third with the first: the same face, but it does not count for the mean.
    assert faces.tolist() == [[11, 10, 40, 40, 0.9], [200, 10, 40, 40, 0.5]]


def test_the_most_confident_face_is_first() -> None:
    low, high = np.full((5, 8, 8), -9, np.float32), np.full((5, 4, 4), -9, np.float32)
    low[:, 1, 1], high[:, 3, 3] = (1, 0, 0, 0, 0), (2, 0, 0, 0, 0)
    faces = weighted_nms(decode([low, high, np.full((5, 2, 2), -9, np.float32)], 0.5), 0.3)
    assert faces[:, 4].tolist() == sorted(faces[:, 4].tolist(), reverse=True)
    assert len(faces) == 2


def test_a_proposal_that_the_refinement_rejects_is_no_face() -> None:
    proposal = FakeProposal()
    proposal.cells[(0, 4, 4)], proposal.cells[(1, 1, 5)] = (2.0, 0, 0, 0, 0), (-1.0, 0, 0, 0, 0)
    refinement = FakeRefinement((24, 24, 24, 24, 0.2), (70, 8, 40, 40, 0.9))
    (face,) = lookout(proposal, refinement, threshold=0.5).detect(np.zeros((64, 128, 3), np.uint8))
    assert face == Face(Box(70, 8, 40, 40), 0.9)


def test_two_proposals_that_are_refined_to_one_face_are_merged() -> None:
    proposal = FakeProposal()
    proposal.cells[(0, 1, 4)], proposal.cells[(0, 6, 4)] = (2.0, 0, 0, 0, 0), (1.0, 0, 0, 0, 0)
    refinement = FakeRefinement((20, 20, 30, 30, 0.8), (22, 20, 30, 30, 0.8))
    (face,) = lookout(proposal, refinement).detect(np.zeros((64, 64, 3), np.uint8))
    assert face.box == Box(21, 20, 30, 30)


def test_at_most_32_proposals_of_a_frame_are_refined() -> None:
    proposal, refinement = FakeProposal(), FakeRefinement()
    for row in range(0, 32, 4):
        for column in range(0, 64, 4):
            proposal.cells[(0, row, column)] = (-1.0, 0, 0, 0, 0)
    lookout(proposal, refinement, longer_px=512).detect(np.zeros((256, 512, 3), np.uint8))
    assert refinement.proposals == [32]


def test_without_proposals_nothing_is_refined() -> None:
    refinement = FakeRefinement()
    assert lookout(FakeProposal(), refinement).detect(np.zeros((64, 64, 3), np.uint8)) == []
    assert refinement.proposals == [0]


@pytest.mark.parametrize("shape", [(1, 1, 3), (33, 500, 3), (700, 20, 3)])
def test_pictures_of_any_shape_are_accepted(shape: tuple[int, int, int]) -> None:
    assert golden.shipped_detector(EngineKind.OPENCV).detect(np.full(shape, 128, np.uint8)) == []


def test_the_shipped_weights_and_threshold_are_those_of_the_provenance() -> None:
    provenance = json.loads(WEIGHTS.with_name("provenance.json").read_text())
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == provenance["sha256"]
    assert LookoutSettings().threshold == provenance["threshold"]
    assert {PROPOSAL.name, REFINEMENT.name} <= set(provenance)


def test_the_files_that_ship_with_lookout_are_small() -> None:
    assert (
        sum(file.stat().st_size for file in WEIGHTS.parent.iterdir() if file.suffix != ".py" and file.is_file())
        < 300_000
    )


def test_this_opencv_gives_the_same_boxes_as_every_other() -> None:
    assert golden.boxes(golden.shipped_detector(EngineKind.OPENCV)) == BOXES
    assert sum(map(len, BOXES)) >= 12


def test_frames_that_the_kernel_shrinks_give_the_same_boxes() -> None:
    lookout = LookoutSettings(engine=EngineKind.OPENCV)
    settings = FacesSettings(finder=DetectorKind.LOOKOUT, lookout=lookout)
    assert golden.boxes(make_detector(settings, fit=open_fit(fit_by_opencv))) == BOXES


def test_ncnn_gives_the_same_boxes_within_a_quarter_pixel() -> None:
    pytest.importorskip("ncnn")
    pictures = golden.boxes(golden.shipped_detector(EngineKind.NCNN))
    assert [len(faces) for faces in pictures] == [len(faces) for faces in BOXES]
    for faces, expected_faces in zip(pictures, BOXES):
        for face, expected in zip(faces, expected_faces):
            assert face == pytest.approx(expected, abs=0.25)


def test_no_face_is_detected_in_noise() -> None:
    assert BOXES[16:] == [[], [], [], []]


def test_ncnn_is_used_if_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_without_ncnn_opencv_is_used_unless_the_settings_name_ncnn(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("importlib.import_module", missing)
    assert make_engine(EngineKind.AUTO, PROPOSAL, random_weights(PROPOSAL, 0)).name == "opencv"
    settings = FacesSettings(finder=DetectorKind.LOOKOUT, lookout=LookoutSettings(engine=EngineKind.NCNN))
    with pytest.raises(DetectorError, match=r"engine ncnn is not available .*; engine opencv needs no further package"):
        make_detector(settings)


def test_an_ncnn_that_is_too_old_to_load_from_memory_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    old = type("ncnn", (), {"Net": type("Net", (), {})})
    monkeypatch.setattr("importlib.import_module", lambda name: old)
    assert make_engine(EngineKind.AUTO, PROPOSAL, random_weights(PROPOSAL, 0)).name == "opencv"
    with pytest.raises(DetectorError, match="too old"):
        make_engine(EngineKind.NCNN, PROPOSAL, random_weights(PROPOSAL, 0))


@pytest.mark.parametrize("network", [PROPOSAL, REFINEMENT])
def test_weights_of_another_network_are_refused(network: Network, tmp_path: Path) -> None:
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
    for name, wrong in ((levels, stored[levels][:-1]), (scales, stored[scales].astype(np.float64))):
        np.savez(file, **{**stored, name: wrong})
        with pytest.raises(DetectorError, match="holds another network's weights"):
            read_weights(file, network)


def test_each_weight_is_its_level_times_its_outputs_scale(tmp_path: Path) -> None:
    stored = dict(np.load(WEIGHTS))
    levels, scales, _ = keys(PROPOSAL)
    weights = read_weights(WEIGHTS, PROPOSAL)
    second = int(np.prod(PROPOSAL.shapes()["layer0.weight"]))
    assert weights["layer1.weight"][0, 0, 0, 1] == stored[levels][second + 1] * stored[scales][8]
    assert np.abs(stored[levels].astype(int)).max() == LEVEL_MAX


def test_a_region_is_twice_as_large_as_the_face_and_black_outside_the_frame() -> None:
    frame = np.full((100, 100, 3), 200, np.uint8)
    roi = Roi.around((0.0, 38.0, 24.0, 20.0))
    assert roi == Roi(-12, 24, 48)
    cut = roi.cut(frame)
    assert (cut[:, :12] == 0).all()
    assert (cut[:, 12:] == 200).all()


@pytest.mark.parametrize("box", [(-900, -900, 20, 20), (4e3, 50, 60, 60), (0, 0, 0.1, 0.1), (-400, -300, 9e5, 9e5)])
def test_any_region_can_be_cut(box: tuple[float, ...]) -> None:
    assert Roi.around(box).cut(np.zeros((60, 80, 3), np.uint8)).shape == (48, 48, 3)


def test_decode_is_the_reverse_of_encode() -> None:
    roi, face = Roi.around((30.0, 30.0, 40.0, 44.0)), (34.0, 27.0, 36.0, 50.0)
    assert roi.decode(roi.encode(face)) == pytest.approx(face)
    assert roi.decode((0, 0, 0, 0)) == pytest.approx([28, 30, 44, 44])


def test_extreme_outputs_of_the_refinement_network_give_a_finite_box() -> None:
    stage = RefinementStage(FixedOutputs(900, 0, 0, 900, -900))
    proposal = np.array([[10.0, 10.0, 20.0, 20.0, 0.4]])
    with np.errstate(over="raise"):
        ((_, _, width, height, confidence),) = stage.refine(np.zeros((64, 64, 3), np.uint8), proposal)
    assert (width, height, confidence) == (
        pytest.approx(20 * np.exp(1.5)),
        pytest.approx(20 * np.exp(-1.5)),
        pytest.approx(1.0),
    )


@pytest.mark.parametrize(
    ("first", "logit", "combined"), [(0.5, 0.0, 0.5), (0.9, -2 * np.log(9), 0.5), (1.0, 40.0, 1.0)]
)
def test_the_proposals_confidence_counts_twice_as_much_as_the_refinements(
    first: float, logit: float, combined: float
) -> None:
    stage = RefinementStage(FixedOutputs(logit, 0, 0, 0, 0))
    proposal = np.array([[10.0, 10.0, 20.0, 20.0, first]])
    refined = stage.refine(np.zeros((64, 64, 3), np.uint8), proposal)
    assert refined[0, 4] == pytest.approx(combined, abs=1e-3)


def test_masked_faces_are_detected_at_the_annotated_places(shared_data: Path) -> None:
    rows = [line.split(",") for line in (shared_data / "real_photos" / "labels.csv").read_text().splitlines()[1:]]
    test = [row for row in rows if row[8] == "test"]
    detector = make_detector(FacesSettings())
    hits = 0
    for row in test:
        x, y, width, height = (float(number) for number in row[3:7])
        centres = [face.box.centre for face in detector.detect(read_picture(shared_data / "real_photos" / row[0]))]
        hits += any(x < cx < x + width and y < cy < y + height for cx, cy in centres)
    assert hits >= 0.95 * len(test)
