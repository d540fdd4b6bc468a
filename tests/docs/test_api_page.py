"""docs/api.md has what the docstrings say, and its example prints what it prints there."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop import api
from tests.docs import api_page
from tests.docs.pages import ROOT
from tests.docs.two_people import FILE, two_people

PAGES = [ROOT / "README.md", api_page.PAGE]


def test_the_page_has_the_docstrings_of_today() -> None:
    assert api_page.written(api_page.PAGE.read_text(encoding="utf-8")) == api_page.generated()


def test_the_page_has_every_public_name() -> None:
    named = re.findall(r"^## (\S+)$", api_page.generated(), re.MULTILINE)
    assert sorted(named) == sorted(["binarycop.open", *api.__all__])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_example_prints_what_the_page_says(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    example = re.search(
        r"^```python\n(import binarycop\n.*?)^```\n\n```\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
    )
    assert example is not None
    exec(compile(example[1], page.name, "exec"), {})
    assert without_scores(capsys.readouterr().out) == without_scores(example[2])


def test_the_picture_of_the_example_is_the_drawn_one() -> None:
    picture = cv2.imread(str(FILE))
    assert picture is not None
    # OpenCV's versions blend edges differently.
    assert np.abs(picture.astype(int) - two_people()).mean() < 1


def without_scores(text: str) -> str:
    """Without what another bundle version or OpenCV changes: numbers."""
    return re.sub(r"-?\d+(\.\d+)*", "0", text)
