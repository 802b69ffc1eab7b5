"""Verdicts with the real type checker, on places and names where its silence, or its complaint, means something else."""

from __future__ import annotations

import sys
import venv
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
from soothsay_index.types import Index, Parameter, Symbol

pytestmark = pytest.mark.slow

# a machine under load must not fail tests of what is answered
PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)


# modules that make names while they are imported, and some that do not
MODULES = {
    "wire_pb2.py": (
        "from protobuf import builder as _builder\n_globals = globals()\n"
        "_builder.BuildTopDescriptorsAndMessages(None, 'wire_pb2', _globals)\n"
    ),
    "colours.py": (
        "import sys\nfor _n in ('red', 'green'):\n    setattr(sys.modules[__name__], _n, lambda: _n)\n"
    ),
    "models.py": (
        "class Manager:\n    def create(self, **k): ...\n"
        "class ModelMeta(type):\n"
        "    def __new__(mcs, name, bases, ns):\n"
        "        cls = super().__new__(mcs, name, bases, ns)\n"
        "        cls.add_to_class('objects', Manager())\n        return cls\n"
        "    def add_to_class(cls, name, value): setattr(cls, name, value)\n"
        "class Model(metaclass=ModelMeta): ...\n"
    ),
    "marked.py": "def marked(cls):\n    cls.mark = 1\n    return cls\n",
    "registry.py": (
        "class Registered:\n    def __init_subclass__(cls):\n        setattr(cls, cls.__name__, 1)\n"
    ),
    "requests_of.py": (
        "class Asks:\n    def __init_subclass__(cls):\n        for name in ('fit', 'score'):\n"
        "            made = f'set_{name}_request'\n            if made not in vars(cls): setattr(cls, made, print)\n"
        "class Settable:\n    def set_params(self, **given):\n        for k, v in given.items():\n"
        "            setattr(self, k, v)\n"
    ),
    "bags.py": (
        "class Bag:\n    def __init__(self, **given):\n        for k, v in given.items():\n"
        "            setattr(self, k, v)\n"
    ),
    "still.py": "import abc\nclass Still(abc.ABC):\n    def __init__(self): self.x = 1\n\ndef helper(): return globals()\n",
    "lazy/__init__.py": (
        "from collections.abc import Callable\n"
        "def __getattr__(name: str) -> Callable[..., int]:\n    raise AttributeError(name)\n"
        "def real(a: int) -> int: ...\n"
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("verdicts")
    for name, text in MODULES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    opened = open_oracle(folder, "python", sys.executable, limits=PATIENT)
    yield opened
    opened.close()


def judged(oracle: Oracle, folder: Path, text: str, completion: str, index: Index | None = None) -> Judgement:
    """The judgement on ``completion`` at the ``|`` in ``text``."""
    before, _, after = text.partition("|")
    request = CompletionRequest(folder / "page.py", before + after, len(before), folder)
    return judge(Site(request, index or NoIndex()), completion, oracle)


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
    "a member of a module that is read": 'if os.name == "nt":\n    os.getcwd(); |\n',
    "a guard of a case": "def f(a):\n    match a:\n        case 1 if False:\n            |\n",
    "told to be silent": "def f():\n    |  # type: ignore\n",
    "told not to check": "import typing\n@typing.no_type_check\ndef f():\n    |\n",
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


TABLES = """\
import pandas as pd

df = pd.DataFrame({"port": ["a", "b"], "tons": [1.0, 2.0]})
tons = pd.Series([1.0, 2.5])
by_port = df.groupby("port")
x = |
"""


@pytest.mark.parametrize(
    ("completion", "verdict"),
    [
        ("df.fetch_rows(1)", "rejected"),  # a column may have the name, and is no function
        ("df.head(2).get_first()", "rejected"),
        ("tons.sums()", "rejected"),
        ("by_port.average_values()", "rejected"),
        ("df.tons", "unverified"),  # a column
        ("df.tons.sum()", "unverified"),
        ("df.head(2)", "verified"),
        ("df.plot()", "unverified"),  # an accessor that can be called
        ("tons.str.upper()", "unverified"),
        ("by_port.mean()", "verified"),
        ('df.rename(columns={"tons": "t"})', "verified"),
        ("df.head(2, verbose=1)", "rejected"),
        ('pd.read_table("a", verbose=1)', "rejected"),  # its keywords are unpacked from a TypedDict
        ('pd.read_table("a", sep=";", index_col=0)', "verified"),
    ],
)
def test_the_data_of_an_object_is_no_method(
    oracle: Oracle, folder: Path, completion: str, verdict: str
) -> None:
    assert judged(oracle, folder, TABLES, completion).verdict == verdict


HOOKS = """\
class Row:
    def __init__(self): self.cells = {{}}
    def __getitem__(self, key): return self.cells[key]
    def __getattr__(self, key):
        {body}

row = Row()
x = |
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("if key in self.cells: return self[key]\n        raise AttributeError(key)", "rejected"),
        ("return self[key] if key in self.cells else super().__getattr__(key)", "unverified"),
        (
            "try:\n            return self[key]\n        except KeyError: raise AttributeError(key)",
            "rejected",
        ),
        ("return self.cells[key]", "unverified"),  # functions may have been registered there
        ("return lambda: key", "unverified"),
        ("return getattr(self.cells, key)", "unverified"),
        ("if key == 'send': return self.post\n        return self[key]", "unverified"),
    ],
)
def test_a_hook_that_may_give_functions_is_no_proof(
    oracle: Oracle, folder: Path, body: str, verdict: str
) -> None:
    assert judged(oracle, folder, HOOKS.format(body=body), "row.send()").verdict == verdict


def test_the_items_of_a_mapping_may_be_functions(oracle: Oracle, folder: Path) -> None:
    text = HOOKS.format(body="return self[key]").replace("class Row:", "class Row(dict):")
    assert judged(oracle, folder, text, "row.send()").verdict == "unverified"
    assert judged(oracle, folder, text, "row.keys()").verdict == "verified"


@pytest.mark.parametrize("call", ["np.atan2([1.0], [1.0], timeout_s=1)", "np.mod([1.0], [2.0], dim=1)"])
def test_every_overload_with_unpacked_keywords_is_closed(oracle: Oracle, folder: Path, call: str) -> None:
    assert judged(oracle, folder, "import numpy as np\nx = |\n", call).verdict == "rejected"
    right = call.partition(", timeout")[0].partition(", dim")[0] + ", dtype=float)"
    assert judged(oracle, folder, "import numpy as np\nx = |\n", right).verdict == "verified"


TRACK = "from models import Model\n\nclass Track(Model):\n    ...\n\n"


@pytest.mark.parametrize(
    ("text", "completion"),
    [
        ("import wire_pb2\nx = |\n", "wire_pb2.Report()"),
        ("import wire_pb2 as wire\nx = |\n", "wire.Report"),
        ("|\n", "from wire_pb2 import Report"),
        ("import colours\nx = |\n", "colours.red()"),
        (TRACK + "x = |\n", "Track.objects.create(name='a')"),
        (TRACK + "track = Track()\nx = |\n", "track.objects.create(name='a')"),
        ("import models\nclass Song(models.Model): ...\nx = |\n", "Song.objects.all()"),
        ("from marked import marked\n@marked\nclass Deck: ...\nx = |\n", "Deck.mark.real"),
        ("from registry import Registered\nclass Row(Registered): ...\nx = |\n", "Row.table.upper()"),
        ("from requests_of import Asks\nclass A(Asks): ...\na = A()\nx = |\n", "a.set_fit_request(1)"),
        ("from bags import Bag\nbag = Bag(weight=1)\nx = |\n", "bag.weigh()"),
        ("class Crate: ...\nsetattr(Crate, 'weigh', len)\nx = |\n", "Crate.weigh()"),
    ],
)
def test_where_names_are_made_absence_is_no_proof(
    oracle: Oracle, folder: Path, text: str, completion: str
) -> None:
    assert judged(oracle, folder, text, completion).verdict == "unverified"


@pytest.mark.parametrize(
    ("text", "completion"),
    [
        ("import still\nx = |\n", "still.no_such()"),  # only a function asks for its globals
        ("from still import Still\nclass A(Still): ...\na = A()\nx = |\n", "a.no_such()"),
        ("import enum\nclass Kind(enum.Enum):\n    A = 1\nx = |\n", "Kind.B.value"),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nx = |\n", "P(1).area()"),
        ("import json\njson.dump_yaml(1)\nx = |\n", "json.dump_yaml(2)"),  # used, and wrong
        ("x = |\n", "'a'.shout()"),
        # what is made has another name
        ("from marked import marked\n@marked\nclass Deck: ...\nx = |\n", "Deck.marks.real"),
        ("from requests_of import Asks\nclass A(Asks): ...\na = A()\nx = |\n", "a.fitt(1)"),
        ("from requests_of import Settable\na = Settable()\nx = |\n", "a.no_such(1)"),
    ],
)
def test_what_makes_no_names_is_judged_as_before(
    oracle: Oracle, folder: Path, text: str, completion: str
) -> None:
    assert judged(oracle, folder, text, completion).verdict == "rejected"


@pytest.mark.parametrize(
    ("text", "completion", "verdict"),
    [
        ("import lazy\nx = |\n", "lazy.no_such(1)", "unverified"),  # its `__getattr__` has a type
        ("import lazy\nx = |\n", "lazy.real(1)", "verified"),
        ("from lazy import no_such\nx = |\n", "no_such(1)", "unverified"),
        ("from lazy import real\nx = |\n", "real(1)", "verified"),
        ("from lazy import no_such as other\nx = |\n", "other(1)", "unverified"),
        ("import sklearn\nx = |\n", "sklearn.made_up(1)", "unverified"),
        ("def f(a: int): ...\nx = |\n", "f(1)", "verified"),
        ("f = lambda a: 1\nx = |\n", "f(1)", "verified"),
        (
            "class A:\n    def __getattr__(self, n: str) -> type[int]: ...\na = A()\nx = |\n",
            "a.no_such(1)",
            "unverified",
        ),
        # as type stubs of data frames have it: what is answered cannot be called
        (
            "class A:\n    def __getattr__(self, n: str) -> int: ...\na = A()\nx = |\n",
            "a.no_such(1)",
            "rejected",
        ),
        ("class A:\n    size: int = 1\na = A()\nx = |\n", "a.size()", "unverified"),
    ],
)
def test_a_name_that_is_answered_to_need_not_exist(
    oracle: Oracle, folder: Path, text: str, completion: str, verdict: str
) -> None:
    assert judged(oracle, folder, text, completion).verdict == verdict


def test_where_names_are_made_no_list_is_complete(oracle: Oracle, folder: Path) -> None:
    for text in ("import wire_pb2\nwire_pb2.", TRACK + "Track.", "import colours\ncolours."):
        assert oracle.members(folder / "page.py", text, len(text)) is None
    for text in ("import still\nstill.", "from still import Still\nStill."):
        assert oracle.members(folder / "page.py", text, len(text))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("crate.label = 'a'\nx = |\n", "unverified"),  # from outside of the class
        ("x = |\ncrate.label: str = 'a'\n", "unverified"),
        ("if crate.label == 'a': ...\nx = |\n", "rejected"),  # read, and wrong
        ("# crate.label = 'a'\nx = |\n", "rejected"),
        ("box.crate.label = 'a'\nx = |\n", "rejected"),  # another object
    ],
)
def test_what_is_assigned_exists(oracle: Oracle, folder: Path, text: str, verdict: str) -> None:
    head = "class Crate: ...\n\nbox = crate = Crate()\n"
    assert judged(oracle, folder, head + text, "crate.label.upper()").verdict == verdict


TYPED = """\
import enum
from typing import Literal, NotRequired, TypedDict

class Colour(enum.Enum):
    RED = 1

class Movie(TypedDict):
    name: str
    year: NotRequired[int]

def paint(mode: Literal["fast", "slow"], times: int = 1) -> Movie: return {"name": mode}
def show(movie: Movie) -> None: ...

import pandas as pd
df = pd.DataFrame()
movie = paint("fast")
x = |
"""


@pytest.mark.parametrize(
    ("completion", "verdict", "mended"),
    [
        ('paint("fast")', "verified", ""),
        ('paint(mode="fasst")', "rejected", 'paint(mode="fast")'),
        ('paint("medium", 2)', "rejected", ""),
        ("paint(Colour.RED.name)", "unverified", ""),
        ("Colour.PURPLE.value", "rejected", ""),
        ("movie['nme']", "rejected", ""),
        ("show({'name': 'a', 'yeer': 1})", "rejected", ""),
        ("show({'name': 'a', 'year': 1})", "verified", ""),
        ('df.merge(df, how="inne")', "rejected", 'df.merge(df, how="inner")'),
        ('df.merge(df, how="outer")', "verified", ""),
        ('df.sort_values("a", kind="quick")', "rejected", 'df.sort_values("a", kind="quicksort")'),
        ('df.sort_values("a", kind="stable")', "verified", ""),
    ],
)
def test_values_that_a_type_names(
    oracle: Oracle, folder: Path, completion: str, verdict: str, mended: str
) -> None:
    found = judged(oracle, folder, TYPED, completion)
    said = "" if found.mended is None else found.mended.text
    assert (found.verdict, said) == (verdict, mended)


BEGUN = """\
import functools
from typing import Literal

class Crane:
    def __init__(self, name: str): self.name = name
    def lift(self, tons: float, *, slow: bool = False, mode: Literal["fast", "slow"] = "fast") -> float: return tons

crane = Crane("a")
"""


@pytest.mark.parametrize(
    ("text", "completion", "verdict"),
    [
        ("Crane(|", ")", "rejected"),
        ("crane.lift(|)", "1, fast=True", "rejected"),
        ("crane.lift(|)", "1, mode='slw'", "rejected"),
        ("crane.lift(1, mode='sl|')", "w", "rejected"),
        ("crane.lift(1, mode='sl|')", "ow", "unverified"),
        ("crane.lift(|, slow=True)", "1", "unverified"),
        ("crane.lift(|)", "slow=True", "unverified"),  # one may go on between the brackets
        ("crane.lift(1, wrong=2, |)", "slow=True", "unverified"),  # not the completion's fault
        ("crane.lift(\n    1,\n    |\n)", "mode='slw',", "rejected"),
        ("sorted([], |)", "reversed=True", "rejected"),
        ("|", "sorted([], reversed=True)", "rejected"),
        ("|", "open('a', moder='r')", "rejected"),
        ("|", "max([1], default=0)", "unverified"),
        ("y = [crane.lift(|) for ä in ()]", "1, b=2", "rejected"),
    ],
)
@pytest.mark.parametrize("guard", ["", "if False:\n    x = "])
def test_a_call_is_judged_that_was_begun_before(
    oracle: Oracle, folder: Path, guard: str, text: str, completion: str, verdict: str
) -> None:
    assert judged(oracle, folder, BEGUN + guard + text + "\n", completion).verdict == verdict


ANSWERING = """\
import functools
from typing import TypedDict, Unpack

class Meta(type):
    def __getattr__(cls, name: str) -> int: ...

class Kind(metaclass=Meta): ...

class Options(TypedDict, total=False):
    depth: int

def dig(**options: Unpack[Options]) -> None: ...
def forward(*args, **kwargs) -> int: ...
def ask(url: str, **kwargs) -> int: ...
def tag(**labels: str) -> int: ...

@functools.lru_cache
def kept(a: int) -> int: return a

x = |
"""


@pytest.mark.parametrize(
    ("completion", "verdict"),
    [
        ("Kind.made_up.bit_length()", "unverified"),  # an int, if it were there
        ("dig(depth=1)", "verified"),
        ("dig(deep=1)", "rejected"),
        ("forward(1)", "unverified"),
        ("ask('a', timeoout=1)", "unverified"),
        ("ask('a')", "verified"),
        ("ask(timeoout=1)", "rejected"),
        ("tag(name='a')", "verified"),
        ("kept(1, 2)", "unverified"),
        ("kept.cache_clear()", "verified"),
        ("'{a}'.format(a=1)", "verified"),
        ("functools.wraps(len)", "verified"),  # has type parameters
        ("functools.wraps(len, assign=())", "rejected"),
        ("functools.update_wrapper(len, len)", "verified"),
    ],
)
def test_what_is_passed_on_is_not_verified(
    oracle: Oracle, folder: Path, completion: str, verdict: str
) -> None:
    assert judged(oracle, folder, ANSWERING, completion).verdict == verdict


@pytest.mark.parametrize(
    ("text", "completion", "verdict"),
    [
        ("import every\nx = |\n", "every.red()", "unverified"),  # takes all names of one that makes some
        ("import objects\nx = |\n", "objects.thing(1)", "unverified"),  # an object may be callable
        ("from colour import Colour\nx = |\n", "Colour.RED.hexes()", "rejected"),
        ("from colour import Colour\nx = |\n", "Colour.RED.hexed()", "verified"),
        (
            "from bag import Bag\nx = |\n",
            "Bag().thing()",
            "unverified",
        ),  # its hook's second parameter is the last
    ],
)
def test_names_that_are_made_elsewhere(
    oracle: Oracle, folder: Path, text: str, completion: str, verdict: str
) -> None:
    (folder / "every.py").write_text("from colours import *\n")
    (folder / "objects.py").write_text("def __getattr__(name: str) -> object: ...\n")
    (folder / "colour.py").write_text(
        "import enum\nclass Colour(enum.Enum):\n    RED = 1\n    BLUE = 2\n    def hexed(self): return 'f'\n"
    )
    (folder / "bag.py").write_text(
        "class Bag:\n    def __getattr__(self, name, /): return getattr(self, '_' + name)\n"
    )
    oracle.files_changed([folder / name for name in ("every.py", "objects.py", "colour.py", "bag.py")])
    assert judged(oracle, folder, text, completion).verdict == verdict


MAYBE = """\
import concurrent
import random
import re
import sys
from collections import namedtuple
from typing import NamedTuple, Optional, Union

Point = namedtuple("Point", "x y")
Row = NamedTuple("Row", [("name", str), ("count", int)])
row = Row("a", 1)

try:
    import json
except ImportError:
    json = None
try:
    import yaml
except ImportError:
    pass
if random.random() > 0.5:
    late = ""

class Half:
    if random.random() > 0.5:
        def lift(self): ...

def of(union: Union[int, str], maybe: Optional[str], text: str):
    pass
"""
WITHIN = f"{MAYBE}    |\n"
BESIDE = f"{MAYBE}\n|\n"


@pytest.mark.parametrize(
    ("text", "completion", "verdict"),
    [
        (WITHIN, "union.upper()", "unverified"),  # an int has no such name
        (WITHIN, "x = union.upper", "unverified"),
        (WITHIN, "union.shout()", "rejected"),  # neither has it
        (WITHIN, "maybe.upper()", "unverified"),
        (WITHIN, "if maybe: maybe.upper()", "verified"),
        (WITHIN, "re.match('a', text).group(1)", "unverified"),
        (WITHIN.replace("|", "union.|"), "upper()", "unverified"),
        (WITHIN.replace("|", "if False:\n        |"), "union.upper()", "unverified"),
        (WITHIN, "json.dumps(1)", "unverified"),
        (BESIDE, "yaml.safe_load('')", "unverified"),
        (BESIDE, "late.upper()", "unverified"),
        (BESIDE, "Half().lift()", "unverified"),
        (BESIDE, "concurrent.futures.ThreadPoolExecutor()", "unverified"),
        (BESIDE, "row.name.upper()", "verified"),
        (BESIDE, "row.nope()", "rejected"),
        (BESIDE, "Point(1, 2).nope()", "rejected"),
        (BESIDE, "Point(1, y=2)._asdict()", "verified"),
    ],
)
def test_what_only_may_be_there_is_not_verified(
    oracle: Oracle, folder: Path, text: str, completion: str, verdict: str
) -> None:
    assert judged(oracle, folder, text, completion).verdict == verdict


@pytest.mark.parametrize(
    ("guard", "verdict"),
    [
        ("if False and (m := re.match('a', text)):\n        |", "verified"),
        ("if (m := re.match('a', text)) and sys.platform == 'win32':\n        |", "verified"),
        ("if sys.platform == 'win32' or (m := re.match('a', text)):\n        |", "verified"),
        (
            "if not (sys.platform != 'win32' or text):\n        m = re.match('a', text)\n        |",
            "unverified",
        ),
        ("m = re.match('a', text)\n    if m and sys.platform == 'win32':\n        |", "verified"),
        (
            "m = re.match('a', text)\n    if not m or sys.platform == 'linux':\n        return\n    |",
            "unverified",
        ),
    ],
)
def test_a_guard_that_binds_or_narrows_is_kept_where_another_part_of_it_hides(
    oracle: Oracle, folder: Path, guard: str, verdict: str
) -> None:
    text = WITHIN.replace("|", guard)
    assert judged(oracle, folder, text, "m.group(1)").verdict == verdict
    assert judged(oracle, folder, text, "m.grp(1)").verdict != "verified"


class SessionIndex(NoIndex):
    """Knows of a package what its source says."""

    def members(self, owner: str) -> tuple[Symbol, ...]:
        parameters = (Parameter("service_name", required=True), Parameter("region_name"))
        place = f"{owner}.client", "client", owner, "method", "package", "boto3", "1.0", "file:///boto3.py"
        return (Symbol(*place, parameters=parameters),) if owner == "boto3.session.Session" else ()


@pytest.mark.parametrize(
    ("text", "completion", "verdict"),
    [
        ("|", 'boto3.client("s3", region="eu")', "rejected"),
        ("|", 'boto3.client("s3", "eu", 1)', "rejected"),
        ("boto3.client(|)", '"s3", region="eu"', "rejected"),
        ("|", 'boto3.client("s3", region_name="eu")', "verified"),
        ("boto3.client(|)", '"s3", region_name="eu"', "unverified"),
    ],
)
def test_what_makes_a_client_is_judged_without_stubs(
    tmp_path: Path, text: str, completion: str, verdict: str
) -> None:
    (tmp_path / "boto3.py").write_text(
        "def client(*args, **kwargs):\n    return session().client(*args, **kwargs)\n"
    )
    venv.create(tmp_path / "env")  # without stubs
    python = tmp_path / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    oracle = open_oracle(tmp_path, "python", str(python), limits=PATIENT)
    try:
        found = judged(oracle, tmp_path, f"import boto3\n{text}\n", completion, SessionIndex())
    finally:
        oracle.close()
    assert found.verdict == verdict
