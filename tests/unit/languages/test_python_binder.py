"""What names stand for, scope by scope."""

from __future__ import annotations

import symtable
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_languages.python import python_grammar
from soothsay_languages.python.binder import PythonScopes
from soothsay_languages.scopes import Binding, CertainNamesAt, ModuleName, NamesAt
from soothsay_languages.syntax import Parsed, parse, text_of, walk

NAMES = ("a", "b", "c", "d")


def scopes_of(text: str, module: str = "app") -> PythonScopes:
    source = text.encode()
    return PythonScopes(Parsed(source, parse(python_grammar(), source)), ModuleName(module))


def names_at_mark(text: str) -> NamesAt:
    """What names stand for where ``HERE`` stands in ``text``."""
    scopes = scopes_of(text)
    at = text.encode().index(b"HERE")
    node = scopes.parsed.tree.root_node.descendant_for_byte_range(at, at + 4)
    assert node is not None
    return NamesAt(scopes.of(node), at)


def meaning(text: str, name: str = "x") -> str | None:
    """The value, annotation, target or kind of ``name`` at the mark."""
    found = names_at_mark(text).find(name)
    if found is None:
        return None
    return text_of(found.value) or found.annotation or found.target or found.kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\nx = 2\nHERE\nx = 3\n", "2"),
        ("x = 1\ndef f():\n    x = 2\ndef g():\n    HERE\n", "1"),
        ("def f():\n    x = 1\n    HERE\ndef g():\n    x = 2\n", "1"),
        ("def f():\n    x = 1\ndef g():\n    x = 2\n    HERE\n", "2"),
        ("x = 1\ndef f(x):\n    HERE\n", "parameter"),
        ("import x\ndef f(x):\n    HERE\n", "parameter"),
        ("import x\ndef f(*x):\n    HERE\n", "parameter"),
        ("import x\ndef f(**x: T):\n    HERE\n", "parameter"),
        ("def f(x: T = 1):\n    HERE\n", "T"),
        ("x = 1\ndef f(y=HERE, x=2): pass\n", "1"),
        ("def f():\n    x = 1\n    def g():\n        HERE\n", "1"),
        ("def f():\n    def g():\n        HERE\n    x = 1\n", "1"),  # bound by when g runs
        ("def f():\n    HERE\nx = 1\n", "1"),
        ("x = 1\ndef f():\n    HERE\n    x = 2\n", "unknown"),  # not yet bound: Python would say so
        ("x = 1\ndef f():\n    for y in z:\n        HERE\n        x = 2\n", "2"),
        ("class A:\n    x = 1\n    HERE\n", "1"),
        ("class A:\n    x = 1\n    def f(self):\n        HERE\n", None),
        ("x = 0\nclass A:\n    x = 1\n    def f(self):\n        HERE\n", "0"),
        ("class A:\n    x = 1\n    y = [HERE for z in w]\n", None),
        ("class A:\n    x = 1\n    y = [z for z in HERE]\n", "1"),
        ("x = 1\ny = [HERE for x in z]\n", "value"),
        ("x = 1\ny = [z for x in HERE]\n", "1"),
        ("x = 1\ny = [x for x in z]\nHERE\n", "1"),
        ("x = 1\ny = lambda x: HERE\n", "parameter"),
        ("x = 1\ny = lambda z: HERE\n", "1"),
        ("x = 1\ndel x\nHERE\n", "deletion"),
        ("def f():\n    global x\n    x = 2\n    HERE\n", "2"),
        ("x = 1\ndef f():\n    x = 3\n    def g():\n        global x\n        HERE\n", "1"),
        ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        HERE\n", "1"),
        ("if (x := f()):\n    HERE\n", "f()"),
        ("y = [(x := z) for z in w]\nHERE\n", "z"),
        ("with f() as x:\n    HERE\n", "f()"),
        ("with (f() as x, g() as y):\n    HERE\n", "f()"),
        ("with f() as (x, y):\n    HERE\n", "value"),
        ("try:\n    pass\nexcept lib.E as x:\n    HERE\n", "lib.E"),
        ("try:\n    pass\nexcept (A, B) as x:\n    HERE\n", "value"),
        ("match y:\n    case x:\n        HERE\n", "value"),
        ("match y:\n    case A(z=[1, *x]) | {'k': x}:\n        HERE\n", "value"),
        ("match y:\n    case 1 as x:\n        HERE\n", "value"),
        ("match y:\n    case x.z:\n        HERE\n", None),
        ("for x in y:\n    HERE\n", "value"),
        ("x: T\nHERE\n", "T"),
        ("x = z = f()\nHERE\n", "f()"),
        ("(y, [x, *z]) = f()\nHERE\n", "value"),
        ("x += 1\nHERE\n", "value"),
        ("import a.b as x\nHERE\n", "a.b"),
        ("import x.y\nHERE\n", "x"),
        ("from a import b as x\nHERE\n", "a.b"),
        ("from . import x\nHERE\n", "x"),
        ("from .y import x\nHERE\n", "y.x"),
        ("def f():\n    import a as x\ndef g():\n    HERE\n", None),
        ("HERE\nimport a as x\n", "a"),  # it is about to be moved up, or the cell is run again
        ("HERE\nx = 1\n", None),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import x\nelse:\n    x = None\nHERE\n", "a.x"),
        ("if typing.TYPE_CHECKING:\n    import x\nelse:\n    y = None\nHERE\n", "x"),
        ("def x(): pass\nHERE\n", "function"),
        ("@d\nclass x: pass\nHERE\n", "class"),
        ("def f[x](y: x):\n    HERE\n", "parameter"),
        ("type x = int\nHERE\n", "value"),
        ("x = HERE\n", None),
        # broken code
        ("def f():\n    x = 1\n    g(\n\ndef h():\n    HERE\n", None),
        ("def f():\n    x = 1\n    y.\n\n    HERE\n", "1"),
        ("class A:\n    def f(self):\n        x = 1\n        a b c\n        HERE\n    def g(self): pass\n", "1"),
    ],
)  # fmt: skip
def test_what_a_name_stands_for(text: str, expected: str | None) -> None:
    assert meaning(text) == expected


