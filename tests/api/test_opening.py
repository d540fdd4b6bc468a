"""Which backend ``binarycop.open`` takes, and which arguments it refuses."""

from pathlib import Path

import pytest

import binarycop
from binarycop.api import BackendError, Bundle, BundleError, opening
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import open_emulator
from binarycop.errors import OverlayInUse
from binarycop.settings.classifier import Backend, ClassifierSettings


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Backend]:
    """The backends that are opened; each is an emulator."""
    backends: list[Backend] = []

    def open_checked(settings: ClassifierSettings, bundle: Bundle) -> Classifier:
        backends.append(settings.backend)
        return open_emulator(bundle)

    monkeypatch.setattr(opening, "open_checked", open_checked)
    return backends


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            {"backend": "fpga"},
            "there is no backend 'fpga'; write auto, emulator, overlay, simulated-board, simulated-rtl",
        ),
        ({"finder": "haar"}, "there is no finder 'haar'; write auto, lookout, yunet, fixed"),
        ({"views": 11}, "there are 1 to 10 views, not 11"),
        ({"views": 2.5}, r"there are 1 to 10 views, not 2\.5"),
        ({"views": "6"}, "there are 1 to 10 views, not '6'"),
    ],
)
def test_a_value_that_does_not_exist_is_answered_with_those_that_do(arguments: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        binarycop.open("n-cnv", **arguments)  # type: ignore[arg-type]


def test_auto_takes_the_emulator_and_says_why(tiny_bundle: Bundle, opened: list[Backend]) -> None:
    net = binarycop.open(str(tiny_bundle.folder))
    assert (opened, net.why_emulator) == ([Backend.EMULATOR], "the bundle has no bitstream")


def test_auto_takes_the_overlay_if_nothing_is_in_the_way(
    tiny_bundle: Bundle, opened: list[Backend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "why_not_overlay", lambda *_: "")
    net = binarycop.open(str(tiny_bundle.folder))
    assert (opened, net.why_emulator) == ([Backend.OVERLAY], "")


def test_a_backend_that_is_named_is_taken(tiny_bundle: Bundle, opened: list[Backend]) -> None:
    for backend in Backend:
        assert binarycop.open(str(tiny_bundle.folder), backend.value).why_emulator == ""
    assert opened == list(Backend)


def test_auto_takes_the_emulator_if_another_program_takes_the_overlay_first(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_checked(settings: ClassifierSettings, bundle: Bundle) -> Classifier:
        if settings.backend is Backend.OVERLAY:
            raise OverlayInUse("the gate's service is using it")
        return open_emulator(bundle)

    monkeypatch.setattr(opening, "why_not_overlay", lambda *_: "")
    monkeypatch.setattr(opening, "open_checked", open_checked)
    net = binarycop.open(str(tiny_bundle.folder))
    assert (net.backend, net.why_emulator) == ("emulator", "the gate's service is using it")
    with pytest.raises(BackendError, match="overlay: the gate's service is using it"):
        binarycop.open(str(tiny_bundle.folder), "overlay")


def test_a_bundle_is_a_name_or_a_path(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_bundle.folder.parent)
    for path in (tiny_bundle.folder, Path(tiny_bundle.folder.name)):
        with binarycop.open(path, "emulator") as net:
            assert net.bundle.manifest == tiny_bundle.manifest
    for wrong in (None, 3):
        with pytest.raises(TypeError, match=r"a bundle is a \w+, not a name or the path of a folder"):
            binarycop.open(wrong)  # type: ignore[arg-type]


def test_a_bundle_by_its_path_is_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"there is no manifest\.json"):
        binarycop.open(f"{tmp_path}/")
