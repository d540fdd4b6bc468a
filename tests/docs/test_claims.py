"""Numbers and lists in the pages are those of the code."""

import ast
import configparser
import re
from collections.abc import Callable
from typing import Any

import pytest

from binarycop.cli import exit_codes, main
from binarycop.geometry import SIDE_PX
from binarycop.journal.events import Event
from binarycop.service import live, parts, watchdog
from binarycop.settings.load import MAX_GATES
from binarycop.settings.schema import LaneSettings, Settings
from overlays.finn.lines import settings as overlay_settings
from tests.docs.pages import DAEMON, ROOT, name_of, names_of, pages, rows, tree
from tests.system.faults.run import ROWS

LANE, ALL = LaneSettings(), Settings()
ARCHITECTURE = ROOT / "docs" / "architecture.md"
COMMANDS = ROOT / "docs" / "commands.md"


def read(name: str) -> str:
    """A file's text, each run of blanks as one: a sentence may be wrapped anywhere."""
    return re.sub(r"\s+", " ", (ROOT / name).read_text(encoding="utf-8"))


def votes_per_s() -> float:
    """In low-power, of a person who was refused."""
    return LANE.verdict.window / LANE.verdict.within_s


def found_in(name: str, pattern: str) -> str:
    """The first group of a pattern that a file must have."""
    match = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None, f"{name} has no {pattern}"
    return match[1]


def in_unit(key: str) -> str:
    """A value of the daemon's unit."""
    return found_in("systemd/binarycop.service", rf"^{key}=(\S+)$")


def pinned(package: str) -> str:
    """A package's version in the environment of ``make test-pinned``, without its last number."""
    return found_in("Makefile", rf"'{package}==([\d.]+)\.[\d*]+'")


