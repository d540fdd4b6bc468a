"""The report: what is known about a crop, the text of the sections, and plots that show no pictures."""

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

for package in ("torch", "matplotlib", "tqdm"):
    pytest.importorskip(package, reason=f"needs {package}, with which networks are trained and measured")

from binarycop.bundle import files as bundles  # noqa: E402
from binarycop.bundle.files import Bundle  # noqa: E402
from binarycop.classifier.emulator import Emulator  # noqa: E402
from binarycop.detection.fixed_region import FixedRegion  # noqa: E402
from binarycop.errors import BundleError  # noqa: E402
from binarycop.geometry import CropGeometry  # noqa: E402
from overlays.export.torch_network import torch_network  # noqa: E402
from overlays.networks.tables import N_CNV  # noqa: E402
from overlays.report import card, no_face, photographs, sections  # noqa: E402
from overlays.report.examples import Examples, examples, has_utkface, save_utkface_test_faces  # noqa: E402
from overlays.report.people import People  # noqa: E402
from overlays.report.schematic import outline  # noqa: E402
from overlays.report.sections import Measured  # noqa: E402
from overlays.synthesis import landmarks  # noqa: E402
from overlays.synthesis import patches as stored  # noqa: E402
from overlays.synthesis.canonical_face import INDICES, POSITIONS  # noqa: E402
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
        turns=np.array([0.1, -0.3, 0.8, np.nan], np.float32)[np.arange(count) % 4],
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
    assert columns["turn of the head"] == ["frontal", "some 15 to 30 degrees", "more", ""]
    assert columns["skin, three groups"][0] == "light"
    assert columns["hard case"] == ["none", "beard", "several", ""]
    assert known.identities.tolist() == [who, who, who, "drawn/3"]


