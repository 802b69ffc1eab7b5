"""Open the oracle of a language, or of all languages of a workspace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from soothsay.oracle.client import LspOracle
from soothsay.oracle.combined import CombinedOracle, WorkspaceOracle
from soothsay.oracle.commands import NO_COMMANDS, ServerCommands
from soothsay.oracle.installed import command_of
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.null import NullOracle
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.types import Oracle
from soothsay_languages.oracle import ServerSpec
from soothsay_languages.registry import language_of_file, language_of_id, languages

log = logging.getLogger(__name__)


def open_oracle(
    workspace: Path,
    language: str,
    runtime: str = "",
    limits: TimeLimits | None = None,
    environ: Mapping[str, str] | None = None,
    questions: QuestionLog | None = None,
    commands: ServerCommands = NO_COMMANDS,
) -> Oracle:
    """Return the oracle for ``language`` in ``workspace``. Nothing is started yet, and nothing is raised.

    ``runtime`` is the configured interpreter or compiler, "" to find it in ``environ`` (None: this process's
    environment). ``commands`` go before the programs that are found. Servers that are not installed are left out; without any it is
    a `NullOracle`.
    """
    found = language_of_id(language)
    known = [commands.applied_to(spec) for spec in found.oracles] if found else []
    specs = [spec for spec in known if command_of(spec) is not None]
    if not specs:
        level = logging.WARNING if any(spec.required for spec in known) else logging.INFO
        log.log(level, "no oracle for %s: completions will be unverified", language)
        return NullOracle()
    questions = questions or QuestionLog()

    def opened(spec: ServerSpec) -> LspOracle:
        found_runtime = spec.find_runtime(workspace, runtime, environ)
        return LspOracle(spec, workspace, found_runtime, limits, environ, questions)

    oracles = [opened(spec) for spec in specs]
    return oracles[0] if len(oracles) == 1 else CombinedOracle(oracles, questions)


def open_workspace_oracle(
    workspace: Path,
    runtimes: Mapping[str, str],
    limits: TimeLimits | None = None,
    environ: Mapping[str, str] | None = None,
    commands: ServerCommands = NO_COMMANDS,
) -> Oracle:
    """Return the oracle for all languages that name a language server; those that name the same share it. Nothing is started yet, and nothing is raised.

    ``runtimes`` are the configured interpreters and compilers by language id; the others are found in ``environ``. ``commands`` go
    before the programs that are found.
    """
    questions = QuestionLog()
    oracles: dict[str, Oracle] = {}
    shared: dict[tuple[str, ...], Oracle] = {}
    for each in languages():
        runtime, servers = runtimes.get(each.id, ""), tuple(spec.name for spec in each.oracles)
        if not servers:
            continue
        if (runtime, *servers) not in shared:
            opened = open_oracle(workspace, each.id, runtime, limits, environ, questions, commands)
            shared[runtime, *servers] = opened
        oracles[each.id] = shared[runtime, *servers]
    waiting = {each.id for each in languages() if not any(spec.required for spec in each.oracles)}
    return WorkspaceOracle(oracles, _language_of, questions, frozenset(waiting))


def _language_of(path: Path) -> str | None:
    language = language_of_file(path)
    return language.id if language else None
