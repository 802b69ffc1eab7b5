"""Measure below which certainty a model is not to be believed: on calls that are made up from documentation.

A task is the summary of a documented function as a comment, and the module that has the function. What matters is not
whether the model calls that function, but whether what it calls exists, and how sure it was.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from soothsay.engine.analyses import Analyses
from soothsay.engine.draft import Limits, write
from soothsay.engine.site import Site
from soothsay.engine.trigger import certainty, confidence
from soothsay.engine.types import ApiName, CompletionRequest
from soothsay.model.files.registry import DEFAULT_THRESHOLDS, Thresholds
from soothsay.model.fim import Window, build_prompt, place_anchor
from soothsay.model.types import Model, Token
from soothsay_index.types import Index, Symbol
from soothsay_languages.base import Language

FEWEST = 20  # names that do not exist
_NEARLY_ALL = 0.98
_IN_ONE_MODULE = 3  # tasks
_LONGEST = 12  # tokens of a name
_GRID = tuple(n / 20 for n in range(8, 20))  # 0.40 to 0.95
_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Task:
    """A document that ends where a name of a module is to be written, and the names that the module has."""

    text: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Guess:
    """How sure the model was of a name, by both measures of `trigger.py`, and whether there is such a name."""

    certainty: float
    confidence: float
    exists: bool


def tasks_of(symbols: Iterable[Symbol], language: Language) -> list[Task]:
    """Return tasks for documented functions among ``symbols`` (all of some packages): a few of each module."""
    names: dict[str, set[str]] = {}
    documented: dict[str, list[Symbol]] = {}
    for symbol in symbols:
        names.setdefault(symbol.owner, set()).add(symbol.name)
        if symbol.kind == "function" and symbol.summary and not symbol.name.startswith("_"):
            documented.setdefault(symbol.owner, []).append(symbol)
    mark = language.lexis.line_comment
    return [
        Task(f"{mark} {' '.join(each.summary.split())}\n{owner}.", frozenset(names[owner]))
        for owner, found in sorted(documented.items())
        for each in found[:: max(1, len(found) // _IN_ONE_MODULE)][:_IN_ONE_MODULE]
    ]


def guess(model: Model, index: Index, language: Language, task: Task) -> Guess | None:
    """Let ``model`` write the name of one task; None where it writes none."""
    request = CompletionRequest(Path("task"), task.text, len(task.text), Path(), language=language.id)
    anchor = place_anchor(task.text, len(task.text), Window(), language)
    site = Site(request, index, Analyses())
    limits = Limits(_LONGEST, time.monotonic() + 60.0)
    written = write(
        model.open(build_prompt(anchor, task.text, len(task.text))), site.rule, limits, watch=name_has_ended
    )
    found = _NAME.match(written.text)
    if found is None:
        return None
    name = ApiName("", found[0], 0, len(found[0].encode()))
    measured = (measure(name, written.tokens, written.typed) for measure in (certainty, confidence))
    return Guess(*measured, exists=found[0] in task.names)


def thresholds_from(guesses: Sequence[Guess]) -> Thresholds | None:
    """Return the thresholds below which nearly all names are that do not exist; None where ``guesses`` hold too few of them.

    They are never below the default: looking a name up that is right costs little, showing one that is not costs more.
    """
    wrong = [each for each in guesses if not each.exists]
    if len(wrong) < FEWEST:
        return None
    return Thresholds(
        certainty=max(DEFAULT_THRESHOLDS.certainty, _above([each.certainty for each in wrong])),
        confidence=max(DEFAULT_THRESHOLDS.confidence, _above([each.confidence for each in wrong])),
    )


def _above(values: Sequence[float]) -> float:
    """Return the least value on the grid that nearly all ``values`` are below; the greatest where there is none."""
    fitting = (each for each in _GRID if sum(v < each for v in values) >= _NEARLY_ALL * len(values))
    return next(fitting, _GRID[-1])


def name_has_ended(text: str, _tokens: list[Token]) -> bool:
    """Return whether ``text`` holds a whole name, or will not begin with one: a `Watcher`."""
    found = _NAME.match(text)
    return bool(text) and (found is None or found.end() < len(text))
