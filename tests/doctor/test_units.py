"""The checks of systemd's units, of groups and names."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.doctor.finding import Level
from binarycop.doctor.units import HELPERS, Unit, UnitFacts, check_units
from binarycop.doctor.units_facts import parse, read_units
from binarycop.lines.relay_off_list import content
from binarycop.service.unit import DEGRADED, UNIT
from binarycop.settings.classifier import Backend, ClassifierSettings
from binarycop.settings.lines import LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings, Settings

ROOT = Path(__file__).resolve().parents[2]
RUNNING = Unit("loaded", "active", "success", "enabled", "gate: in service, policy enforce", "8s")
GOOD = UnitFacts(
    units={UNIT: RUNNING, **{name: Unit("loaded", "inactive") for name in HELPERS}, DEGRADED: Unit("loaded")},
    groups=frozenset({"binarycop", "video", "gpio"}),
    has_rules=True,
    names=("camera", "gpio"),
    gate_release=True,
    list_problem="",
)
SHOWN = """Id=binarycop.service
LoadState=loaded
ActiveState=active
Result=success
UnitFileState=enabled
StatusText=gate: OUT OF ORDER, relay off: no frames
WatchdogUSec=8s
NRestarts=2
NeedDaemonReload=no
DropInPaths=/etc/systemd/system/binarycop.service.d/a.conf /run/x/b.conf

Id=binarycop-overlay.service
LoadState=not-found
ActiveState=inactive
"""


def with_daemon(**changes: object) -> UnitFacts:
    assert GOOD.units is not None
    return replace(GOOD, units={**GOOD.units, UNIT: replace(RUNNING, **changes)})  # type: ignore[arg-type]


def with_helper(unit: Unit) -> UnitFacts:
    assert GOOD.units is not None
    return replace(GOOD, units={**GOOD.units, HELPERS[1]: unit})


def test_a_gate_that_works_has_nothing_to_do() -> None:
    assert {finding.level for finding in check_units(GOOD)} == {Level.OK}
    assert GOOD.is_running


@pytest.mark.parametrize(
    ("facts", "level", "words"),
    [
        (with_daemon(active="failed", result="watchdog"), Level.FAIL, "has failed (watchdog), relay off"),
        (with_daemon(status="gate: OUT OF ORDER, relay off: no frames"), Level.FAIL, "OUT OF ORDER"),
        (with_daemon(active="inactive"), Level.WARN, "stopped, relay off"),
        (with_daemon(active="activating", status="starting"), Level.WARN, "activating: starting"),
        (with_daemon(enabled="disabled"), Level.FAIL, "disabled"),
        (with_daemon(restarts=3), Level.WARN, "started again after 3 failures"),
        (with_daemon(watchdog="infinity"), Level.FAIL, "systemd does not watch the daemon"),
        (with_daemon(needs_reload=True), Level.WARN, "changed since systemd read them"),
        (with_daemon(drop_ins=("/etc/x/overlay-as-root.conf",)), Level.WARN, "these settings do not need it"),
        (replace(GOOD, needs_root=True), Level.FAIL, "pynq needs root for the overlay"),
        (with_helper(Unit("not-found")), Level.FAIL, "not installed: binarycop-overlay.service"),
        (with_helper(Unit("loaded", "failed")), Level.FAIL, "failed: binarycop-overlay.service"),
        (replace(GOOD, groups=None), Level.FAIL, "there is no user binarycop"),
        (replace(GOOD, groups=frozenset({"video"})), Level.FAIL, "binarycop is not in gpio"),
        (replace(GOOD, has_rules=False), Level.FAIL, "70-binarycop.rules is not installed"),
        (replace(GOOD, names=()), Level.WARN, "/dev/binarycop has no name"),
        (replace(GOOD, gate_release=False), Level.FAIL, "gate-release cannot be run"),
        (replace(GOOD, list_problem="is not that of these settings"), Level.FAIL, "is not that of these settings"),
        (replace(GOOD, list_problem=None), Level.NOT_CHECKED, "before the daemon's first start"),
    ],
)
def test_each_check_says_what_is_wrong_and_what_to_do(facts: UnitFacts, level: Level, words: str) -> None:
    good = check_units(GOOD)
    changed = [finding for finding in check_units(facts) if finding.level is not Level.OK]
    [finding] = changed
    assert finding.level is level
    assert words in finding.text
    assert bool(finding.remedy) is (level is not Level.NOT_CHECKED)
    assert len(check_units(facts)) == len(good)


def test_the_watchdogs_time_has_a_space_before_each_unit() -> None:
    texts = [finding.text for finding in check_units(with_daemon(watchdog="1min 30s"))]
    assert "systemd ends a daemon that is silent for 1 min 30 s" in texts


def test_a_degraded_gate_has_failed_whatever_its_own_unit_says() -> None:
    assert GOOD.units is not None
    facts = replace(GOOD, units={**GOOD.units, DEGRADED: Unit("loaded", "active")})
    assert check_units(facts)[0].level is Level.FAIL


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (UnitFacts(), "not checked: there is no systemd here"),
        (UnitFacts(units={UNIT: Unit("not-found")}), "not checked: binarycop.service is not installed here"),
    ],
)
def test_without_systemd_or_package_there_is_one_reason(facts: UnitFacts, why: str) -> None:
    [finding] = check_units(facts)
    assert (finding.level, finding.text.startswith(why)) == (Level.NOT_CHECKED, True)
    assert not facts.is_running


def test_the_other_units_are_those_that_the_daemons_unit_names() -> None:
    text = (ROOT / "systemd" / UNIT).read_text()
    named = {name for _, names in re.findall(r"^(Wants|Sockets)=(.+)$", text, re.MULTILINE) for name in names.split()}
    assert set(HELPERS) == named
    assert {name for name in (*HELPERS, DEGRADED) if not (ROOT / "systemd" / name).exists()} == set()


def test_what_systemctl_shows_is_read() -> None:
    units = parse(SHOWN)
    assert units[UNIT] == Unit(
        "loaded",
        "active",
        "success",
        "enabled",
        "gate: OUT OF ORDER, relay off: no frames",
        "8s",
        2,
        False,
        ("/etc/systemd/system/binarycop.service.d/a.conf", "/run/x/b.conf"),
    )
    assert units["binarycop-overlay.service"].load == "not-found"


def test_a_hostile_count_of_restarts_is_no_error() -> None:
    assert parse("Id=x\nNRestarts=" + "9" * 5000)["x"].restarts == 0


def test_the_list_is_compared_with_the_settings(tmp_path: Path) -> None:
    def run(command: Sequence[str]) -> str:
        return SHOWN

    lane = LaneSettings(lines=LinesSettings("gpiochip", LineSettings("zynq_gpio:54"), {}))
    settings = Settings(classifier=ClassifierSettings(backend=Backend.OVERLAY), gates=(lane,))
    file = tmp_path / "run/binarycop/release"
    assert read_units(settings, tmp_path, run).list_problem is None
    file.parent.mkdir(parents=True)
    file.write_text(content([lane], "gpiochip"))
    facts = read_units(settings, tmp_path, run)
    assert (facts.list_problem, facts.needs_root) == ("", True)
    file.write_text("zynq_gpio:55=0\n")
    assert "is not that of these settings" in (read_units(settings, tmp_path, run).list_problem or "")


def test_a_systemctl_that_is_not_there_leaves_no_units(tmp_path: Path) -> None:
    assert read_units(None, tmp_path, lambda _: None).units is None
