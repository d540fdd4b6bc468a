"""The report: what is known about a crop, the text of the sections, and plots that show no pictures."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

for package in ("torch", "matplotlib", "tqdm"):
    pytest.importorskip(package, reason=f"needs {package}, with which networks are trained and measured")

from binarycop.bundle.files import Bundle  # noqa: E402
from binarycop.classifier.emulator import Emulator  # noqa: E402
from overlays.export.torch_network import torch_network  # noqa: E402
from overlays.networks.tables import N_CNV  # noqa: E402
from overlays.report import sections  # noqa: E402
from overlays.report.examples import Examples, examples, examples_of_photographs, has_utkface, save_utkface_test_faces  # noqa: E402
from overlays.report.people import People  # noqa: E402
from overlays.report.schematic import outline  # noqa: E402
from overlays.report.sections import Measured  # noqa: E402
from overlays.synthesis import patches as stored  # noqa: E402
from overlays.synthesis.faces import Split  # noqa: E402
from overlays.synthesis.heads import noise_and_heads  # noqa: E402
from overlays.synthesis.patches import SIDE_PX, Patches  # noqa: E402
from overlays.training.calibration import calibrate_margin  # noqa: E402
from overlays.training.evaluation import LabelledCrops  # noqa: E402
from overlays.training.sample_store import CropStore  # noqa: E402
from tests.random_bundles import random_bundle  # noqa: E402

LIGHT_SKIN_BGR = (134, 164, 200)
CHIN_PX, FACE_PX = 96.0, 64.0


def _plane() -> NDArray[np.float32]:
    """The coarse map of an average, upright face with the forehead at 32 px and the chin at 96 px of the patch."""
    nodes = ((np.arange(32) + 0.5) * SIDE_PX / 32 - 0.5).astype(np.float32)
    x, y = np.meshgrid((nodes - 63.5) / FACE_PX, (nodes - CHIN_PX) / FACE_PX + 1)
    return np.stack([x, y], axis=-1)


def _pool(identities: list[str]) -> CropStore:
    count = len(identities)
    crops = np.random.default_rng(1).integers(0, 256, (count, 32, 32, 3), np.uint8)
    return CropStore(
        LabelledCrops(crops, np.arange(count) % 4),
        kinds=np.array(["cloth" if identity else "drawn" for identity in identities]),
        colours=np.array(["blue" if identity else "" for identity in identities]),
        occlusions=np.array(["", "beard", "beard+hand", ""])[np.arange(count) % 4],
        identities=np.array(identities),
    )


def _patches(identities: list[str], splits: list[str]) -> Patches:
    return Patches(
        pixels=np.full((len(identities), SIDE_PX, SIDE_PX, 3), LIGHT_SKIN_BGR, np.uint8),
        boxes=np.tile(np.array([38, 32, 52, 64], np.float32), (len(identities), 1)),
        planes=np.stack([_plane()] * len(identities)),
        pictures=np.zeros((len(identities), 32, 32, 2), np.float32),
        turns=np.zeros(len(identities), np.float32),
        splits=np.array(splits),
        identities=np.array(identities),
    )


def test_groups_of_a_crop_follow_from_its_face_and_its_mask() -> None:
    who = "utkface_nc/24_1_4_1"
    known = examples(_pool([who, who, who, ""]), _patches([who], ["test"]), People({}))
    columns = {name: column.tolist() for name, column in known.groups.items()}
    assert columns["skin tone (ITA)"] == ["light", "light", "light", ""]
    assert columns["race label"] == ["other", "other", "other", ""]
    assert columns["age"] == ["20-29", "20-29", "20-29", ""]
    assert columns["mask colour"] == ["blue", "blue", "blue", ""]
    assert columns["hard case"] == ["none", "beard", "several", ""]
    assert known.identities.tolist() == [who, who, who, "drawn/3"]


def test_only_utkface_is_saved_and_its_faces_are_for_testing(tmp_path: Path) -> None:
    mixed = _patches(["webmorph/1", "utkface_nc/24_1_4_1", "utkface_nc/3_0_0_2"], ["val", "train", "train"])
    np.savez(tmp_path / "all.npz", **{name: getattr(mixed, name) for name in Patches.__dataclass_fields__})
    save_utkface_test_faces(tmp_path / "all.npz", tmp_path / "kept" / "utkface.npz")
    kept = stored.load(tmp_path / "kept" / "utkface.npz")
    assert kept.identities.tolist() == ["utkface_nc/24_1_4_1", "utkface_nc/3_0_0_2"]
    assert set(kept.splits) == {"test"}
    assert len(kept.of(Split.TEST).pixels) == 2
    assert has_utkface(mixed)
    alone = _patches(["webmorph/1"], ["val"])
    assert not has_utkface(alone)
    np.savez(tmp_path / "none.npz", **{name: getattr(alone, name) for name in Patches.__dataclass_fields__})
    with pytest.raises(ValueError, match="--noncommercial"):
        save_utkface_test_faces(tmp_path / "none.npz", tmp_path / "kept.npz")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("bundles") / "n-cnv", N_CNV.layers)


@pytest.fixture(scope="module")
def measured(bundle: Bundle) -> Measured:
    """200 drawn crops as if they were dressed faces of 40 people; the network is right on four fifths of them."""
    crops = noise_and_heads(200, 3, bundle.manifest.crop)
    scores = Emulator(bundle).scores(crops)
    classes = (scores.argmax(axis=1) + (np.arange(200) % 5 == 0)) % 4
    names = np.repeat([f"utkface_nc/2{n % 10}_{n % 2}_0_{n}" for n in range(40)], 5)
    columns = {"mask type": np.full(200, "cloth"), "gender": np.where(np.arange(200) // 5 % 2, "female", "male")}
    return Measured(Examples(LabelledCrops(crops, classes, no_face=7), names, columns), scores)


def test_the_accuracy_section_has_the_counts(bundle: Bundle, measured: Measured, tmp_path: Path) -> None:
    text = "\n".join(sections.head(bundle) + sections.accuracy({"made up": measured}, "made up", tmp_path))
    assert text.startswith("# random 0.0.0: report")
    row = next(line for line in text.splitlines() if line.startswith("| made up |"))
    cells = [cell.strip() for cell in row.split("|")[2:-1]]
    right = [int(cell.split("/")[0]) for cell in cells[1:5] if cell != "-"]
    assert sum(right) == 160
    assert cells[-1] == "7"
    assert (tmp_path / "confusion.svg").exists()


def test_the_groups_section_has_a_table_of_groups(measured: Measured) -> None:
    text = "\n".join(sections.groups("made up", measured))
    assert "there are no two groups with 100 people" in text
    assert "| (female) | 20 | 100 |" in text
    assert "| (male) | 20 | 100 |" in text


def test_the_margin_section_compares_the_margin_with_the_bundles(
    bundle: Bundle, measured: Measured, tmp_path: Path
) -> None:
    own = calibrate_margin(measured.scores, measured.labelled.classes)
    text = "\n".join(sections.margin(bundle, "made up", {"made up": measured}, ("made up",), tmp_path))
    assert f"Here that is {own}, but the bundle says 2." in text
    assert "| made up | 0 | 100.00 % | 20.00 % |" in text


def test_plots_show_no_picture_except_heat_maps(bundle: Bundle, measured: Measured, tmp_path: Path) -> None:
    face = outline(_patches(["webmorph/1"], ["test"]), bundle.manifest.crop)
    sections.accuracy({"made up": measured}, "made up", tmp_path)
    sections.margin(bundle, "made up", {"made up": measured}, ("made up",), tmp_path)
    lines = sections.heat({"random": torch_network(bundle)}, measured, face, tmp_path)
    assert "![Mean heat of each class](heat.svg)" in lines
    rasters = {file.name: len(re.findall("<image", file.read_text(encoding="utf-8"))) for file in tmp_path.iterdir()}
    assert rasters == {"confusion.svg": 1, "margin.svg": 0, "reliability.svg": 0, "heat.svg": 4}


def test_a_network_that_never_predicts_a_class_correctly_has_no_heat(
    bundle: Bundle, measured: Measured, tmp_path: Path
) -> None:
    labelled = measured.labelled
    never = LabelledCrops(labelled.crops, (measured.predicted + 1) % 4)
    wrong = Measured(replace(measured.examples, labelled=never), measured.scores)
    with pytest.raises(ValueError, match="random predicts no crop of correct correctly"):
        sections.heat({"random": torch_network(bundle)}, wrong, [], tmp_path)


def test_the_same_numbers_give_the_same_plot(measured: Measured, tmp_path: Path) -> None:
    plots = []
    for folder in (tmp_path / "first", tmp_path / "again"):
        folder.mkdir()
        sections.accuracy({"made up": measured}, "made up", folder)
        plots.append((folder / "confusion.svg").read_bytes())
    assert plots[0] == plots[1]


def test_the_drawn_face_is_where_faces_are_in_a_crop(bundle: Bundle) -> None:
    patches = _patches(["webmorph/1", "webmorph/2"], ["test", "test"])
    geometry = bundle.manifest.crop
    skull, *_ = outline(patches, geometry)
    # The chin of this face is 32 px below the patch's middle, half of the box's longer side.
    per_px = 32 / (64 * geometry.margin)
    assert skull[:, 1].max() == pytest.approx(16 - 0.5 + (CHIN_PX - 64 + 0.5) * per_px, abs=0.3)
    assert skull[:, 0].mean() == pytest.approx(15.5, abs=0.3)


def test_each_photograph_counts_as_a_person() -> None:
    labelled = LabelledCrops(np.zeros((3, 32, 32, 3), np.uint8), np.zeros(3, np.int64), no_face=1)
    assert len(set(examples_of_photographs(labelled).identities)) == 3
