"""Identities and splits of the pictures."""

from pathlib import Path

import pytest

from overlays.synthesis import faces
from overlays.synthesis.faces import Split, identity, split_of


@pytest.mark.parametrize(
    ("folder", "file", "who"),
    [
        ("webmorph", "smiling_front_134_08.jpg", "134"),
        ("webmorph", "neutral_front_134_03.jpg", "134"),
        ("webmorph", "canada_003f.jpg", "canada_003f"),
        ("fairface540", "fairface_0267.jpg", "fairface_0267"),
        ("chandrikadeb7", "0_0_guanyue_0040.jpg", "guanyue"),
        ("chandrikadeb7", "460.jpg", None),
        ("chandrikadeb7", "augmented_image_3.jpg", None),
        ("sfhq_t2i", "sfhq_0025.jpg", "sfhq_0025"),
        ("faker_synthetic", "faker_0001.jpg", "faker_0001"),
        ("us_congress", "ushouse_0038.jpg", "ushouse_0038"),
        ("utkface_nc", "24_1_4_20170103212911364.jpg", None),
    ],
)
def test_the_identity_is_in_the_file_name(folder: str, file: str, who: str | None) -> None:
    assert identity(folder, file) == who


def test_splits_never_change_and_have_the_right_shares() -> None:
    assert [split_of(f"webmorph/{n}") for n in ("134", "005")] == [Split.TRAIN, Split.TEST]
    splits = [split_of(str(n)) for n in range(4000)]
    assert abs(splits.count(Split.TRAIN) / 4000 - 0.8) < 0.03
    assert abs(splits.count(Split.TEST) / 4000 - 0.1) < 0.03
    splits = [split_of(str(n), test=0.2) for n in range(4000)]
    assert abs(splits.count(Split.TEST) / 4000 - 0.2) < 0.03
    assert abs(splits.count(Split.VAL) / 4000 - 0.1) < 0.03


def test_four_hundred_people_are_kept_for_the_test(shared_data: Path) -> None:
    people = {portrait.identity for portrait in faces.bare(shared_data) if portrait.split is Split.TEST}
    assert len(people) >= 400


def test_no_identity_is_in_two_splits(shared_data: Path) -> None:
    portraits = faces.bare(shared_data, noncommercial=True)
    seen: dict[str, set[Split]] = {}
    for portrait in portraits:
        seen.setdefault(portrait.identity, set()).add(portrait.split)
    assert len(seen) > 1000
    assert all(len(splits) == 1 for splits in seen.values())
    assert {portrait.split for portrait in portraits} == set(Split)


def test_pictures_that_must_not_be_trained_on_are_left_out(shared_data: Path) -> None:
    names = {portrait.name for portrait in faces.bare(shared_data)}
    assert not any("utkface" in name or "/female_" in name or "/male_" in name for name in names)
    masked = {portrait.name for portrait in faces.correctly_masked(shared_data)}
    rows = (shared_data / "real_photos" / "labels.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) > 100
    assert not masked & {row.split(",")[2] for row in rows}
    assert all(name.startswith("masked/chandrikadeb7/") for name in masked)
