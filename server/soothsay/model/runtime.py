"""llama.cpp behind our own decode loop: raw-logit probabilities, KV reuse, cancel in mid-prompt.

llama-cpp-python's high-level `Llama` would hold n_ctx x n_vocab logits to give probabilities and hard-wires the
FIM markers, so this talks to the C API: evaluate what changed, read one row of logits, pick, repeat.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event
from typing import NoReturn

import numpy as np

from soothsay.errors import Cancelled, SoothsayError
from soothsay.model.abort import Abort
from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay.model.llama import llama_cpp
from soothsay.model.sampling import Choice, pick
from soothsay.model.sequences import Plan, common_prefix, plan
from soothsay.model.tuning import Threads, Timing, default_threads
from soothsay.model.types import Token
from soothsay.model.weights import Weights

_BATCH = 64  # tokens evaluated at once: the unit of progress that survives a cancel
_SEQUENCES = 4  # files, or places in files, whose prompts stay in the cache
_TIMED_BATCH, _TIMED_TOKENS = 64, 6  # tokens that are evaluated to see how fast that is
_CHECKED_ONE_BY_ONE = 12  # impossible tokens that are skipped before the possible ones are listed
# llama_decode's answers when the cache is full, and when the abort callback said stop
_NO_ROOM, _ABORTED = 1, 2

Turn = Callable[[], AbstractContextManager[object]]
"""Within what it returns the processors are this context's; another one's evaluation is waited for."""


class _LateError(Exception):
    """The deadline has come."""


class LlamaRuntime:
    """One context of a model: its KV cache and decode loop.

    Not thread-safe: give it a thread of its own (ctypes releases the GIL).
    """

    def __init__(
        self,
        weights: Weights,
        *,
        context: int = 4096,
        threads: Threads | None = None,
        turn: Turn = nullcontext,
    ) -> None:
        """Make a context of ``context`` tokens; the ``weights`` stay the caller's, who frees them after `close`.

        ``turn`` is entered for each evaluation (at most 64 tokens). Raises `SoothsayError`.
        """
        assert weights.model is not None
        self._model = weights.model
        self._turn = turn
        self.vocab = weights.vocab
        self.n_ctx = context
        # a recurrent state cannot be shared
        recurrent = llama_cpp.llama_model_is_recurrent(self._model)
        self._count = 1 if recurrent or llama_cpp.llama_model_is_hybrid(self._model) else _SEQUENCES
        self._context = self._new_context(context)
        self._closed = False
        self._owned: Weights | None = None
        self._abort = Abort(self._context)
        self.use(threads or default_threads())
        memory = llama_cpp.llama_get_memory(self._context)
        assert memory is not None
        self._memory = memory
        self._batch = llama_cpp.llama_batch_init(_BATCH, 0, 1)
        # the tokens whose keys and values are in the cache, by sequence; and the sequences, the longest unused one first
        self._sequences: list[list[int]] = [[] for _ in range(self._count)]
        self._used = list(range(self._count))
        self._current = 0
        self.evaluated = 0  # prompt tokens evaluated for the last stream
        self.evaluated_in_all = 0  # tokens, whatever for

    @classmethod
    def open(cls, path: Path, *, context: int = 4096, threads: int = 0) -> LlamaRuntime:
        """Load the weights at ``path`` for one context, which frees them. ``threads`` 0: the default."""
        weights = Weights.load(path)
        try:
            runtime = cls(weights, context=context, threads=Threads(threads, threads) if threads else None)
        except BaseException:
            weights.close()
            raise
        runtime._owned = weights
        return runtime

    @property
    def fim(self) -> bool:
        """Whether the model can fill in the middle."""
        return self.vocab.fim is not None

    def use(self, threads: Threads) -> None:
        """Work with so many threads from now on."""
        llama_cpp.llama_set_n_threads(self._context, threads.single, threads.batch)

    def time_threads(self, tried: Sequence[int], cancel: Event | None = None) -> list[Timing]:
        """Return how fast each number of ``tried`` threads is; takes a second or two, and empties the present sequence.

        Raises `Cancelled` once ``cancel`` is set.
        """
        tokens = self.vocab.encode("for number in range(100):\n    print(number)\n" * 20)
        timings: list[Timing] = []
        with self._abort.when(cancel):
            for threads in (*tried, *tried[::-1]):
                self.use(Threads(threads, threads))
                self._forget_after(0)
                began = time.perf_counter()
                self._evaluate(tokens[:_TIMED_BATCH])
                read = time.perf_counter()
                for token in tokens[:_TIMED_TOKENS]:
                    self._evaluate([token])
                written = time.perf_counter()
                timings.append(Timing(threads, (written - read) / _TIMED_TOKENS, read - began))
        self._forget_after(0)
        return timings

    def count_tokens(self, text: str) -> int:
        return len(self.vocab.encode(text))

    def stream(
        self,
        prompt: Prompt,
        cancel: Event | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]:
        """Generate greedily until the model ends or ``deadline`` (of `time.monotonic`) has come; stop early by closing
        the iterator.

        The first tokens spell ``prompt.forced`` (token healing): their probability is conditional on that
        text, every other one is the softmax over all raw logits. Raises `Cancelled` once ``cancel`` is set.
        """
        try:
            with self._abort.when(cancel, deadline):
                yield from self._stream(prompt, constraint)
        except _LateError:
            return

    def _stream(self, prompt: Prompt, constraint: Constraint | None) -> Iterator[Token]:
        tokens = self.encode(prompt)
        logits = self._evaluate_prompt(tokens)
        must = prompt.forced.encode("utf-8")
        code_first = prompt.code_first
        written = b""
        while True:
            allowed = self.vocab.beginning(must) if must else None
            if code_first:
                code = self.vocab.code
                allowed = np.flatnonzero(code) if allowed is None else allowed[code[allowed]]
            choice = pick(logits, allowed)
            if constraint is not None:
                choice = self._possible(logits, allowed, constraint, written, choice)
            if self.vocab.ends(choice.token):
                return
            piece = self.vocab.pieces[choice.token]
            must = must[len(piece) :]
            code_first = code_first and not piece.strip()
            written += piece
            yield Token(piece, choice.probability, choice.margin, choice.entropy)
            if len(self._held) + 1 >= self.n_ctx:
                return
            logits = self._evaluate([choice.token])

    def prepare(self, prompt: Prompt, cancel: Event | None = None) -> None:
        """Evaluate ``prompt`` and write nothing. Raises `Cancelled` once ``cancel`` is set."""
        tokens = self.encode(prompt)
        with self._abort.when(cancel):
            self._evaluate_prompt(tokens)

    def unread(self, prompt: Prompt) -> int:
        """How many tokens of ``prompt`` would have to be evaluated now."""
        tokens = self.encode(prompt)
        return len(tokens) - max(common_prefix(held, tokens) for held in self._sequences)

    def _possible(
        self,
        logits: np.ndarray,
        allowed: np.ndarray | None,
        constraint: Constraint,
        written: bytes,
        first: Choice,
    ) -> Choice:
        """The most probable token that ``constraint`` accepts; ``first`` itself when none is to be found.

        Its probability is the one it has without the constraint: how sure the model is, not how few choices it had.
        """
        token = first.token
        pieces = self.vocab.pieces
        remaining: np.ndarray | None = None
        for _ in range(_CHECKED_ONE_BY_ONE):
            if constraint.accepts(written, pieces[token]) and not (
                token != first.token and self.vocab.ends(token)
            ):
                break
            if remaining is None:
                remaining = np.full_like(logits, -np.inf)
                index = slice(None) if allowed is None else allowed
                remaining[index] = logits[index]
            remaining[token] = -np.inf
            token = int(remaining.argmax())
        else:
            listed = self.vocab.beginnings(constraint.possible(written))
            if allowed is not None:
                listed = np.intersect1d(listed, allowed)
            if not listed.size:
                return first
            token = int(listed[logits[listed].argmax()])
        if token == first.token:
            return first
        probability = first.probability * float(np.exp(logits[token] - logits[first.token]))
        return Choice(token, probability, probability - first.probability, first.entropy)

    def encode(self, prompt: Prompt) -> list[int]:
        """The prompt's ids. Without FIM markers in the vocabulary the suffix is left out.

        What does not fit into the context is cut from the far ends of prefix and suffix. Raises `SoothsayError` when
        the middle alone does not fit.
        """
        head = [] if self.vocab.bos is None else [self.vocab.bos]
        fim = self.vocab.fim
        room = self.n_ctx - self.n_ctx // 8 - len(head) - 3  # an eighth is for the completion
        if fim is None:
            tokens = self.vocab.encode(prompt.prefix + prompt.middle)
            return [*head, *tokens[max(0, len(tokens) - room) :]] or [0]
        middle = self.vocab.encode(prompt.middle)
        room -= len(middle)
        if room < 0:
            raise SoothsayError(f"{len(middle)} tokens do not fit into {self.n_ctx}: raise model.context")
        suffix = self.vocab.encode(prompt.suffix)[: room // 4]
        prefix = self.vocab.encode(prompt.prefix)
        prefix = prefix[max(0, len(prefix) - (room - len(suffix))) :]
        return [*head, fim.prefix, *prefix, fim.suffix, *suffix, fim.middle, *middle]

    def close(self) -> None:
        """Free the context. Calling it twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._abort.close()
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        if self._owned is not None:
            self._owned.close()

    @property
    def _held(self) -> list[int]:
        """The tokens of the sequence that is worked on."""
        return self._sequences[self._current]

    def _evaluate_prompt(self, tokens: Sequence[int]) -> np.ndarray:
        self._make_ready(plan(self._sequences, self._used, tokens, self.n_ctx - self.n_ctx // 8))
        todo = tokens[len(self._held) :]
        self.evaluated = len(todo)
        for start in range(0, len(todo) - _BATCH, _BATCH):
            self._evaluate(todo[start : start + _BATCH])
        return self._evaluate(todo[(len(todo) - 1) // _BATCH * _BATCH :])

    def _make_ready(self, ready: Plan) -> None:
        for number in ready.emptied:
            self._empty(number)
        if ready.copied_from is not None:
            llama_cpp.llama_memory_seq_cp(self._memory, ready.copied_from, ready.sequence, 0, ready.keep)
            self._sequences[ready.sequence] = self._sequences[ready.copied_from][: ready.keep]
        self._current = ready.sequence
        self._used.remove(ready.sequence)
        self._used.append(ready.sequence)
        self._forget_after(ready.keep)

    def _forget_after(self, keep: int) -> None:
        if keep == len(self._held):
            return
        if llama_cpp.llama_memory_seq_rm(self._memory, self._current, keep, -1):
            del self._held[keep:]
        else:  # recurrent models cannot forget a part
            self._empty(self._current)

    def _empty(self, sequence: int) -> None:
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        self._sequences[sequence] = []

    def _evaluate(self, tokens: Sequence[int]) -> np.ndarray:
        """Append at most `_BATCH` tokens to the cache; the last one's logits, valid until the next call."""
        if self._abort.is_due:
            self._stopped()
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = len(self._held) + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = self._current
            batch.logits[i] = i == len(tokens) - 1
        with self._turn():
            if self._abort.is_due:  # while another window had the processors
                self._stopped()
            status = llama_cpp.llama_decode(self._context, batch)
            if status == _NO_ROOM and self._forget_others():
                status = llama_cpp.llama_decode(self._context, batch)
        if status != 0:
            # what an aborted batch left behind is unknown: go back to where it began
            llama_cpp.llama_memory_seq_rm(self._memory, self._current, len(self._held), -1)
            if status == _ABORTED:
                self._stopped()
            raise SoothsayError(
                f"the model failed to evaluate {len(tokens)} tokens (llama.cpp status {status})"
            )
        self._held.extend(tokens)
        self.evaluated_in_all += len(tokens)
        row = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(row, shape=(self.vocab.size,))

    def _forget_others(self) -> bool:
        """Leave the cache to the present sequence; False when it had all of it."""
        others = [number for number in self._used if number != self._current and self._sequences[number]]
        for number in others:
            self._empty(number)
        return bool(others)

    def _stopped(self) -> NoReturn:
        raise Cancelled if self._abort.is_cancelled else _LateError

    def _new_context(self, context: int) -> llama_cpp.llama_context_p:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = context
        params.n_batch = params.n_ubatch = _BATCH
        params.n_seq_max = params.n_outputs_max = self._count  # a row of logits a token would take 150 MB
        params.kv_unified = True  # sequences share the cells: each may take all of them
        params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED
        params.no_perf = True
        handle = llama_cpp.llama_init_from_model(self._model, params)
        if not handle:
            raise SoothsayError(f"no room for a context of {context} tokens: lower model.context")
        return handle