def count(name: str, pattern: str) -> int:
    """How often a pattern is in a file."""
    return len(re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def traces() -> str:
    return found_in("Makefile", r"BINARYCOP_TRACES=(\d+)")


def pynqs() -> tuple[str, ...]:
    return tuple(found_in("Makefile", r"^PYNQS := (.+)$").split())


def retry_minutes() -> str:
    return found_in("systemd/binarycop-retry.timer", r"^OnActiveSec=(\d+)min$")


# A page, a pattern whose groups are the values that the page gives, and the values of the code.
CLAIMS: list[tuple[str, str, Callable[[], tuple[Any, ...]]]] = [
    ("README.md", r"on ([\d,]+) random traces", lambda: (traces(),)),
    ("CONTRIBUTING.md", r"`make test-traces`: ([\d,]+) random traces", lambda: (traces(),)),
    ("docs/architecture.md", r"([\d,]+) random traces", lambda: (traces(),)),
    ("docs/evidence.md", r"([\d,]+) random traces", lambda: (traces(),)),
    (
        "docs/pipeline.svg",
        r"(\d+) equal votes</text><text[^>]*>of (\d+) frames",
        lambda: (LANE.verdict.votes, LANE.verdict.window),
    ),
    ("docs/pipeline.svg", r"the face as (\d+)×(\d+) pixels", lambda: (SIDE_PX, SIDE_PX)),
    ("docs/architecture.svg", r"of every (fourth) frame", lambda: ({4: "fourth"}.get(LANE.faces.find_every),)),
    ("docs/architecture.svg", r"after</text><text[^>]*>(\d+) ms at most", lambda: (1000 * live._MAX_WAIT_S,)),
    (
        "docs/architecture.md",
        r"All grabbers side by side, up to (\d+) s; then the detectors' thread, up to (\d+) s\.",
        lambda: (parts._CLOSE_S, parts._CLOSE_S),
    ),
    ("docs/architecture.md", r"is refused with exit code (\d+)", lambda: (dict(codes())["BundleError"],)),
    (
        "docs/decisions.md",
        r"needs (\d+) equal votes of (\d+) frames within ([\d.]+) s",
        lambda: (LANE.verdict.votes, LANE.verdict.window, LANE.verdict.within_s),
    ),
    (
        "docs/decisions.md",
        r"with OpenCV ([\d.]+), numpy ([\d.]+) and Python ([\d.]+) \(",
        lambda: (
            pinned("opencv-python-headless"),
            pinned("numpy"),
            found_in("Makefile", r"^PYTHON310 \?= python(\S+)$"),
        ),
    ),
    ("docs/glossary.md", r"a new start every (\d+) minutes", lambda: (retry_minutes(),)),
    ("docs/glossary.md", r"a picture of (\d+)×(\d+) pixels", lambda: (SIDE_PX, SIDE_PX)),
    ("docs/evidence.md", r"Each of (\d+) faults", lambda: (len(ROWS),)),
    (
        "docs/evidence.md",
        r"dead-man timer: (\d+) rows simulated, [^;]*; (\d+) mutants",
        lambda: (count("tests/system/rtl/deadman_tb.v", r'\brow\("'), count("tests/system/rtl/run.sh", r"^spoil '")),
    ),
    ("docs/evidence.md", r"Each of the (\d+) events", lambda: (len(Event),)),
    ("docs/evidence.md", r"the real pynq ([\d.]+), ([\d.]+) and ([\d.]+),", pynqs),
    (
        "docs/evidence.md",
        r"of the daemon over ([\d,]+) frames",
        lambda: (found_in("Makefile", r"^PRIVACY_FRAMES \?= (\d+)$"),),
    ),
    (
        "docs/privacy.md",
        r"without rights, on ([\d,]+) frames",
        lambda: (found_in("Makefile", r"^PRIVACY_FRAMES \?= (\d+)$"),),
    ),
    (
        "docs/privacy.md",
        r"CI runs the same test with ([\d,]+) frames",
        lambda: (found_in(".ci/run", r"PRIVACY_FRAMES=(\d+)$"),),
    ),
    (
        "docs/first-hour.md",
        r"without a new frame for (\d+) s is reported as frozen",
        lambda: (LANE.frames.frozen_s,),
    ),
    ("docs/service.md", r"after `service\.hang_s` \| (\d+) s", lambda: (ALL.service.hang_s,)),
    ("docs/service.md", r"\| (\d+) s \(`WatchdogSec=`\)", lambda: (in_unit("WatchdogSec"),)),
    ("docs/service.md", r"`TimeoutStartSec=` \| (\d+) s", lambda: (in_unit("TimeoutStartSec"),)),
    ("docs/service.md", r"after (\d+) s the daemon no longer notifies", lambda: (watchdog.STUCK_S,)),
    ("docs/service.md", r"`service\.sleep_after_s` \((\d+) s\)", lambda: (ALL.service.sleep_after_s,)),
    ("docs/service.md", r"`service\.sleep_rate_hz` \((\d+)\) pictures a second", lambda: (ALL.service.sleep_rate_hz,)),
    ("docs/service.md", r"\((\d\.\d) times a second by default\)", lambda: (round(votes_per_s(), 1),)),
    ("docs/service.md", r"tried again after (\d+) s", lambda: (in_unit("RestartSec"),)),
    ("docs/service.md", r"started every (\d+) minutes", lambda: (retry_minutes(),)),
    (
        "docs/service.md",
        r"\(exit codes (\d), (\d), (\d)\)",
        lambda: tuple(found_in("systemd/binarycop.service", r"^RestartPreventExitStatus=(.+)$").split()),
    ),
    ("docs/wiring.md", r"One daemon can have up to (\d+) lanes", lambda: (MAX_GATES,)),
]


def value(text: Any) -> float | str:
    """A number, whichever way it is written; a word as it is."""
    plain = str(text).replace(",", "")
    return float(plain) if re.fullmatch(r"\d+(\.\d+)?", plain) else plain


@pytest.mark.parametrize(("name", "pattern", "code"), CLAIMS, ids=[f"{name} {pattern}" for name, pattern, _ in CLAIMS])
def test_what_a_page_says_is_what_the_code_has(name: str, pattern: str, code: Callable[[], tuple[Any, ...]]) -> None:
    matches = list(re.finditer(pattern, read(name)))
    assert matches, f"{name} no longer has this figure"
    for match in matches:
        assert [value(group) for group in match.groups()] == [value(one) for one in code()]


def test_the_wiring_page_has_the_overlays_settings_in_full() -> None:
    [block] = re.findall(
        r"^```yaml\n(lines:.*?)^```", (ROOT / "docs" / "wiring.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert block == overlay_settings()


def codes() -> list[tuple[str, int]]:
    """Each error with its exit code."""
    return [(kind.__name__, code) for kind, code in exit_codes.OF_ERRORS]


def test_the_help_lists_every_exit_code() -> None:
    listed = [int(code) for code in re.findall(r"^ +(\d+)  \S", main.parser().format_help(), re.MULTILINE)]
    assert listed == sorted(exit_codes.MEANINGS)
    assert {code for _, code in codes()} < set(listed)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_exit_code_in_a_page_is_one_of_the_helps(page: Any) -> None:
    known = set(exit_codes.MEANINGS)
    text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
    named = {
        int(code)
        for run in re.findall(r"exit codes? ((?:\d+(?:, | and | or )?)+)", text)
        for code in re.findall(r"\d+", run)
    }
    assert named <= known


def test_the_page_of_commands_has_the_exit_codes_of_the_help() -> None:
    of_help = re.findall(r"^ +(\d+)  (.+)$", main.parser().epilog or "", re.MULTILINE)
    assert of_help
    assert [tuple(row) for row in rows(COMMANDS, "Exit codes")] == of_help


def test_the_page_of_commands_has_a_row_for_every_command() -> None:
    named = [re.findall(r"`([a-z-]+)", row[0])[0] for row in rows(COMMANDS, "What each command does")]
    assert sorted(named) == sorted(parser_commands())


def test_the_readme_names_every_command_once() -> None:
    cells = [row[1] for row in rows(ROOT / "README.md", "The command `binarycop`")]
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(cells))) == sorted(parser_commands())


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) < 1600


