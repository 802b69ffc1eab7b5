"""What files define for files of other languages; and TOML, JSON, Dockerfiles and Makefiles as documents."""

from __future__ import annotations

from pathlib import PurePath

import pytest
import tree_sitter

from soothsay_languages.base import Language
from soothsay_languages.registry import language_of_file, languages
from soothsay_languages.shared_names import shared_names, shares_names

FILES = [
    (
        "Makefile",
        "PY ?= python\n.PHONY: test\ntest: lint ## x\n\ta\nlint build:\n\tb\n%.o: %.c\n\tc\n",
        "target test, target lint, target build",
    ),
    ("package.json", '{"name": "x", "scripts": {"build": "a", "test:unit": "b"}, "bin": {"q": "c"}}', "script build, script test:unit"),
    ("compose.prod.yml", "services:\n  web:\n    environment:\n      DEBUG: 1\n  db:\n    image: y\n", "service web, service db, variable DEBUG"),
    ("values.yml", "services:\n  web:\n    environment:\n      DEBUG: 1\n", ""),
    ("Dockerfile", "ARG V=1\nFROM python:3 AS base\nENV A=1\n", "variable V, variable A, stage base"),
    ("pyproject.toml", '[project.scripts]\na = "b:c"\nd = "e:f"\n[x]\ny = 1\n', "command a, command d"),
    (
        "a.py",
        "os.environ['A']\nenviron.get('B')\nos.getenv('C', 'x')\nos.path.get('D')\np.add_argument('-f', '--foo')\n@click.option('--bar/--no-bar', '--baz')\ndef f(): ...\n",
        "variable A, variable B, variable C, option --foo, option --baz",
    ),
    ("a.ts", "process.env.A; process.env['B']; other.env.C; process.env.A;", "variable A, variable B"),
    ("a.go", 'package m\nfunc f() { os.Getenv("A"); os.Open("B") }', "variable A"),
    ("a.rs", 'fn f() { std::env::var("A"); env::var("B"); env::args("C"); }', "variable A, variable B"),
    ("A.java", 'class A { String x = System.getenv("A"); }', "variable A"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), FILES, ids=[each[0] for each in FILES])
def test_names_are_shared(name: str, text: str, expected: str) -> None:
    found = sorted(shared_names(PurePath(name), text), key=lambda each: (each[0], each[2]))
    wanted = sorted(expected.split(", ") if expected else [])
    assert sorted(f"{kind} {written}" for kind, written, _ in found) == wanted


def test_only_files_that_are_named_are_read_for_them() -> None:
    assert shares_names(PurePath("package.json")) and shares_names(PurePath("compose.yml"))
    assert not shares_names(PurePath("data.json")) and not shares_names(PurePath("a.py"))


@pytest.mark.parametrize("language", languages(), ids=lambda language: language.id)
def test_every_query_is_right(language: Language) -> None:
    for each in language.shares:
        assert language.tree_sitter is not None
        tree_sitter.Query(language.tree_sitter, each.query)


@pytest.mark.parametrize(
    ("name", "whole", "broken"),
    [
        ("Makefile", "all: a\n\techo a\n", "all: a\n)\n"),
        ("Dockerfile", "FROM a AS b\nRUN pip install c\n", "FROM a AS b\nRUNNING x\n"),
        ("a.toml", "[a]\nb = 1\n", "[a\nb = 1\n"),
        ("a.json", '{"a": [1]}\n', '{"a": [1}\n'),
    ],
)
def test_their_documents_are_whole_or_broken(name: str, whole: str, broken: str) -> None:
    language = language_of_file(PurePath(name))
    assert language is not None
    assert language.is_whole(whole) and not language.is_whole(broken)
