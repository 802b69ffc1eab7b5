"""Whatever the model writes, wherever the cursor is: accepting what is shown never makes a file that parsed not parse.

The files are those of the standard library and fixed samples, so that a run can be repeated. Other files, places and texts
are tried with ``SOOTHSAY_GATE_SEED=7 pytest -m slow tests/unit/engine/test_gate_property.py``, any number or word.
"""

from __future__ import annotations

import ast
import os
import random
import re
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel

from soothsay.config import PATIENT, Settings
from soothsay.engine.continuation import accepted
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest
from soothsay_languages.base import Language
from soothsay_languages.python import LANGUAGE as PYTHON
from soothsay_languages.shell import LANGUAGE as SHELL
from soothsay_languages.syntax import parse
from soothsay_languages.yaml import LANGUAGE as YAML

SAMPLES = Path(__file__).parent / "gate_samples"
QUICK, ALL = 140, 2_000  # places
PLACES_A_FILE = 10
LONGEST = 60_000  # characters of a file

WHOLE_FUNCTION = "def pack(crate):\n    if crate.full:\n        return None\n    return crate.items\n"
COMPOSE = 'services:\n  shop:\n    image: "shop:1"\n    ports: ["80:80", "443:443"]\n    command: [run, {at: 3}]\nvolumes: {}\n'
WORKFLOW = """# it's a comment
name: check
on: [push, {a: "b", c: 'd''e'}]
env: &env
  A: "x: y"
jobs:
  test:
    <<: *env
    runs-on: ${{ matrix.os }}
    steps:
      - uses: a/b@v3
        with: {version: "3.11", x: [1, 2]}
      - run: |
          echo "hi"
          if [ x ]; then
            y: z
          fi
      - run: >-
          folded
list:
- a
- - b
  - c
---
other: null
"""
SCRIPT = r"""#!/bin/bash
set -e
# a comment with 'quote
for crate in "$@"; do
  if [ -f "$crate" ]; then
    echo "packed $(cat "$crate" | tr 'a' "b") ${y:-z}"
  fi
done
case "$1" in
  a|b) echo x ;;
  *)
    echo 'it'"'"'s' >&2
    ;;
esac
pack() {
  local a=("b c" d)
  cat <<EOT
text $x "
EOT
  echo "$1" | tr a-z A-Z
}
pack x \
  --b c && pack y
"""
TOUR = r'''
import asyncio
from typing import (
    Any,
    Callable,  # why
)
from .shed import (Crate, weigh as w)


async def gather(items, *, limit: int = 3, **rest: Any) -> dict[str, list[int]]:
    """Gather all `items`.

    Example::

        >>> gather([1, 2], limit=3)
        {"a": [1]}
    """
    async with asyncio.Semaphore(limit) as gate, open("x") as f:
        async for each in items:
            await gate.acquire()
            yield {key: [v async for v in each if v] for key in rest}


def route(command):
    match command.split():
        case ["go", ("north" | "south") as way] if way != "x":
            return {"way": way, **{}}
        case {"a": 1, **others} | [1, *others]:
            return others
        case Point(x=0, y=[a, _, *b]):
            print(f"{a!r:>{len(b)}} {b[0] if b else 'none'} {{}}")
        case _:
            raise ValueError(command) from None


@app.route("/crates/<id>", methods=["GET", "POST"])
@(lambda f: f)
class Shed(Base, metaclass=Meta):
    x: int = 3; y: str = "a"

    @property
    def kilos(self): return sum(c.kilos for c in self.crates)

    def __repr__(self) -> str:
        return (
            f"Shed({self.x!r}, "
            "done)"
        )


total = 1 + \
    2
with open("a") as a, \
        open("b") as b:
    a.write(b.read())
TABLE = {
    "a": [1, (3, 4), {"b": {"c": [5, [6, [7, [8]]]]}}],
    "d": lambda x, *y, z=(1, 2), **k: {x: y, "z": z},
    "e": """text
with "quotes" and (brackets]
""",
    "f": b"\x00\"\\", r"\d": R"\"", f"{x}": rb"\d",
}
if (n := len(data)) > 10 and not (m := find("a[\"']b", data)):
    print(n, m)
elif n:
    pass
else:
    n = n if n else 0
while True:
    try:
        x = int(input("> "))
    except (ValueError, TypeError) as e:
        print(e); continue
    else:
        break
    finally:
        del x
'''


FORM_FEEDS = "import a\n\x0c\ndef f():\n    return 1\n\x0c\n\nclass A:\n    x = 1\n\x0c\n    y = 2\n"


@dataclass(frozen=True)
class Sample:
    path: str
    text: str
    language: Language

    def __repr__(self) -> str:
        return self.path


def parses(text: str, language: Language) -> bool:
    """As Python's parser, or the grammar of another language, sees it."""
    if language is PYTHON:
        try:
            with warnings.catch_warnings(action="ignore"):
                ast.parse(text)
        except (SyntaxError, ValueError):
            return False
        return True
    grammar = language.tree_sitter
    assert grammar is not None
    return not parse(grammar, text.encode()).root_node.has_error


