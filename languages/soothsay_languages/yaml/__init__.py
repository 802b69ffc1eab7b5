"""YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soothsay_languages.base import Blocks, KeySyntax, Language, Lexis, ParserLimits, SharedNames
from soothsay_languages.queries import read_query
from soothsay_languages.schemas import SCHEMA_SERVER
from soothsay_languages.yaml.commands import shell_parts
from soothsay_languages.yaml.keys import key_of_line

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_yaml

    return tree_sitter.Language(tree_sitter_yaml.language())


_COMPOSE = re.compile(r"(?:docker-)?compose(?:[._-].+)?\.ya?ml", re.IGNORECASE)

LANGUAGE = Language(
    id="yaml",
    suffixes=frozenset({".yml", ".yaml"}),
    names=frozenset({"dockercompose", "github-actions-workflow", "yaml.docker-compose"}),
    lexis=Lexis(
        line_comment="#",
        strings=('"', "'"),
        brackets={"[": "]", "{": "}"},
        comment_apart=True,
        strings_apart=True,
    ),
    blocks=Blocks(opener=":"),
    grammar=_grammar,
    # the grammar loses its place after 32,767 lines, and writes past the end of a buffer at 250 levels
    limits=ParserLimits(lines=32_000, depth=200),
    tags=read_query(__name__, "tags.scm"),
    locals=read_query(__name__, "locals.scm"),
    key=key_of_line,
    keys=KeySyntax(read_query(__name__, "keys.scm"), quotes="\"'", template=re.compile(r"\{[{%]")),
    oracles=(SCHEMA_SERVER,),
    content="config",
    shell_parts=shell_parts,
    shares=(SharedNames(read_query(__name__, "shared.scm"), _COMPOSE),),
    writes=("target", "script", "service", "stage", "command", "option", "variable", "file"),
)
