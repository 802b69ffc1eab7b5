"""Java."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soothsay_languages.base import CallSyntax, Language, ProjectLayout, SharedNames
from soothsay_languages.java.oracle import JDTLS
from soothsay_languages.java.words import BLOCKS, BUILTINS, IMPORTS, KEYWORDS, LEXIS, STATEMENTS
from soothsay_languages.queries import read_query

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_java

    return tree_sitter.Language(tree_sitter_java.language())


LANGUAGE = Language(
    id="java",
    suffixes=frozenset({".java"}),
    lexis=LEXIS,
    blocks=BLOCKS,
    statements=STATEMENTS,
    keywords=KEYWORDS,
    builtins=BUILTINS,
    imports=re.compile(IMPORTS, re.MULTILINE),
    calls=CallSyntax(
        query="""
            (method_invocation !object name: (identifier) @name arguments: (argument_list) @arguments) @call
            (method_invocation
                object: (_) @receiver name: (identifier) @name arguments: (argument_list) @arguments) @call
            (object_creation_expression
                type: [(type_identifier) @name (generic_type . (type_identifier) @name)]
                arguments: (argument_list) @arguments) @call
        """,
        names=("identifier", "field_access"),
    ),
    grammar=_grammar,
    tags=read_query(__name__, "tags.scm"),
    locals=read_query(__name__, "locals.scm"),
    layout=ProjectLayout(
        root_files=("pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
        skipped_folders=(".gradle",),
    ),
    shares=(SharedNames(read_query(__name__, "shared.scm"), mark=re.compile(r"\bgetenv\b")),),
    oracles=(JDTLS,),
    family="java",
)
