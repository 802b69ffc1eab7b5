"""Traces: what a person does in a file, step by step, and the buffer those steps change. Pure.

A trace file is JSON, a line each. The first line says which file of which package the trace is about; the others are
steps, a list each, whose first member says what is done:

    ["jump", 41, 8]          go to this line and column (both from 0), as with the mouse; then rest for a second
    ["cut", 42, 21]          remove the text from the cursor to this line and column, in one go
    ["type", "self."]        press these keys
    ["newline", "\\n    "]    press return; the editor indents
    ["delete", 2]            press backspace this often
    ["look"]                 stop typing, wait for ghost text, read it
    ["through", "rest)"]     look, then type these keys, whatever the ghost text says: where it says the same, it stays
    ["accept", "rest)"]      look, accept the ghost text as far as it agrees with this, then type what is missing

What stands in the buffer after each step does not depend on what is suggested, so that every side edits the same text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, Protocol

HERE = Path(__file__).resolve().parent
TRACES = HERE / "traces"

Kind = Literal["type", "newline", "delete", "cut", "accept", "jump"]


@dataclass(frozen=True, slots=True)
class Jump:
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Cut:
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Type:
    text: str


@dataclass(frozen=True, slots=True)
class Newline:
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    count: int


@dataclass(frozen=True, slots=True)
class Look:
    pass


@dataclass(frozen=True, slots=True)
class Through:
    text: str


@dataclass(frozen=True, slots=True)
class Accept:
    text: str


Step = Jump | Cut | Type | Newline | Delete | Look | Through | Accept
_STEPS: dict[str, type[Step]] = {
    "jump": Jump, "cut": Cut, "type": Type, "newline": Newline, "delete": Delete, "look": Look,
    "through": Through, "accept": Accept,
}  # fmt: skip
_NAMES = {kind: name for name, kind in _STEPS.items()}


@dataclass(frozen=True, slots=True)
class Source:
    """A file of an installed package."""

    package: str
    version: str
    path: str  # in site-packages
    sha256: str

    def read(self) -> str:
        """Its text. Raises `SystemExit` when the package that is installed is another one."""
        try:
            text = Path(str(distribution(self.package).locate_file(self.path))).read_text(encoding="utf-8")
        except (PackageNotFoundError, OSError):
            text = ""
        if digest(text) != self.sha256:
            raise SystemExit(
                f"the trace is about {self.path} of {self.package} {self.version}, which is not what is installed: "
                f"pip install {self.package}=={self.version}, or make the traces again: python -m bench.latency.generate"
            )
        return text

    @property
    def file(self) -> str:
        """Its name in the workspace that a trace is typed in."""
        return Path(self.path).name


class TracedFile(Protocol):
    """The file that a trace is about."""

    @property
    def file(self) -> str:
        """Its path in the workspace."""
        ...

    def read(self) -> str:
        """Its text."""
        ...


@dataclass(frozen=True, slots=True)
class Trace:
    """What is done in one file."""

    name: str
    source: TracedFile
    seed: int
    steps: tuple[Step, ...]

    def part(self, fraction: float) -> Trace:
        """The first episodes (from one jump to the next): this fraction of them, one at least."""
        starts = [n for n, step in enumerate(self.steps) if isinstance(step, Jump)]
        wanted = max(1, round(len(starts) * fraction))
        end = starts[wanted] if wanted < len(starts) else len(self.steps)
        return Trace(self.name, self.source, self.seed, self.steps[:end])

    def looks(self) -> int:
        return sum(isinstance(step, Look | Through | Accept) for step in self.steps)

    def keys(self) -> int:
        """Keys pressed when nothing is ever suggested."""
        return sum(_keys(step) for step in self.steps)


def _keys(step: Step) -> int:
    match step:
        case Type(text) | Through(text) | Accept(text):
            return len(text)
        case Delete(count):
            return count
        case Newline() | Cut():
            return 1
        case _:
            return 0


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def dump(trace: Trace) -> str:
    """The trace file."""
    assert isinstance(trace.source, Source)
    head = {"trace": trace.name, "seed": trace.seed, **asdict(trace.source)}
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in [head, *plain(trace.steps)])


def plain(steps: Iterable[Step]) -> list[list[Any]]:
    """The steps as lists: what each does, and its values."""
    return [[_NAMES[type(step)], *asdict(step).values()] for step in steps]


def parsed(rows: Iterable[Sequence[Any]]) -> tuple[Step, ...]:
    """The inverse of `plain`."""
    return tuple(_STEPS[name](*values) for name, *values in rows)


def load(lines: Iterable[str]) -> Trace:
    """The inverse of `dump`."""
    head, *rows = (json.loads(line) for line in lines if line.strip())
    source = Source(head["package"], head["version"], head["path"], head["sha256"])
    return Trace(head["trace"], source, head["seed"], parsed(rows))


def stored() -> list[Trace]:
    """The traces of the repository, the shortest file first."""
    traces = [load(path.read_text(encoding="utf-8").splitlines()) for path in TRACES.glob("*.jsonl")]
    return sorted(traces, key=lambda trace: trace.source.read().count("\n"))


@dataclass(frozen=True, slots=True)
class Edit:
    """``text[start:end]`` becomes ``text``."""

    start: int
    end: int
    text: str
    kind: Kind


@dataclass(slots=True)
class Buffer:
    """A document and the cursor in it. Lines that are edited are ASCII: columns are the same in every unit."""

    text: str
    offset: int = 0
    revision: int = field(default=0)  # counts edits and jumps

    def position(self, offset: int | None = None) -> tuple[int, int]:
        """Line and column of the cursor, or of ``offset``."""
        at = self.offset if offset is None else offset
        return self.text.count("\n", 0, at), at - (self.text.rfind("\n", 0, at) + 1)

    def offset_of(self, line: int, column: int) -> int:
        start = 0
        for _ in range(line):
            start = self.text.index("\n", start) + 1
        return start + column

    def apply(self, edit: Edit) -> None:
        self.text = self.text[: edit.start] + edit.text + self.text[edit.end :]
        self.offset = edit.start + len(edit.text)
        self.revision += 1

    def jump(self, step: Jump) -> None:
        self.offset = self.offset_of(step.line, step.column)
        self.revision += 1

    def typed(self, text: str, kind: Kind = "type") -> Edit:
        return Edit(self.offset, self.offset, text, kind)


def edits(buffer: Buffer, step: Step, accepted: str = "") -> Iterator[Edit]:
    """The edits of a step, key by key; each must be applied before the next is asked for.

    ``accepted`` of an `Accept` is inserted at once.
    """
    match step:
        case Type(text) | Through(text):
            for key in text:
                yield buffer.typed(key)
        case Accept(text):
            if accepted:
                yield buffer.typed(accepted, "accept")
            for key in text[len(accepted) :]:
                yield buffer.typed(key)
        case Newline(text):
            yield buffer.typed(text, "newline")
        case Delete(count):
            for _ in range(count):
                yield Edit(buffer.offset - 1, buffer.offset, "", "delete")
        case Cut(line, column):
            yield Edit(buffer.offset, buffer.offset_of(line, column), "", "cut")
        case Jump() | Look():
            return


def agreed(ghost: str, wanted: str) -> str:
    """The part of ``ghost`` that a person who wants ``wanted`` accepts: whole words of it, or nothing."""
    same = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(ghost, wanted, strict=False)))
    if len(same) < len(wanted) and len(same) < len(ghost) and _inside_word(same, wanted, ghost):
        same = re.sub(r"\w+\Z", "", same)
    return same if same.strip() else ""


def _inside_word(same: str, *texts: str) -> bool:
    """Whether one of ``texts`` goes on with the word that ``same`` ends in."""
    return bool(re.search(r"\w\Z", same)) and any(re.match(r"\w", text[len(same) :]) for text in texts)


@dataclass(frozen=True, slots=True)
class Ghost:
    """Ghost text that was shown with the cursor at ``offset``."""

    offset: int
    text: str

    def rest(self, buffer: Buffer) -> str:
        """What of it is still to be typed; empty when something else stands there."""
        typed = buffer.text[self.offset : buffer.offset]
        fits = buffer.offset >= self.offset and self.text.startswith(typed)
        return self.text[len(typed) :] if fits else ""


def replay(trace: Trace, text: str) -> str:
    """The text after every step, when nothing is suggested: the one before, for the traces of the repository."""
    buffer = Buffer(text)
    for step in trace.steps:
        if isinstance(step, Jump):
            buffer.jump(step)
        for edit in edits(buffer, step):
            buffer.apply(edit)
    return buffer.text


def by_name(traces: Sequence[Trace], name: str) -> Trace:
    return next(each for each in traces if each.name == name)
