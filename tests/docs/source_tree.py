"""Draw the tree of the source for `docs/architecture.md`: a line for each room and file, from its module's docstring."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

PACKAGES = (
    "common/soothsay_common",
    "languages/soothsay_languages",
    "index/soothsay_index",
    "server/soothsay",
)
_INDENT = 2
_COLUMN = 34  # where the descriptions begin
_WIDTH = 100  # characters of a line: a page shows no more
BEGIN, END = "<!-- tree: made by `make docs` -->\n", "<!-- end of tree -->\n"


def tree(root: Path) -> str:
    """Return the tree of the packages in the checkout ``root``, a package in each Markdown code block."""
    return "\n".join(f"```\n{''.join(_folder(root / package, package, 0))}```\n" for package in PACKAGES)


def with_tree(page: str, root: Path) -> str:
    """Return ``page`` with the text between its markers replaced by the tree of ``root``.

    Raises `ValueError` if the page has no markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no markers for the tree")
    return f"{before}{begin}\n{tree(root)}\n{end}{after}"


def _folder(folder: Path, name: str, depth: int) -> Iterator[str]:
    yield _line(f"{name}/", _description(folder / "__init__.py"), depth)
    children = [path for path in folder.iterdir() if not path.name.startswith(("__init__", "__pycache__"))]
    for path in sorted(path for path in children if path.suffix == ".py"):
        yield _line(path.name, _description(path), depth + 1)
    for path in sorted(path for path in children if path.is_dir() and any(path.rglob("*.py"))):
        yield from _folder(path, path.name, depth + 1)


def _line(name: str, description: str, depth: int) -> str:
    """Return the name with its description, which goes on below itself where it is long."""
    lines = wrap(description, _WIDTH - _COLUMN - 2) or [""]
    first = f"{' ' * _INDENT * depth}{name}".ljust(_COLUMN) + f"  {lines[0]}".rstrip()
    return "".join(f"{line}\n" for line in (first, *(" " * (_COLUMN + 2) + line for line in lines[1:])))


def _description(module: Path) -> str:
    """Return the first sentence of a module's docstring; "" if there is none."""
    if not module.exists():
        return ""
    text = " ".join((ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").split())
    return re.split(r"(?<=[^.])\.(?= [A-Z]|$)", text, maxsplit=1)[0].strip().replace("`", "")
