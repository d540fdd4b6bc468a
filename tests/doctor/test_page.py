"""The page on the first hour shows the doctor's findings by the names that it gives them."""

import re
from pathlib import Path

from binarycop.doctor.finding import Level

ROOT = Path(__file__).resolve().parents[2]
SOURCES = "".join(file.read_text() for file in (ROOT / "daemon/binarycop/doctor").glob("*.py"))


def test_every_finding_of_the_page_is_one_of_the_code() -> None:
    page = (ROOT / "docs/first-hour.md").read_text().partition("## When something is wrong")[2].partition("\n## ")[0]
    levels = "|".join(re.escape(level.value) for level in Level)
    names = re.findall(rf"^(?:{levels}) +(\S.{{14}}\S?) ", page, re.MULTILINE)
    assert len(names) > 25
    assert [name for name in names if f'"{name.strip()}"' not in SOURCES] == []
