"""A pytest plugin that writes down what became of each test with the mark ``tried``.

``pytest -p tests.system.compatibility.results --results FILE -m tried`` writes one JSON object: the version of OpenCV,
and the rows in the order of the tests. With ``--collect-only``, no row has an outcome.
"""

import json
from pathlib import Path

import cv2
import pytest

from tests.system.compatibility.row import Outcome, Row

_RESULTS = pytest.StashKey["Results"]()


class Results:
    """Gathers the rows of one run. Several tests may share a row: it has passed if all of them have."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._row_of: dict[str, Row] = {}
        self._outcomes: dict[Row, Outcome | None] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            mark = item.get_closest_marker("tried")
            if mark is not None:
                kind, what, result = mark.args
                row = self._row_of[item.nodeid] = Row(kind, what, result)
                self._outcomes.setdefault(row, None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        row = self._row_of.get(report.nodeid)
        if row is not None and (report.when == "call" or not report.passed):
            outcomes = [outcome for outcome in (self._outcomes[row], Outcome(report.outcome)) if outcome is not None]
            self._outcomes[row] = max(outcomes, key=list(Outcome).index)

    def pytest_sessionfinish(self) -> None:
        rows = [{**row.to_json(), "outcome": outcome and outcome.value} for row, outcome in self._outcomes.items()]
        self._file.write_text(json.dumps({"opencv": cv2.__version__, "rows": rows}), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--results``."""
    parser.addoption("--results", type=Path, required=True, help="the file to write")


def pytest_configure(config: pytest.Config) -> None:
    """Begins to gather."""
    config.pluginmanager.register(Results(config.getoption("--results")))
