"""Whatever a page names exists: links, paths, make targets, commands, modules, settings, classes."""

import re
from pathlib import Path

import pytest

from binarycop.cli.main import parser
from tests.docs.pages import (
    DAEMON,
    ROOT,
    all_pages,
    anchors,
    daemon_names,
    links,
    name_of,
    pages,
    settings_keys,
    spans,
    targets,
    tree,
)

every_page = pytest.mark.parametrize("page", all_pages(), ids=name_of)
# docs/compatibility.md names other people's files, keys and classes.
FOREIGN_PAGE = ROOT / "docs" / "compatibility.md"

SUFFIXES = "py md c v sh svg csv service timer conf rules catalog journald yaml npz onnx json cfg toml webp"
# What exists on a board, in a build or in a data set only.
ELSEWHERE = {
    "overlay.bit", "overlay.hwh", "lines.yaml", "boot.py", "driver.py", "input.npy", "masks.cfg", "gate_lines.xdc",
    "core.json",
}  # fmt: skip
NOT_IN_THE_PROJECT = ("bundles/", "versions/", "proven/", "shipped/", "gate.d/", "work/", "build/", "dist/")
CLASS = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z0-9]+)+(?:\.\w+)?")
# Classes of Python and gpiozero, and words that only look like a class.
FOREIGN = {"ZeroDivisionError", "MemoryError"}


def test_there_are_pages_with_links_paths_and_commands() -> None:
    assert len(pages()) >= 12
    assert sum(len(links(page)) for page in pages()) > 50
    assert sum(len(spans(page)) for page in pages()) > 500
    assert {"README.md", "daemon/", "docs/glossary.md"} <= tree()
    assert {"verdict.margin", "lines.permission.pin", "classifier.overlay.memory"} <= settings_keys()


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        if re.match(r"\w+:", target):
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(link)
    assert broken == []


def test_the_readme_leads_to_every_page() -> None:
    readme = ROOT / "README.md"
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(readme)}
    assert [name_of(page) for page in pages() if page != readme and page not in linked] == []


def is_path(text: str) -> bool:
    """Whether text in backticks is meant as a path of the project."""
    if not re.fullmatch(r"[\w.\-/]+", text) or text.startswith(("/", "-", *NOT_IN_THE_PROJECT)) or text in ELSEWHERE:
        return False
    if re.search(r"(^|/)[A-Z]+(/|$)", text):
        return False
    return text.endswith("/") or Path(text).suffix[1:] in SUFFIXES.split()


@pytest.mark.parametrize("page", [page for page in all_pages() if page != FOREIGN_PAGE], ids=name_of)
def test_every_path_exists(page: Path) -> None:
    missing = {
        text for text in spans(page) if is_path(text) and not any(f"/{name}".endswith(f"/{text}") for name in tree())
    }
    assert missing == set()


NAME_IN_FILE = re.compile(r"`(\w+)` (?:of|in) `([\w/.-]+\.py)`|`(?:\w+\.)?(\w+)` \(`([\w/.-]+\.py)`\)")


def names_in_files(page: Path) -> list[tuple[str, str]]:
    """Each name that a page places in a file of Python, with that file."""
    text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
    return [(found[1] or found[3], found[2] or found[4]) for found in NAME_IN_FILE.finditer(text)]


@every_page
def test_every_name_is_in_the_file_that_is_named_with_it(page: Path) -> None:
    wrong = []
    for name, file in names_in_files(page):
        files = [ROOT / path for path in tree() if f"/{path}".endswith(f"/{file}")]
        if not any(re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")) for path in files):
            wrong.append((name, file))
    assert wrong == []


def test_names_are_found_in_both_forms() -> None:
    found = names_in_files(ROOT / "CONTRIBUTING.md") + names_in_files(ROOT / "docs" / "architecture.md")
    assert {("PARTS", "cli/bench_parts.py"), ("detectors_of", "service/assembly.py")} <= set(found)


@every_page
def test_every_make_target_exists(page: Path) -> None:
    named = set(re.findall(r"(?:`|^\s*|\$ )make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= set(targets())


def commands() -> set[str]:
    """The subcommands of ``binarycop``."""
    return set(parser()._subparsers._group_actions[0].choices)  # type: ignore[union-attr, arg-type]


@every_page
def test_every_command_exists(page: Path) -> None:
    named = set(re.findall(r"(?:`|^\s*|sudo )binarycop ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= commands()


@every_page
def test_every_module_that_is_run_exists(page: Path) -> None:
    named = set(re.findall(r"python3? -m ([\w.]+)", page.read_text(encoding="utf-8")))
    ours = {name for name in named if name.split(".")[0] in ("binarycop", "overlays", "tests")}
    places = {
        name: (DAEMON.parent if name.startswith("binarycop") else ROOT).joinpath(*name.split(".")) for name in ours
    }
    assert [
        name
        for name, place in places.items()
        if not place.with_suffix(".py").exists() and not (place / "__main__.py").exists()
    ] == []


@pytest.mark.parametrize("page", [page for page in pages() if page != FOREIGN_PAGE], ids=name_of)
def test_every_settings_key_exists(page: Path) -> None:
    sections = {key for key in settings_keys() if "." not in key}
    keys = {match[0] for text in spans(page) if (match := re.match(r"[a-z_]+(\.[a-z_]+)+(?=$|:| )", text))}
    named = {key for key in keys if key.split(".")[0] in sections and not is_path(key)} - ELSEWHERE
    # A lane's lamps are named by the person who writes the settings.
    assert {key for key in named if not key.startswith("lines.lamps.")} <= settings_keys()


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_class_exists(page: Path) -> None:
    named = {text for text in spans(page) if CLASS.fullmatch(text)} - FOREIGN
    assert {text for text in named if text not in daemon_names()} == set()
