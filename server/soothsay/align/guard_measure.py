"""Measuring the guard's figures: the same tasks without the adapter and with it, on the weights alone.

No documentation is looked up and nothing is repaired: what an adapter changes is the model, and that is what is judged.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from soothsay.align.guard import SuiteFigure
from soothsay.align.guard_suites import CallTask, LineTask, Suites
from soothsay.engine.analyses import Analyses
from soothsay.engine.arguments import misfit
from soothsay.engine.calibration import name_has_ended
from soothsay.engine.draft import Limits, Watcher, never_stop, write
from soothsay.engine.ground import ground
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.model.fim import Window, build_prompt, place_anchor
from soothsay.model.types import Adapter, OwnedModel
from soothsay_index.types import Hit, Index
from soothsay_languages.base import Language

CONTEXT = 1024  # tokens, that a model needs for all tasks
_WINDOW = Window(256, 64, 64)
_LONGEST_NAME, _LONGEST_CALL, _LONGEST_LINE = 12, 64, 48  # tokens
_DOCUMENTATION = 400  # tokens
_PATIENCE_S = 120.0  # for one task, on a busy machine
_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many tasks of each suite had what is counted."""

    frequent: int
    infilling: int
    missing: int
    documents: int


OnDone = Callable[[int, int], object]
"""Is told how many tasks of how many are done."""


def ignore_progress(_done: int, _all: int) -> None:
    """Do nothing with the progress."""


def count(
    model: OwnedModel,
    index: Index,
    suites: Suites,
    adapters: Sequence[Adapter],
    on_done: OnDone = ignore_progress,
) -> Counted:
    """Run every task on ``model`` with ``adapters`` (blocking). Raises `SoothsayError`."""
    model.apply(adapters)
    whole = len(suites.frequent) + 2 * len(suites.rare) + len(suites.lines)
    done = 0

    def each(outcomes: Iterator[bool]) -> int:
        nonlocal done
        total = 0
        for outcome in outcomes:
            total += outcome
            done += 1
            on_done(done, whole)
        return total

    calls = Calls(model, index, suites.language)
    return Counted(
        frequent=each(calls.is_valid(task) for task in suites.frequent),
        infilling=each(fills_line(model, task, suites.language) for task in suites.lines),
        missing=each(calls.is_missing(task) for task in suites.rare),
        documents=each(calls.follows(task) for task in suites.rare),
    )


def figures(suites: Suites, base: Counted, adapter: Counted) -> tuple[SuiteFigure, ...]:
    """Return what the guard decides on."""
    return (
        SuiteFigure("frequent", len(suites.frequent), base.frequent, adapter.frequent),
        SuiteFigure("infilling", len(suites.lines), base.infilling, adapter.infilling),
        SuiteFigure("missing", len(suites.rare), base.missing, adapter.missing),
        SuiteFigure("documents", len(suites.rare), base.documents, adapter.documents),
    )


def fills_line(model: OwnedModel, task: LineTask, language: Language) -> bool:
    """Return whether ``model`` writes the line that was taken out of a document, to the character."""
    anchor = place_anchor(task.text, task.offset, _WINDOW, language)
    opened = model.open(build_prompt(anchor, task.text, task.offset))
    written = b""
    for number, token in enumerate(opened.stream(deadline=time.monotonic() + _PATIENCE_S), start=1):
        written += token.data
        if b"\n" in written.lstrip() or number >= _LONGEST_LINE:
            break
    first = written.decode("utf-8", errors="replace").lstrip().split("\n", 1)[0]
    return first.rstrip() == task.line


@dataclass(frozen=True, slots=True)
class Calls:
    """What a model calls where a member of a module is to be called."""

    model: OwnedModel
    index: Index
    language: Language

    def is_valid(self, task: CallTask) -> bool:
        """Return whether it calls something that the module has, with arguments that fit."""
        site, text = self._write(task, "", _LONGEST_CALL, never_stop)
        called = _NAME.match(text)
        if called is None or called[0] not in task.members:
            return False
        parameters = task.members[called[0]]
        calls = [name for name in site.names(text) if name.start == 0]
        return bool(calls) and (parameters is None or not misfit(parameters, calls[0].given))

    def is_missing(self, task: CallTask) -> bool:
        """Return whether it names something that the module does not have."""
        named = self._name(task, "")
        return bool(named) and named not in task.members

    def follows(self, task: CallTask) -> bool:
        """Return whether it names the function that is wanted, which one of several documents describes."""
        documents = ground(
            [Hit("symbol", 1.0, symbol) for symbol in task.documents],
            lambda symbol: f"{task.owner}.{symbol.name}",
            "",
            self.language,
            _DOCUMENTATION,
            self.model.count_tokens,
        )
        return self._name(task, documents.text) == task.wanted

    def _name(self, task: CallTask, documentation: str) -> str:
        _, text = self._write(task, documentation, _LONGEST_NAME, name_has_ended)
        found = _NAME.match(text)
        return found[0] if found else ""

    def _write(self, task: CallTask, documentation: str, most: int, watch: Watcher) -> tuple[Site, str]:
        end = len(task.text)
        request = CompletionRequest(Path("task"), task.text, end, Path(), language=self.language.id)
        anchor = place_anchor(task.text, end, _WINDOW, self.language)
        site = Site(request, self.index, Analyses())
        limits = Limits(most, time.monotonic() + _PATIENCE_S)
        opened = self.model.open(build_prompt(anchor, task.text, end, documentation))
        return site, write(opened, site.rule, limits, watch=watch).text
