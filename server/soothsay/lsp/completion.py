"""From a `Completion` to what editors show: ghost text, list items, and the evidence as Markdown."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from lsprotocol import types

from soothsay.engine.types import Completion, Evidence
from soothsay.lsp.documents import units

_WORD = re.compile(r"\w*\Z")
_MARKS = {"verified": "✓", "unverified": "?", "rejected": "✗"}
_REASONS = {
    "low_confidence": "the model was not sure",
    "not_in_index": "the name is not in the index",
    "not_a_member": "the receiver has no such member",
    "bad_arguments": "the arguments do not fit",
    "always": "this method always retrieves",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion, and where it belongs: ``position`` in the client's units, ``line`` up to the cursor."""

    id: int
    completion: Completion
    position: types.Position
    line: str


class Answers:
    """The last answers, so that they can be explained later."""

    def __init__(self, capacity: int = 64) -> None:
        self._answers: OrderedDict[int, Answer] = OrderedDict()
        self._capacity = capacity
        self._count = 0

    def add(self, completion: Completion, position: types.Position, line: str) -> Answer:
        self._count += 1
        answer = self._answers[self._count] = Answer(self._count, completion, position, line)
        if len(self._answers) > self._capacity:
            self._answers.popitem(last=False)
        return answer

    def get(self, number: object) -> Answer | None:
        return self._answers.get(number) if isinstance(number, int) else None

    def last(self) -> Answer | None:
        """The last answer that showed something; when none did, the last one."""
        newest_first = list(reversed(self._answers.values()))
        return next((each for each in newest_first if each.completion.text), next(iter(newest_first), None))


def inline_items(answer: Answer | None) -> types.InlineCompletionList:
    """Ghost text at the cursor."""
    if answer is None or not answer.completion.text:
        return types.InlineCompletionList(items=[])
    # An empty range: without one VS Code replaces the word at the cursor, with a longer one Neovim overlays.
    here = types.Range(answer.position, answer.position)
    return types.InlineCompletionList(
        items=[types.InlineCompletionItem(insert_text=answer.completion.text, range=here)]
    )


def list_items(answer: Answer | None, encoding: str) -> types.CompletionList:
    """One item for editors without ghost text. Incomplete, so that the client asks again after each key."""
    if answer is None or not answer.completion.text:
        return types.CompletionList(is_incomplete=True, items=[])
    completion, position = answer.completion, answer.position
    word = _WORD.search(answer.line)
    typed = word.group() if word else ""
    start = types.Position(position.line, position.character - units(typed, encoding))
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
        text_edit=types.TextEdit(range=types.Range(start, position), new_text=text),
        data={"id": answer.id},
    )
    return types.CompletionList(is_incomplete=True, items=[item])


def resolve_item(item: types.CompletionItem, answers: Answers) -> types.CompletionItem:
    """Add the evidence, while it is still known."""
    answer = answers.get(item.data.get("id")) if isinstance(item.data, dict) else None
    if answer is not None:
        item.detail = source_of(answer.completion)
        item.documentation = types.MarkupContent(
            kind=types.MarkupKind.Markdown, value=to_markdown(answer.completion)
        )
    return item


def source_of(completion: Completion) -> str | None:
    """The package and version (or the file) that the best evidence comes from."""
    return _origin(completion.evidence[0]) or None if completion.evidence else None


def to_markdown(completion: Completion) -> str:
    """Verdict, trigger and evidence, for a documentation popup."""
    parts = [f"**{_MARKS[completion.verdict]} {completion.verdict}** ({completion.method})"]
    trigger = completion.trigger
    name = f" for {_code(trigger.name)}" if trigger.name else ""
    if trigger.fired:
        reasons = "; ".join(_REASONS.get(reason, reason) for reason in trigger.reasons)
        parts.append(f"Looked up{name}: {reasons}.")
    else:
        parts.append(f"Nothing was looked up{name}.")
    if trigger.confidence is not None:
        parts.append(f"Confidence {trigger.confidence:.2f}, threshold {trigger.threshold:.2f}.")
    return "\n\n".join([*parts, *(_evidence(each) for each in completion.evidence)])


def _evidence(evidence: Evidence) -> str:
    heading = " — ".join(part for part in (_code(evidence.symbol), _origin(evidence)) if part)
    if evidence.uri:
        heading += f" ([source](<{evidence.uri}>))"
    fence = _fence(evidence.text, 3)
    return f"---\n\n{heading}\n\n{fence}python\n{evidence.text.rstrip()}\n{fence}"


def _origin(evidence: Evidence) -> str:
    return f"{evidence.package} {evidence.version}".strip()


def _code(text: str | None) -> str:
    fence = _fence(text or "", 1)
    return f"{fence}{text}{fence}" if text else ""


def _fence(text: str, shortest: int) -> str:
    """A run of backticks that does not occur in ``text``."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(shortest, longest + 1)