CLASS = "class A:\n    y = 0\n    def f(self):\n        self.x = 1\n    def g(this):\n        this.x = 2\n        HERE\n"


def test_attributes_belong_to_the_class() -> None:
    assert meaning(CLASS, "this.x") == "2"
    assert meaning(CLASS, "this.y") == "0"
    assert meaning(CLASS, "self.x") is None
    assert meaning(CLASS.replace("self.x", "other.x").replace("this.x = 2", "pass"), "this.x") is None
    assert meaning(CLASS.replace("def g(this)", "@staticmethod\n    def g(this)"), "this") == "parameter"
    assert meaning(CLASS, "this") == "instance"
    assert meaning("a.x = 1\ndef f():\n    HERE\n", "a.x") == "1"


def certain(text: str) -> Binding | None:
    scopes = scopes_of(text)
    at = text.encode().index(b"HERE")
    node = scopes.parsed.tree.root_node.descendant_for_byte_range(at, at + 4)
    assert node is not None
    return CertainNamesAt(scopes.of(node), at, scopes.shared).find("x")


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ("x = 1\nHERE", True),
        ("x = 1\nx = 2\nHERE", True),
        ("x = 1\nif y:\n    x = 2\nHERE", False),
        ("x = 1\nif y:\n    x = 2\n    HERE", True),
        ("x = 1\nwhile y:\n    HERE\n    x = 2", False),
        ("x = 1\ndef f():\n    HERE\nx = 1", True),
        ("x = 1\ndef f():\n    HERE\nx = 2", False),
        ("x = 1\ndef f():\n    global x\n    x = 2\nHERE", False),
    ],
)
def test_certain_is_what_can_be_but_one_thing(text: str, is_known: bool) -> None:
    found = certain(text)
    assert found is not None
    assert (found.kind != "unknown") is is_known


# -- against Python itself ---------------------------------------------------------------------------------------

