import json
from pathlib import PurePath

import pytest

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.trees import parse_json, parse_yaml
from soothsay_languages.python.sources.notebooks import Notebooks


def code(source: str | list[str], **more: object) -> dict[str, object]:
    return {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
        **more,
    }


def words(source: str | list[str]) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(*cells: dict[str, object], language: str = "python") -> dict[str, object]:
    return {
        "cells": list(cells),
        "metadata": {"language_info": {"name": language}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


SALES = notebook(
    words(["# Sales\n", "\n", "What was sold."]),
    code(["import numpy as np\n", "%matplotlib inline"]),
    code(["!pip install x\n", "files = !ls\n", "def total(prices, *, tax=0):\n", '    """Add it up."""\n', "    return np.sum(prices)"]),
    words("## By month"),
    code("total([1])\nx = 5 % 3", outputs=[{"output_type": "stream", "text": ["a secret number"]}]),
    code(["%%bash\n", "def this is no python"]),
)  # fmt: skip


def cut(content: object, path: str = "study/sales.ipynb") -> FileFacts | None:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    return Notebooks().cut(text, IndexedFile(path, f"file:///{path}", "shop"))


def facts_of(content: object) -> FileFacts:
    facts = cut(content)
    assert facts is not None
    return facts


def test_one_chunk_a_cell_under_its_headings():
    chunks = facts_of(SALES).chunks
    assert [(chunk.title, chunk.kind) for chunk in chunks] == [
        ("Sales > cell 1", "prose"),
        ("Sales > cell 3", "code"),  # cell 2 only imports
        ("Sales > By month > cell 5", "code"),
        ("Sales > By month > cell 6", "code"),
    ]
    assert chunks[1].text.startswith("!pip install x\nfiles = !ls\ndef total")
    assert chunks[1].symbol is not None and chunks[1].symbol.name == "total"


def test_outputs_are_never_indexed():
    assert "secret" not in repr(facts_of(SALES))


def test_later_cells_know_the_imports_and_definitions_of_earlier_ones():
    facts = facts_of(SALES)
    assert facts.imports.aliases == {"np": "numpy"}
    names = {symbol.name: symbol for symbol in facts.symbols}
    assert set(names) == {"total", "files", "x"}
    total = names["total"]
    assert (total.owner, total.qualified_name, total.summary) == (
        "notebook:study/sales.ipynb",
        "sales.total",
        "Add it up.",
    )
    assert [(p.name, p.kind) for p in total.parameters or ()] == [
        ("prices", "positional_or_keyword"),
        ("tax", "keyword_only"),
    ]
    assert not any(owner.closed for owner in facts.owners)


def test_lines_are_those_of_the_file():
    text = json.dumps(SALES, indent=1)
    lines = text.split("\n")
    facts = facts_of(SALES)
    total = next(symbol for symbol in facts.symbols if symbol.name == "total")
    assert "def total" in lines[total.line - 1]
    chunk = facts.chunks[1]
    assert "!pip install" in lines[chunk.start_line - 1] and "np.sum" in lines[chunk.end_line - 1]
    one_line = cut(json.dumps(SALES))
    assert one_line is not None and {chunk.start_line for chunk in one_line.chunks} == {1}


@pytest.mark.parametrize(
    ("line", "is_magic"),
    [
        ("%timeit f()", True),
        ("  !ls", True),
        ("df.head??", True),
        ("?df", True),
        ("x = %timeit -o f()", True),
        ('"n=%d" % n', False),
        ("  % y)", False),
        ("a != b", False),
        ('print("ok?")', False),
    ],
)
def test_magics_are_told_from_python(line: str, is_magic: bool):
    source = (
        f"x = (1,\n{line}\n" if line.startswith("  %") else f"if 1:\n  pass\n  {line.strip()}\ndef f(): ...\n"
    )
    facts = facts_of(notebook(code(source)))
    chunk = facts.chunks[0]
    assert line.strip() in chunk.text  # shown as it was written
    if not line.startswith("  %"):
        assert any(symbol.name == "f" for symbol in facts.symbols)


def test_format_3_has_worksheets():
    old = {
        "nbformat": 3,
        "metadata": {"name": "old"},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Old times"]},
                    {"cell_type": "code", "input": ["import os\n", "y = os.name"], "language": "python"},
                ]
            }
        ],
    }
    facts = facts_of(old)
    assert [chunk.title for chunk in facts.chunks] == ["Old times > cell 1", "Old times > cell 2"]
    assert facts.imports.roots == ("os",)


