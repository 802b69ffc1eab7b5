"""Go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soothsay_languages.base import CallSyntax, Language, ProjectLayout, SharedNames
from soothsay_languages.go.oracle import GOPLS
from soothsay_languages.go.words import BLOCKS, BUILTINS, IMPORTS, KEYWORDS, LEXIS, STATEMENTS
from soothsay_languages.queries import read_query

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_go

    return tree_sitter.Language(tree_sitter_go.language())


LANGUAGE = Language(
    id="go",
    suffixes=frozenset({".go"}),
    lexis=LEXIS,
    blocks=BLOCKS,
    statements=STATEMENTS,
    keywords=KEYWORDS,
    builtins=BUILTINS,
    imports=re.compile(IMPORTS, re.MULTILINE),
    calls=CallSyntax(
        query="""
            (call_expression function: (identifier) @name arguments: (argument_list) @arguments) @call
            (call_expression
                function: (selector_expression operand: (_) @receiver field: (field_identifier) @name)
                arguments: (argument_list) @arguments) @call
        """,
        splat="variadic_argument",
        names=("identifier", "selector_expression"),
    ),
    grammar=_grammar,
    tags=read_query(__name__, "tags.scm"),
    locals=read_query(__name__, "locals.scm"),
    layout=ProjectLayout(root_files=("go.mod", "go.work")),
    shares=(SharedNames(read_query(__name__, "shared.scm"), mark=re.compile(r"\b(?:Getenv|LookupEnv)\b")),),
    oracles=(GOPLS,),
    family="go",
)
