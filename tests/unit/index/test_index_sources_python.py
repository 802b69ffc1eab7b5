import sys
from dataclasses import replace
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.sources.base import Harvest, OwnerFacts, Release, Used
from soothsay_index.store import releases as harvesting
from soothsay_index.types import Symbol
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.finder import read_interpreter
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND
from soothsay_languages.python.sources import package as python_package
from soothsay_languages.python.sources.docstrings import Note, describe
from soothsay_languages.python.sources.installed import PythonEnvironment
from soothsay_languages.python.sources.loading import LoadingLimits, load_package
from soothsay_languages.python.sources.news import news_of
from soothsay_languages.python.sources.package import harvest_package

BREAD = {
    "bread/__init__.py": (
        "from bread.core.oven import Oven, bake, toast as roast\nfrom bread.core.api import *\nfrom . import kinds\n"
        "__all__ = ['Oven', 'bake', 'roast', 'knead', 'kinds']\n"
    ),
    "bread/core/__init__.py": "",
    "bread/core/api.py": "from bread.core.oven import Oven, bake, knead\n__all__ = ['Oven', 'bake', 'knead']\n",
    "bread/core/oven.py": (
        "import warnings\n"
        "from typing_extensions import deprecated\n"
        "class Oven:\n"
        "    '''Bakes. Slowly.'''\n"
        "    class Door:\n        def open(self): ...\n"
        "    def heat(self, to: int):\n"
        "        '''Heat it.\n\n        .. versionadded:: 2.1.0\n\n        Parameters\n        ----------\n        to : int\n\n"
        "            .. versionadded:: 9.9\n        '''\n"
        "    @deprecated('Use heat.')\n    def warm(self): ...\n"
        "    @property\n    def size(self): '''How big.'''\n"
        "    @size.setter\n    @deprecated('Do not.')\n    def size(self, value): ...\n"
        "def bake(oven): '''Bake it.'''\n"
        "def knead(dough):\n    '''Knead it.'''\n    warnings.warn('knead is gone, ' 'use a machine', DeprecationWarning, stacklevel=2)\n"
        "def toast(slice):\n    if not slice:\n        warnings.warn('no slice', DeprecationWarning)\n"
        "class Old:\n    def __init__(self):\n        warnings.warn(f'{self} is old', category=FutureWarning)\n"
    ),
    "bread/kinds.py": "def rye(): ...\n",
    "bread/fast.py": "from bread._fast import Loaf\n__all__ = ['Loaf']\n",
    "bread/fast.pyi": (
        "from typing import overload\nfrom typing_extensions import deprecated\n"
        "class Loaf:\n    def cut(self, n: int) -> None: ...\n"
        "@overload\n@deprecated('No strings.')\ndef slice(a: str) -> None: ...\n"
        "@overload\ndef slice(a: int) -> None: ...\n"
    ),
    "bread/_add_newdocs.py": (
        "def add_newdoc(*a): ...\n"
        "add_newdoc('bread._fast', 'Loaf', '''Loaf(n)\n    --\n\n    A loaf of bread.''')\n"
        "add_newdoc('bread._fast', 'Loaf', ('cut', '''l.cut(n)\n\n    Cut a loaf.'''))\n"
        "add_newdoc('bread._fast', 'Loaf', [('x', 'An x.'), 3])\n"
        "add_newdoc(name, 'Loaf')\nadd_newdoc()\n"
    ),
    "bread-3.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: bread\nVersion: 3.0\n",
    "bread-3.0.dist-info/top_level.txt": "bread\n",
}


@pytest.fixture(scope="module")
def bread_harvest(tmp_path_factory: pytest.TempPathFactory) -> Harvest:
    site = tmp_path_factory.mktemp("site")
    write(site, BREAD)
    environment = Environment(
        KIND, Path(sys.executable), "3.12.0", (site,), Path("/nowhere"), installed_packages((site,))
    )
    source = PythonEnvironment(environment)
    release = source.release_of("bread")
    assert release is not None
    return source.harvest(release)


@pytest.fixture(scope="module")
def bread(bread_harvest: Harvest) -> list[Symbol]:
    return list(bread_harvest.symbols)


def at(symbols: list[Symbol], owner: str, name: str) -> Symbol:
    return next(symbol for symbol in symbols if (symbol.owner, symbol.name) == (owner, name))


def test_a_definition_is_called_by_its_shortest_public_name(bread: list[Symbol]):
    assert at(bread, "bread.core.oven", "bake").qualified_name == "bread.bake"
    assert at(bread, "bread.core.api", "Oven").qualified_name == "bread.Oven"
    assert at(bread, "bread.core.oven.Oven", "heat").qualified_name == "bread.Oven.heat"
    assert at(bread, "bread.core.oven.Oven.Door", "open").qualified_name == "bread.Oven.Door.open"
    assert at(bread, "bread.kinds", "rye").qualified_name == "bread.kinds.rye"


