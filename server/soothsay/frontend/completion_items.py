"""Convert a `Completion` to LSP items: ghost text, list items, and the evidence as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cachetools import FIFOCache
from lsprotocol import types

from soothsay.config import Method
from soothsay.engine.contract import completion_to_json
from soothsay.engine.reasons import REASON_TEXTS
from soothsay.engine.types import Check, Completion, Ending, Evidence, TriggerDecision
from soothsay.feedback.gate import Chance
from soothsay.frontend.acceptance import accept_command
from soothsay.frontend.snippets import escape, outdent, to_snippet
from soothsay_languages.lines import Encoding, units

_WORD = re.compile(r"(?<!\w)\w*\Z")
_NAME = re.compile(r"[\w.]+")
_COMMIT = ".,()[]"  # used for bare names only: typing them must not insert a whole call
_MARKS = {"verified": "✓", "unverified": "?", "rejected": "✗"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion and its ``position`` in the client's units; ``line`` is the text of the line before it.

    ``replaced`` is how much right of the position it replaces, in the same units; ``chance`` how likely it is to be kept,
    where that has been learned.
    """

    id: int
    completion: Completion
    position: types.Position
    line: str
    replaced: int = 0
    chance: Chance | None = None


class AnswerHistory:
    """Keeps the last ``capacity`` answers, so that they can be explained later."""

    def __init__(self, capacity: int = 64) -> None:
        self._answers: FIFOCache[int, Answer] = FIFOCache(capacity)
        self._count = 0
        self._last = 0
        self._last_shown = 0

    def add(
        self,
        completion: Completion,
        position: types.Position,
        line: str,
        replaced: int = 0,
        chance: Chance | None = None,
    ) -> Answer:
        """Return and keep a new answer with the next id."""
        self._count += 1
        return self._keep(Answer(self._count, completion, position, line, replaced, chance))

    def decline(self, problem: str, method: Method, position: types.Position) -> Answer:
        """Return and keep an empty answer; ``problem`` says why."""
        check = Check(problem=problem)
        ending = Ending("refused")
        completion = Completion(
            "", "", "unverified", method, TriggerDecision(False), check=check, ending=ending
        )
        self._count += 1
        answer = self._answers[self._count] = Answer(self._count, completion, position, "")
        self._last = self._last_shown = self._count
        return answer

    def continue_answer(
        self, number: int, completion: Completion, position: types.Position, line: str, replaced: int = 0
    ) -> Answer:
        """Return answer ``number`` after a part of it was typed; ``completion`` holds the rest."""
        before = self._answers.get(number)
        chance = before.chance if before else None
        return self._keep(Answer(number, completion, position, line, replaced, chance))

    def _keep(self, answer: Answer) -> Answer:
        self._answers[answer.id] = answer
        self._last = answer.id
        if answer.completion.text:
            self._last_shown = answer.id
        return answer

    def get(self, number: object) -> Answer | None:
        """Return answer ``number``, or None when it is unknown."""
        return self._answers.get(number) if isinstance(number, int) else None

    def last(self) -> Answer | None:
        """Return the last answer that had text or was declined, else the last answer; None when there is none."""
        return self._answers.get(self._last_shown) or self._answers.get(self._last)

    def nothing_since(self) -> Answer | None:
        """Return the newest answer if it is empty and came after the one of `last`, else None."""
        newest, last = self._answers.get(self._last), self.last()
        return newest if newest is not None and last is not None and newest.id != last.id else None


def inline_items(
    answer: Answer | None, chosen: types.SelectedCompletionInfo | None = None, *, snippets: bool = False
) -> types.InlineCompletionList:
    """Return the ghost text at the cursor: one item, or none.

    ``chosen`` is the item of the client's list that the answer was made for: it begins the text. ``snippets``: tab stops
    are shown; their lines are indented as they are to stand.
    """
    if answer is None or not answer.completion.text:
        return types.InlineCompletionList(items=[])
    # Never without a range: VS Code would replace the word at the cursor. An empty one where it can be: with a longer
    # one Neovim draws over the line.
    place, before = types.Range(answer.position, answer.position), ""
    if chosen is not None:
        place, before = chosen.range, chosen.text
    completion, text = answer.completion, before + answer.completion.text
    if snippets and completion.tab_stops:
        text = types.StringValue(escape(before) + to_snippet(completion))
    end = types.Position(place.end.line, place.end.character + answer.replaced)
    item = types.InlineCompletionItem(
        insert_text=text, range=types.Range(place.start, end), command=accept_command(answer.id)
    )
    return types.InlineCompletionList(items=[item])


