"""What accepting a suggestion makes of a file, and whether it is what stood there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bench.over_lsp import Answer
from bench.parsing import errors, parses, parses_with
from bench.places.cutting import PROSE

Outcome = Literal["nothing", "parses", "unfinished", "breaks"]
OUTCOMES: tuple[Outcome, ...] = ("parses", "unfinished", "breaks", "nothing")
_NAME = re.compile(r"\w+(\s*\.\s*\w+)*")
_TYPED = re.compile(r"\w*$")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of one place.

    *parses*: the file parses after accepting. *unfinished*: it does not, and was no better before. *breaks*: it parsed
    before, or has more errors now. ``useful`` is None where nothing was removed, so that nothing is wanted. ``idle``: it
    says what stands there already, so that accepting changes nothing.
    """

    outcome: Outcome
    useful: bool | None
    written: str
    idle: bool = False


def judge(task: Mapping[str, Any], answer: Answer) -> Judgement:
    """Judge an answer at the place of ``task``. What the place has broken above the cursor is taken out first."""
    text, offset = task["text"], task["offset"]
    written = answer.written(text, offset)
    wanted = task["answer"] + text[offset : answer.end] if answer.text else task["answer"]
    helps = useful(text[:offset], wanted, written, prose=task["kind"] in PROSE) if task["answer"] else None
    if not answer.text:
        return Judgement("nothing", None if helps is None else False, "")
    return Judgement(outcome(task, answer), helps, written, answer.accept(text) == text)


def outcome(task: Mapping[str, Any], answer: Answer) -> Outcome:
    """Say what accepting makes of the file, as far as syntax goes."""
    text, (start, end) = task["text"], task["broken"]
    sane = text[:start] + text[end:]
    moved = end - start
    before, after = sane[: answer.start - moved], sane[answer.end - moved :]
    if parses_with(before, answer.text, after):
        return "parses"
    worse = parses(sane) or errors(before + answer.text + after) > errors(sane)
    return "breaks" if worse else "unfinished"


def useful(before: str, wanted: str, written: str, *, prose: bool) -> bool:
    """Return whether ``written`` is the beginning of what was ``wanted``, or goes on from it, or names the same first.

    Spaces do not count. In ``prose``, a name alone is no use.
    """
    one, other = "".join(written.split()), "".join(wanted.split())
    if not one or not other:
        return False
    return one.startswith(other) or other.startswith(one) or (not prose and first_name(before, written) == first_name(before, wanted) != "")  # fmt: skip


def first_name(before: str, written: str) -> str:
    """Return the dotted name that ``written`` begins with, the part of it that stood ``before`` included."""
    typed = _TYPED.search(before.rpartition("\n")[2])
    found = _NAME.match((typed.group() if typed else "") + written.lstrip(" \t") if typed and typed.group() else written.lstrip())  # fmt: skip
    return "".join(found.group().split()) if found else ""
