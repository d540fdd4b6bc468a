"""A suite is good only if it ran to the end, and all its checks ran and were good."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.host import Reports, control_groups, image, run_suite

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


def test_the_consoles_of_all_containers_are_shown_if_a_check_is_bad(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def carry_out(image: Path, work: Path, reports: Reports) -> bool:
        for name in ("one", "two"):
            (work / name).mkdir()
            (work / name / "console").write_text(f"console {name}\n")
            (work / name / "reports").write_text(
                json.dumps({"check": name, "good": False, "took_s": 1, "detail": ""}) + "\n"
            )
            reports.read(work / name / "reports")
            reports.read(work / name / "reports")
        return True

    assert run_suite("test-it", lambda: image(script), carry_out) == 1
    out = capsys.readouterr().out
    assert "test-it: 0 of 2 checks good" in out
    assert "console one" in out
    assert "console two" in out


def test_a_container_gets_a_control_group_of_its_own_in_each_hierarchy(tmp_path: Path) -> None:
    hierarchies = (tmp_path / "systemd", tmp_path / "memory/of/this/process", tmp_path / "cpuset", tmp_path / "unified")
    for folder in hierarchies:
        folder.mkdir(parents=True)
        (folder / "cgroup.procs").touch()
    own = tmp_path / "own"
    own.write_text("9:name=systemd:/\n4:memory:/of/this/process\n3:cpuset:/\n2:freezer:/\n0::/\n")
    with control_groups(tmp_path, own) as first, control_groups(tmp_path, own) as second:
        assert [group.parent for group in first] == [hierarchies[0], hierarchies[1], hierarchies[3]]
        assert len({group.name for group in first}) == 1
        assert not set(first) & set(second)
        (first[0] / "system.slice").mkdir()  # what a container leaves
    assert not any(group.exists() for group in first + second)


def test_with_control_groups_of_version_2_only_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "user.slice").mkdir()
    (tmp_path / "user.slice/cgroup.procs").touch()
    own = tmp_path / "own"
    own.write_text("0::/user.slice\n")
    with control_groups(tmp_path, own) as [group]:
        assert group.parent == tmp_path / "user.slice"
