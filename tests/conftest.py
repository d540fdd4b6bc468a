"""Fixtures for the tests of several rooms."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from binarycop.bundle.files import Bundle
from tests.random_bundles import random_bundle

# Test machines are shared: no test may fail because it is slow.
settings.register_profile("steady", deadline=None)
settings.register_profile("emulated", deadline=None, max_examples=10)  # --hypothesis-profile, on an emulated processor
settings.load_profile("steady")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test with the mark ``pynq`` where there is none."""
    if item.get_closest_marker("pynq") is not None:
        pytest.importorskip("pynq", reason="needs pynq: make test-pynq installs it, make venv does where it can")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once for each reason how many tests were skipped for it; pytest has a line for each place."""
    texts = (str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ()))
    for reason, count in Counter(text.removeprefix("Skipped: ") for text in texts).most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")


@pytest.fixture(autouse=True)
def _outside_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests must not depend on whether a systemd service runs them."""
    for name in ("JOURNAL_STREAM", "NOTIFY_SOCKET", "BINARYCOP_RELAY_OFF_LIST", "WATCHDOG_USEC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small network of random weights."""
    return random_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture
def shared_data() -> Path:
    """The folder with pictures that may not be committed."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the pictures of {SHARED_DATA}")
    return SHARED_DATA
