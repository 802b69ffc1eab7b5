"""IPython's commands in the cells of notebooks, told from Python and written as Python that defines the same names.

As IPython does, a command is looked for where a statement begins: a line in an open bracket or a string is Python. Code
that a magic runs stands as code; other commands become comments; what a command assigns is assigned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from soothsay_languages.cells import CellCode, Edit, edited
from soothsay_languages.python import LANGUAGE
from soothsay_languages.python.cell_flow import continued, never_returning
from soothsay_languages.scan import scan

# Magics that run the statement behind them: the letters of their options that take a value. Written as `%%timeit` in a
# cell's first line, those of them that IPython can use so run the rest of the cell.
_RUNS = {
    "debug": "b", "lprun": "fmDTuszt", "memit": "rti", "mprun": "fT", "prun": "DlsT", "pyinstrument": "",
    "snakeviz": "f", "time": "", "timeit": "nrpv",
}  # fmt: skip
_PYTHON_CELLS = frozenset({*_RUNS, "capture"})
_GIVES_VALUE = frozenset({"time"})  # the others have a report for a value
_UNKNOWN = "get_ipython().run_line_magic()"  # as IPython writes it; nobody knows what comes of it
_LINES = "list[str]()"  # what a shell command assigns

_MAYBE = re.compile(r"^[ \t]*[%!?,;/]|\?[ \t]*$|=[ \t]*[%!]", re.MULTILINE)
_COMMAND = re.compile(r"[ \t]*(?P<mark>[%!?,;/])")
_MAGIC = re.compile(r"%(?P<name>\w+)(?P<rest>[ \t]+|$)")
_HELP = re.compile(r"[^#'\"\n]*[\w*]\?{1,2}[ \t]*$")
_ASSIGNED = re.compile(r"[^=\n#]+(?<![!<>:+\-*/%&|^@=])=[ \t]*(?P<mark>[%!])")
_CELL = re.compile(r"\s*(?P<magic>%%(?P<name>\w*)[ \t]*)(?P<rest>.*)")
_CAPTURED = re.compile(r"[A-Za-z_]\w*(?=\s|$)")
_SCRIPT_OUTPUT = re.compile(r"--(?:out|err)[ \t=]+([A-Za-z_]\w*)")


class PythonCells:
    """Reads cells as IPython does."""

    def code(self, cell: str) -> CellCode | None:
        """Return ``cell`` as Python; None for ``%%bash`` and other cells that are none."""
        return _code(cell)

    def context(self, cells: Sequence[str]) -> str:
        """Return what ``cells``, run one after the other, define for the next one; "" or ending in a blank line."""
        texts = [_text(cell) for cell in cells]
        fatal = frozenset[str]().union(*(never_returning(text) for text in texts))
        return "".join(f"{continued(text, fatal).rstrip()}\n\n" for text in texts if text is not None)


def _text(cell: str) -> str | None:
    code = _code(cell)
    if code is not None:
        return code.text
    outputs = _SCRIPT_OUTPUT.findall(cell.lstrip().partition("\n")[0])
    return "\n".join(f"{name} = str()" for name in outputs) or None


@lru_cache(maxsize=2048)  # the cells of a few notebooks: all those above are asked for at every key
def _code(cell: str) -> CellCode | None:
    if not _MAYBE.search(cell):
        return CellCode(cell)
    edits: list[Edit] = []
    begin = 0
    magic = _CELL.match(cell)
    if magic:
        if magic["name"] not in _PYTHON_CELLS:
            return None
        edits.append(_cell_magic(magic))
        begin = magic.end()
    edits += _commands(cell, begin)
    return CellCode(edited(cell, edits), tuple(edits))


def _cell_magic(magic: re.Match[str]) -> Edit:
    start, name = magic.start("magic"), magic["name"]
    captured = _CAPTURED.match(magic["rest"]) if name == "capture" else None
    if captured:
        return Edit(start, start, f"{captured.group()} = {_UNKNOWN}  # ")
    if name == "timeit":  # the first line is code as well, which prepares the rest
        options = _options(name).match(magic["rest"])
        setup = magic.start("rest") + (options.end() if options else 0)
        if setup < magic.end():
            return Edit(start, setup, "")
    return Edit(start, start, "# ")


def _commands(cell: str, begin: int) -> Iterator[Edit]:
    """Yield what makes Python of the commands from ``begin`` on, where a statement begins."""
    while begin < len(cell):
        ends = scan(cell[begin:], LANGUAGE.lexis).ends
        starts = [begin, *(begin + end + 1 for end in ends)]
        found = next(((start, edit) for start in starts if (edit := _command(cell, start))), None)
        if found is None:
            return
        start, edit = found
        yield edit
        is_code = not edit.text
        if is_code:
            begin = edit.end
            continue
        end = _line_end(cell, start)
        while cell[:end].endswith("\\") and end < len(cell):  # a command goes on in the next line
            yield Edit(end + 1, end + 1, "# ")
            end = _line_end(cell, end + 1)
        begin = end + 1


def _command(cell: str, start: int) -> Edit | None:
    """Return what makes Python of the command that begins at ``start``; None when there is none."""
    line = cell[start : _line_end(cell, start)]
    is_help = _HELP.match(line) is not None
    command = _COMMAND.match(line)
    if command is None:
        return _comment(start, line) if is_help else _assignment(cell, start, line)
    at = start + command.start("mark")
    name, end = _run(cell, at)
    return Edit(at, end, "") if name and not is_help else _comment(start, line)


def _assignment(cell: str, start: int, line: str) -> Edit | None:
    assigned = _ASSIGNED.match(line)
    state = scan(assigned.group(), LANGUAGE.lexis) if assigned else None
    if assigned is None or state is None or state.quote or state.opened:
        return None
    at = start + assigned.start("mark")
    name, end = _run(cell, at)
    if name in _GIVES_VALUE:
        return Edit(at, end, "")
    return Edit(at, at, f"{_LINES if assigned['mark'] == '!' else _UNKNOWN}  # ")


def _comment(start: int, line: str) -> Edit:
    indent = len(line) - len(line.lstrip())
    # a block needs a statement
    return Edit(start + indent, start + indent, "pass  # " if indent else "# ")


def _run(cell: str, at: int) -> tuple[str, int]:
    """Return the name of the magic at ``at`` and where the code that it runs begins; "" when it runs none."""
    magic = _MAGIC.match(cell, at, _line_end(cell, at))
    if magic is None or magic["name"] not in _RUNS:
        return "", at
    options = _options(magic["name"]).match(cell, magic.end())
    begin = options.end() if options else magic.end()
    return (magic["name"], begin) if cell[begin : _line_end(cell, begin)].strip() else ("", at)


@lru_cache(maxsize=32)
def _options(magic: str) -> re.Pattern[str]:
    letters = _RUNS[magic]
    if magic in _GIVES_VALUE:
        return re.compile("")  # what follows is an expression, which may begin with a minus
    short = rf"-[a-zA-Z]*[{letters}][ \t]*\S+|" if letters else ""
    return re.compile(rf"(?:(?:{short}-[a-zA-Z]+|--\S+)[ \t]+)*")


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
