"""The programs of language servers that the user has set, instead of those that are found."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from soothsay_languages.oracle import ServerSpec
from soothsay_languages.registry import languages


@dataclass(frozen=True, slots=True)
class ServerCommands:
    """The command of each server that has one, by its name, and a message for each setting that is wrong."""

    by_name: Mapping[str, Sequence[str]]
    problems: tuple[str, ...] = ()

    def applied_to(self, spec: ServerSpec) -> ServerSpec:
        """Return ``spec`` with the command that is set for it, if any, in place of what is found or was installed."""
        command = self.by_name.get(spec.name)
        return spec if command is None else replace(spec, package=None, find_command=lambda: command)


NO_COMMANDS = ServerCommands({})


def read_commands(written: Sequence[str]) -> ServerCommands:
    """Read settings such as ``gopls=/opt/go/bin/gopls -remote=auto``: the name of a server, and its command as a shell has it."""
    known = {spec.name for language in languages() for spec in language.oracles}
    commands: dict[str, Sequence[str]] = {}
    problems: list[str] = []
    for line in written:
        name, equals, command = (part.strip() for part in line.partition("="))
        problem = "" if equals else "there is no '=' in it"
        problem = problem or (
            "" if name in known else f"there is no judge {name!r}; known: {', '.join(sorted(known))}"
        )
        words = () if problem else _words(command)
        problem = problem or _problem_of(words)
        if problem:
            problems.append(f"oracle.commands: {line!r} is not taken: {problem}")
        else:
            commands[name] = words
    return ServerCommands(commands, tuple(problems))


def _words(command: str) -> tuple[str, ...]:
    try:
        # backslashes are parts of paths on Windows
        return tuple(word.strip('"') for word in shlex.split(command, posix=os.name != "nt"))
    except ValueError:  # a quotation that does not end
        return ()


def _problem_of(words: Sequence[str]) -> str:
    """Return why ``words`` cannot be run; "" where they can."""
    if not words:
        return "it is no command"
    program = words[0]
    if Path(program).name != program and not Path(program).is_absolute():
        return f"{program} is neither an absolute path nor the name of a program on PATH"
    return "" if shutil.which(program) else f"there is no program {program}"
