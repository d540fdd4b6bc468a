"""The choice of a pixel format among those that a camera offers."""

import pytest

from binarycop.frames.pixel_format import LAYOUTS, choose, why_none


@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [
        ("MJPG", ["YUYV", "MJPG"], "MJPG"),
        ("YUYV", ["MJPG", "NV12", "YUYV"], "YUYV"),
        ("MJPG", ["JPEG", "YUYV"], "JPEG"),
        ("MJPG", ["H264", "YUYV", "NV12"], "YUYV"),
        ("YUYV", ["MJPG", "NV12"], "NV12"),
        ("YUYV", ["GREY", "BA81", "MJPG"], "MJPG"),
        ("MJPG", ["GREY", "BA81"], "BA81"),
        ("MJPG", ["H264", "GREY"], None),
        ("MJPG", [], None),
    ],
)
def test_the_wanted_format_or_the_next_best_is_chosen(wanted: str, offered: list[str], chosen: str | None) -> None:
    assert choose(wanted, offered) == chosen


def test_every_layout_can_be_chosen() -> None:
    assert all(choose("MJPG", ["GREY", fourcc]) == fourcc for fourcc in LAYOUTS)


def test_the_reason_names_what_the_camera_has_and_what_would_be_right() -> None:
    reason = why_none(["H264", "HEVC"])
    assert reason.startswith("offers only H264 HEVC; supported are YUYV ")
    assert "MJPG" in reason
    assert why_none([]).startswith("offers only nothing;")
    assert "grey, infrared or depth pictures only (GREY Y16)" in why_none(["GREY", "Y16"])
    assert "grey" not in why_none(["GREY", "H264"])