NAME = st.sampled_from(NAMES)
EXPRESSION = st.one_of(
    NAME,
    st.builds("f({})".format, NAME),
    st.builds("[{} for {} in {}]".format, NAME, NAME, NAME),
    st.builds("(lambda {}, *e: {})".format, NAME, NAME),
    st.builds("({} := {})".format, NAME, NAME),
)
SIMPLE = st.one_of(
    st.builds("{} = {}".format, NAME, EXPRESSION),
    st.builds("{}, (g, *h) = {}".format, NAME, EXPRESSION),
    st.builds("{} = i = {}".format, NAME, EXPRESSION),
    st.builds("{}: int = 1".format, NAME),
    st.builds("{} += {}".format, NAME, EXPRESSION),
    st.builds("import {}.m, n as {}".format, NAME, NAME),
    st.builds("from ..m import {} as {}, o".format, NAME, NAME),
    st.builds("del {}, p.q, r[0]".format, NAME),
    st.builds("{}.s = {}".format, NAME, EXPRESSION),
    EXPRESSION,
)


def block(body: str) -> str:
    return textwrap.indent(body, "    ")


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map("\n".join).map(block)
    return st.one_of(
        st.builds("def {}({}, t=(u := 1), *v, **w):\n{}".format, NAME, st.just("x"), body),
        st.builds("@y\nasync def {}():\n    global z\n    z = 1\n{}".format, NAME, body),
        st.builds("class {}({}):\n{}".format, NAME, EXPRESSION, body),
        st.builds("if {}:\n{}\nelse:\n    {} = 1".format, EXPRESSION, body, NAME),
        st.builds("for {}, k in {}:\n{}".format, NAME, EXPRESSION, body),
        st.builds("with {} as {}, k as (l, j):\n{}".format, EXPRESSION, NAME, body),
        st.builds("try:\n{}\nexcept E as {}:\n    pass".format, body, NAME),
        st.builds("while {}:\n{}".format, EXPRESSION, body),
        st.builds("match {}:\n    case [{}, *q] | K(r={}) if {}:\n    {}".format, EXPRESSION, NAME, NAME, EXPRESSION, body.map(block)),
    )  # fmt: skip


MODULE = st.lists(st.recursive(SIMPLE, compound, max_leaves=8), min_size=1, max_size=4).map("\n".join)


@given(MODULE)
def test_scopes_bind_what_python_says(text: str) -> None:
    try:
        table = symtable.symtable(text, "m.py", "exec")
    except SyntaxError:
        return
    scopes = scopes_of(text)
    root = scopes.parsed.tree.root_node
    kinds = {"function_definition": "function", "class_definition": "class"}
    nodes = {(node.start_point.row + 1, kinds[node.type]): node for node in walk(root) if node.type in kinds}
    todo = [table]
    while todo:
        each = todo.pop()
        todo.extend(each.get_children())
        if each.get_type() == "module":
            scope = scopes.root
        elif each.get_name() in ("lambda", "listcomp", "genexpr"):
            continue
        else:
            scope = scopes.of(nodes[each.get_lineno(), each.get_type()].child_by_field_name("body"))  # pyright: ignore
        contents = scope.contents
        bound = {name for name in contents.bindings if "." not in name} - contents.declared.keys()
        assert bound == {symbol.get_name() for symbol in each.get_symbols() if symbol.is_local()}, text


@given(MODULE, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9), st.sampled_from(["", "(", ".", "\n", "def ", ":", "'"])), max_size=4))  # fmt: skip
def test_broken_code_has_scopes_everywhere(text: str, edits: list[tuple[int, int, str]]) -> None:
    for at, length, typed in edits:
        text = text[:at] + typed + text[at + length :]
    scopes = scopes_of(text)
    for node in walk(scopes.parsed.tree.root_node):
        scope = scopes.of(node)
        for name in NAMES[:2]:
            found = NamesAt(scope, node.start_byte).find(name)
            assert found is None or found.name == name
            CertainNamesAt(scope, node.start_byte, scopes.shared).find(f"{name}.s")
