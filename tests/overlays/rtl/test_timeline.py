"""The picture of an image's way: a row for each stage, and the last word at the end."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from overlays.dimensioning.table import layer_names
from overlays.networks.tables import N_CNV
from overlays.rtl import timeline
from overlays.rtl.plan import plan
from overlays.rtl.schedule import arrivals
from overlays.rtl.timeline import drawing


def test_the_picture_has_a_row_for_the_pixels_and_each_stage() -> None:
    chosen = plan(N_CNV.layers, layer_names(N_CNV), 1024, 2500)
    texts = [element.text for element in ET.fromstring(drawing(chosen, "title")).iter() if element.tag.endswith("text")]
    assert texts[: len(N_CNV.layers) + 2] == ["title", "pixels", *layer_names(N_CNV)]


def test_the_axis_has_round_times() -> None:
    chosen = plan(N_CNV.layers, layer_names(N_CNV), 1024, 2500)
    texts = [element.text for element in ET.fromstring(drawing(chosen, "title")).iter() if element.tag.endswith("text")]
    assert texts[-5:] == ["0 µs", "5 µs", "10 µs", "15 µs", "20 µs"]


def test_words_arrive_later_from_stage_to_stage() -> None:
    chosen = plan(N_CNV.layers, layer_names(N_CNV), 1024, 2500)
    last = [clocks[-1] for clocks in arrivals(chosen.stages)]
    assert last == sorted(last)
    assert last[-1] < chosen.schedule.latency


def test_each_stage_gives_its_words_of_an_image() -> None:
    chosen = plan(N_CNV.layers, layer_names(N_CNV), 1024, 2500)
    counts = [len(clocks) for clocks in arrivals(chosen.stages)]
    assert counts == [900, 196, 144, 25, 9, 1, 1, 1, 4]


def test_a_folder_without_a_bundle_is_one_line_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert timeline.main([str(tmp_path), "--out", str(tmp_path / "picture.svg")]) == 1
    assert capsys.readouterr().err.startswith("timeline: ")