def test_what_somebody_saw_on_a_face_is_found_by_its_identity() -> None:
    who = "fairface540/fairface_0068"
    known = examples(_pool([who, "", who, ""]), _patches([who], ["test"]), People({}))
    assert known.groups["beard"].tolist() == ["full", "", "full", ""]


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
    tones = np.where(np.arange(200) // 5 % 2, "light", "dark")
    columns = {
        "mask type": np.full(200, "cloth"),
        "skin, three groups": tones,
        "gender": np.where(np.arange(200) // 5 % 2, "female", "male"),
    }
    return Measured(Examples(LabelledCrops(crops, classes, no_face=7), names, columns), scores)


def test_the_accuracy_section_has_the_counts(bundle: Bundle, measured: Measured, tmp_path: Path) -> None:
    text = "\n".join(
        sections.head(bundle) + sections.accuracy("n-cnv 0.4.0", {"made up": measured}, "made up", tmp_path)
    )
    assert text.startswith("# random 0.0.0: report")
    row = next(line for line in text.splitlines() if line.startswith("| made up |"))
    cells = [cell.strip() for cell in row.split("|")[2:-1]]
    right = [int(cell.split("/")[0]) for cell in cells[1:5] if cell != "-"]
    assert sum(right) == 160
    assert cells[-1] == "7"
    assert "n-cnv 0.4.0: made up" in (tmp_path / "confusion.svg").read_text(encoding="utf-8")


def test_the_groups_section_has_a_table_of_groups(measured: Measured) -> None:
    text = "\n".join(sections.groups("made up", measured))
    assert "| gender | - | - | - |" in text
    assert "| (female) | 20 | 100 |" in text
    assert "| (male) | 20 | 100 |" in text


def test_the_margin_section_compares_the_margin_with_the_bundles(measured: Measured, tmp_path: Path) -> None:
    own = calibrate_margin(measured.scores, measured.labelled.classes)
    text = "\n".join(sections.margin("n-cnv", 2, "made up", {"made up": measured}, ("made up",), tmp_path))
    assert f"Here that is {own}, but the bundle says 2." in text
    assert "| made up | 0 | 100.00 % | 20.00 % |" in text


def test_every_plot_names_its_network_and_shows_no_picture(bundle: Bundle, measured: Measured, tmp_path: Path) -> None:
    face, sets = outline(_patches(["webmorph/1"], ["test"]), bundle.manifest.crop), {"made up": measured}
    sections.accuracy("u-cnv 9.8", sets, "made up", tmp_path)
    sections.margin("u-cnv 9.8", 2, "made up", sets, ("made up",), tmp_path)
    sections.confidence("u-cnv 9.8", "made up", sets, ("made up",), tmp_path)
    sections.gaps("u-cnv 9.8", sets, tmp_path)
    lines = sections.heat("u-cnv 9.8", torch_network(bundle), measured, face, tmp_path)
    assert "![Mean heat of each class, u-cnv 9.8](heat.svg)" in lines
    plots = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    rasters = {name: len(re.findall("<image", text)) for name, text in plots.items()}
    # One for each matrix or map, and one for each colour bar.
    assert rasters == {"confusion.svg": 2, "margin.svg": 0, "reliability.svg": 0, "skin.svg": 0, "heat.svg": 5}
    assert all("u-cnv 9.8" in text for text in plots.values())


def test_a_gap_between_skin_tones_is_found(measured: Measured, tmp_path: Path) -> None:
    count = 800
    classes = np.arange(count) % 4
    tone = np.where(np.arange(count) < 400, "light", "dark")
    wrong = (np.arange(count) >= 400) & (np.arange(count) // 4 % 4 == 0)
    scores = np.eye(4, dtype=np.int32)[np.where(wrong, (classes + 1) % 4, classes)]
    crops = LabelledCrops(np.zeros((count, 32, 32, 3), np.uint8), classes)
    people = Examples(crops, np.arange(count).astype(str), {"skin, three groups": tone})
    row = sections.gaps("n-cnv", {"made up": Measured(people, scores)}, tmp_path)[-1]
    assert row.startswith("| made up | 25.0 (")
    assert "light, dark |" in row


def test_classes_with_few_crops_do_not_count_in_a_gap(tmp_path: Path) -> None:
    classes = np.array([0, 1] * 100 + [3] * 10)
    tone = np.tile(["light", "dark"], 105)[np.argsort(np.arange(210) % 3, kind="stable")]
    crops = LabelledCrops(np.zeros((210, 32, 32, 3), np.uint8), classes)
    people = Examples(crops, np.arange(210).astype(str), {"skin, three groups": tone})
    scores = np.eye(4, dtype=np.int32)[np.where(classes == 3, 0, classes)]  # wrong on the rare class only
    row = sections.gaps("n-cnv", {"made up": Measured(people, scores)}, tmp_path)[-1]
    assert row.startswith("| made up | 0.0 (0.0 to 0.0) |")


def test_what_shows_no_face_is_counted_with_the_margin() -> None:
    scores = np.array([[9, 0, 0, 0], [5, 3, 0, 0], [0, 9, 0, 0], [0, 0, 0, 9]], np.int32)
    text = "\n".join(no_face.lines({"noise": scores, "nothing": scores[:0]}, 4))
    assert "| noise | 4 | 0.250 (0.046-0.699) | 0.250 | 0.000 | 0.250 | 0.250 |" in text
    assert "| nothing | 0 | - |" in text


def test_a_card_gets_its_figures_between_the_marks_and_its_hash_is_renewed(tmp_path: Path) -> None:
    made = random_bundle(tmp_path / "n-cnv", N_CNV.layers)
    file = made.folder / "README.md"
    with pytest.raises(FileNotFoundError):
        card.write(made.folder, ["| 1 |"])
    for text in ("no marks", f"{card.END}\n{card.BEGIN}", card.BEGIN * 2 + card.END):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"README\.md: the line .* should each be there once"):
            card.write(made.folder, ["| 1 |"])
    file.write_text(f"# Card\n\n{card.BEGIN}\nold\n{card.END}\n\nMore.\n", encoding="utf-8")
    for _ in range(2):
        card.write(made.folder, ["| 1 |", "| 2 |"])
        assert file.read_text(encoding="utf-8") == f"# Card\n\n{card.BEGIN}\n\n| 1 |\n| 2 |\n\n{card.END}\n\nMore.\n"
    file.write_text("changed by hand", encoding="utf-8")
    with pytest.raises(BundleError, match="README"):
        bundles.load(made.folder)
    card.renew_hash(made.folder)
    assert "README.md" in bundles.load(made.folder).manifest.sha256


def test_a_photograph_has_the_groups_of_its_landmarks_and_of_what_somebody_saw(bundle: Bundle, tmp_path: Path) -> None:
    picture = np.full((300, 200, 3), LIGHT_SKIN_BGR, np.uint8)
    for folder in photographs.NAMES:
        (tmp_path / folder / "nose").mkdir(parents=True)
        cv2.imwrite(str(tmp_path / folder / "nose" / "a.png"), picture)
    (tmp_path / photographs.MORE / "no_mask").mkdir()
    cv2.imwrite(str(tmp_path / photographs.MORE / "no_mask" / "0541.jpg"), picture)  # by eye: no beard, glasses
    mesh = np.zeros((468, 3), np.float32)
    mesh[INDICES, :2] = POSITIONS * 200 + (100, 60)
    landmarks.save(tmp_path / "meshes.npz", tmp_path, {tmp_path / photographs.TEST / "nose" / "a.png": mesh})
    everything = FixedRegion(0.1, 0.1, 0.8, 0.8, subtract_background=False)
    sets = photographs.read(tmp_path, tmp_path / "meshes.npz", everything, CropGeometry(1.15, 0.06))
    assert list(sets) == list(photographs.NAMES.values())
    seen, more = sets["real photographs, test"], sets["real photographs, more"]
    assert [seen.groups[name].tolist() for name in ("skin, three groups", "turn of the head", "beard")] == [
        ["light"],
        ["frontal"],
        [""],
    ]
    assert more.labelled.classes.tolist() == [1, 2]
    scores = photographs.scores_of_views(Emulator(bundle), more.labelled, bundle.manifest.crop)
    assert scores.shape == (2, 4)
    assert more.groups["mask type"].tolist() == ["mask", "bare"]
    assert more.groups["glasses"].tolist() == ["", "glasses"]
    assert more.groups["skin, three groups"].tolist() == ["", ""]


def test_sets_of_photographs_are_put_together(measured: Measured) -> None:
    whole = photographs.together([measured.examples, measured.examples])
    assert len(whole.labelled.crops) == len(whole.identities) == 400
    assert whole.labelled.no_face == 14
    assert len(whole.groups["gender"]) == 400


def test_a_network_that_never_predicts_a_class_correctly_has_no_heat(
    bundle: Bundle, measured: Measured, tmp_path: Path
) -> None:
    labelled = measured.labelled
    never = LabelledCrops(labelled.crops, (measured.predicted + 1) % 4)
    wrong = Measured(replace(measured.examples, labelled=never), measured.scores)
    with pytest.raises(ValueError, match="random predicts no crop of correct correctly"):
        sections.heat("random", torch_network(bundle), wrong, [], tmp_path)


def test_the_same_numbers_give_the_same_plot(measured: Measured, tmp_path: Path) -> None:
    plots = []
    for folder in (tmp_path / "first", tmp_path / "again"):
        folder.mkdir()
        sections.accuracy("n-cnv", {"made up": measured}, "made up", folder)
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
