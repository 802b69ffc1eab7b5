"""Verdicts with the real type checker, on places and names where its silence, or its complaint, means something else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.backend.session import NoIndex
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.engine.verify import UNREACHABLE, Judgement, judge
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.opening import open_oracle
from soothsay.oracle.types import Oracle

pytestmark = pytest.mark.slow

# a machine under load must not fail tests of what is answered
PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("verdicts")


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    opened = open_oracle(folder, "python", sys.executable, limits=PATIENT)
    yield opened
    opened.close()


def judged(oracle: Oracle, folder: Path, text: str, completion: str) -> Judgement:
    """The judgement on ``completion`` at the ``|`` in ``text``."""
    before, _, after = text.partition("|")
    request = CompletionRequest(folder / "page.py", before + after, len(before), folder)
    return judge(Site(request, NoIndex()), completion, oracle)


HEAD = """\
import json
import os
import sys
from typing import TYPE_CHECKING, NoReturn

class Shed:
    def weigh(self, kilos: int) -> int: return kilos

shed = Shed()

def stop() -> NoReturn:
    raise SystemExit

"""
UNREACHABLE_PLACES = {
    "another platform": 'if sys.platform == "win32":\n    |\n',
    "another Python": "if sys.version_info < (3, 4):\n    |\n",
    "if False": "if False:\n    |\n",
    "else of TYPE_CHECKING": "if TYPE_CHECKING:\n    pass\nelse:\n    |\n",
    "elif of True": "if True:\n    pass\nelif shed:\n    |\n",
    "in a guard in a guard": "def f(a):\n    if a:\n        if 0:\n            while a:\n                |\n",
    "after raise": "def f():\n    raise ValueError(\n        'no'\n    )\n    |\n",
    "after return": "def f(kilos):\n    return 1\n    |\n",
    "after both branches": "def f(a):\n    if a:\n        return 1\n    else:\n        raise ValueError\n    |\n",
    "after an exit": "sys.exit(1)\n|\n",
    "after a call that does not return": "stop()\n|\n",
    "after a loop without end": "while True:\n    shed.weigh(1)\n|\n",
    "after an assertion": "assert False\n|\n",
    "in a function below raise": "raise SystemExit\n\ndef f():\n    |\n",
    "after continue": "for a in (1, 2):\n    continue\n    |\n",
    "not ASCII": "if False:\n    größe = 'ärger'; |\n",
}


@pytest.mark.parametrize("place", UNREACHABLE_PLACES.values(), ids=UNREACHABLE_PLACES)
def test_where_the_type_checker_looks_away_a_copy_is_judged(oracle: Oracle, folder: Path, place: str) -> None:
    for wrong in ("json.dump_yaml(shed)", "shed.get_cox_kilos()", "x = shed.weigh(1, 2)", "shed.weigh()"):
        assert judged(oracle, folder, HEAD + place, wrong).verdict == "rejected", wrong
    assert (
        judged(oracle, folder, HEAD + place, "x = shed.weigh(json.dumps(1).count('1'))").verdict == "verified"
    )


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        # what is behind the guard has another type: a copy without it would be judged as another one
        ("def f(x: int):\n    if isinstance(x, str):\n        pass\n        |\n", "x.shout()"),
        ("def f(x: int):\n    if not isinstance(x, int):\n        return x.no_such(1)\n|", "x.no_such()"),
        ("def f(x: None):\n    if x is not None:\n        |\n", "x.upper()"),
        ("def f(x: int):\n    match x:\n        case str():\n            |\n", "shed.get_cox_kilos()"),
    ],
)
def test_what_cannot_be_looked_at_is_never_verified(
    oracle: Oracle, folder: Path, place: str, wrong: str
) -> None:
    assert judged(oracle, folder, HEAD + place, wrong).verdict != "verified"


def test_it_says_that_the_place_is_unreachable(oracle: Oracle, folder: Path) -> None:
    place = HEAD + "def f(x: int):\n    match x:\n        case str():\n            |\n"
    found = judged(oracle, folder, place, "shed.weigh(1)")
    assert (found.verdict, found.problem) == ("unverified", UNREACHABLE)


@pytest.mark.parametrize(
    "completion",
    [
        "return 1\n    json.dump_yaml(1)",
        "x = 1 if True else json.dump_yaml(1)",
        "False and json.dump_yaml(1)",
    ],
)
def test_a_completion_that_hides_its_own_calls_is_not_verified(
    oracle: Oracle, folder: Path, completion: str
) -> None:
    assert judged(oracle, folder, HEAD + "def f():\n    |\n", completion).verdict != "verified"


@pytest.mark.parametrize(
    ("text", "completion", "verdict"),
    [
        ("shed.wei|", "ghs(1)", "rejected"),
        ("x = shed.we|", "ight", "rejected"),
        ("x = shed.no|", "ne.weigh", "rejected"),
        ("from json import dump_|", "json", "rejected"),
        ("from json import du|", "mps", "unverified"),
        ("import js|", "onn", "rejected"),
        ("x = shed.we|", "igh(1)", "verified"),
        ("x = js|", "on.dumps(1)", "verified"),
        ("x = json.du|", "mpz(1)", "rejected"),
        ("x = os.pa|", "th.joins('a')", "rejected"),
        ("x = she|", "d.wei(1)", "rejected"),
        # what was wrong before the cursor is not the completion's fault
        ("x = shed.wrong|", ".upper", "unverified"),
        ("x = shed.wrong(|", "json.dumps(1))", "verified"),
    ],
)
def test_a_name_is_judged_as_it_is_completed(
    oracle: Oracle, folder: Path, text: str, completion: str, verdict: str
) -> None:
    assert judged(oracle, folder, HEAD + text + "\n", completion).verdict == verdict
