"""Names in scope by a language's query alone: functions and variables of shell scripts, anchors of YAML files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soothsay_languages.analysis import analyse
from soothsay_languages.base import Language
from soothsay_languages.query_scopes import QueryScopes
from soothsay_languages.scopes import NamesAt
from soothsay_languages.shell import LANGUAGE as SHELL
from soothsay_languages.syntax import text_of
from soothsay_languages.yaml import LANGUAGE as YAML

SCRIPT = """#!/bin/bash
target=prod
deploy() {
  local region=$1 zone
  declare -r image="app"
  read -r -p "Sure? " answer rest
  for host in a b; do
    built[0]=$host
  done
  count=1
  target=$region
  |
}
export PATH DEPLOY_KEY=secret
while getopts "ab:" option; do :; done
printf -v stamp "%s" now
readarray -t lines < file
for ((index = 0; index < 3; index++)); do :; done
"""
FILE = """base: &base
  image: app
web:
  <<: *base
  ports: &ports [80]
  |
late: &late 1
---
other: &other 2
"""


def split(marked: str) -> tuple[str, int]:
    """Return the text without its mark ``|``, and the offset of that."""
    offset = marked.index("|")
    return marked[:offset] + marked[offset + 1 :], offset


def visible(marked: str, language: Language) -> set[str]:
    text, offset = split(marked)
    names = analyse(text, language).names_before_statement(offset)
    assert names is not None
    return set(names.visible())


def scopes_of(text: str, language: Language) -> QueryScopes:
    scopes = analyse(text, language).scopes
    assert isinstance(scopes, QueryScopes)
    return scopes


def bound_lines(text: str, language: Language) -> dict[str, list[int]]:
    """Return the line in which each reference's name is bound, 0 for one that nothing binds, by names."""
    scopes = scopes_of(text, language)
    found: dict[str, list[int]] = {}
    for node in scopes.references:
        binding = NamesAt(scopes.of(node), node.start_byte).find(text_of(node))
        line = text.encode()[: binding.byte].count(b"\n") + 1 if binding and binding.kind != "unknown" else 0
        found.setdefault(text_of(node), []).append(line)
    return found


def test_in_a_function_its_own_names_and_those_of_the_script_are_visible() -> None:
    own = {"region", "zone", "image", "answer", "rest", "host", "built", "count"}
    later = {"PATH", "DEPLOY_KEY", "option", "stamp", "lines", "index"}  # a function runs when it is called
    assert visible(SCRIPT, SHELL) == {"deploy", "target"} | own | later


def test_local_names_stay_in_their_function() -> None:
    after = visible(SCRIPT.replace("  |\n", "") + "|", SHELL)
    assert {"deploy", "target", "answer", "host", "built", "count", "PATH", "stamp"} <= after
    assert not {"region", "zone", "image", "-r", "-p", "-t"} & after


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a=1\n|\nb=2\n", {"a"}),
        ("|\nf() { :; }\n", {"f"}),  # functions are hoisted, as by every binder: they may be meant
        ("f() { a=1; }\nf\n|", {"f", "a"}),
        ("f() {\n  local a=1\n  a=2\n}\n|", {"f"}),  # set again, it is still the function's own
        ("f() {\n  typeset a\n  g() {\n    a=2\n    |\n  }\n}\n", {"f", "g", "a"}),
        ("f() {\n  |\n}\n", {"f"}),
        ('f() {\n  local a=1\n  echo "${|\n}\ng() { :; }\n', {"f", "a", "g"}),  # unfinished
        ("local a=1\n|", {"a"}),  # outside of a function there is one scope
        ("read\nread -r\nread x1 2y -s\n|", {"x1"}),
        ("export A\nreadonly B=1 C\n|", {"A", "B", "C"}),
        ("select each in a b; do\n  |\ndone\n", {"each"}),
        ("echo a b=1\n|", set()),
        ("# a=1\necho 'b=2'\n|", set()),
        ("|", set()),
    ],
)
def test_what_is_visible_in_a_script(text: str, names: set[str]) -> None:
    assert visible(text, SHELL) == names


def test_references_of_a_script_find_what_binds_them() -> None:
    text = 'a=1\nf() {\n  local a=2\n  echo "$a ${b:-3} ${c[0]}"\n}\nf\necho $a\nb=4\ng $d\n'
    assert bound_lines(text, SHELL) == {
        "a": [3, 1],
        "b": [8],  # a function may run after it is set
        "c": [0],
        "d": [0],
        "echo": [0, 0],
        "f": [2],
        "g": [0],
    }


def test_anchors_are_visible_in_their_document_from_where_they_stand() -> None:
    assert visible(FILE, YAML) == {"base", "ports"}


def test_aliases_find_their_anchors() -> None:
    text = "a: &x 1\nb: *x\nc: [*x, *y]\nd: &x 2\ne: {<<: *x}\n---\nf: *x\n"
    assert bound_lines(text, YAML) == {"x": [1, 1, 4, 0], "y": [0]}


def test_what_is_being_written_binds_names_too() -> None:
    text = "f() {\n  local a=1\n  \n}\n"
    offset = text.index("\n}")
    fragment = analyse(text, SHELL).fragment(offset, "b=2; read c\n")
    assert fragment.names_at_end is not None
    assert set(fragment.names_at_end.visible()) == {"f", "a", "b", "c"}


PIECES = st.lists(
    st.sampled_from(
        ["a=1", "f() {", "}", "local b", "$a", "${b}", '"', "'", "(", ")", "for x in", "do", "done", "\n", " ", "é",
         "&a", "*a", ": ", "- ", "---\n", "[", "]", "  ", "read r", "<<EOF\n"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(PIECES, st.integers(0, 200), st.sampled_from([SHELL, YAML]))
def test_broken_text_has_names_everywhere(text: str, offset: int, language: Language) -> None:
    analysis = analyse(text, language)
    offset = min(offset, len(text))
    names = analysis.names_before_statement(offset)
    assert names is not None
    for name, binding in names.visible().items():
        assert binding.name == name
        assert names.find(name) is not None
    if analysis.scopes is not None and analysis.parsed is not None:
        assert analysis.scopes.of(analysis.parsed.tree.root_node) is analysis.scopes.root
