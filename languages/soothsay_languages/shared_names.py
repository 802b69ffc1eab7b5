"""The names that a file defines for files of other languages: targets, services, environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import cast, get_args

from soothsay_languages.base import Language, SharedKind, SharedNames
from soothsay_languages.registry import language_of_file

KINDS: tuple[SharedKind, ...] = get_args(SharedKind)
OPTION = "option "
"""What the name of an option begins with in the index: nothing that code can name holds a blank."""
SUBCOMMAND = "command "
"""The same of a program, or of its subcommand."""
# what stands right before a name of a kind on its line, in shell and in the files that hold commands
_BEHIND: Mapping[SharedKind, re.Pattern[str]] = {
    "target": re.compile(r"(?<![\w./-])make +\Z"),
    "script": re.compile(r"(?<![\w./-])(?:npm|yarn|pnpm|bun) +run +\Z"),
    "service": re.compile(r"\bcompose +(?:up|run|exec|logs|build|restart|stop|start) +\Z"),
    "stage": re.compile(r"(?:--from=|--target[= ])\Z"),
}
_LONGEST_LEAD = 60  # characters before a name that tell its kind


def owner_of_shared(kind: SharedKind) -> str:
    """Return what the index has the names of a kind as members of: nothing that code can name."""
    return f"shared {kind}"


def owner_of_command(*words: str) -> str:
    """Return what the index has the options and subcommands of a program as members of: ``git``, ``git commit``.

    Without words, what it has the programs as members of.
    """
    return " ".join(("command", *words)) if words else "installed commands"


def shares_names(path: PurePath) -> bool:
    """Return whether a file of this name may define names for files of other languages, and is there for little else."""
    language = language_of_file(path)
    return language is not None and any(each.files for each in _queries(language, path))


def shared_names(path: PurePath, text: str) -> Iterator[tuple[SharedKind, str, int]]:
    """Yield the names that ``text``, of the file ``path``, defines for others: kind, name and line (from 1), each once."""
    language = language_of_file(path)
    queries = () if language is None else _queries(language, path)
    queries = tuple(each for each in queries if each.mark is None or each.mark.search(text))
    if language is None or language.tree_sitter is None or not queries or not language.can_parse(text):
        return
    from soothsay_languages.syntax import captures, parse, text_of  # needs the parser

    root = parse(language.tree_sitter, text.encode("utf-8", "replace")).root_node
    seen: set[tuple[str, str]] = set()
    for each in queries:
        for kind, nodes in captures(language.tree_sitter, each.query, root).items():
            for node in sorted(nodes, key=lambda node: node.start_byte):
                name = text_of(node)
                if kind in KINDS and name and (kind, name) not in seen:
                    seen.add((kind, name))
                    yield cast(SharedKind, kind), name, node.start_point.row + 1


def kind_behind(before: str) -> SharedKind | None:
    """Return the kind of the name that is written behind ``before``, the beginning of a line; None where it does not tell."""
    lead = before[-_LONGEST_LEAD:]
    return next((kind for kind, pattern in _BEHIND.items() if pattern.search(lead)), None)


def _queries(language: Language, path: PurePath) -> tuple[SharedNames, ...]:
    return tuple(each for each in language.shares if each.files is None or each.files.fullmatch(path.name))