def parser_commands() -> list[str]:
    return list(main.parser()._subparsers._group_actions[0].choices)  # type: ignore[union-attr, arg-type]


def test_the_page_of_faults_has_a_row_for_every_fault() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| fault \| injected how \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.MULTILINE)
    listed = [line.split(" | ")[0].removeprefix("| ") for table in tables for line in table.splitlines()]
    assert sorted(listed) == sorted(row.fault for row in ROWS)


@pytest.mark.parametrize("row", rows(ARCHITECTURE, "Follow one frame"), ids=lambda row: f"step {row[0]}")
def test_each_step_of_a_frame_is_in_the_file_that_the_page_names(row: list[str]) -> None:
    file, functions = re.findall(r"`([^`]+)`", row[1]), re.findall(r"`([^`]+)`", row[2])
    assert len(file) == 1
    assert functions
    assert set(functions) <= names_of(DAEMON / file[0])


def test_the_steps_of_a_frame_are_numbered() -> None:
    numbers = [int(row[0]) for row in rows(ARCHITECTURE, "Follow one frame")]
    assert len(numbers) > 10
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_picture_of_the_steps_has_the_numbers_of_the_table() -> None:
    steps = {int(row[0]): " ".join(row[1:]) for row in rows(ARCHITECTURE, "Follow one frame")}
    drawn = re.findall(r">(\d+) (\w+)</tspan>", ARCHITECTURE.with_suffix(".svg").read_text(encoding="utf-8"))
    assert sorted(int(number) for number, _ in drawn) == sorted(steps)
    assert [name for number, name in drawn if name not in steps[int(number)]] == []


def test_the_threads_of_the_page_are_those_of_the_code() -> None:
    started = set()
    for path in DAEMON.rglob("*.py"):
        if path.name == "bench_overlay.py":  # a program of its own
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "threading.Thread":
                started |= {ast.literal_eval(one.value) for one in call.keywords if one.arg == "name"}
    firsts = [row[0].replace("`", "").split(",")[0] for row in rows(ARCHITECTURE, "Threads")]
    assert firsts[0] == "main"
    assert len(started) >= 4
    assert set(firsts[1:]) == started


def test_what_is_handed_in_is_defined_where_the_page_says() -> None:
    table = rows(ARCHITECTURE, "What is handed in")
    places = [re.fullmatch(r"`(\w+)` in `([\w/.]+)`", row[1]) for row in table]
    named = [(match[1], match[2]) for match in places if match]
    assert len(named) >= 6
    assert [(name, file) for name, file in named if name not in names_of(DAEMON / file)] == []


def test_every_package_has_its_layer() -> None:
    table = rows(ARCHITECTURE, "Packages, and who may import whom")
    named = [package for row in table for package in re.findall(r"`([\w.]+)`", row[1])]
    here = [path.name for path in DAEMON.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    assert sorted(named) == sorted(set(here) - {"__init__.py", "__main__.py"})


def test_the_layers_of_the_page_are_those_of_the_import_linter() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    lines = contracts["importlinter:contract:layers"]["layers"].split("\n")
    linter = [set(line.replace("|", " ").split()) for line in lines if line and line != "__main__"]
    table = rows(ARCHITECTURE, "Packages, and who may import whom")
    page = [{package.removesuffix(".py") for package in re.findall(r"`([\w.]+)`", row[1])} for row in table]
    assert page == linter
    assert [row[0] for row in table] == [str(number) for number in range(len(linter), 0, -1)]


def test_imports_run_down_the_layers_of_the_page() -> None:
    table = rows(ARCHITECTURE, "Packages, and who may import whom")
    layer = {package.removesuffix(".py"): int(row[0]) for row in table for package in re.findall(r"`([\w.]+)`", row[1])}
    wrong = set()
    for path in DAEMON.rglob("*.py"):
        parts = path.relative_to(DAEMON).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("binarycop.") and parts[0] in layer:
                package = (node.module or "").split(".")[1]
                if package != parts[0] and layer[package] >= layer[parts[0]]:
                    wrong.add((parts[0], package))
    assert wrong == set()


def test_the_bundle_has_the_files_of_the_page() -> None:
    named = {
        file
        for row in rows(ARCHITECTURE, "The bundle: the contract between `overlays/` and the daemon")
        for file in re.findall(r"`([\w.]+)`", row[0])
    }
    built_by_finn = {"overlay.bit", "overlay.hwh"}
    for bundle in ("cnv", "n-cnv", "u-cnv"):
        shipped = {
            name.rpartition("/")[2] for name in tree() if re.fullmatch(rf"overlays/bundles/{bundle}/[^/]+", name)
        }
        assert shipped <= named
        assert named - shipped <= built_by_finn
