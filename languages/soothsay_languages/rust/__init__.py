"""Rust."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soothsay_languages.base import CallSyntax, Language, ProjectLayout, SharedNames
from soothsay_languages.queries import read_query
from soothsay_languages.rust.oracle import RUST_ANALYZER
from soothsay_languages.rust.words import BLOCKS, BUILTINS, IMPORTS, KEYWORDS, LEXIS, STATEMENTS

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_rust

    return tree_sitter.Language(tree_sitter_rust.language())


LANGUAGE = Language(
    id="rust",
    suffixes=frozenset({".rs"}),
    lexis=LEXIS,
    blocks=BLOCKS,
    statements=STATEMENTS,
    keywords=KEYWORDS,
    builtins=BUILTINS,
    imports=re.compile(IMPORTS, re.MULTILINE),
    calls=CallSyntax(
        query="""
            (call_expression function: (identifier) @name arguments: (arguments) @arguments) @call
            (call_expression
                function: (generic_function function: (identifier) @name) arguments: (arguments) @arguments) @call
            (call_expression
                function: (field_expression value: (_) @receiver field: (field_identifier) @name)
                arguments: (arguments) @arguments) @call
            (call_expression
                function: (generic_function
                    function: (field_expression value: (_) @receiver field: (field_identifier) @name))
                arguments: (arguments) @arguments) @call
            (call_expression
                function: (scoped_identifier path: (_) @receiver name: (identifier) @name)
                arguments: (arguments) @arguments) @call
            (call_expression
                function: (generic_function
                    function: (scoped_identifier path: (_) @receiver name: (identifier) @name))
                arguments: (arguments) @arguments) @call
        """,
        names=("identifier", "field_expression", "scoped_identifier"),
    ),
    grammar=_grammar,
    tags=read_query(__name__, "tags.scm"),
    locals=read_query(__name__, "locals.scm"),
    layout=ProjectLayout(root_files=("Cargo.toml",), skipped_marks=("CACHEDIR.TAG",)),
    shares=(SharedNames(read_query(__name__, "shared.scm"), mark=re.compile(r"\benv::var")),),
    oracles=(RUST_ANALYZER,),
    family="rust",
)
