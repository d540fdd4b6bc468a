"""One module imports pynq, and it is imported only if it is needed."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import binarycop
from binarycop.bundle import search
from binarycop.bundle.files import Bundle
from binarycop.cli.main import main
from tests.patience import PATIENCE_S

ROOT = Path(binarycop.__file__).parent
IMPORT = re.compile(r"^\s*(import|from) pynq", re.MULTILINE)


def test_one_module_imports_pynq() -> None:
    importers = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if IMPORT.search(path.read_text())}
    assert importers == {"accelerator/pynq_board.py"}


def test_the_emulator_needs_no_pynq(tiny_bundle: Bundle) -> None:
    program = (
        "import sys; sys.modules['pynq'] = sys.modules['pynqmetadata'] = None\n"
        "from binarycop.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    folder = str(tiny_bundle.folder)
    done = subprocess.run(
        [sys.executable, "-c", program, "selftest", "--bundle", folder], check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0


@pytest.mark.parametrize("command", ["selftest", "run", "evaluate", "replay"])
def test_without_pynq_the_simulated_board_is_an_error_of_one_line(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in [module for module in sys.modules if module.split(".")[0] in ("pynq", "pynqmetadata")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pynq_board", "simulated.device"):
        monkeypatch.delitem(sys.modules, f"binarycop.accelerator.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "pynq", None)
    cv2.imwrite(str(tmp_path / "picture.png"), np.zeros((64, 64, 3), np.uint8))
    where = [str(tmp_path)] if command in ("evaluate", "replay") else []
    assert (
        main([command, *where, "--bundle", str(search.SEARCH_PATHS[0] / "n-cnv"), "--backend", "simulated-board"]) == 7
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "backend simulated-board needs pynq, which is not installed here" in err
    assert "a checkout gets it by make venv; elsewhere install binarycop[simulated-board] (Python 3.10 to 3.12)" in err