def test_other_languages_are_text_without_symbols():
    facts = facts_of(notebook(code("f <- function(x) x"), language="R"))
    assert facts.symbols == () and len(facts.chunks) == 1


def test_a_very_long_cell_is_cut():
    facts = facts_of(notebook(code([f"x{n} = {n}\n" for n in range(200)])))
    assert len(facts.chunks) == 3
    assert len({chunk.start_line for chunk in facts.chunks}) == 3


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"cells": 3}', '{"cells": []}', "no json", "[" * 50_000, "\ufffd"]
)
def test_what_is_no_notebook_is_left_to_others(text: str):
    assert cut(text) is None


def test_a_broken_notebook_gives_what_can_be_read():
    text = json.dumps(SALES, indent=1)
    for end in range(0, len(text), 37):
        cut(text[:end])
    conflict = text.replace(
        '   "import numpy as np\\n",', '<<<<<<< HEAD\n   "import numpy as np\\n",\n======='
    )
    assert conflict != text
    facts = cut(conflict)
    assert facts is not None and any("def total" in chunk.text for chunk in facts.chunks)


def test_known_by_name():
    assert Notebooks().handles(PurePath("a/b.ipynb")) and not Notebooks().handles(PurePath("a.json"))


YAML = """# about
---
services:
  web: &x
    image: "a\\n"
    cmd: |
      one
      two
  db:
    <<: *x
    ports: [{a: 1}, 2]
    q: 'it''s'
    f: >-
      a
      b
"""


def test_yaml_and_json_are_read_alike():
    services = parse_yaml(YAML)
    assert services is not None
    found = {entry.key: entry for entry in services.get("services").entries()}
    assert (found["web"].start, found["web"].end) == (4, 8)
    assert (found["db"].start, found["db"].end) == (9, 15)
    assert found["web"].value.get("cmd").text == "one\ntwo\n"
    assert found["web"].value.get("image").text == "a\n"
    database = found["db"].value
    assert (database.get("q").text, database.get("f").text) == ("it's", "a b")
    first, second = database.get("ports").items()
    assert (first.get("a").text, first.text, second.text) == ("1", "", "2")
    tree = parse_json('{"a": {"b\\u00e9": [1, "x\\"y", null, {"z": true}]}}')
    assert [item.text for item in tree.get("a", "bé").items()] == ["1", 'x"y', "null", ""]
    assert tree.get("a", "no", "where").text == ""


@pytest.mark.parametrize(
    "text",
    [
        "- " * 5_000,
        "? " * 5_000,
        "[" * 100_000,
        "a: [",
        "a: b: c",
        "{{ x }",
        "\t- a",
        "*a",
        "a: !!" * 9_999,
        "\x01",
    ],
    ids=lambda text: repr(text[:8]),
)
def test_broken_yaml_is_none(text: str):
    assert parse_yaml(text) is None


def test_odd_yaml_does_not_fail():
    loop = parse_yaml("&a [*a, 1]")
    assert loop is not None and [item.is_list for item in loop.items()] == [True, False]
    empty = parse_yaml("")
    assert empty is not None and list(empty.entries()) == [] and not empty.exists
    deep = parse_yaml("\n".join(" " * depth + "a:" for depth in range(900)))
    assert deep is not None and deep.get(*["a"] * 899).exists
    many = parse_yaml("\n".join(f"k{n}:\n  a: 1" for n in range(40_000)))
    assert many is not None
    last = list(many.entries())[-1]
    assert (last.key, last.start, last.end) == ("k39999", 79_999, 80_000)
    second = parse_yaml("a: 1\n---\nb: [")
    assert second is not None and second.get("a").text == "1"
