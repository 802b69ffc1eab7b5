"""The pages for developers agree with the source: tree, functions that are named, fields of a language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from tests.docs.source_tree import BEGIN, END, tree, with_tree

from soothsay_languages.base import Language

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
# a table's row: a link to a file, then the functions and classes in it that the row is about
ROW = re.compile(r"^\|(?: \d+ \|)? \[[^\]]+\]\(\.\./([\w/.-]+\.py)\) \| ([^|]+) \|", re.MULTILINE)


def rows(text: str) -> list[tuple[str, list[str]]]:
    """Return the files that a page's tables name, each with the names that stand in its second cell."""
    return [(path, re.findall(r"`([\w.]+)`", names)) for path, names in ROW.findall(text)]


def defined(module: ast.Module) -> Iterator[str]:
    """Yield the functions and classes of a module, methods as ``Class.method``."""
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
            for inner in ast.walk(node):
                if inner is not node and isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{inner.name}"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_the_tree_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == with_tree(text, ROOT), "run: make docs"


def test_the_tree_has_a_line_for_each_room_and_file(tmp_path: Path) -> None:
    for package in (
        "common/soothsay_common",
        "languages/soothsay_languages",
        "index/soothsay_index",
        "server/soothsay",
    ):
        room = tmp_path / package / "room"
        room.mkdir(parents=True)
        (tmp_path / package / "__init__.py").write_text('"""A package. It has a room."""\n')
        (room / "door.py").write_text('"""Open the door, e.g. in v1.2 of it.\n\nMore."""\n')
    lines = [line.split(maxsplit=1) for line in tree(tmp_path).splitlines() if line and line != "```"]
    assert lines[-3:] == [
        ["server/soothsay/", "A package"],
        ["room/"],
        ["door.py", "Open the door, e.g. in v1.2 of it"],
    ]


def test_a_page_without_markers_is_an_error() -> None:
    with pytest.raises(ValueError, match="markers"):
        with_tree(f"{END}{BEGIN}", ROOT)


@pytest.mark.parametrize(("path", "names"), rows(PAGE.read_text(encoding="utf-8")))
def test_the_functions_that_are_named_exist(path: str, names: list[str]) -> None:
    known = set(defined(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
    assert names
    assert [name for name in names if name not in known] == []


def test_the_page_follows_a_completion_through_files() -> None:
    assert len(rows(PAGE.read_text(encoding="utf-8"))) > 20


def test_the_page_on_languages_names_every_field() -> None:
    page = (ROOT / "docs" / "adding-a-language.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(Language) if f"`{field.name}`" not in page] == []
