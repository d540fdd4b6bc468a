"""A suite is good only if it ran to the end, and all its checks ran and were good."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.host import Reports, image, run_suite

Checks = Callable[[Path, Path, Reports], bool]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """An ``image.sh`` whose image exists."""
    file = tmp_path / "image.sh"
    file.write_text(f"#!/bin/sh\necho {tmp_path}\n")
    file.chmod(0o755)
    return file


def checks(*good: bool, ended: bool = True) -> Checks:
    """Checks with these results, written as those of a booted system are."""

    def carry_out(image: Path, work: Path, reports: Reports) -> bool:
        lines = [{"check": "one", "good": one, "took_s": 0.1, "detail": "message"} for one in good]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (work / "reports").write_text(text + json.dumps({"end": True}) + "\n" + '{"check": "half a li')
        (work / "console").write_text("the console's last line\n")
        reports.read(work / "reports")
        reports.read(work / "reports")
        return ended

    return carry_out


@pytest.mark.parametrize(
    ("run", "wanted", "code", "message"),
    [
        (checks(True, True), 2, 0, "2 of 2 checks good"),
        (checks(True, True), None, 0, "2 of 2 checks good"),
        (checks(True, False), 2, 1, "1 of 2 checks good"),
        (checks(True, False), None, 1, "1 of 2 checks good"),
        (checks(True), 2, 1, "1 of 2 checks good"),
        (checks(True, True, False), 2, 1, "2 of 2 checks good"),
        (checks(), None, 1, "0 of 1 checks good"),
        (checks(True, ended=False), 1, 1, "1 of 1 checks good"),
    ],
    ids=["all", "all of any", "bad", "bad of any", "too few", "too many", "none", "not ended"],
)
def test_the_exit_code_is_0_only_if_all_checks_are_good(
    script: Path, run: Checks, wanted: int | None, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_suite("test-it", lambda: image(script), run, wanted=wanted) == code
    out = capsys.readouterr().out
    assert f"test-it: {message}, " in out
    assert ("the console's last line" in out) == bool(code)


def test_without_an_image_no_check_runs(script: Path) -> None:
    script.write_text("#!/bin/sh\nexit 1\n")

    def never(image: Path, work: Path, reports: Reports) -> bool:
        raise AssertionError

    assert run_suite("test-it", lambda: image(script), never) == 1
