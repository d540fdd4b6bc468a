"""The checks in a booted system are all carried out, and tried again only where their suite says so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.guest import carry_out


class Check:
    """A check that fails the first ``failures`` times."""

    def __init__(self, name: str, failures: int) -> None:
        self.__name__, self._failures, self.tries = name, failures, 0

    def __call__(self) -> str:
        self.tries += 1
        assert self.tries > self._failures, f"too late at try {self.tries}"
        return f"good at try {self.tries}"


def reports_of(folder: Path, *checks: Callable[[], str], only: str = "", tries: int = 1) -> list[dict[str, Any]]:
    file = folder / "reports"
    carry_out(checks, file, only, tries=tries)
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(("failures", "tries", "is_good"), [(0, 1, True), (1, 1, False), (1, 2, True), (2, 2, False)])
def test_a_check_is_good_if_one_of_its_tries_is(tmp_path: Path, failures: int, tries: int, is_good: bool) -> None:
    check = Check("it_works", failures)
    [report] = reports_of(tmp_path, check, tries=tries)
    assert report["check"] == "it works"
    assert report["good"] is is_good
    assert check.tries == min(failures + 1, tries)


def test_the_report_has_what_failed_before(tmp_path: Path) -> None:
    [report] = reports_of(tmp_path, Check("it_works", 1), tries=2)
    assert report["detail"].startswith("good at try 2\ntry 2; the one before had failed:\n")
    assert "too late at try 1" in report["detail"]


def test_after_a_check_that_fails_the_next_one_runs_and_a_word_selects(tmp_path: Path) -> None:
    checks = (Check("first_one", 1), Check("second_one", 0), Check("other", 0))
    assert [report["check"] for report in reports_of(tmp_path, *checks, only="one")] == ["first one", "second one"]
