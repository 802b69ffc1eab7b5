"""JSON, with and without comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soothsay_languages.base import KeySyntax, Language, Lexis, SharedNames
from soothsay_languages.queries import read_query
from soothsay_languages.schemas import SCHEMA_SERVER

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_json

    return tree_sitter.Language(tree_sitter_json.language())


LANGUAGE = Language(
    id="json",
    suffixes=frozenset({".json", ".jsonc"}),
    names=frozenset({"jsonc"}),
    lexis=Lexis(block_comment=("/*", "*/"), strings=('"',), brackets={"[": "]", "{": "}"}),
    keywords=frozenset({"true", "false", "null"}),
    grammar=_grammar,
    keys=KeySyntax(read_query(__name__, "keys.scm"), quotes='"'),
    oracles=(SCHEMA_SERVER,),
    content="config",
    shares=(SharedNames(read_query(__name__, "shared.scm"), re.compile(r"package\.json")),),
)
