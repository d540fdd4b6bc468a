"""The pages' pictures are what the code draws today, and agree with the pages."""

import re
from xml.etree import ElementTree

import pytest

from binarycop.gate.state import Phase
from overlays.finn.lines import LINES
from tests.docs.pages import ROOT
from tests.docs.pictures import camera, recording, state_machine, wiring
from tests.docs.pictures.all_pictures import PICTURES
from tests.docs.pictures.recording import ROWS, Shown

FIRST_HOUR = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8")


def words_of(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_in_the_repository_is_what_the_command_draws(name: str) -> None:
    drawn = PICTURES[name]()
    assert (ROOT / "docs" / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run python -m tests.docs.pictures"
    assert len(words_of(drawn)) >= 10


@pytest.mark.parametrize("name", [*PICTURES, "recording"])
def test_a_page_shows_the_picture(name: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert any(f"{name}.svg)" in page.read_text(encoding="utf-8") for page in pages)


def test_the_diagram_has_each_phase_and_each_transition() -> None:
    words = words_of(state_machine.draw())
    assert {phase.value for phase in Phase} <= set(words)
    for inputs in state_machine.transitions().values():
        assert set(state_machine.labels(inputs)) <= set(words)


@pytest.mark.parametrize(("face_px", "lens_deg"), [(64, 60), (64, 70), (40, 60), (40, 70)])
def test_the_first_hour_has_the_distances_of_the_picture(face_px: int, lens_deg: int) -> None:
    distance = f"{camera.distance_m(face_px, lens_deg):.1f} m"
    listed = " ".join(FIRST_HOUR.partition(f" {face_px} pixels ")[2][:160].split())
    assert re.search(rf"{re.escape(distance)} (away )?with (a lens of )?{lens_deg}°", listed)


def test_the_first_hour_has_the_height_of_the_picture() -> None:
    low, high = camera.HEIGHTS_M
    assert f"({low:g} to {high:g} m)" in FIRST_HOUR


def test_the_wiring_has_the_pins_of_the_overlay() -> None:
    words = " ".join(words_of(wiring.draw()))
    for line in LINES:
        if line.name in ("permission", "passed", "ready", "fire", "override", "feedback"):
            assert f"{line.name} {line.pins[0].place}" in words.replace("  ", " ")
    assert wiring.PULL_DOWN in (ROOT / "docs" / "wiring.md").read_text(encoding="utf-8")


def test_the_recordings_terminal_scrolls_once_it_is_full_and_ends_on_its_newest_row() -> None:
    shown = [Shown(row, "words", row / 10) for row in range(ROWS + 3)]
    assert recording._scrolled(shown[:ROWS]) == [(0.0, 0)]
    assert recording._scrolled(shown) == [(0.0, 0), *((row / 10, row + 1 - ROWS) for row in range(ROWS, ROWS + 3))]
