import sys
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.sources.base import Harvest, Release, Used
from soothsay_index.types import Symbol
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.finder import read_interpreter
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND
from soothsay_languages.python.sources.installed import PythonEnvironment
from soothsay_languages.python.sources.stubs import StubPackages, open_source


def distribution(name: str, version: str, files: dict[str, str]) -> dict[str, str]:
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    return {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/RECORD": "".join(f"{path},,\n" for path in files),
    }


SITE = {
    **distribution(
        "knots",
        "2.0",
        {
            "knots/__init__.py": (
                "def tie(rope, **kwargs):\n    '''Tie a knot.'''\n"
                "def loosen(rope): '''Loosen it.'''\n"
            )
        },
    ),
    **distribution(
        "types-knots",
        "2.0.1",
        {
            "knots-stubs/__init__.pyi": (
                "from typing import overload, Literal\n"
                "@overload\ndef tie(rope: str, *, ends: Literal[1], tight: bool = ...) -> A: ...\n"
                "@overload\ndef tie(rope: str, *, ends: Literal[2], tight: bool = ...) -> B: ...\n"
                "@overload\ndef tie(rope: str, *, ends: Literal[3], tight: bool = ...) -> C: ...\n"
                "@overload\ndef tie(rope: str, *, ends: int = ..., tight: bool = ...) -> D: ...\n"
                "def loosen(rope: str) -> None: ...\n"
            ),
            "knots-stubs/py.typed": "",
        },
    ),
    **distribution("types-sails", "1.0", {"sails-stubs/__init__.pyi": "class Sail:\n    def hoist(self, high: int) -> None: ...\n"}),
    **distribution("types-harbour", "3.0", {"sea-stubs/harbour/__init__.pyi": "def moor(ship: str) -> None: ...\n"}),
}  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    write(tmp_path, SITE)
    return Environment(
        KIND, Path(sys.executable), "3.12", (tmp_path,), Path("/nowhere"), installed_packages((tmp_path,))
    )


@pytest.fixture
def stubs(environment: Environment) -> StubPackages:
    source = open_source(environment)
    assert source is not None
    return source


def release(source: StubPackages, part: str) -> Release:
    return next(each for each in source.releases() if each.part == part)


def at(harvest: Harvest, name: str) -> Symbol:
    return next(symbol for symbol in harvest.symbols if f"{symbol.owner}.{symbol.name}" == name)


def test_stubs_are_known_by_the_name_they_describe(stubs: StubPackages):
    assert {each.part: (each.package, each.version) for each in stubs.releases()} == {
        "knots": ("knots", "2.0+types-knots-2.0.1"),  # both matter
        "sails": ("types-sails", "1.0"),
        "sea.harbour": ("types-harbour", "3.0"),
    }
    assert stubs.relevant(Used({"sails.Sail": 1})).now == (release(stubs, "sails"),)


def test_a_package_and_its_stubs_are_read_together(stubs: StubPackages):
    harvest = stubs.harvest(release(stubs, "knots"))
    tie = at(harvest, "knots.tie")
    assert (tie.summary, tie.package, tie.version) == ("Tie a knot.", "knots", "2.0")
    # four overloads that agree on most
    assert [(p.name, p.required, p.annotation) for p in tie.parameters or ()] == [
        ("rope", True, "str"),
        ("ends", False, ""),
        ("tight", False, "bool"),
    ]
    loosen = at(harvest, "knots.loosen")
    assert [(p.name, p.annotation) for p in loosen.parameters or ()] == [("rope", "str")]
    assert loosen.returns == "None"


def test_stubs_of_what_is_not_installed_are_read_alone(stubs: StubPackages):
    hoist = at(stubs.harvest(release(stubs, "sails")), "sails.Sail.hoist")
    assert ([p.name for p in hoist.parameters or ()], hoist.package) == (["high"], "types-sails")
    assert hoist.uri.endswith("sails-stubs/__init__.pyi")


def test_stubs_of_a_part_of_a_namespace(stubs: StubPackages):
    harvest = stubs.harvest(release(stubs, "sea.harbour"))
    assert at(harvest, "sea.harbour.moor").package == "types-harbour"
    assert at(harvest, "sea.harbour").kind == "module"


def test_what_stubs_describe_is_left_to_them(environment: Environment):
    assert list(PythonEnvironment(environment).releases()) == []


def test_without_stubs_there_is_no_source(tmp_path: Path):
    assert open_source(Environment(KIND, Path("x"), "3.12", (tmp_path,), tmp_path)) is None


@pytest.mark.slow
def test_the_stubs_of_boto3():
    source = open_source(read_interpreter(Path(sys.executable)))
    assert source is not None
    harvest = source.harvest(release(source, "boto3"))
    client = at(harvest, "boto3.client")
    assert {"service_name", "region_name", "endpoint_url"} <= {p.name for p in client.parameters or ()}
    assert client.summary.startswith("Create a low-level service client")
    assert client.package == "boto3" and "+" not in client.version
