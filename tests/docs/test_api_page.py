"""docs/api.md has what the docstrings say, and its example prints what it prints there."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop import api
from binarycop.classes import MaskClass
from binarycop.frames.drawing import Head, background, draw
from tests.docs import api_page
from tests.docs.pages import ROOT

PAGES = [ROOT / "README.md", api_page.PAGE]


def test_the_page_has_the_docstrings_of_today() -> None:
    assert api_page.written(api_page.PAGE.read_text(encoding="utf-8")) == api_page.generated()


def test_the_page_has_every_public_name() -> None:
    named = re.findall(r"^## (\S+)$", api_page.generated(), re.MULTILINE)
    assert sorted(named) == sorted(["binarycop.open", *api.__all__])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_example_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    picture = background(rng, 640, 480)
    draw(picture, Head.random(rng, MaskClass.CORRECT), 160, 215, 130)
    draw(picture, Head.random(rng, MaskClass.NOSE), 460, 215, 160)
    cv2.imwrite(str(tmp_path / "two.png"), picture)
    monkeypatch.chdir(tmp_path)
    example = re.search(
        r"^```python\n(import binarycop\n.*?)^```\n\n```\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
    )
    assert example is not None
    exec(compile(example[1], page.name, "exec"), {})
    assert without_scores(capsys.readouterr().out) == without_scores(example[2])


def without_scores(text: str) -> str:
    """Without what another bundle version or OpenCV changes: numbers."""
    return re.sub(r"-?\d+(\.\d+)*", "0", text)
