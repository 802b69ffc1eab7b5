"""Reading of installed programs into rows. Uses no database, so that child processes can run it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from soothsay_index.runtime.help_runs import (
    RunPlace,
    TooSlowError,
    print_help,
    subcommands_to_ask,
    version_in,
)
from soothsay_index.runtime.programs import PROGRAMS, Program
from soothsay_index.sources.base import Release
from soothsay_index.sources.help_texts import (
    CommandHelp,
    HelpText,
    as_harvest,
    read_help,
    with_negations,
    with_options,
)
from soothsay_index.store.releases import ReleaseTables
from soothsay_index.store.rows import harvest_tables

log = logging.getLogger(__name__)

_PROGRAM_SECONDS = 300.0  # for all help texts of a program, at low priority


def harvest_program(release: Release, executable: Path, place: RunPlace) -> ReleaseTables | None:
    """Return what ``executable`` says of itself; None where it does not say it in time."""
    try:
        helps, version = _ask(PROGRAMS[release.part], executable, place)
    except (TooSlowError, OSError) as error:
        log.info("%s does not tell its options: %s", release.part, error)
        return None
    harvest = as_harvest(helps, release.part, version, executable.as_uri())
    return ReleaseTables({release: len(harvest.symbols)}, {release: 0}, harvest_tables([(release, harvest)]))


def _ask(program: Program, executable: Path, place: RunPlace) -> tuple[Sequence[CommandHelp], str]:
    """Return what a program and its subcommands print as their help, and the program's version."""
    end = time.monotonic() + _PROGRAM_SECONDS
    text = _or_nothing(executable, program.help, place)
    if not text:
        raise TooSlowError(program.name)
    own = _read(program, text)
    version = version_in(_or_nothing(executable, ("--version",), place))
    shared = read_help(_or_nothing(executable, program.for_all, place)) if program.for_all else HelpText()
    subcommands = subcommands_to_ask(program, tuple(own.subcommands))
    listed = {name: own.subcommands.get(name, "") for name in (*own.subcommands, *subcommands)}
    own = HelpText(own.usage, own.options, listed)
    helps = [CommandHelp((program.name,), own, "" not in program.partial)]
    for name in subcommands:
        if time.monotonic() > end:
            break
        text = _or_nothing(executable, (name, *program.of_subcommand), place)
        if text:
            said = with_options(_read(program, text), shared)
            helps.append(CommandHelp((program.name, name), said, name not in program.partial))
    return helps, version


def _read(program: Program, text: str) -> HelpText:
    said = read_help(text)
    return with_negations(said) if program.negates else said


def _or_nothing(executable: Path, arguments: Sequence[str], place: RunPlace) -> str:
    """Return what the program prints; "" where it does not in time, asked twice: the machine may be busy."""
    for _ in range(2):
        try:
            return print_help(executable, arguments, place)
        except (TooSlowError, OSError) as error:
            log.info("no help of %s: %s", executable.name, error)
    return ""
