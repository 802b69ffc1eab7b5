"""IPython's commands in cells: what is one, what stands in its place, and what it defines.

What IPython takes for a command and what it then defines was tried with IPython 8.12.
"""

from __future__ import annotations

import ast
import builtins

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soothsay_languages.cells import CellCode
from soothsay_languages.python.cells import PythonCells

CELLS = PythonCells()


def code_of(cell: str) -> str:
    code = CELLS.code(cell)
    assert code is not None
    return code.text


def defined(source: str) -> set[str]:
    """The names that a text, which must be Python, gives a value."""
    stores = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    return {node.id for node in stores if isinstance(node.ctx, ast.Store)}


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("%time x = f()", {"x"}),
        ("%time  a, b = f()", {"a", "b"}),
        ("%prun -q -l 5 x = f()", {"x"}),
        ("%memit -r3 x = f()", {"x"}),
        ("%timeit -n 10 -r3 x = f()", {"x"}),
        ("for i in y:\n    %time total = f(i)", {"i", "total"}),
        ("%time\nx = 1", {"x"}),
        ("%%time\nx = f()", {"x"}),
        ("\n\n%%time\nx = f()", {"x"}),
        ("%%prun -l 7\nx = f()", {"x"}),
        ("%%capture\nx = f()", {"x"}),
        ("%%capture out --no-stderr\nx = f()", {"x", "out"}),
        ("%%timeit -n 3 x = 1\ny = x", {"x", "y"}),
        ("files = !ls -1 *.csv", {"files"}),
        ("files = !ls -1 \\\n    *.csv\nn = 1", {"files", "n"}),
        ("a, b = %sql select 'x", {"a", "b"}),
        ("names: list = !ls", {"names"}),
        ("x = %time f()", {"x"}),
        ("x = %pwd", {"x"}),
        ("!echo \"it's (\nx = 1", {"x"}),  # quotes and brackets of a command open nothing
        ("!cd .. \\\n  && ls (\nx = 1", {"x"}),
        ("%config A.b = 'x\nx = 1", {"x"}),
        ("?print\nx = 1", {"x"}),
        ("df.head??\nx = 1", {"x"}),
        ("x = name?\ny = 1", {"y"}),
        ("%hist?\nx = 1", {"x"}),
        (",f a b\n;f a b\n/f 1 2\nx = 1", {"x"}),
        ("if a:\n    !ls\nx = 1", {"x"}),  # the block has a statement
        ("if a:\n    %matplotlib inline\nelse:\n    ?b\nx = 1", {"x"}),
    ],
)
def test_commands_define_what_they_define_for_ipython(cell: str, names: set[str]) -> None:
    assert defined(code_of(cell)) == names


@pytest.mark.parametrize(
    "code",
    [
        "x = [\n  7\n  % n,\n  % m,\n]",
        "x = (a\n     % b)",
        "s = '''\n%time x = 1\n!ls\n?name\n'''",
        's = f(1,  # "\n% n)',
        "a \\\n % b",
        "f(\n!ls\n)",  # broken, and no command either
        "x = 5 % 3\ny = a != b\nprint('ok?')\nx %= 2",
        "d['= !'] == 1",
        "# %time x\n# name?",
        "x = 1  # what?",
        "def f(a,\n      /, b,\n      ): ...",
    ],
)
def test_lines_in_brackets_and_strings_are_code(code: str) -> None:
    assert CELLS.code(code) == CellCode(code)


@pytest.mark.parametrize(
    "cell", ["%%bash\nls", "%%html\n<b>", "\n%%writefile x.py\nx = 1", "%%sql res <<\nselect 1"]
)
def test_cells_for_other_programs_are_no_code(cell: str) -> None:
    assert CELLS.code(cell) is None


@pytest.mark.parametrize(
    ("cell", "cursor"),
    [
        ("%time x = client.‸create()", "x = client.‸create()"),
        ("%timeit -n 10 f(a‸)", "f(a‸)"),
        ("%ti‸me x = 1", "‸x = 1"),
        ("%matplotlib in‸line", "# %matplotlib in‸line"),
        ("x = !ls {fold‸er}", "x = list[str]()  # !ls {fold‸er}"),
        ("%%time\nx = cl‸", "# %%time\nx = cl‸"),
        ("!ls\n%time a\n%time b.‸", "# !ls\na\nb.‸"),
        ("‸%time x", "‸x"),
        ("x = 1‸", "x = 1‸"),
        ("for x in y:\n    !ls ‸{x}", "for x in y:\n    pass  # !ls ‸{x}"),
    ],
)
def test_the_cursor_stays_where_it_is(cell: str, cursor: str) -> None:
    at = cell.index("‸")
    code = CELLS.code(cell.replace("‸", ""))
    assert code is not None
    offset = code.offset(at)
    assert f"{code.text[:offset]}‸{code.text[offset:]}" == cursor


