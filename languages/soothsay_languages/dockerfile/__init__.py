"""Dockerfiles, which are called Containerfiles as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soothsay_languages.base import Language, Lexis, SharedNames
from soothsay_languages.dockerfile.commands import shell_parts
from soothsay_languages.dockerfile.oracle import DOCKER_SERVER
from soothsay_languages.queries import read_query

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_containerfile

    return tree_sitter.Language(tree_sitter_containerfile.language())


LANGUAGE = Language(
    id="dockerfile",
    suffixes=frozenset({".dockerfile", ".containerfile"}),
    filenames=frozenset({"Dockerfile", "Containerfile"}),
    names=frozenset({"containerfile"}),
    lexis=Lexis(
        line_comment="#",
        strings=('"', "'"),
        brackets={"(": ")", "[": "]", "{": "}"},
        continuation="\\",
        comment_apart=True,
        strings_apart=True,
    ),
    grammar=_grammar,
    oracles=(DOCKER_SERVER,),
    content="config",
    shell_parts=shell_parts,
    shares=(SharedNames(read_query(__name__, "shared.scm")),),
    writes=("stage", "variable", "command", "target", "script", "file"),
)
