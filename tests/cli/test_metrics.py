"""``binarycop metrics`` as its timer calls it: each run continues from the last one."""

import json
from pathlib import Path

import pytest

from binarycop.cli import metrics
from binarycop.cli.main import main
from binarycop.journal.events import Event
from binarycop.journal.origin import GateOrigins
from tests.journal.fakes import BOOTS, ORIGINS, FakeReader

PEOPLE = 'binarycop_people_total{gate="north"}'


class Timer:
    """Runs the command with one state and one output."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state, self.output, self.config = folder / "state.json", folder / "gate.prom", folder / "gate.yaml"
        self.config.write_text("gates: [{name: north}]\n")
        self.reader, self._monkeypatch = FakeReader(), monkeypatch
        monkeypatch.setattr(metrics, "open_reader", lambda: self.reader)
        monkeypatch.setattr(GateOrigins, "of_this_machine", lambda: ORIGINS)

    def write(self, boot: int, at_s: float) -> None:
        self.reader.write(Event.PERSON, "north", at_s, boot, person=1)

    def run(self, boot: int) -> dict[str, float]:
        """One run while this boot is the running one; returns its samples."""
        self._monkeypatch.setattr(metrics, "running_boot", lambda: BOOTS[boot])
        files = ["--state", str(self.state), "--output", str(self.output)]
        assert main(["metrics", "--config", str(self.config), *files]) == 0
        lines = [line for line in self.output.read_text().splitlines() if not line.startswith("#")]
        return {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def timer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Timer:
    return Timer(tmp_path, monkeypatch)


def test_each_run_counts_what_is_new(timer: Timer) -> None:
    people = []
    for at_s in (1, 2, 3):
        timer.write(1, at_s)
        people.append(timer.run(1)[PEOPLE])
    assert [*people, timer.run(1)[PEOPLE]] == [1, 2, 3, 3]


def test_after_a_reboot_the_rest_of_the_last_boot_and_all_boots_since_are_counted(timer: Timer) -> None:
    timer.write(1, 1)
    timer.run(1)
    for boot, at_s in ((1, 2), (2, 10), (3, 20), (3, 21)):
        timer.write(boot, at_s)
    assert timer.run(3)[PEOPLE] == 5
    assert timer.run(3)[PEOPLE] == 5


def test_if_the_boot_of_the_last_run_is_gone_all_others_are_new(timer: Timer) -> None:
    timer.write(1, 1)
    timer.run(1)
    timer.reader = FakeReader()
    timer.write(2, 10)
    timer.write(3, 20)
    assert timer.run(3)[PEOPLE] == 3


def test_the_first_run_begins_with_the_running_boot(timer: Timer) -> None:
    timer.write(1, 1)
    timer.write(2, 2)
    assert timer.run(2)[PEOPLE] == 1


def test_the_newest_boot_is_counted_even_if_the_running_one_has_another_id(timer: Timer) -> None:
    """A container shows its units the boot's id of its host."""
    timer.write(1, 1)
    people = [timer.run(4)[PEOPLE]]
    timer.write(1, 2)
    assert [*people, timer.run(4)[PEOPLE]] == [1, 2]


def test_an_empty_journal_gives_zeros(timer: Timer) -> None:
    assert timer.run(1)[PEOPLE] == 0
    timer.write(1, 1)
    assert timer.run(1)[PEOPLE] == 1


def test_a_fault_goes_on_from_run_to_run_and_ends_with_the_boot(timer: Timer) -> None:
    timer.reader.write(Event.FAULT, "north", 1, 1, reason="no frames")
    fault = 'binarycop_fault{gate="north"}'
    assert [timer.run(1)[fault], timer.run(1)[fault]] == [1, 1]
    timer.write(2, 2)
    assert timer.run(2)[fault] == 0


NEXT = '{"boot": "b", "cursor": "%s", "samples": {"binarycop_ready": %s}, "faults": []}'


@pytest.mark.parametrize(
    "damage",
    [
        *("", "{", "[]", '{"boot": 1}', '{"samples": [], "faults": {}}'),
        *(NEXT % ("", value) for value in ("NaN", "-1", "9" * 400)),
        *(NEXT % (cursor, "0") for cursor in ("here", "s=a\\u0000")),
    ],
)
def test_a_damaged_state_begins_again_and_says_so(
    timer: Timer, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    timer.write(1, 1)
    timer.run(1)
    timer.state.write_text(damage)
    assert timer.run(1)[PEOPLE] == 1
    assert "counting begins again" in capsys.readouterr().err


def test_what_another_program_wrote_is_not_counted(timer: Timer) -> None:
    timer.write(1, 1)
    timer.reader.alter(0, _UID=b"1000")
    assert timer.run(1)[PEOPLE] == 0


def test_everybody_may_read_the_output_and_only_its_user_the_state(timer: Timer) -> None:
    timer.write(1, 1)
    timer.run(1)
    assert (timer.output.stat().st_mode & 0o777, timer.state.stat().st_mode & 0o777) == (0o644, 0o600)
    assert json.loads(timer.state.read_text())["boot"] == BOOTS[1]


def test_without_files_it_prints_the_running_boots_figures(timer: Timer, capsys: pytest.CaptureFixture[str]) -> None:
    timer.write(1, 1)
    timer.run(1)
    assert main(["metrics", "--config", str(timer.config)]) == 0
    assert f"\n{PEOPLE} 1\n" in capsys.readouterr().out


def test_an_output_that_cannot_be_written_leaves_the_state_as_it_was(
    timer: Timer, capsys: pytest.CaptureFixture[str]
) -> None:
    timer.write(1, 1)
    timer.output = timer.output.parent / "nowhere/gate.prom"
    with pytest.raises(AssertionError):
        timer.run(1)
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
    assert not timer.state.exists()
