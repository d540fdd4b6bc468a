"""The kernel's libraries are compiled whole or not at all, and a compiler that hangs is a message."""

from pathlib import Path

import pytest

from binarycop.classifier.native import build
from binarycop.classifier.native.variants import VARIANTS


def fake_compiler(folder: Path, script: str) -> str:
    """A program that is called as the compiler, with the file to write as ``$out``."""
    file = folder / "fake-cc"
    file.write_text(f'#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\nout=$2\n{script}\n')
    file.chmod(0o755)
    return str(file)


def test_a_library_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    good = fake_compiler(tmp_path, 'echo library > "$out"')
    assert build.build(VARIANTS[0], good, tmp_path)
    assert (tmp_path / VARIANTS[0].file).read_text() == "library\n"
    bad = fake_compiler(tmp_path, 'echo half > "$out"; exit 1')
    assert not build.build(VARIANTS[1], bad, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["fake-cc", VARIANTS[0].file])


def test_a_compiler_that_takes_too_long_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "_LONGEST_S", 0.0)
    assert not build.build(VARIANTS[0], fake_compiler(tmp_path, "exec sleep 9"), tmp_path)
    assert capsys.readouterr().err.endswith(
        f"fake-cc took more than 0 s for {VARIANTS[0].file}: try again when the machine is idle\n"
    )