def test_another_name_for_the_same_thing_stays_what_it_is(bread: list[Symbol]):
    assert at(bread, "bread", "roast").qualified_name == "bread.roast"
    assert at(bread, "bread.core.oven", "toast").qualified_name == "bread.core.oven.toast"


def test_what_is_new_or_deprecated_is_said_first(bread: list[Symbol]):
    heat = at(bread, "bread.Oven", "heat")
    assert heat.summary == "Heat it."
    assert heat.doc.startswith("New in 2.1.0.\nHeat it.")
    assert "9.9" not in heat.doc.split("\n")[0]  # that is about a parameter
    assert at(bread, "bread.Oven", "warm").doc == "Deprecated: Use heat."
    assert at(bread, "bread", "knead").doc == "Deprecated: knead is gone, use a machine.\nKnead it."
    assert at(bread, "bread.core.oven", "Old").doc == "Deprecated: … is old."


def test_what_is_deprecated_at_times_is_not_deprecated(bread: list[Symbol]):
    assert at(bread, "bread.Oven", "size").doc == "How big."  # only setting it is
    assert "Deprecated" not in at(bread, "bread", "roast").doc
    assert "Deprecated" not in at(bread, "bread.fast", "slice").doc  # one overload of two


def test_docstrings_that_are_added_to_compiled_classes(bread: list[Symbol]):
    assert at(bread, "bread.fast", "Loaf").summary == "A loaf of bread."
    assert at(bread, "bread.fast.Loaf", "cut").doc == "Cut a loaf."


@pytest.mark.parametrize(
    ("docstring", "doc"),
    [
        ("Do it.\n\n.. deprecated:: 2.0\n   Use :func:`~a.other`. It is better.\n", "Deprecated since 2.0: Use a.other.\nDo it."),
        ("Do it.\n\n.. deprecated:: 2.0\n\n   Use x\n   instead\n\nMore.", "Deprecated since 2.0: Use x instead.\nDo it.\n\nMore."),
        ("Do it.\n\n.. versionadded:: NumPy 1.25\n.. versionchanged:: 2.0 It is faster.", "New in 1.25. Changed in 2.0: It is faster.\nDo it."),
        (".. versionadded:: version 3\n\nDo it.", "New in 3.\nDo it."),
        ("Do it.\n\n.. versionadded::\n", "New.\nDo it."),
        ("f(a, b=(1, 2))\n\nDo it.", "Do it."),
        ("f(a)\nf(a, b)\n--\n\nm.f(a) -> int\n\nDo it.", "Do it."),
        ("f(a) is called with a.\n\nMore.", "f(a) is called with a.\n\nMore."),
        ("f(a", "f(a"),
        ("", ""),
    ],
)  # fmt: skip
def test_docstrings(docstring: str, doc: str):
    assert describe(docstring, "f").doc == doc


def test_the_summary_is_without_roles():
    assert (
        describe("Rolls :term:`dough` as :func:`~a.b <c>` does.", "f").summary == "Rolls dough as a.b does."
    )


def test_a_directive_counts_more_than_a_decorator():
    assert describe("Do.\n\n.. deprecated:: 1.0", "f", "use g").doc == "Deprecated since 1.0.\nDo."


@pytest.fixture(scope="module")
def installed() -> PythonEnvironment:
    return PythonEnvironment(read_interpreter(Path(sys.executable)))


def harvest(source: PythonEnvironment, name: str) -> tuple[dict[str, list[Symbol]], dict[str, str]]:
    """Symbols by what they are called, and the news by title."""
    release = source.release_of(name)
    assert release is not None
    harvested = source.harvest(release)
    found: dict[str, list[Symbol]] = {}
    for symbol in harvested.symbols:
        found.setdefault(symbol.qualified_name, []).append(symbol)
    return found, {chunk.title: chunk.text for chunk in harvested.chunks}


@pytest.mark.slow
def test_the_real_numpy(installed: PythonEnvironment):
    symbols, news = harvest(installed, "numpy")
    assert "new numpy.unstack: Split an array into a sequence of arrays" in news["numpy 2.1"]
    assert symbols["numpy.unstack"][0].doc.startswith("New in 2.1.0.\nSplit an array")
    assert symbols["numpy.row_stack"][0].doc.startswith("Deprecated")
    assert symbols["numpy.ndarray.reshape"][0].summary.startswith("Returns an array containing the same data")
    assert symbols["numpy.array"][0].summary == "Create an array."
    assert symbols["numpy.array"][0].doc.startswith("Create an array.")
    assert "numpy.matlib.unstack" not in symbols and "numpy.ma.core.MaskedArray" not in symbols


