"""Copies of records: what dataclasses.replace gives."""

import dataclasses
from pathlib import Path

import pytest

import binarycop
from binarycop.geometry import Box
from binarycop.record import replace
from binarycop.tracking.association import Expected

WHAT_A_COPY_WOULD_LEAVE_OUT = ("__post_init__", "__slots__", "slots=True", "init=False")


def test_a_copy_has_the_new_values_and_the_others() -> None:
    before = Expected(Box(1, 2, 3, 4), 0.5)
    after = replace(before, unseen_s=2.0)
    assert after == dataclasses.replace(before, unseen_s=2.0) == Expected(Box(1, 2, 3, 4), 2.0)
    assert hash(after) == hash(dataclasses.replace(before, unseen_s=2.0))
    assert before == Expected(Box(1, 2, 3, 4), 0.5)
    assert after.box is before.box
    assert replace(after) == after


def test_a_copy_is_as_frozen_as_the_original() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        replace(Box(1, 2, 3, 4), x_px=5).x_px = 6  # type: ignore[misc]


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="Box has not all of x_px, depth_px"):
        replace(Box(1, 2, 3, 4), x_px=2.0, depth_px=1.0)  # type: ignore[call-arg]


def test_no_record_of_the_daemon_needs_its_constructor_for_a_copy() -> None:
    for file in Path(binarycop.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "@dataclass" in text and file.name != "record.py":
            assert not [words for words in WHAT_A_COPY_WOULD_LEAVE_OUT if words in text], file
