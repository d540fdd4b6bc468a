"""``binarycop doctor``: looks everything over, from the settings to the disk, and says what to do."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from binarycop.cli import result_file
from binarycop.cli.exit_codes import NOT_RIGHT
from binarycop.cli.light_options import add_config, add_json, print_json
from binarycop.cli.terminal import Span, Style, Terminal, bold, dim, print_note
from binarycop.cli.wrapping import wrap
from binarycop.doctor.finding import Finding, Level, Section, count
from binarycop.doctor.machine import OTHER_BOARD, WITHOUT_CAMERA, before_install
from binarycop.doctor.machine_facts import read_machine
from binarycop.doctor.report import report, summary
from binarycop.printable import printable

_STYLES = {Level.OK: Style.OK, Level.WARN: Style.WARN, Level.FAIL: Style.FAIL, Level.NOT_CHECKED: Style.DIM}
_NAME_COLUMNS = 16
_INDENT = " " * (5 + 1 + _NAME_COLUMNS)
_LEAST_COLUMNS = 50


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_config(parser)
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="also write a report for support to FILE, without anything personal"
    )
    parser.add_argument(
        "--before-install",
        action="store_true",
        help="check only what must be right before anything is installed; deploy/install asks it",
    )
    parser.add_argument(OTHER_BOARD, action="store_true", help="with --before-install: a machine that is no PYNQ-Z1")
    parser.add_argument(WITHOUT_CAMERA, action="store_true", help="with --before-install: no camera yet")
    add_json(parser)
    parser.set_defaults(run=run, fail=parser.error)


def run(options: argparse.Namespace) -> int:
    """Returns exit code 15 if a check fails. Raises OutputError if the report cannot be written."""
    if options.report and (problem := result_file.problem(options.report)):
        options.fail(printable(f"argument --report: {problem}"))
    allowed = [option for option in (OTHER_BOARD, WITHOUT_CAMERA) if getattr(options, _attribute(option))]
    if allowed and not options.before_install:
        options.fail(f"argument {allowed[0]}: it is for --before-install")
    if options.before_install and options.report:
        options.fail("argument --report: not allowed with argument --before-install")
    if options.before_install:
        sections = [Section("before the installation", tuple(before_install(read_machine(), allowed)))]
        _show_all(sections, options)
    else:
        sections = _examine(options)
    return NOT_RIGHT if count(sections, Level.FAIL) else 0


def _examine(options: argparse.Namespace) -> list[Section]:
    # deploy/install calls --before-install with a Python that has neither numpy nor OpenCV yet.
    from binarycop.clock import MonotonicClock  # noqa: PLC0415
    from binarycop.doctor.examination import Examination  # noqa: PLC0415
    from binarycop.service import hardening  # noqa: PLC0415

    hardening.forbid_dumps()  # it will have pictures in memory
    examination = Examination(options.config, MonotonicClock(), _tell)
    sections = []
    for section in examination.run():
        sections.append(section)
        Terminal(sys.stderr).clear_line()
        if not options.json:
            _show(section, Terminal())
    if options.json:
        _print_json(sections)
    else:
        print(printable(summary(sections)))
    if options.report:
        _write_report(options.report, options.config, sections, examination)
    return sections


def _write_report(file: Path, config: Path | None, sections: Sequence[Section], examination: Any) -> None:
    from binarycop.doctor.own_names import read_own_names  # noqa: PLC0415
    from binarycop.doctor.privacy import Names, tree_without_names  # noqa: PLC0415
    from binarycop.doctor.versions import read_versions  # noqa: PLC0415
    from binarycop.settings.dump import as_yaml, changes_to_dict  # noqa: PLC0415

    settings, files = examination.settings, () if config is None else (str(config),)
    changes, names = "the settings are wrong", Names(read_own_names(), paths=files)
    if settings is not None:
        sources = (lane.frames.source for lane in settings.gates)
        paths = (*files, *sources, settings.classifier.bundle)
        names = Names(names.own, tuple(lane.name for lane in settings.gates), paths)
        differing = tree_without_names(changes_to_dict(settings), names)
        changes = as_yaml(differing) if differing else ""
    text = report(sections, read_versions(), changes, names)
    result_file.write(file, text, mode=0o600)
    print_note(f"{file} is for support; read it before you send it")


def _show_all(sections: Sequence[Section], options: argparse.Namespace) -> None:
    if options.json:
        _print_json(sections)
        return
    for section in sections:
        _show(section, Terminal())


def _show(section: Section, terminal: Terminal) -> None:
    terminal.print(bold(section.title))
    columns = max(terminal.size[0] - 1, _LEAST_COLUMNS)
    has_several = len({finding.gate for finding in section.findings} - {""}) > 1
    for finding in section.findings:
        lines = _lines(finding, columns, with_gate=has_several)
        terminal.print(Span(f"{finding.level.value:<5}", _STYLES[finding.level]), f" {lines[0]}")
        for line in lines[1:]:
            terminal.print(dim(line) if finding.level is Level.NOT_CHECKED else line)
    sys.stdout.flush()


def _lines(finding: Finding, columns: int, *, with_gate: bool) -> list[str]:
    """The finding's lines; the first one without the word of its level."""
    gate = f"{finding.gate}: " if finding.gate and with_gate else ""
    first = f"{finding.name:<{_NAME_COLUMNS}}{gate}{finding.text}"
    lines = wrap(printable(first), columns - 6, indent=_INDENT[6:])
    lines[1:] = [f"      {line}" for line in lines[1:]]
    if finding.remedy:
        remedy = printable(f"-> {finding.remedy}")
        lines += wrap(remedy, columns, begin=_INDENT, indent=f"{_INDENT}   ")
    return lines


def _print_json(sections: Sequence[Section]) -> None:
    rows = [
        {
            "title": section.title,
            "findings": [
                {
                    "name": finding.name,
                    "level": finding.level.name.lower(),
                    "text": finding.text,
                    "remedy": finding.remedy,
                    "gate": finding.gate,
                }
                for finding in section.findings
            ],
        }
        for section in sections
    ]
    counts = {level.name.lower(): count(sections, level) for level in Level}
    print_json({"sections": rows, **counts})


def _tell(text: str) -> None:
    """Say on a terminal what takes some seconds now, in a line that the next section replaces."""
    Terminal(sys.stderr).show_for_now(f"binarycop: {text} …")


def _attribute(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")