@pytest.mark.slow
def test_the_real_pandas(installed: PythonEnvironment):
    symbols, news = harvest(installed, "pandas")
    assert "pandas 3.0" in news
    assert {"pandas", "pandas.core.api", "pandas.core.frame"} <= {
        s.owner for s in symbols["pandas.DataFrame"]
    }
    assert not any(name.startswith("pandas.core.frame.DataFrame") for name in symbols)
    assert symbols["pandas.DataFrame.map"][0].doc.startswith("New in 2.1.0")
    assert {"by", "level", "as_index"} <= {
        p.name for p in symbols["pandas.DataFrame.groupby"][0].parameters or ()
    }


def test_what_is_new_is_gathered_by_version(bread_harvest: Harvest):
    (chunk,) = bread_harvest.chunks
    assert (chunk.title, chunk.kind) == ("bread 2.1", "prose")
    assert chunk.text == "What is new in bread 2.1\nnew bread.Oven.heat: Heat it."


def test_only_the_newest_versions_are_gathered():
    release = Release("bread", "3.0", "bread")
    notes = {f"bread.f{n}": [Note("changed", f"1.{n}.0", "It is faster.")] for n in range(30)}
    notes["bread.odd"] = [Note("new", "next"), Note("deprecated", text="no version"), Note("new", "1.29")]
    chunks = list(news_of(release, "file:///bread", notes))
    assert [chunk.title for chunk in chunks] == [f"bread 1.{n}" for n in range(29, 17, -1)]
    assert chunks[0].text == "What is new in bread 1.29\nnew bread.odd\nchanged bread.f29: It is faster."


def test_a_package_that_only_renames_its_sibling(tmp_path: Path):
    write(
        tmp_path,
        {
            "buns/__init__.py": "from bun import roll\n__all__ = ['roll']\n",
            "buns/__init__.pyi": "def roll(dough: str) -> None: ...\n",
            "bun/__init__.py": "from ._make import roll\n",
            "bun/_make.py": "def roll(dough):\n    '''Roll dough.'''\n",
            "buns-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: buns\nVersion: 1.0\n",
            "buns-1.0.dist-info/top_level.txt": "bun\nbuns\n",
        },
    )
    environment = Environment(
        KIND, Path("x"), "3.12", (tmp_path,), Path("/nowhere"), installed_packages((tmp_path,))
    )
    source = PythonEnvironment(environment)
    release = source.release_of("buns")
    assert release is not None
    (roll,) = [symbol for symbol in source.harvest(release).symbols if symbol.owner == "buns"]
    assert (roll.qualified_name, roll.package) == ("buns.roll", "buns")
    assert [(p.name, p.annotation) for p in roll.parameters or ()] == [("dough", "str")]


MILL = {
    "mill/__init__.py": (
        "from mill._core import Wheel\nfrom . import _stones\nfrom ._stones import *\nfrom .grind import grind\n"
        "names = ['Wheel']\n__all__ = names + _stones.__all__\n"
    ),
    "mill/_core.py": "from mill._old import Turning\nclass Wheel(Turning):\n    def stop(self): ...\n",
    "mill/_old.py": "class Turning:\n    speed = 1\n    def turn(self, by): '''Turn it.'''\n",
    "mill/_stones.py": "from ._upper import runner\nbed = 1\n__all__ = ['runner']\n__all__.append('bed')\n",
    "mill/_upper.py": "def runner(): ...\n",
    "mill/_spare.py": "def never_needed(): ...\n",
    "mill/grind.py": "def grind(grain): ...\n",
    "mill/loop/__init__.py": "from .loop import loop\nfrom mill.loop._self import a as b\n",
    "mill/loop/_self.py": "from mill.loop._self.a import a\n",
    "mill/copy/__init__.py": "import mill.copy._main\nfrom mill.copy._main import *\n__all__ = mill.copy._main.__all__\n",
    "mill/copy/_main.py": "def one(): ...\n__all__ = [name for name in ('one',)]\n",
    "mill/far/__init__.py": "",
    "mill/far/away/__init__.py": "",
    "mill/far/away/sail.py": "def hoist(): ...\n",
}
MILL_RELEASE = Release("mill", "1.0", "mill", source="python", is_plain=True)


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    write(tmp_path, MILL)
    return tmp_path


def facts_of(harvest: Harvest, owner: str) -> OwnerFacts:
    return next(facts for facts in harvest.owners if facts.owner == owner)


