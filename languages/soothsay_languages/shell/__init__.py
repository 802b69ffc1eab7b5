"""Shell scripts: sh and bash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soothsay_languages.base import Blocks, Language, Lexis
from soothsay_languages.queries import read_query
from soothsay_languages.shell.commands import shell_parts

if TYPE_CHECKING:
    import tree_sitter


def _grammar() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Language(tree_sitter_bash.language())


LANGUAGE = Language(
    id="shellscript",
    suffixes=frozenset({".sh", ".bash"}),
    filenames=frozenset({".env.example", ".env.sample", ".env.template"}),
    names=frozenset({"sh", "bash"}),
    lexis=Lexis(
        line_comment="#",
        strings=('"', "'"),
        multiline_strings=('"', "'"),
        brackets={"(": ")", "{": "}"},
        inside_strings={"$(": '"', "${": '"'},
        continuation="\\",
        comment_apart=True,
        documents=r"""(?<!<)<<-?[ \t]*(["'\\]?)(?P<end>[A-Za-z_]\w*)(?:(?<=\w)["'])?(?![^\n]*\)\))""",
    ),
    blocks=Blocks(placeholder=":", pairs={"if": "fi", "do": "done", "case": "esac"}),
    grammar=_grammar,
    tags=read_query(__name__, "tags.scm"),
    locals=read_query(__name__, "locals.scm"),
    shell_parts=shell_parts,
    writes=("target", "script", "service", "stage", "command", "option", "variable", "file"),
    wrong=read_query(__name__, "wrong.scm"),
)
