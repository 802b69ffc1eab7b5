"""The decode loop: raw-logit probabilities, token healing, constraints, one token at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from soothsay.errors import raise_if_cancelled
from soothsay.model.constraint import Constraint, TokenConstraint, token_constraint
from soothsay.model.fim import Prompt
from soothsay.model.local.context import Context, LateError
from soothsay.model.local.sampling import Choice, pick
from soothsay.model.local.vocab import Vocab
from soothsay.model.types import Token
from soothsay_common.cancellation import Cancellation

_CHECKED_ONE_BY_ONE = 12  # impossible tokens that are skipped before the possible ones are listed


class LocalPrompt:
    """An `OpenPrompt` of a model in this process: its token ids, looked up in the cache at each use."""

    def __init__(self, prompt: Prompt, tokens: Sequence[int], context: Context, vocab: Vocab) -> None:
        """``tokens`` are the ids of ``prompt``, one at least."""
        self.prompt = prompt
        self.evaluated = 0
        self.tokens = tokens
        self._context = context
        self._vocab = vocab

    @property
    def unread(self) -> int:
        """How many tokens would have to be evaluated now."""
        return self._context.unread(self.tokens)

    def read(self, cancel: Cancellation | None = None) -> None:
        """Evaluate the prompt, where it has not been read already. Raises `Cancelled` once ``cancel`` is set."""
        raise_if_cancelled(cancel)
        with self._context.until(cancel):
            if self._context.holds(self.tokens):
                self.evaluated = 0
            else:
                self._read()

    def stream(
        self,
        cancel: Cancellation | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]:
        """Generate greedily until the model ends or ``deadline`` (of `time.monotonic`) has come.

        The first tokens spell ``prompt.forced`` (token healing): their probability is conditional on that text, every
        other one is the softmax over all raw logits. Raises `Cancelled` once ``cancel`` is set.
        """
        asked = None if constraint is None else token_constraint(constraint)
        try:
            with self._context.until(cancel, deadline):
                yield from self._generate(asked)
        except LateError:
            return

    def _read(self) -> np.ndarray:
        todo = self._context.find(self.tokens)
        self.evaluated = len(todo)
        return self._context.read(todo)

    def _generate(self, constraint: TokenConstraint | None) -> Iterator[Token]:
        vocab, context = self._vocab, self._context
        logits = self._read()
        must = self.prompt.forced.encode("utf-8")
        code_first = self.prompt.code_first
        written = b""
        while True:
            if constraint is not None and not must:
                forced = vocab.spell(constraint.forced(written))
                if forced and len(context.held) + len(forced) < context.size:
                    logits = context.read(forced)  # in one batch: the model is asked for none of them
                    for token in forced:
                        written += vocab.pieces[token]
                        yield Token(vocab.pieces[token], 1.0, chosen=False)
                    code_first = False
            allowed = allowed_tokens(vocab, must, code_first)
            choice = pick(logits, allowed)
            if constraint is not None:
                choice = best_possible(vocab, logits, allowed, constraint, written, choice)
            if vocab.ends(choice.token):
                return
            piece = vocab.pieces[choice.token]
            must = must[len(piece) :]
            code_first = code_first and not piece.strip()
            written += piece
            yield Token(piece, choice.probability, choice.margin, choice.entropy)
            if len(context.held) + 1 >= context.size:
                return
            logits = context.append([choice.token])


def allowed_tokens(vocab: Vocab, must: bytes, code_first: bool) -> np.ndarray | None:
    """Return the ids that may come next where ``must`` is spelled first, and nothing but code may begin; None for all."""
    allowed = vocab.beginning(must) if must else None
    if not code_first:
        return allowed
    code = vocab.code
    return np.flatnonzero(code) if allowed is None else allowed[code[allowed]]


def best_possible(
    vocab: Vocab,
    logits: np.ndarray,
    allowed: np.ndarray | None,
    constraint: TokenConstraint,
    written: bytes,
    first: Choice,
) -> Choice:
    """Return the most probable token that ``constraint`` accepts; ``first`` itself when none is to be found.

    Its probability is the one it has without the constraint: how sure the model is, not how few choices it had.
    """
    token = first.token
    remaining: np.ndarray | None = None
    for _ in range(_CHECKED_ONE_BY_ONE):
        if constraint.accepts(written, vocab.pieces[token]) and not (
            token != first.token and vocab.ends(token)
        ):
            break
        if remaining is None:
            remaining = np.full_like(logits, -np.inf)
            index = slice(None) if allowed is None else allowed
            remaining[index] = logits[index]
        remaining[token] = -np.inf
        token = int(remaining.argmax())
    else:
        listed = vocab.beginnings(constraint.possible(written))
        if allowed is not None:
            listed = np.intersect1d(listed, allowed)
        if not listed.size:
            return first
        token = int(listed[logits[listed].argmax()])
    if token == first.token:
        return first
    probability = first.probability * float(np.exp(logits[token] - logits[first.token]))
    return Choice(token, probability, probability - first.probability, first.entropy)
