"""A short run with a fixed seed, and every crash that fuzzing has found."""

import json
from itertools import islice
from pathlib import Path

import pytest

from binarycop.errors import BundleError
from tests.system.fuzz import targets
from tests.system.fuzz.mutate import inputs
from tests.system.fuzz.targets import TARGETS, attempt, seeds

COUNTS = {
    "settings": 40,
    "manifest": 150,
    "weights": 150,
    "golden": 100,
    "install": 100,
    "driver": 150,
    "handoff": 60,
    "picture": 400,
    "clip": 100,
}
MANY = 1000


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_input_is_accepted_or_raises_our_own_error(name: str, tmp_path: Path) -> None:
    for data in islice(inputs(seeds(name, tmp_path), seed=1), COUNTS.get(name, MANY)):
        attempt(name, data, tmp_path)


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_accepts_a_valid_input(name: str, tmp_path: Path) -> None:
    TARGETS[name](seeds(name, tmp_path)[0], tmp_path)


def test_the_same_seed_gives_the_same_inputs() -> None:
    first, second, other = (list(islice(inputs([b"a: 1", b"b"], seed), 50)) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_any_other_error_of_a_target_is_a_crash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(data: bytes, work: Path) -> None:
        raise KeyError(data)

    monkeypatch.setitem(TARGETS, "settings", fail)
    with pytest.raises(KeyError):
        attempt("settings", b"", tmp_path)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b'"abstain_margin": 2', b'"abstain_margin": 1e999'),
        (b'"files": {', b'"files": {"a\\u0000b": "",'),
        (b"{", b'{"a":' * 100_000),
    ],
    ids=["infinity", "zero byte", "depth"],
)
def test_a_manifest_that_crashed_the_loader_is_refused(right: bytes, wrong: bytes, tmp_path: Path) -> None:
    [sound] = seeds("manifest", tmp_path)
    assert right in sound
    with pytest.raises(BundleError):
        targets.manifest(sound.replace(right, wrong, 1), tmp_path)


def test_weights_whose_compressed_data_is_damaged_are_refused(tmp_path: Path) -> None:
    [sound] = seeds("weights", tmp_path)
    for at in range(0, len(sound), 37):
        data = bytearray(sound)
        data[at] ^= 0xFF
        attempt("weights", bytes(data), tmp_path)


@pytest.mark.parametrize("key", ["{}", "[1]", "{1: 2}"])
def test_a_driver_with_an_invalid_key_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a driver of FINN:"):
        targets.driver(f"io_shape_dict = {{{key}: 1}}".encode(), tmp_path)


def test_an_entry_with_two_ids_is_ignored(tmp_path: Path) -> None:
    [sound] = seeds("journal", tmp_path)
    entry = json.loads(sound)[0]
    entry["MESSAGE_ID"] = [entry["MESSAGE_ID"], "0" * 32]
    targets.journal(json.dumps(entry).encode(), tmp_path)


def test_a_field_with_nan_is_read_as_text(tmp_path: Path) -> None:
    [sound] = seeds("journal", tmp_path)
    assert b'"42.4"' in sound
    targets.journal(sound.replace(b'"42.4"', b'"nan"'), tmp_path)
