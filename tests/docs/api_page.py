"""The names of docs/api.md, from the docstrings.

    python -m tests.docs.api_page        writes docs/api.md, below its mark

Read from the sources, not from the objects: so the page is the same with every version of Python and numpy.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import binarycop
from binarycop import api

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
MARK = "<!-- names -->\n"


def generated() -> str:
    """The text below the mark: ``binarycop.open``, then each name of ``binarycop.api``."""
    parts = ["## binarycop.open\n", *_function(_definition(binarycop.open), "binarycop.")]
    for name in sorted(api.__all__, key=_order):
        parts += [f"## {name}\n", *_class(_definition(getattr(api, name)))]
    return "\n".join(parts)


def written(page: str) -> str:
    """What the page has below its mark. Raises ValueError without one."""
    _, mark, below = page.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE} has no {MARK.strip()}")
    return below


def _order(name: str) -> tuple[int, str]:
    """What one calls first, then what one gets, then errors."""
    firsts = ("MaskClassifier", "Look", "FaceAnswer", "Answer")
    group = (
        firsts.index(name) if name in firsts else len(firsts) + name.endswith("Error") + (name == "UndecodableFrame")
    )
    return group, name


def _definition(thing: object) -> ast.ClassDef | ast.FunctionDef:
    file = inspect.getsourcefile(thing)  # type: ignore[arg-type]
    name = thing.__name__  # type: ignore[attr-defined]
    body = ast.parse(Path(str(file)).read_text(encoding="utf-8")).body
    return next(node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name)


def _class(node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    assert isinstance(node, ast.ClassDef)
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    fields = [f"    {ast.unparse(one)}" for one in node.body if isinstance(one, ast.AnnAssign | ast.Assign)]
    head = f"class {node.name}({bases})" if bases else f"class {node.name}"
    yield "```python\n" + "\n".join([f"{head}:" if fields else head, *fields]) + "\n```\n"
    yield _text(node)
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
            yield from _function(one, f"{node.name}.")


def _function(node: ast.ClassDef | ast.FunctionDef, prefix: str) -> Iterator[str]:
    assert isinstance(node, ast.FunctionDef)
    arguments = re.sub(r"^self(, )?", "", re.sub(r"(?<=\w)=", " = ", ast.unparse(node.args)))
    kinds = {ast.unparse(decorator) for decorator in node.decorator_list}
    given = "" if "property" in kinds else f"({arguments})"
    returns = ast.unparse(node.returns).strip("'\"") if node.returns else "None"
    yield f"```python\n{prefix}{node.name}{given} -> {returns}\n```\n"
    yield _text(node)


def _text(node: ast.ClassDef | ast.FunctionDef) -> str:
    text = ast.get_docstring(node) or ""
    return text.replace("``", "`") + "\n"


def main() -> int:
    """Write the page."""
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    PAGE.write_text(head + MARK + generated(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
