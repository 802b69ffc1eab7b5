"""YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soothsay_languages.base import Blocks, Language, Lexis

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_yaml

    return tree_sitter.Language(tree_sitter_yaml.language())


LANGUAGE = Language(
    id="yaml",
    suffixes=frozenset({".yml", ".yaml"}),
    names=frozenset({"dockercompose", "github-actions-workflow", "yaml.docker-compose"}),
    lexis=Lexis(line_comment="#", strings=('"', "'"), brackets={"[": "]", "{": "}"}),
    blocks=Blocks(opener=":"),
    grammar=_grammar,
)
