"""What the compiler's texts say, and literals for values that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from soothsay_languages.analysis import analyse
from soothsay_languages.parameters import Parameter
from soothsay_languages.syntax import nodes_of
from soothsay_languages.typescript import TYPESCRIPT
from soothsay_languages.typescript.known_values import ScriptValues
from soothsay_languages.typescript.oracle import COMPILER, CompilerSignatures

READER, VALUES = CompilerSignatures(), ScriptValues()


def parameters(*texts: str) -> tuple[Parameter, ...]:
    label = f"f({', '.join(texts)}): void"
    starts = [label.index(text) for text in texts]
    return READER.parameters(label, [(s, s + len(t)) for s, t in zip(starts, texts, strict=True)])


def test_parameters_of_a_label() -> None:
    found = parameters("a: string", "b?: (x: number) => void", "...rest: T[]", "{ c, d }: Options", "$e")
    assert [(p.name, p.kind, p.required, p.annotation) for p in found] == [
        ("a", "positional_only", True, "string"),
        ("b", "positional_only", False, "(x: number) => void"),
        ("rest", "var_positional", False, "T[]"),
        ("options", "positional_only", True, "Options"),
        ("$e", "positional_only", True, ""),
    ]


def test_what_takes_anything() -> None:
    assert READER.takes_anything("f(...data: any[]): void", parameters("...data: any[]"))
    assert not READER.takes_anything("f(...data: number[]): void", parameters("...data: number[]"))
    assert not READER.takes_anything("f(): void", ())


@pytest.mark.parametrize(
    ("hover", "unknown"),
    [
        ("any", True),
        ("const a: any", True),
        ("(property) x.y?: any", True),
        ("(parameter) other: any", True),
        ("(method) JSON.parse(text: string): any", False),
        ("const a: anything", False),
        ("const shop: Shop", False),
    ],
)
def test_whether_a_type_is_known(hover: str, unknown: bool) -> None:
    assert COMPILER.is_unknown(hover) is unknown


@pytest.mark.parametrize(
    ("type_", "union"),
    [
        ("Shop", False),
        ("string | Shop", True),
        ("Map<string | number, Shop>", False),
        ("{ a: string | number; }", False),
        ("(string | number)[]", False),
        ('"a|b"', False),
    ],
)
def test_whether_a_receiver_is_of_several_types(type_: str, union: bool) -> None:
    message = f"Property 'x' does not exist on type '{type_}'."
    assert COMPILER.tells_of_union(message) is union


def test_which_file_an_import_may_mean() -> None:
    assert COMPILER.may_import("'./shop.js'", Path("/w/shop.ts"))
    assert COMPILER.may_import('"../shop"', Path("/w/shop/index.tsx"))
    assert not COMPILER.may_import("'./shop'", Path("/w/index.ts"))


@pytest.mark.parametrize(
    ("annotation", "text", "spots"),
    [
        ("string", '""', (1, 1)),
        ("", '""', (1, 1)),
        ("unknown", '""', (1, 1)),
        ("number | undefined", "0", (0, 1)),
        ("boolean", "false", (0, 5)),
        ('"open" | "close"', '"open"', (1, 5)),
        ("string[]", "[]", (1, 1)),
        ("Array<Shop>", "[]", (1, 1)),
        ("(at: number) => void", "() => {}", (7, 7)),
        ("{ once?: boolean; }", "{}", (1, 1)),
        ("Options<T>", "{}", (1, 1)),
        ("T", '""', (1, 1)),
    ],
)
def test_a_literal_for_a_value_that_nobody_knows(annotation: str, text: str, spots: tuple[int, int]) -> None:
    blank = VALUES.blank(Parameter("p", annotation=annotation), '"', "", "")
    assert (blank.text, blank.spots) == (text, ((*spots, "p"),))


def test_strings() -> None:
    assert VALUES.strings("\"a\" | 'b' | undefined") == ["a", "b"]
    assert VALUES.strings('"a" | string') is None and VALUES.strings("") is None
    analysis = analyse("f('it', `x`, 'a\\n', 1, '');\n", TYPESCRIPT)
    assert analysis.parsed is not None and TYPESCRIPT.tree_sitter is not None
    (arguments,) = nodes_of(TYPESCRIPT.tree_sitter, analysis.parsed.tree.root_node, "arguments")
    assert [VALUES.string(each) for each in arguments.named_children] == ["it", None, None, None, ""]
