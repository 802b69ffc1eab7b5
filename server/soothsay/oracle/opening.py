"""Open the oracle of a language, or of all languages of a workspace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from soothsay.oracle.client import LspOracle
from soothsay.oracle.combined import CombinedOracle, WorkspaceOracle
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
) -> Oracle:
    """Return the oracle for ``language`` in ``workspace``. Nothing is started yet, and nothing is raised.

    ``runtime`` is the configured interpreter or compiler, "" to find it in ``environ`` (None: this process's
    environment). Servers that are not installed are left out; without any it is a `NullOracle`.
    """
    found = language_of_id(language)
    specs = [spec for spec in (found.oracles if found else ()) if spec.find_command() is not None]
    if not specs:
        log.warning("no oracle for %s: completions will be unverified", language)
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
) -> Oracle:
    """Return the oracle for all languages that name a language server. Nothing is started yet, and nothing is raised.

    ``runtimes`` are the configured interpreters and compilers by language id; the others are found in ``environ``.
    """
    questions = QuestionLog()
    oracles = {
        each.id: open_oracle(workspace, each.id, runtimes.get(each.id, ""), limits, environ, questions)
        for each in languages()
        if each.oracles
    }
    return WorkspaceOracle(oracles, _language_of, questions)


def _language_of(path: Path) -> str | None:
    language = language_of_file(path)
    return language.id if language else None
