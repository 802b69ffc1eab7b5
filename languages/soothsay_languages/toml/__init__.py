"""TOML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soothsay_languages.base import Language, Lexis, SharedNames
from soothsay_languages.queries import read_query

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_toml

    return tree_sitter.Language(tree_sitter_toml.language())


LANGUAGE = Language(
    id="toml",
    suffixes=frozenset({".toml"}),
    lexis=Lexis(
        line_comment="#",
        strings=('"""', "'''", '"', "'"),
        multiline_strings=('"""', "'''"),
        brackets={"[": "]", "{": "}"},
    ),
    keywords=frozenset({"true", "false", "inf", "nan"}),
    grammar=_grammar,
    content="config",
    shares=(SharedNames(read_query(__name__, "shared.scm"), re.compile(r"pyproject\.toml")),),
)
