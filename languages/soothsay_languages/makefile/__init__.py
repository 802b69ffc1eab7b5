"""Makefiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soothsay_languages.base import Language, Lexis, SharedNames
from soothsay_languages.makefile.commands import shell_parts
from soothsay_languages.queries import read_query

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_make

    return tree_sitter.Language(tree_sitter_make.language())


LANGUAGE = Language(
    id="makefile",
    suffixes=frozenset({".mk"}),
    filenames=frozenset({"Makefile", "makefile", "GNUmakefile"}),
    names=frozenset({"make"}),
    lexis=Lexis(
        line_comment="#",
        strings=('"', "'"),
        brackets={"(": ")", "{": "}"},
        continuation="\\",
        comment_apart=True,
        strings_apart=True,
    ),
    grammar=_grammar,
    tags=read_query(__name__, "tags.scm"),
    content="config",
    shell_parts=shell_parts,
    shares=(SharedNames(read_query(__name__, "shared.scm")),),
    writes=("script", "service", "stage", "command", "option", "variable", "file"),
)
