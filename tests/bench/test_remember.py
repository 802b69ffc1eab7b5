"""A remembering model replays what it wrote, and writes what it did not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench.remember import RememberingModel, Streams

from soothsay.model.constraint import Constraint, token_constraint
from soothsay.model.fim import Prompt
from soothsay.model.types import Capabilities, Token
from soothsay_common.cancellation import Cancellation

PROMPT = Prompt("a", "b", "c")
TEXT = [Token(b"cr\xc3", 0.5, 0.25, 1.5), Token(b"\xa9", 0.75, 0.5, 0.125), Token(b"me", 1.0)]


class Writer:
    """A `Model` that counts how often it is asked."""

    capabilities = Capabilities(full_distribution=True, token_constraints=True, cache_introspection=True)

    def __init__(self) -> None:
        self.asked = 0
        self.lists = False  # whether it asks for all that may follow

    def open(self, prompt: Prompt) -> Writing:
        return Writing(self, prompt)

    def count_tokens(self, text: str) -> int:
        return len(text)


class Writing:
    """A prompt of it."""

    evaluated = 7
    unread = 1

    def __init__(self, writer: Writer, prompt: Prompt) -> None:
        self.prompt = prompt
        self._writer = writer

    def read(self, cancel: Cancellation | None = None) -> None: ...

    def stream(
        self,
        cancel: Cancellation | None = None,
        constraint: Constraint | None = None,
        deadline: float = 0.0,
    ) -> Iterator[Token]:
        self._writer.asked += 1
        asked = None if constraint is None else token_constraint(constraint)
        written = b""
        for token in TEXT:
            time.sleep(0.001)
            if asked is not None:
                asked.accepts(written, token.data)
            if asked is not None and self._writer.lists:
                asked.possible(written)
            written += token.data
            yield token


class Letters:
    """Only these bytes may be written."""

    def __init__(self, allowed: bytes) -> None:
        self._allowed = allowed

    def accepts(self, written: bytes, piece: bytes) -> bool:
        return all(byte in self._allowed for byte in piece)

    def possible(self, written: bytes) -> list[bytes]:
        return [bytes([byte]) for byte in self._allowed]

    def forced(self, written: bytes) -> bytes:
        return b""


def begun(model: RememberingModel, tokens: int) -> list[Token]:
    """What a reader gets who stops after some tokens."""
    stream = model.open(PROMPT).stream()
    found = [next(stream) for _ in range(tokens)]
    stream.close()  # type: ignore[attr-defined]
    return found


def test_the_same_prompt_is_answered_once(tmp_path: Path):
    writer = Writer()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    assert list(model.open(PROMPT).stream()) == TEXT == list(model.open(PROMPT).stream())
    assert writer.asked == 1
    list(model.open(Prompt("a", "b", "c", forced="x")).stream())
    assert writer.asked == 2


def test_more_than_is_remembered_is_written(tmp_path: Path):
    writer = Writer()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    assert begun(model, 1) == TEXT[:1] and begun(model, 1) == TEXT[:1]
    assert writer.asked == 1
    assert list(model.open(PROMPT).stream()) == TEXT
    assert writer.asked == 2
    assert begun(model, 2) == TEXT[:2] and list(model.open(PROMPT).stream()) == TEXT
    assert writer.asked == 2


def test_streams_survive_in_a_file(tmp_path: Path):
    streams = Streams(tmp_path / "s.gz")
    list(RememberingModel(Writer(), streams).open(PROMPT).stream())
    streams.save()
    writer = Writer()
    opened = RememberingModel(writer, Streams(tmp_path / "s.gz")).open(PROMPT)
    assert list(opened.stream()) == TEXT and writer.asked == 0
    assert opened.evaluated == 7


def test_what_was_constrained_is_replayed_while_the_constraint_says_the_same(tmp_path: Path):
    writer = Writer()
    streams = Streams(tmp_path / "s.gz")
    model = RememberingModel(writer, streams)
    assert list(model.open(PROMPT).stream(constraint=Letters(b"cr\xc3\xa9me"))) == TEXT
    streams.save()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    assert list(model.open(PROMPT).stream(constraint=Letters(b"emr\xa9c\xc3!"))) == TEXT
    assert writer.asked == 1, "what more it would allow was never asked"
    list(model.open(PROMPT).stream(constraint=Letters(b"r\xc3\xa9me")))
    assert writer.asked == 2, "it would not allow the first letter any more"
    list(model.open(PROMPT).stream())
    assert writer.asked == 3, "without a constraint it is another stream"


def test_what_may_follow_is_compared_too(tmp_path: Path):
    writer = Writer()
    model = RememberingModel(writer, Streams(tmp_path / "s.gz"))
    writer.lists = True
    list(model.open(PROMPT).stream(constraint=Letters(b"cr\xc3\xa9me")))
    list(model.open(PROMPT).stream(constraint=Letters(b"cr\xc3\xa9me")))
    assert writer.asked == 1
    list(model.open(PROMPT).stream(constraint=Letters(b"cr\xc3\xa9me!")))
    assert writer.asked == 2


def test_replayed_time_is_counted(tmp_path: Path):
    model = RememberingModel(Writer(), Streams(tmp_path / "s.gz"))
    list(model.open(PROMPT).stream())
    assert model.replayed_ms == 0.0
    list(model.open(PROMPT).stream())
    assert model.replayed_ms > 2.0  # three tokens of a millisecond
    model.reset()
    assert model.replayed_ms == 0.0