def odd_samples() -> Iterator[Sample]:
    """What a reviewer would try: rare syntax, other line ends, tabs, form feeds, long lists."""
    python = (SAMPLES / "odd_python.txt").read_text(encoding="utf-8")
    yield Sample("odd.py", python, PYTHON)
    yield Sample("odd_tabs.py", python.replace("    ", "\t"), PYTHON)
    yield Sample("odd_windows.py", python.replace("\n", "\r\n"), PYTHON)
    yield Sample("form_feeds.py", FORM_FEEDS, PYTHON)
    yield Sample("playbook.yaml", (SAMPLES / "playbook.yaml").read_text(encoding="utf-8"), YAML)
    yield Sample("odd.sh", (SAMPLES / "odd.sh").read_text(encoding="utf-8"), SHELL)
    rows = "".join(f'    "crate {number}": [{number}, {{"at": {number}}}],  # why\n' for number in range(600))
    yield Sample("long_table.py", f"CRATES = {{\n{rows}}}\ncount = len(CRATES)\n", PYTHON)
    methods = "".join(f"    def lift_{number}(self, tons=1): return tons\n\n" for number in range(300))
    yield Sample("long_class.py", f"class Crane:\n{methods}", PYTHON)


def corpus(seed: random.Random) -> Iterator[Sample]:
    """Fixed samples and files of the standard library that parse, in an order that ``seed`` chooses."""
    yield from odd_samples()
    yield Sample("compose.yaml", COMPOSE, YAML)
    yield Sample("workflow.yaml", WORKFLOW, YAML)
    yield Sample("pack.sh", SCRIPT, SHELL)
    yield Sample("tour.py", TOUR, PYTHON)
    yield Sample("tour_tabs.py", TOUR.replace("    ", "\t"), PYTHON)
    library = Path(sysconfig.get_path("stdlib"))
    found = [*library.glob("*.py"), *library.glob("*/*.py")]
    paths = sorted(path for path in found if "site-packages" not in path.parts)
    seed.shuffle(paths)
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        if 0 < len(text) < LONGEST and parses(text, PYTHON):
            yield Sample(str(path), text, PYTHON)


def scripted(text: str, at: int, seed: random.Random) -> Iterator[str]:
    """What a model may write at ``at``."""
    truth = text[at : at + 400]
    yield truth
    yield truth[: seed.randrange(1, 200)]
    elsewhere = seed.randrange(len(text))
    yield text[elsewhere : elsewhere + seed.randrange(1, 300)]
    yield seed.choice([")", "))", "]}", '")', "')\n", "):\n", "]", '"""'])
    rest = truth.partition("\n")[0]
    yield seed.choice(["x, ", "", "f(x) + ", "value) > 1"]) + rest
    yield seed.choice(["'", '"', 'f("', "x = 'a", "'''", '["a'])
    yield seed.choice(["", "\n", "\n\n"]) + WHOLE_FUNCTION
    yield "\n    " + truth
    yield seed.choice(list(_altered(text, at, truth, rest, seed)))


def _altered(text: str, at: int, truth: str, rest: str, seed: random.Random) -> Iterator[str]:
    """What stands there, but not quite."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    yield from (rest + rest, f"{rest}\n{rest}", line.lstrip() + rest, f"\n{line}{rest}")
    yield rest + seed.choice([")", ":", ",", "\n    x = 1", " + 1", " \\"])
    yield re.sub(r"\w+", lambda word: word.group()[: seed.randrange(1, 9)], truth, count=1)
    yield truth.replace("'", '"') if "'" in truth else truth.replace('"', "'")
    yield re.sub("\n {2}", "\n", truth)
    yield truth.replace("\n", "\n  ")
    inside = [match.end() for match in re.finditer(r"[(\[{'\",]", truth)]
    yield truth[: seed.choice(inside)] if inside else truth
    lost = seed.randrange(len(truth) + 1)
    yield truth[:lost] + truth[lost + 1 :]
    yield truth[:lost] + seed.choice("()[]{}'\":,.\\ \n\t#=\r") + truth[lost:]


def shown(sample: Sample, at: int, written: str, engines: dict[str, Engine]) -> CompletionRequest | None:
    """The file after what is shown was accepted; None when nothing is."""
    model = FakeModel([(written[i : i + 30], 1.0) for i in range(0, len(written), 30)])
    engine = engines.setdefault(
        "last", Engine(model, FakeIndex(), Settings(method="base", completion=PATIENT))
    )
    engine._model = model  # the analysis of the file is kept
    path = Path("/w") / Path(sample.path).name
    request = CompletionRequest(path, sample.text, at, Path("/w"), sample.language.id)
    completion = engine.complete(request)
    return accepted(request, completion) if completion.text else None


@pytest.mark.parametrize(
    "places", [QUICK, pytest.param(ALL, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_accepting_never_breaks_a_file_that_parsed(places: int) -> None:
    seed = random.Random(os.environ.get("SOOTHSAY_GATE_SEED", places))
    engines: dict[str, Engine] = {}
    tried = accepted_texts = 0
    for sample in corpus(seed):
        if tried >= places:
            break
        if not parses(sample.text, sample.language):
            continue
        engines.clear()
        for _ in range(PLACES_A_FILE):
            tried += 1
            at = seed.randrange(len(sample.text) + 1)
            for written in scripted(sample.text, at, seed):
                after = shown(sample, at, written, engines)
                if after is None:
                    continue
                accepted_texts += 1
                where = (
                    f"{sample} at {at}: {sample.text[max(0, at - 60) : at]!r} | {sample.text[at : at + 60]!r}"
                )
                assert parses(after.text, sample.language), (
                    f"{where}\nwritten: {written!r}\nshown up to {after.offset}"
                )
    assert tried >= places
    # most places are in the middle of text, where the true continuation stands already
    assert accepted_texts > places / 2, "most of what could be accepted is not simply hidden"
