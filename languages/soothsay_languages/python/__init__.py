"""Python."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from soothsay_languages.base import Blocks, Language, Lexis
from soothsay_languages.python.oracle import TY

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_python

    return tree_sitter.Language(tree_sitter_python.language())


LANGUAGE = Language(
    id="python",
    suffixes=frozenset({".py", ".pyi", ".pyw"}),
    lexis=Lexis(
        line_comment="#",
        strings=('"""', "'''", '"', "'"),
        multiline_strings=('"""', "'''"),
        brackets={"(": ")", "[": "]", "{": "}"},
        continuation="\\",
    ),
    blocks=Blocks(opener=":"),
    keywords=frozenset(keyword.kwlist),
    grammar=_grammar,
    oracles=(TY,),
    calls=True,
)
