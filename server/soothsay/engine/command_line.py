"""Commands of programs in scripts, recipes and workflows: which one is being written, and the options that it takes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence

from soothsay.engine.name_choice import Around, NameChoice
from soothsay_index.types import Index, Symbol
from soothsay_languages.base import Language
from soothsay_languages.commands import Command, command_at_end
from soothsay_languages.shared_names import OPTION, SUBCOMMAND, owner_of_command

_OPTION = re.compile(r"(?<!\S)--[A-Za-z][\w-]*")
# A usage that names what is passed on to another program: behind the first operand, options are that program's.
_PASSES_ON = re.compile(r"(?<![\w-])(?:args?|arguments?|cmd|command|program|script)(?![\w-])", re.IGNORECASE)


def command_at(text: str, offset: int, language: Language) -> Command | None:
    """Return the command that is being written at ``offset``.

    None where no shell reads the text, in comments, quotations and here-documents, behind a redirection, and where it is not
    known which program is run.
    """
    if language.shell_parts is None:
        return None
    last = deque(language.shell_parts(text[:offset]), maxlen=1)
    return command_at_end(last[0]) if last and last[0].end == offset else None


def known_options(index: Index, command: Command) -> Mapping[str, Symbol] | None:
    """Return all options that ``command`` takes where its word is written, by name (``--message``, ``-m``).

    None where that is not certain: of the program, or of its subcommand, not all options are known, or the word belongs to
    another program that the command runs.
    """
    if "--" in command.arguments:
        return None
    words, rest = (command.program,), command.arguments
    usage, members = _usage(index, command.program), _members(index, words)
    while members:
        operands = _operands(rest, members)
        if not _has_subcommands(members):
            break
        if not operands:
            return _options(index, words, members)
        at = operands[0]
        name = rest[at]
        if f"{SUBCOMMAND}{name}" not in members:
            return None  # an alias, a plug-in, or the value of an option that is not known to have one
        usage = members[f"{SUBCOMMAND}{name}"].doc
        words, rest = (*words, name), rest[at + 1 :]
        members = _members(index, words)
    if not members or (_operands(rest, members) and _PASSES_ON.search(usage)):
        return None
    return _options(index, words, members)


def choose_option(around: Around, draft: str, language: Language, index: Index) -> NameChoice | None:
    """Return the options that may be written instead of the first one in ``draft`` that its program does not take; None without one.

    Only the first line of ``draft`` is read.
    """
    if language.shell_parts is None:
        return None
    begun = around.line[around.line.rfind(" ") + 1 :]
    typed = begun if begun.startswith("-") else ""
    head, whole = around.text[: around.offset - len(typed)], typed + draft.partition("\n")[0]
    for match in _OPTION.finditer(whole):
        if match.end() <= len(typed):
            continue
        text = head + whole[: match.start()]
        command = command_at(text, len(text), language)
        options = None if command is None else known_options(index, command)
        if options is None or match[0] in options:
            continue
        meant = {name: each for name, each in options.items() if name.startswith(match[0])}
        if len(meant) == 1:
            continue  # programs take the beginning of an option for it, where it is that of no other one
        kept = typed if match.start() == 0 else ""
        names = meant or {name: each for name, each in options.items() if name.startswith(kept or "--")}
        if names:
            return NameChoice(match[0], max(0, match.start() - len(typed)), kept, names, True)
    return None


def _options(
    index: Index, words: Sequence[str], members: Mapping[str, Symbol]
) -> Mapping[str, Symbol] | None:
    """Return the options among ``members``, if these are all."""
    found = {name.removeprefix(OPTION): each for name, each in members.items() if name.startswith(OPTION)}
    has_long = any(name.startswith("--") for name in found)
    return found if has_long and index.is_closed(owner_of_command(*words)) else None


def _operands(arguments: Sequence[str], members: Mapping[str, Symbol]) -> list[int]:
    """Return where in ``arguments`` the words are that are neither options nor the values of options."""
    found: list[int] = []
    is_value = False
    for at, argument in enumerate(arguments):
        if is_value:
            is_value = False
        elif argument.startswith("-") and len(argument) > 1:
            option = members.get(f"{OPTION}{argument}")
            is_value = option is not None and any(each.required for each in option.parameters or ())
        else:
            found.append(at)
    return found


def _has_subcommands(members: Mapping[str, Symbol]) -> bool:
    return any(name.startswith(SUBCOMMAND) for name in members)


def _members(index: Index, words: Sequence[str]) -> Mapping[str, Symbol]:
    return {each.name: each for each in index.members(owner_of_command(*words))}


def _usage(index: Index, program: str) -> str:
    """Return how the program is used."""
    found = index.lookup(f"{owner_of_command()}.{SUBCOMMAND}{program}")
    return found.doc if found is not None else ""
