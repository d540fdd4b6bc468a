"""``binarycop.open``: the daemon's bundle, backends and detector for crops and pictures."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import binarycop
from binarycop.api import Bundle, BundleError, MaskClass, MaskClassifier, UndecodableFrame
from binarycop.classifier.emulator import Emulator
from binarycop.detection.base import largest_face
from binarycop.detection.choose import make_detector
from binarycop.detection.views import cut_views, mean_scores
from binarycop.frames.drawing import Head, background, draw
from binarycop.frames.image import MAX_FRAME_PX
from binarycop.settings.faces import FacesSettings
from tests.patience import PATIENCE_S

VIEWS = 6


def run_in_threads(call: Callable[[int], Any], numbers: Sequence[int]) -> list[Any]:
    """The results of a call with each of these numbers, from four threads."""
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(call, numbers))


@pytest.fixture(scope="module")
def net() -> Iterator[MaskClassifier]:
    with binarycop.open("n-cnv", "emulator") as opened:
        yield opened


@pytest.fixture(scope="module")
def people() -> NDArray[np.uint8]:
    """Two drawn people, the right one larger, (480, 640, 3) BGR."""
    rng = np.random.default_rng(3)
    picture = background(rng, 640, 480)
    draw(picture, Head.random(rng, MaskClass.CORRECT), 160, 215, 130)
    draw(picture, Head.random(rng, MaskClass.NOSE), 460, 215, 160)
    return picture


def test_a_batch_gets_the_scores_of_the_bundle(net: MaskClassifier) -> None:
    scores = net.scores(net.bundle.golden_inputs)
    assert scores.dtype == np.int32
    assert np.array_equal(scores, net.bundle.golden_scores)
    assert net.scores(net.bundle.golden_inputs[:0]).shape == (0, 4)


def test_one_crop_gets_the_answer_of_its_scores(net: MaskClassifier) -> None:
    answer = net.classify(net.bundle.golden_inputs[0])
    assert answer.scores == tuple(net.bundle.golden_scores[0].tolist())
    assert answer.limit == net.bundle.manifest.abstain_margin


@pytest.mark.parametrize(("shape", "kind"), [((32, 32, 3), np.uint8), ((1, 32, 32, 3), np.float32), ((1, 3), np.uint8)])
def test_other_crops_are_refused(net: MaskClassifier, shape: tuple[int, ...], kind: type) -> None:
    with pytest.raises(ValueError, match="crops are"):
        net.scores(np.zeros(shape, kind))


def test_the_faces_of_a_picture_come_with_the_largest_first(net: MaskClassifier, people: NDArray[np.uint8]) -> None:
    look = net.look(people[:, :, ::-1])
    assert [face.mask_class for face in look.faces] == [MaskClass.NOSE, MaskClass.CORRECT]
    assert all(face.is_decided for face in look.faces)
    assert look.faces[0].box.area_px > look.faces[1].box.area_px
    assert (look.width_px, look.height_px, look.backend) == (640, 480, "emulator")


def test_a_face_has_the_scores_that_the_daemons_parts_give(net: MaskClassifier, people: NDArray[np.uint8]) -> None:
    face = largest_face(make_detector(FacesSettings()).detect(people), 16)
    assert face is not None
    views = cut_views(people, face.box, net.bundle.manifest.crop, VIEWS)
    seen = net.look(people[:, :, ::-1]).faces[0]
    assert seen.box == face.box
    assert seen.scores == tuple(mean_scores(Emulator(net.bundle).scores(views)).tolist())


def test_a_file_and_an_array_of_its_pixels_give_the_same(
    net: MaskClassifier, people: NDArray[np.uint8], tmp_path: Path
) -> None:
    path = tmp_path / "people.png"
    cv2.imwrite(str(path), people)
    assert net.look(path) == net.look(str(path)) == net.look(people[:, :, ::-1])


def test_a_picture_without_a_face_has_no_faces(net: MaskClassifier) -> None:
    assert net.look(np.full((48, 64, 3), 90, np.uint8)).faces == ()


@pytest.mark.parametrize(
    "picture",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
    ids=["grey", "four channels", "floats", "empty"],
)
def test_an_array_that_is_no_picture_is_refused(net: MaskClassifier, picture: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"not uint8 \(H, W, 3\)"):
        net.look(picture)


def test_an_array_with_too_many_pixels_is_refused(net: MaskClassifier) -> None:
    huge = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (1, MAX_FRAME_PX + 1, 3))
    with pytest.raises(ValueError, match="more than 16777216"):
        net.look(huge)


def test_a_file_that_is_no_picture_is_refused(net: MaskClassifier, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("not a picture")
    for name, reason in (("a.jpg", "is not a JPEG"), ("missing.png", "does not exist"), (".", "is not a file")):
        with pytest.raises(UndecodableFrame, match=reason):
            net.look(tmp_path / name)


def test_the_map_of_a_crop_explains_the_best_class_or_the_one_that_is_given(net: MaskClassifier) -> None:
    crop = net.bundle.golden_inputs[-1]
    best = net.classify(crop).mask_class
    assert np.array_equal(net.heat(crop), net.heat(crop, best))
    maps = [net.heat(crop, mask_class) for mask_class in MaskClass]
    assert all(cells.shape == (5, 5) and cells.min() >= 0 and cells.max() <= 1 for cells in maps)
    assert not np.array_equal(maps[0], maps[1])


@pytest.mark.parametrize("crop", [[[0]], None, b"crop", "a.png"])
def test_what_is_no_array_is_no_crop(net: MaskClassifier, crop: object) -> None:
    with pytest.raises(TypeError, match=r"crops are a \w+, not a numpy array uint8 \(N, 32, 32, 3\)"):
        net.scores(crop)  # type: ignore[arg-type]
    for call in (net.classify, net.heat):
        with pytest.raises(TypeError, match=r"a crop is a \w+, not a numpy array uint8 \(32, 32, 3\)"):
            call(crop)  # type: ignore[arg-type]


@pytest.mark.parametrize("crop", [np.zeros((1, 32, 32, 3), np.uint8), np.zeros((32, 32, 3)), np.zeros((), np.uint8)])
def test_an_array_that_is_no_crop_is_refused_in_its_own_shape(net: MaskClassifier, crop: NDArray[np.uint8]) -> None:
    words = f"a crop is {crop.dtype} {crop.shape}, not uint8 (32, 32, 3); look takes a whole picture"
    for call in (net.classify, net.heat):
        with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
            call(crop)


@pytest.mark.parametrize("mask_class", [-1, 4, "nose"])
def test_a_class_that_does_not_exist_has_no_map(net: MaskClassifier, mask_class: object) -> None:
    with pytest.raises(ValueError, match="is not a valid MaskClass"):
        net.heat(net.bundle.golden_inputs[0], mask_class)  # type: ignore[arg-type]


@pytest.mark.parametrize("picture", [None, 0, b"two.png", object()])
def test_what_is_neither_a_path_nor_an_array_is_no_picture(net: MaskClassifier, picture: object) -> None:
    with pytest.raises(TypeError, match=r"not a path or a numpy array; .*PIL"):
        net.look(picture)  # type: ignore[arg-type]


def test_threads_that_share_it_get_the_scores_of_their_own_crops(net: MaskClassifier) -> None:
    """The emulator computes in memory of its own, outside the interpreter's lock."""
    golden, right = net.bundle.golden_inputs, net.bundle.golden_scores
    scores = run_in_threads(lambda index: net.scores(golden[index : index + 1])[0], [*range(len(golden))] * 20)
    assert np.array_equal(scores, np.tile(right, (20, 1)))


