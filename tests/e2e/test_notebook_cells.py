"""What the real type checker makes of the cells of a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.opening import open_oracle
from soothsay.oracle.types import Oracle
from soothsay_languages.python.cells import PythonCells

pytestmark = pytest.mark.slow

# a machine under load must not fail tests of what is answered
PATIENT = TimeLimits(question=20_000, members=20_000, first=30_000, start=30_000, hang=60_000)


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Oracle, Path]]:
    folder = tmp_path_factory.mktemp("study")
    opened = open_oracle(folder, "python", sys.executable, limits=PATIENT)
    yield opened, folder / "study_ipynb.py"
    opened.close()


def not_members(oracle: tuple[Oracle, Path], *cells: str) -> list[str]:
    """The names in the last cell that the type checker says do not exist."""
    *above, last = cells
    code = PythonCells().code(last)
    assert code is not None
    head = PythonCells().context(above)
    text = head + code.text
    opened, page = oracle
    found = opened.findings(page, text)
    assert found is not None
    return [
        text[each.start : each.end]
        for each in found
        if each.kind in ("not_a_member", "unknown_name") and each.start >= len(head)
    ]


@pytest.mark.parametrize(
    "ending",
    [
        "raise SystemExit",
        "raise SystemExit('the rest is old')",
        "raise KeyboardInterrupt  # stop here",
        "import sys\nsys.exit()",
        "exit(0)",
        "quit()",
        "import os\nos._exit(1)",
        "assert False",
        "import time\nwhile True:\n    time.sleep(1)",
        "if rows: raise SystemExit\nelse: raise ValueError",
        "try:\n    rows[0] = 1\nfinally:\n    raise SystemExit",
        "with open('x') as f:\n    print(f.read())\n    raise SystemExit",
        "from typing import NoReturn\ndef halt() -> NoReturn:\n    raise SystemExit\nhalt()",
        "for row in rows:\n    print(row)\nraise StopIteration",
    ],
)
def test_what_ends_a_cell_leaves_those_below_judged(oracle: tuple[Oracle, Path], ending: str) -> None:
    cells = (
        "import json\nrows = [1]",
        ending,
        "text = ''",
        "json.dump_yaml(rows)\ntext.no_such()\njson.dumps(rows)",
    )
    assert not_members(oracle, *cells) == ["dump_yaml", "no_such"]


def test_what_a_check_above_has_told_is_still_known(oracle: tuple[Oracle, Path]) -> None:
    cells = (
        "import os\nkey = os.environ.get('KEY')\nif key is None:\n    raise SystemExit('no key')",
        "key.strip()\nkey.no_such()",
    )
    assert not_members(oracle, *cells) == ["no_such"]


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("%time x = 'a'.upper()", ["no_such"]),
        ("%%time\nx = 'a'", ["no_such"]),
        ("%prun -q -s cumtime x = 'a'", ["no_such"]),
        ("x = %time 'a'.upper()", ["no_such"]),
        ("x = !ls", ["no_such"]),
        ("%%bash --out x\nls", ["no_such"]),
        ("x = %sql select 1", []),  # nobody knows what it is, and it is there
        ("%%capture x\n1", []),
        ("%matplotlib x", ["x"]),
        ("!echo x", ["x"]),
    ],
)
def test_commands_define_what_is_used_below(
    oracle: tuple[Oracle, Path], command: str, wrong: list[str]
) -> None:
    assert not_members(oracle, command, "x.no_such") == wrong


def test_what_a_shell_command_assigns_is_a_list_of_text(oracle: tuple[Oracle, Path]) -> None:
    assert not_members(oracle, "files = !ls *.csv", "files.sort()\nfiles[0].upper()\nfiles[0].uper()") == [
        "uper"
    ]


def test_code_behind_a_magic_is_judged(oracle: tuple[Oracle, Path]) -> None:
    assert not_members(oracle, "import json", "%timeit -n 10 json.dump_yaml(1)") == ["dump_yaml"]
    assert not_members(oracle, "import json", "n = 3\nrows = [\n  7\n  % n.no_such]") == ["no_such"]