def test_a_private_module_is_read_only_where_a_public_name_leads_to_it(mill: Path):
    loaded = load_package("mill", [mill], False, ())
    assert loaded is not None
    assert {"_core", "_old", "_stones", "_upper"} <= set(loaded.package.members)
    assert loaded.left_out["mill"] == {"_spare"}
    found = harvest_package(MILL_RELEASE, [mill])
    assert at(list(found.symbols), "mill.Wheel", "turn").summary == "Turn it."
    assert "_spare" in facts_of(found, "mill").hidden  # it is there, if nothing is known of it


def test_a_computed_list_of_exports_hides_nothing(mill: Path):
    names = {symbol.qualified_name for symbol in harvest_package(MILL_RELEASE, [mill]).symbols}
    assert {"mill.Wheel", "mill.runner", "mill.bed", "mill.grind", "mill.copy.one"} <= names


def test_what_is_nearest_to_the_root_is_read_first(mill: Path):
    sail = (mill / "mill/far/away/sail.py").stat().st_size
    everything = sum(
        len(text) for path, text in MILL.items() if path not in {"mill/__init__.py", "mill/_spare.py"}
    )
    loaded = load_package("mill", [mill], False, (), LoadingLimits(source=everything - 1))
    assert loaded is not None
    assert dict(loaded.left_out) == {"mill": {"_spare"}, "mill.far.away": {"sail"}}
    loaded = load_package("mill", [mill], False, (), LoadingLimits(file=sail - 1))
    assert loaded is not None and loaded.left_out["mill.far.away"] == {"sail"}


def test_when_the_time_is_up_what_was_read_is_kept(mill: Path):
    loaded = load_package("mill", [mill], False, (), LoadingLimits(seconds=-1.0))
    assert loaded is not None
    assert {"_core", "_spare", "far", "grind"} <= set(loaded.left_out["mill"])
    assert "Wheel" in loaded.package.members


def test_past_the_limit_inherited_members_are_only_names(mill: Path, monkeypatch: pytest.MonkeyPatch):
    whole = harvest_package(MILL_RELEASE, [mill])
    monkeypatch.setattr(python_package, "MOST_SYMBOLS", 0)
    found = harvest_package(MILL_RELEASE, [mill])
    assert {symbol.name for symbol in found.symbols if symbol.owner == "mill.Wheel"} == {"stop"}
    before, after = facts_of(whole, "mill.Wheel"), facts_of(found, "mill.Wheel")
    assert "turn" not in before.hidden and {"turn", "speed"} <= set(after.hidden)
    assert before.closed and after.closed


def test_rows_are_the_same_however_they_are_cut(mill: Path, monkeypatch: pytest.MonkeyPatch):
    write(
        mill,
        {
            "mill-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: mill\nVersion: 1.0\n",
            "mill-1.0.dist-info/top_level.txt": "mill\n",
        },
    )
    environment = Environment(KIND, Path("x"), "3.12", (mill,), Path("/nowhere"), installed_packages((mill,)))
    whole = harvesting.harvest_releases(environment, [MILL_RELEASE])
    monkeypatch.setattr(harvesting, "_PIECE_SIZE", 2)
    cut = harvesting.harvest_releases(environment, [MILL_RELEASE])
    assert whole.tables["symbols"].num_rows > 10
    assert {name: table.to_pylist() for name, table in whole.tables.items()} == {
        name: table.to_pylist() for name, table in cut.tables.items()
    }


def test_compiled_modules_of_our_own_version_are_read(installed: PythonEnvironment):
    used = Used({"sys": 3, "math": 1, "json": 1})
    assert {release.part for release in installed.relevant(used).now} == {"json", "math", "sys"}
    symbols, _ = harvest(installed, "math")
    cosh, hypot = symbols["math.cosh"][0], symbols["math.hypot"][0]
    assert cosh.summary.startswith("Return the hyperbolic cosine")
    assert cosh.parameters is not None and [(each.name, each.kind) for each in cosh.parameters] == [
        ("x", "positional_only")
    ]
    assert hypot.kind == "function" and hypot.parameters is None, "it does not say"


def test_compiled_modules_of_another_version_are_no_releases(installed: PythonEnvironment):
    environment = replace(installed._environment, version="3.7.1")  # pyright: ignore[reportPrivateUsage]
    other = PythonEnvironment(environment)
    assert other.release_of("sys") is None and other.release_of("math") is None
    assert other.release_of("json") is not None


@pytest.mark.slow
def test_the_real_scipy(installed: PythonEnvironment):
    symbols, _ = harvest(installed, "scipy")
    assert {
        "scipy.optimize.minimize",
        "scipy.stats.norm",
        "scipy.linalg.solve",
        "scipy.special.airy",
        "scipy.io.loadmat",
    } <= symbols.keys()
