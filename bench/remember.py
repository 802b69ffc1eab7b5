"""A model that remembers what it wrote: a greedy answer to the same prompt is the same, so it is generated once.

Methods share most of their work (every draft, and what is written where two methods find the same documents), and a
change of the engine that leaves a prompt as it was leaves its answer as it was. What was decoded under a constraint is
remembered with what the constraint was asked: it is the same as long as a constraint answers all of that as before.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from soothsay.model.constraint import Constraint, TokenConstraint, token_constraint
from soothsay.model.fim import Prompt
from soothsay.model.types import Model, Token
from soothsay_common.cancellation import Cancellation

# How much was written (bytes), then a piece and whether it may follow, or "" and a hash of all that may.
Question = tuple[int, str, bool | str]


@dataclass(frozen=True, slots=True)
class Stream:
    """What the model wrote for one prompt, as far as it was asked to. Times are in milliseconds."""

    tokens: tuple[Token, ...]
    ended: bool  # the model had nothing more to write
    evaluated: int  # prompt tokens
    prompt_ms: float
    token_ms: float  # each
    asked: tuple[Question, ...] = ()  # of the constraint


class Streams:
    """Remembered streams, in a file of one JSON line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._streams: dict[str, Stream] = {}
        if path.exists():
            for line in gzip.decompress(path.read_bytes()).decode().splitlines():
                key, tokens, ended, evaluated, prompt_ms, token_ms, asked = json.loads(line)
                self._streams[key] = Stream(
                    tuple(_token(*token) for token in tokens),
                    ended, evaluated, prompt_ms, token_ms,
                    tuple((at, piece, answer) for at, piece, answer in asked),
                )  # fmt: skip

    def get(self, key: str) -> Stream | None:
        return self._streams.get(key)

    def put(self, key: str, stream: Stream) -> None:
        """Keep ``stream``."""
        self._streams[key] = stream

    def save(self) -> None:
        """Write all of them."""
        lines = [json.dumps([key, *_plain(stream)]) + "\n" for key, stream in sorted(self._streams.items())]
        temporary = self._path.with_suffix(".part")
        temporary.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
        temporary.replace(self._path)


class RememberingModel:
    """A `Model` in front of another. ``replayed_ms`` is what the answers since `reset` took when they were written."""

    def __init__(self, model: Model, streams: Streams) -> None:
        self._model = model
        self._streams = streams
        self.capabilities = replace(model.capabilities, cache_introspection=False)
        self.count_tokens = model.count_tokens
        self.replayed_ms = 0.0

    def reset(self) -> None:
        """Begin to count anew."""
        self.replayed_ms = 0.0

    def open(self, prompt: Prompt) -> RememberedPrompt:
        """Open ``prompt``; the other model opens it when it has to write."""
        return RememberedPrompt(self, prompt, self._model, self._streams)


class RememberedPrompt:
    """A prompt of a `RememberingModel`."""

    def __init__(self, owner: RememberingModel, prompt: Prompt, model: Model, streams: Streams) -> None:
        self.prompt = prompt
        self.evaluated = 0
        self._owner = owner
        self._model = model
        self._streams = streams

    @property
    def unread(self) -> int:
        """All of it: an answer must not depend on what was asked before."""
        return self._model.count_tokens(self.prompt.prefix + self.prompt.suffix)

    def read(self, cancel: Cancellation | None = None) -> None:
        """Do nothing: what is remembered needs no reading, and what is not is read when it is written."""

    def stream(
        self,
        cancel: Cancellation | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]:
        """Write as the model would. No deadline may be near: what is remembered would depend on the machine."""
        asked = None if constraint is None else token_constraint(constraint)
        key = _key(self.prompt, asked is not None)
        known = self._streams.get(key)
        if known is not None and asked is not None and not _agrees(asked, known):
            known = None
        if known is not None:
            self.evaluated = known.evaluated
            self._owner.replayed_ms += known.prompt_ms
            for token in known.tokens:
                self._owner.replayed_ms += known.token_ms
                yield token
            if known.ended:
                return
        yield from self._write(key, cancel, asked, len(known.tokens) if known else 0)

    def _write(
        self, key: str, cancel: Cancellation | None, constraint: TokenConstraint | None, skip: int
    ) -> Iterator[Token]:
        tokens: list[Token] = []
        asked: list[Question] = []
        noted = None if constraint is None else _Noted(constraint, asked)
        ended = False
        opened = self._model.open(self.prompt)
        spent, prompt_ms, resumed = 0.0, 0.0, time.perf_counter()
        try:
            for token in opened.stream(cancel, noted):
                spent += time.perf_counter() - resumed
                prompt_ms = prompt_ms or spent * 1000
                self.evaluated = opened.evaluated
                tokens.append(token)
                if len(tokens) > skip:
                    yield token
                resumed = time.perf_counter()
            ended = True
        finally:
            each = (spent * 1000 - prompt_ms) / max(1, len(tokens) - 1)
            if ended or len(tokens) > skip:
                times = round(prompt_ms, 1), round(each, 2)
                stream = Stream(tuple(tokens), ended, opened.evaluated, *times, tuple(asked))
                self._streams.put(key, stream)


class _Noted:
    """A `TokenConstraint` that notes what it was asked, and what it said."""

    def __init__(self, constraint: TokenConstraint, asked: list[Question]) -> None:
        self._constraint = constraint
        self._asked = asked

    def accepts(self, written: bytes, piece: bytes) -> bool:
        answer = self._constraint.accepts(written, piece)
        self._asked.append((len(written), piece.decode("latin-1"), answer))
        return answer

    def possible(self, written: bytes) -> Sequence[bytes]:
        answer = self._constraint.possible(written)
        self._asked.append((len(written), "", _hash(answer)))
        return answer

    def forced(self, written: bytes) -> bytes:
        return self._constraint.forced(written)  # follows from what is accepted


def _agrees(constraint: TokenConstraint, known: Stream) -> bool:
    """Whether the constraint would say today what it said then."""
    data = b"".join(token.data for token in known.tokens)
    for at, piece, answer in known.asked:
        written = data[:at]
        listed = isinstance(answer, str)
        now = (
            _hash(constraint.possible(written))
            if listed
            else constraint.accepts(written, piece.encode("latin-1"))
        )
        if now != answer:
            return False
    return True


def _hash(texts: Sequence[bytes]) -> str:
    return hashlib.sha256(b"\n".join(texts)).hexdigest()[:8]


def _key(prompt: Prompt, constrained: bool) -> str:
    content = json.dumps([astuple(prompt), constrained])
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def _token(
    data: str, probability: float, margin: float, entropy: float, chosen: float = 1.0
) -> Token:  # those of an earlier time were all chosen
    return Token(data.encode("latin-1"), probability, margin, entropy, bool(chosen))


def _plain(stream: Stream) -> tuple[object, ...]:
    tokens = [
        [token.data.decode("latin-1"), *(round(number, 6) for number in astuple(token)[1:])]
        for token in stream.tokens
    ]
    return tokens, stream.ended, stream.evaluated, stream.prompt_ms, stream.token_ms, stream.asked