PIECES = ["%time ", "%timeit -n 3 ", "%matplotlib inline", "!ls", "x = !ls", "x = %pwd", "?a", "a?", "\n", "\n    ", "f(", ")", "'''",
          "'", "x = 1", "#", "% n", "\\\n", "%%time\n", "é", "if a:"]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@settings(max_examples=3 * settings().max_examples)
@given(texts)
def test_lines_stay_and_places_keep_their_order(cell: str) -> None:
    code = CELLS.code(cell)
    if code is None:
        return
    assert code.text.count("\n") == cell.count("\n")
    places = [code.offset(at) for at in range(len(cell) + 1)]
    assert places == sorted(places) and places[0] >= 0 and places[-1] == len(code.text)
    lines = [code.text.count("\n", 0, at) for at in places]
    assert lines == [cell.count("\n", 0, at) for at in range(len(cell) + 1)]


@given(texts)
def test_what_has_been_rewritten_has_no_commands(cell: str) -> None:
    code = CELLS.code(cell)
    if code is not None and not code.text.lstrip().startswith("%"):
        assert CELLS.code(code.text) == CellCode(code.text)


# -- the cells above ------------------------------------------------------------------------------------------------


def test_cells_above_are_one_text() -> None:
    assert CELLS.context([]) == ""
    assert CELLS.context(["", "x"]) == "\n\nx\n\n"
    assert CELLS.context(["%%bash\nls", "x = 1"]) == "x = 1\n\n"
    assert defined(CELLS.context(["%%bash --out text --err=errors\nls", "x"])) == {"text", "errors"}


def run(text: str) -> dict[str, object]:
    """Run a text, with functions that end it; ``__name__`` is false. Return what it has defined."""
    names: dict[str, object] = {"__name__": "", "exit": exit_, "sys": Sys, "c": 0, "__builtins__": builtins}
    try:
        exec(text, names)  # a text that is run is one that does not end early
    except SystemExit:
        names["ended"] = True
    return names


def exit_(*_: object) -> None:
    raise SystemExit


class Sys:
    exit = staticmethod(exit_)


@pytest.mark.parametrize(
    "ending",
    [
        "raise SystemExit",
        "raise SystemExit(\n    'no more'\n)",
        "x = 1; raise SystemExit",
        "exit()",
        "sys.exit(1)",
        "assert False, 'stop'",
        "if c: exit()\nelse: exit()",
        "if c:\n    raise ValueError\nelif c:\n    x = 2\n    raise SystemExit\nelse:\n    raise ValueError",
        "while True:\n    pass",
        "while 1:\n    for i in ():\n        break",
        "with open('/dev/null') as f:\n    raise SystemExit",
        "try:\n    raise SystemExit\nexcept ValueError:\n    raise",
        "try:\n    x = 1\nfinally:\n    exit()",
        "match c:\n    case 1: raise ValueError\n    case _: raise SystemExit",
        "from typing import NoReturn\ndef stop() -> NoReturn:\n    raise SystemExit\nstop()",
        "raise SystemExit\nraise SystemExit",
    ],
)
def test_no_cell_keeps_those_below_from_running(ending: str) -> None:
    text = CELLS.context([ending, "after = 1"])
    assert text != f"{ending}\n\nafter = 1\n\n"
    assert run(text).get("after") == 1


@pytest.mark.parametrize(
    "cell",
    [
        "def f():\n    raise SystemExit",
        "if c:\n    raise SystemExit",  # what follows knows that c is false
        "if c is None: raise ValueError",
        "if c:\n    exit()\nelif d:\n    exit()",
        "while True:\n    if c:\n        break",
        "while c:\n    pass",
        "try:\n    raise ValueError\nexcept ValueError:\n    pass",
        "match c:\n    case 1: raise ValueError\n    case _ if d: raise ValueError",
        "assert c",
        "class A:\n    def exit(self): ...\nA().leave()",
        "print('exit')",
    ],
)
def test_what_does_not_end_a_cell_stays(cell: str) -> None:
    assert CELLS.context([cell]) == f"{cell}\n\n"


def test_a_function_that_never_returns_is_known_in_the_cells_below() -> None:
    text = CELLS.context(["import typing\ndef die(why: str) -> typing.Never: ...", "die('x')", "after = 1"])
    assert "if __name__: die('x')" in text
