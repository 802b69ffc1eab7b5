"""A remembering model replays what it wrote, and writes what it did not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from bench.remember import RememberingModel, Streams

from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay.model.types import Token

PROMPT = Prompt("a", "b", "c")
TEXT = [Token(b"cr\xc3", 0.5, 0.25, 1.5), Token(b"\xa9", 0.75, 0.5, 0.125), Token(b"me", 1.0)]


class Writer:
    """A `Model` that counts how often it is asked."""

    fim = True
    evaluated = 7

    def __init__(self) -> None:
        self.asked = 0
        self.lists = False  # whether it asks for all that may follow

    def stream(
        self,
        prompt: Prompt,
        cancel: Event | None = None,
        constraint: Constraint | None = None,
        deadline: float = 0.0,
    ) -> Iterator[Token]:
        self.asked += 1
        written = b""
        for token in TEXT:
            time.sleep(0.001)
            if constraint is not None:
                constraint.accepts(written, token.data)
            if constraint is not None and self.lists:
                constraint.possible(written)
            written += token.data
            yield token

    def prepare(self, prompt: Prompt, cancel: Event | None = None) -> None: ...

    def unread(self, prompt: Prompt) -> int:
        return 1

    def count_tokens(self, text: str) -> int:
        return len(text)


class Letters:
    """Only these bytes may be written."""

    def __init__(self, allowed: bytes) -> None:
        self._allowed = allowed

    def accepts(self, written: bytes, piece: bytes) -> bool:
        return all(byte in self._allowed for byte in piece)

    def possible(self, written: bytes) -> list[bytes]:
        return [bytes([byte]) for byte in self._allowed]


def begun(model: RememberingModel, tokens: int) -> list[Token]:
    """What a reader gets who stops after some tokens."""
    stream = model.stream(PROMPT)
    found = [next(stream) for _ in range(tokens)]
    stream.close()  # type: ignore[attr-defined]
    return found


def test_the_same_prompt_is_answered_once(tmp_path: Path):
    writer = Writer()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    assert list(model.stream(PROMPT)) == TEXT == list(model.stream(PROMPT))
    assert writer.asked == 1 and model.evaluated == 7
    list(model.stream(Prompt("a", "b", "c", forced="x")))
    assert writer.asked == 2


def test_more_than_is_remembered_is_written(tmp_path: Path):
    writer = Writer()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    assert begun(model, 1) == TEXT[:1] and begun(model, 1) == TEXT[:1]
    assert writer.asked == 1
    assert list(model.stream(PROMPT)) == TEXT
    assert writer.asked == 2
    assert begun(model, 2) == TEXT[:2] and list(model.stream(PROMPT)) == TEXT
    assert writer.asked == 2


def test_streams_survive_in_a_file(tmp_path: Path):
    streams = Streams(tmp_path / "s.gz")
    list(RememberingModel(Writer(), streams).stream(PROMPT))
    streams.save()
    writer = Writer()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    assert list(model.stream(PROMPT)) == TEXT and writer.asked == 0
    assert model.evaluated == 7


def test_what_was_constrained_is_replayed_while_the_constraint_says_the_same(tmp_path: Path):
    writer = Writer()
    streams = Streams(tmp_path / "s.gz")
    model = RememberingModel(writer, streams)
    assert list(model.stream(PROMPT, None, Letters(b"cr\xc3\xa9me"))) == TEXT
    streams.save()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    assert list(model.stream(PROMPT, None, Letters(b"emr\xa9c\xc3!"))) == TEXT
    assert writer.asked == 1, "what more it would allow was never asked"
    list(model.stream(PROMPT, None, Letters(b"r\xc3\xa9me")))
    assert writer.asked == 2, "it would not allow the first letter any more"
    list(model.stream(PROMPT))
    assert writer.asked == 3, "without a constraint it is another stream"


def test_what_may_follow_is_compared_too(tmp_path: Path):
    writer = Writer()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    writer.lists = True
    list(model.stream(PROMPT, None, Letters(b"cr\xc3\xa9me")))
    list(model.stream(PROMPT, None, Letters(b"cr\xc3\xa9me")))
    assert writer.asked == 1
    list(model.stream(PROMPT, None, Letters(b"cr\xc3\xa9me!")))
    assert writer.asked == 2


def test_replayed_time_is_counted(tmp_path: Path):
    model = RememberingModel(Writer(), Streams(tmp_path / "s.gz"))
    list(model.stream(PROMPT))
    assert model.replayed_ms == 0.0
    list(model.stream(PROMPT))
    assert model.replayed_ms > 2.0  # three tokens of a millisecond
    model.reset()
    assert model.replayed_ms == 0.0
