"""Package, manual pages, citation, changelog and bundles follow one version number."""

import json
import re
from pathlib import Path

import pytest

from binarycop import __version__
from deploy import manual
from tests.docs.pages import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_the_version_has_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_changelog_begins_with_what_is_unreleased_and_has_each_version_with_its_date() -> None:
    assert HEADINGS[0] == "[Unreleased]"
    versions = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d", heading) for heading in HEADINGS[1:]]
    assert all(versions)
    numbers = [number(found[1]) for found in versions if found]
    assert numbers == sorted(set(numbers), reverse=True)
    assert number(__version__) >= numbers[0]


def test_the_changelog_names_the_next_release() -> None:
    unreleased = CHANGELOG.partition("## [Unreleased]")[2].partition("\n## ")[0]
    if f"## [{__version__}]" not in CHANGELOG:
        assert f"This becomes {__version__}" in unreleased


def test_the_changelog_has_only_the_kinds_of_changes_that_its_form_has() -> None:
    kinds = set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_citation_has_the_version_and_the_paper() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation
    assert "arXiv:2102.03456" in citation


def test_every_manual_page_has_the_version(tmp_path: Path) -> None:
    manual.write(tmp_path)
    pages = [file.read_text(encoding="utf-8") for file in tmp_path.glob("man*/*")]
    headed = [text for text in pages if ".TH " in text]
    assert len(headed) >= 2
    assert all(f'"binarycop {__version__}"' in text for text in headed)


@pytest.mark.parametrize("name", ["cnv", "n-cnv", "u-cnv"])
def test_no_bundle_is_newer_than_the_package_that_has_it(name: str) -> None:
    manifest = json.loads((ROOT / "overlays" / "bundles" / name / "manifest.json").read_text(encoding="utf-8"))
    assert number(manifest["version"]) <= number(__version__)
