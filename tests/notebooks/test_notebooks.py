"""The notebooks run from top to bottom, are stored without outputs, and show nobody."""

import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from binarycop import notebooks
from tests.docs.pages import ROOT
from tests.notebooks.strip import FOLDER, stripped
from tests.patience import PATIENCE_S

FILES = sorted(FOLDER.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def stored(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def code_of(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_there_are_the_notebooks_of_the_page() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\d-[\w-]+\.ipynb)` \|", page, re.MULTILINE)
    assert named == [file.name for file in FILES]
    assert len(named) == 5


def test_pynq_finds_them() -> None:
    [entry] = [entry for entry in entry_points(group="pynq.notebooks") if entry.name == "binarycop"]
    assert entry.load() is notebooks


@pytest.mark.pynq
def test_pynq_get_notebooks_delivers_them(tmp_path: Path) -> None:
    program = "from pynq._cli.get_notebooks import main; main()"
    # Without -o it looks for a board first.
    command = [sys.executable, "-W", "ignore", "-c", program, "-o", "-q", "-p", str(tmp_path), "binarycop"]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    delivered = {file.name: file.read_bytes() for file in (tmp_path / "binarycop").iterdir()}
    assert delivered == {file.name: file.read_bytes() for file in FILES}


@every_notebook
def test_no_output_is_stored(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text == stripped(text), "python -m tests.notebooks.strip"
    cells = code_of(stored(file)["cells"])
    assert cells
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)


def test_what_jupyter_adds_is_stripped() -> None:
    plain = FILES[0].read_text(encoding="utf-8")
    content = json.loads(plain)
    cell = code_of(content["cells"])[0]
    cell |= {"outputs": [{"data": {"image/png": "…"}}], "execution_count": 7, "metadata": {"scrolled": True}}
    content["cells"][0]["attachments"] = {"face.png": {}}
    content["metadata"]["language_info"]["version"] = "3.10.4"
    assert stripped(json.dumps(content)) == plain


@every_notebook
def test_it_reads_no_picture_from_a_file(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"imread|read_picture|\.(jpe?g|png|webp|mp4|avi)\b|data:image|shared/", text)


def test_of_a_cameras_frame_no_pixel_is_shown() -> None:
    cells = ["".join(cell["source"]) for cell in code_of(stored(FOLDER / "2-frame.ipynb")["cells"])]
    showing = [source for source in cells if "imshow" in source]
    assert len(showing) == 1
    assert showing[0].startswith('if source.name == "demo" and look.faces:\n')
    assert all(line.startswith("    ") for line in showing[0].splitlines()[1:])


@every_notebook
def test_it_runs_from_top_to_bottom(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient: make test installs it")
    nbformat = pytest.importorskip("nbformat")
    for needed in ("ipykernel", "matplotlib"):
        pytest.importorskip(needed, reason=f"needs {needed}: make test installs it")
    if file.stem == "1-overlay":
        pytest.importorskip("pynq", reason="needs pynq: make venv installs it where it can")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "daemon"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # as `make test`; its threads wait for each other on a busy machine
    notebook = nbformat.read(file, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=PATIENCE_S, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    check = CHECKS[file.stem]
    texts = [output.get("text", "") for cell in code_of(notebook.cells) for output in cell["outputs"]]
    assert re.search(check, "".join(texts)), texts


# What a run must have printed: it can fail without an exception.
CHECKS = {
    "1-overlay": r"simulated-board: 96 golden vectors, 0 wrong\nemulator: 96 golden vectors, 0 wrong",
    "2-frame": r"permit, person 1, correct[^$]*refuse, person 2, nose",
    "3-where-it-looks": r"drawn as correct: correct[^$]*drawn as nose: nose[^$]*drawn as chin: chin",
    "4-lines": r"relay on\nrelay off\n\['passed', 'passed'\]",
    "5-folding": r"conv 3-16 +777600 +16 +3 +8100\n[^$]*: 12346 images/s at 100 MHz",
}
