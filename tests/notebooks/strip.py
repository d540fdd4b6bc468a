"""Takes out of the notebooks what Jupyter adds when one is run: outputs, counts, and the version of its Python.

python -m tests.notebooks.strip        rewrites those of daemon/binarycop/notebooks
"""

import json
import sys
from pathlib import Path
from typing import Any

from binarycop import notebooks

FOLDER = Path(notebooks.__path__[0])


def stripped(text: str) -> str:
    """A notebook's file without outputs, in the form in which Jupyter writes it."""
    content: dict[str, Any] = json.loads(text)
    for cell in content["cells"]:
        cell["metadata"] = {}
        cell.pop("attachments", None)
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content["metadata"] = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Strip every notebook."""
    for file in sorted(FOLDER.glob("*.ipynb")):
        file.write_text(stripped(file.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