def list_items(
    answer: Answer | None, encoding: Encoding, *, resolvable: bool = True, snippets: bool = False
) -> types.CompletionList:
    """Return one list item for editors without ghost text, marked incomplete: the client asks again after each key.

    ``resolvable``: the client requests the documentation when it shows the item; otherwise the item contains it.
    ``snippets``: the item may have tab stops.
    """
    if answer is None or not answer.completion.text:
        return types.CompletionList(is_incomplete=True, items=[])
    completion, position = answer.completion, answer.position
    word = _WORD.search(answer.line)
    typed = word.group() if word else ""
    start = types.Position(position.line, position.character - units(typed, encoding))
    end = types.Position(position.line, position.character + answer.replaced)
    text = typed + completion.text
    label = next((line.strip() for line in text.splitlines() if line.strip()), text)
    item = types.CompletionItem(
        label=label,
        label_details=types.CompletionItemLabelDetails(
            detail=f" {_MARKS[completion.verdict]} {completion.verdict}", description=source_of(completion)
        ),
        kind=types.CompletionItemKind.Function if completion.trigger.name else types.CompletionItemKind.Text,
        sort_text=" soothsay",  # the blank sorts it before the names that other servers offer
        filter_text=text.split("\n", 1)[0].strip() or label,
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(range=types.Range(start, end), new_text=text),
        commit_characters=list(_COMMIT) if _NAME.fullmatch(text) else [],
        command=accept_command(answer.id),
        data={"id": answer.id},
    )
    if snippets and completion.tab_stops:
        _add_tab_stops(item, answer, typed)
    if not resolvable:
        _add_evidence(item, completion)
    return types.CompletionList(is_incomplete=True, items=[item])


def _add_tab_stops(item: types.CompletionItem, answer: Answer, typed: str) -> None:
    """Make ``item`` a snippet. Editors indent its further lines like the first, whatever the item says."""
    indent = answer.line[: len(answer.line) - len(answer.line.lstrip())]
    snippet = outdent(escape(typed) + to_snippet(answer.completion), indent)
    if snippet is not None and item.text_edit is not None:
        item.text_edit.new_text = snippet
        item.insert_text_format = types.InsertTextFormat.Snippet
        item.insert_text_mode = types.InsertTextMode.AdjustIndentation


def resolve_item(item: types.CompletionItem, answers: AnswerHistory) -> types.CompletionItem:
    """Return ``item`` with the evidence, if the answer is still kept."""
    answer = answers.get(item.data.get("id")) if isinstance(item.data, dict) else None
    if answer is not None:
        _add_evidence(item, answer.completion)
    return item


def answer_to_json(answer: Answer | None) -> dict[str, Any] | None:
    """Return the answer to ``soothsay.explain``: the contract's JSON with the completion's id."""
    return answer and {"id": answer.id, **_to_json(answer)}


def last_to_json(answers: AnswerHistory) -> dict[str, Any] | None:
    """Return the answer to ``soothsay.explainLast``: the contract's JSON, and why nothing was shown since, or null."""
    answer, nothing = answers.last(), answers.nothing_since()
    if answer is None:
        return None
    since = nothing and {**completion_to_json(nothing.completion)["ending"], "gate": _chance(nothing)}
    return {**_to_json(answer), "nothingSince": since}


def _to_json(answer: Answer) -> dict[str, Any]:
    return {**completion_to_json(answer.completion), "gate": _chance(answer)}


def _chance(answer: Answer) -> dict[str, Any] | None:
    return answer.chance and answer.chance.to_json()


def _add_evidence(item: types.CompletionItem, completion: Completion) -> None:
    item.detail = source_of(completion)
    item.documentation = types.MarkupContent(types.MarkupKind.Markdown, to_markdown(completion))


def source_of(completion: Completion) -> str | None:
    """Return package and version (or the file) of the best evidence; None without evidence."""
    return _origin(completion.evidence[0]) or None if completion.evidence else None


def to_markdown(completion: Completion) -> str:
    """Return verdict, trigger and evidence as Markdown, for a documentation popup."""
    parts = [f"**{_MARKS[completion.verdict]} {completion.verdict}** ({completion.method})"]
    trigger = completion.trigger
    name = f" for {_code(trigger.name)}" if trigger.name else ""
    if trigger.fired:
        reasons = "; ".join(REASON_TEXTS[reason] for reason in trigger.reasons)
        parts.append(f"Looked up{name}: {reasons}.")
    else:
        parts.append(f"Nothing was looked up{name}.")
    if trigger.confidence is not None:
        origin = "" if trigger.calibrated else " (not measured for this model)"
        if trigger.learned:
            origin = " (learned from what was kept in this workspace)"
        parts.append(f"Confidence {trigger.confidence:.2f}, threshold {trigger.threshold:.2f}{origin}.")
    if trigger.missing:
        parts.append(f"Not known: {trigger.missing}.")
    if completion.tab_stops:
        values = ", ".join(_code(stop.label) or "a value" for stop in completion.tab_stops)
        parts.append(f"Left to you: {values}.")
    return "\n\n".join([*parts, *(_evidence(each) for each in completion.evidence)])


def _evidence(evidence: Evidence) -> str:
    heading = " — ".join(part for part in (_code(evidence.symbol), _origin(evidence)) if part)
    if evidence.uri:
        heading += f" ([source](<{evidence.uri}>))"
    fence = _fence(evidence.text, 3)
    return f"---\n\n{heading}\n\n{fence}{evidence.language}\n{evidence.text.rstrip()}\n{fence}"


def _origin(evidence: Evidence) -> str:
    return f"{evidence.package} {evidence.version}".strip()


def _code(text: str | None) -> str:
    fence = _fence(text or "", 1)
    return f"{fence}{text}{fence}" if text else ""


def _fence(text: str, shortest: int) -> str:
    """Return a run of at least ``shortest`` backticks that does not occur in ``text``."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(shortest, longest + 1)
