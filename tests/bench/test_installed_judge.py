"""The judge of calls of installed libraries, on calls made by hand against a module made by hand."""

import functools
import types
from typing import Any

import pytest
from bench.installed.child import describe, has, judge


class Grid:
    """A class with methods of every kind."""

    size = 3

    def reshape(self, rows: int, columns: int = 1) -> "Grid":
        """Give a new shape."""
        return self

    def fill(self, value: float, *, where: object = None) -> None: ...

    @classmethod
    def zeros(cls, size: int) -> "Grid":
        return cls()

    @staticmethod
    def load(path: str) -> "Grid":
        return Grid()


class Anything:
    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def stack(arrays: object, axis: int = 0) -> None:
    """Join along a new axis."""


def unstack(array: object, /, *, axis: int = 0) -> None: ...


def merge(*arrays: object, how: str) -> None: ...


lib = types.ModuleType("lib")
linalg = types.ModuleType("lib.linalg")
vars(lib).update(stack=stack, pile=stack, unstack=unstack, merge=merge, pi=3.14, Grid=Grid, linalg=linalg, half=functools.partial(stack, axis=1), table=[1])  # fmt: skip
vars(linalg).update(norm=stack)
NAMES: dict[str, Any] = {"lib": lib, "grid": Grid(), "x": 1}


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ("stack(x)", "valid"),
        ("stack([x, x], axis=1)", "valid"),
        ("stack(\n    [x, x],\n    axis=1,\n)", "valid"),
        ("stack(arrays=[x])", "valid"),
        ("stack(*xs)", "valid"),  # how many there are cannot be seen
        ("stack(**options)", "valid"),
        ("stack(x)[0]", "valid"),
        ("stack(x).sum()", "valid"),
        ("stack(lib.zzz(x))", "valid"),  # only the removed call is judged
        ("stack(x)\nresult = lib.zzz(1)", "valid"),
        ("pile(x)", "valid"),  # another name of the same function
        ("linalg.norm(x)", "valid"),
        ("stack(x", "valid"),  # cut off behind all that is required
        ("stack()", "invalid_usage"),
        ("stack(", "invalid_usage"),
        ("stack(x, 0, 1)", "invalid_usage"),
        ("stack(x, dim=1)", "invalid_usage"),
        ("stack(x, arrays=x)", "invalid_usage"),
        ("stack", "invalid_usage"),
        ("stack + 1", "invalid_usage"),
        ("unstack(x)", "wrong_name"),
        ("unstack(x, axis=1)", "wrong_name"),
        ("half(x)", "wrong_name"),
        ("merge(x, x, how='left')", "wrong_name"),
        ("Grid.zeros(3)", "wrong_name"),
        ("pi", "wrong_name"),
        ("unstack(array=x)", "invalid_usage"),
        ("unstack(x, 1)", "invalid_usage"),
        ("merge(x, x)", "invalid_usage"),
        ("table(1)", "invalid_usage"),
        ("pi()", "invalid_usage"),
        ("Grid.zeros()", "invalid_usage"),
        ("stak(x)", "invented"),
        ("linalg.nrm(x)", "invented"),
        ("Grid.ones(3)", "invented"),
        ("nothing_like_it", "invented"),
        ("", "nothing"),
        ("  \n", "nothing"),
        (")\n]", "nothing"),
        ("(x)", "nothing"),
    ],
)  # fmt: skip
def test_functions_of_a_module(shown: str, outcome: str):
    assert judge(NAMES, "result = lib.", "lib", "stack", shown)["outcome"] == outcome


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ("reshape(2)", "valid"),
        ("reshape(2, columns=4)", "valid"),
        ("reshape(rows=2)", "valid"),
        ("reshape(2).fill(1, nowhere=2)", "valid"),  # the first call counts
        ("reshape()", "invalid_usage"),
        ("reshape(2, 3, 4)", "invalid_usage"),
        ("reshape((2, 3), order='C')", "invalid_usage"),
        ("fill(0)", "wrong_name"),
        ("zeros(1)", "wrong_name"),
        ("load('a')", "wrong_name"),
        ("size", "wrong_name"),
        ("fill(0, 1)", "invalid_usage"),
        ("flatten()", "invented"),
        ("shape[0]", "invented"),
    ],
)
def test_methods_of_an_object(shown: str, outcome: str):
    assert judge(NAMES, "grid.", "grid", "reshape", shown)["outcome"] == outcome


@pytest.mark.parametrize("prefix", ["lib.", "a, b = lib.", "result = lib.", "    result: int = lib."])
def test_whatever_the_statement_begins_with(prefix: str):
    assert judge(NAMES, prefix, "lib", "stack", "stack(x)")["outcome"] == "valid"
    assert judge(NAMES, prefix, "lib", "stack", "stak(x)")["outcome"] == "invented"


def test_what_was_called_is_named():
    found = judge(NAMES, "result = lib.", "lib", "stack", "linalg.nrm(x)")
    assert (found["called"], found["why"]) == ("linalg.nrm", "no nrm")


def test_a_site_is_described():
    found = describe(NAMES, "grid", "reshape", "grid.reshape(2)")
    assert found is not None
    assert (found["class"], found["doc"]) == ("Grid", "Give a new shape.")
    of_module = describe(NAMES, "lib", "stack", "lib.stack(x)")
    assert of_module is not None
    assert (of_module["module"], of_module["class"], of_module["others"]) == ("lib", "", ["pile"])


@pytest.mark.parametrize(
    ("receiver", "name", "call"),
    [
        ("lib", "pi", "lib.pi"),  # is not called
        ("lib", "stack", "lib.stack()"),  # the library's own test of a mistake
        ("any", "thing", "any.thing(1)"),  # has every name there is
    ],
)
def test_what_cannot_be_judged_is_no_task(receiver: str, name: str, call: str):
    assert describe({**NAMES, "any": Anything()}, receiver, name, call) is None


def test_whether_a_version_has_a_name():
    assert has("json", "", "dumps") == "yes"
    assert has("json", "", "dumpz") == "no"
    assert has("json", "JSONDecoder", "decode") == "yes"
    assert has("json", "JSONDecoda", "decode") == "no_owner"
    assert has("jsonn", "", "dumps") == "no_module"
