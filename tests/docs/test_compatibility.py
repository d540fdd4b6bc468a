"""The page of other people's input lists the tests that have the mark ``tried``."""

import sys

from tests.system.compatibility.page import listed
from tests.system.compatibility.run import PAGE, results


def test_the_page_lists_the_tests_own_rows() -> None:
    _, rows = results(sys.executable, "--collect-only")
    assert listed(PAGE.read_text(encoding="utf-8")) == set(rows), "run `make compatibility WRITE=1`"