def test_threads_that_share_it_get_the_faces_of_their_own_pictures(
    net: MaskClassifier, people: NDArray[np.uint8]
) -> None:
    pictures = [people[:, :, ::-1], people[:, ::-1, ::-1], people[::2, ::2, ::-1]]
    right = [net.look(picture) for picture in pictures]
    assert run_in_threads(lambda index: net.look(pictures[index]), [0, 1, 2] * 4) == right * 4


def test_it_is_closed_when_the_calls_of_other_threads_are_over(tiny_bundle: Bundle) -> None:
    closed = threading.Event()

    class Slow(Emulator):
        def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
            threading.Thread(target=close).start()
            assert not closed.wait(0.05)
            return super().scores(crops)

    def close() -> None:
        opened.close()
        closed.set()

    opened = MaskClassifier(tiny_bundle, Slow(tiny_bundle), lambda: make_detector(FacesSettings()), views=1, limit=1)
    assert np.array_equal(opened.scores(tiny_bundle.golden_inputs), tiny_bundle.golden_scores)
    assert closed.wait(PATIENCE_S)
    with pytest.raises(ValueError, match="closed"):
        opened.scores(tiny_bundle.golden_inputs)


def test_a_closed_one_answers_nothing(tiny_bundle: Bundle) -> None:
    with binarycop.open(str(tiny_bundle.folder), "emulator") as opened:
        pass
    opened.close()
    crop = tiny_bundle.golden_inputs[0]
    calls = (
        lambda: opened.scores(crop[None]),
        lambda: opened.classify(crop),
        lambda: opened.look(crop),
        lambda: opened.heat(crop, MaskClass.CHIN),
    )
    for call in calls:
        with pytest.raises(ValueError, match="closed"):
            call()


def test_its_text_names_bundle_and_backend(tiny_bundle: Bundle) -> None:
    with binarycop.open(str(tiny_bundle.folder), "emulator") as opened:
        assert repr(opened) == "<MaskClassifier: random 0.0.0 on emulator>"


@pytest.mark.parametrize("name", ["nosuch", "", ".", ".."])
def test_a_bundle_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match="there is no such bundle; known here: "):
        binarycop.open(name)


@pytest.mark.pynq
def test_the_simulated_board_gives_the_same(tiny_bundle: Bundle) -> None:
    with binarycop.open(str(tiny_bundle.folder), "simulated-board") as board:
        assert board.backend == "simulated-board"
        assert np.array_equal(board.scores(tiny_bundle.golden_inputs), tiny_bundle.golden_scores)
