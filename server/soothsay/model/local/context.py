"""One llama.cpp context: the KV cache of several prompts, and evaluating tokens into it."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from typing import NoReturn

import numpy as np

from soothsay.errors import Cancelled, SoothsayError
from soothsay.model.llama import llama_cpp
from soothsay.model.local.abort import Abort
from soothsay.model.local.sequences import Plan, common_prefix, plan
from soothsay.model.local.tuning import Threads
from soothsay.model.local.weights import Weights
from soothsay.model.types import Adapter
from soothsay_common.cancellation import Cancellation

_BATCH = 64  # tokens evaluated at once: the unit of progress that survives a cancel
# the first ones where the last reading was cancelled: between two keys there are 70 ms, in which no 64 tokens are read
# by two cores, so that nothing would be until the person stops
_FIRST_BATCH = 8
_SEQUENCES = 6  # files, or places in files, whose prompts stay in the cache; two for a place with documents
# llama_decode's answers when the cache is full, and when the abort callback said stop
_NO_ROOM, _ABORTED = 1, 2

Turn = Callable[[], AbstractContextManager[object]]
"""Within what it returns the processors are this context's; another one's evaluation is waited for."""


_AdapterSet = tuple[tuple[str, float], ...]
"""The SHA-256 and scale of each adapter."""


class LateError(Exception):
    """The deadline has come."""


class Context:
    """The tokens that were evaluated, by sequence, and the logits that follow them.

    Not thread-safe: give it a thread of its own (ctypes releases the GIL).
    """

    def __init__(self, weights: Weights, size: int, turn: Turn = nullcontext) -> None:
        """Make room for ``size`` tokens. ``turn`` is entered for each evaluation, of at most 64 tokens.

        Raises `SoothsayError`.
        """
        assert weights.model is not None
        self.size = size
        self.evaluated = 0  # tokens, whatever for
        self._turn = turn
        self._vocabulary = weights.vocab.size
        # a recurrent state cannot be shared
        is_recurrent = llama_cpp.llama_model_is_recurrent(weights.model)
        self._count = 1 if is_recurrent or llama_cpp.llama_model_is_hybrid(weights.model) else _SEQUENCES
        self._weights = weights
        with weights.unchanging():
            self._context = _new_context(weights.model, size, self._count)
        self._closed = False
        self._abort = Abort(self._context)
        memory = llama_cpp.llama_get_memory(self._context)
        assert memory is not None
        self._memory = memory
        self._batch = llama_cpp.llama_batch_init(_BATCH, 0, 1)
        self._applied: _AdapterSet = ()
        self._adapter_sets: dict[_AdapterSet, int] = {(): 0}  # those that were ever applied, numbered
        self._first_entry = 0
        # the entries of the tokens (`_entries`) whose keys and values are in the cache, by sequence; and the sequences, the
        # longest unused one first
        self._sequences: list[list[int]] = [[] for _ in range(self._count)]
        self._used = list(range(self._count))
        self._current = 0
        self._was_interrupted = False  # whether the last reading was cancelled

    @property
    def held(self) -> Sequence[int]:
        """The entries of the sequence that is worked on, one a token."""
        return self._sequences[self._current]

    @property
    def sequences(self) -> Sequence[Sequence[int]]:
        """The entries in the cache, by sequence: one a token, another one for each set of adapters it was evaluated with."""
        return self._sequences

    def use(self, threads: Threads) -> None:
        """Work with so many threads from now on."""
        llama_cpp.llama_set_n_threads(self._context, threads.single, threads.batch)

    def apply(self, adapters: Sequence[Adapter]) -> None:
        """Evaluate with these adapters, and no others, from now on; scale 0 leaves one out.

        What is in the cache is used again only with the adapters and scales that it was evaluated with. Raises
        `SoothsayError`, and changes nothing then.
        """
        used = sorted((each for each in adapters if each.scale), key=lambda each: each.sha256)
        wanted = tuple((each.sha256, each.scale) for each in used)
        if wanted == self._applied:
            return
        with self._turn():
            loaded = [self._weights.adapter(each) for each in used]
            handles = (llama_cpp.llama_adapter_lora_p_ctypes * len(loaded))(*loaded)
            scales = (ctypes.c_float * len(used))(*(each.scale for each in used))
            if llama_cpp.llama_set_adapters_lora(self._context, handles, len(loaded), scales) != 0:
                names = ", ".join(each.name for each in used)
                raise SoothsayError(f"llama.cpp does not take the adapters {names}; run: soothsay align off")
        self._applied = wanted
        number = self._adapter_sets.setdefault(wanted, len(self._adapter_sets))
        self._first_entry = number * self._vocabulary

    @contextmanager
    def until(self, cancel: Cancellation | None, deadline: float = math.inf) -> Iterator[None]:
        """End evaluations within the block with `Cancelled` for ``cancel``, with `LateError` for ``deadline``."""
        with self._abort.when(cancel, deadline):
            yield

    def unread(self, tokens: Sequence[int]) -> int:
        """Return how many of ``tokens`` are in no sequence of the cache."""
        entries = self._entries(tokens)
        return len(tokens) - max(common_prefix(held, entries) for held in self._sequences)

    def holds(self, tokens: Sequence[int]) -> bool:
        """Return whether all of ``tokens`` are in one sequence, which counts as used now."""
        entries = self._entries(tokens)
        for number in reversed(self._used):
            if common_prefix(self._sequences[number], entries) == len(tokens):
                self._used.remove(number)
                self._used.append(number)
                return True
        return False

    def find(self, tokens: Sequence[int]) -> Sequence[int]:
        """Make the sequence current that ``tokens`` can go on from; return those that are to be evaluated, one at least."""
        entries = self._entries(tokens)
        self._make_ready(plan(self._sequences, self._used, entries, self.size - self.size // 8))
        return tokens[len(self.held) :]

    def read(self, tokens: Sequence[int]) -> np.ndarray:
        """Append ``tokens`` to the current sequence; the last one's logits, valid until the next call."""
        ends = batch_ends(len(tokens), _FIRST_BATCH if self._was_interrupted else _BATCH)
        logits = self.append(tokens[: ends[0]])
        for start, end in pairwise(ends):
            logits = self.append(tokens[start:end])
        self._was_interrupted = False
        return logits

    def append(self, tokens: Sequence[int]) -> np.ndarray:
        """Append at most 64 tokens to the current sequence; the last one's logits, valid until the next call."""
        if self._abort.is_due:
            self._stop()
        held = self._sequences[self._current]
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = len(held) + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = self._current
            batch.logits[i] = i == len(tokens) - 1
        with self._turn():
            if self._abort.is_due:  # while another window had the processors
                self._stop()
            status = llama_cpp.llama_decode(self._context, batch)
            if status == _NO_ROOM and self._forget_others():
                status = llama_cpp.llama_decode(self._context, batch)
        if status != 0:
            # what an aborted batch left behind is unknown: go back to where it began
            llama_cpp.llama_memory_seq_rm(self._memory, self._current, len(held), -1)
            if status == _ABORTED:
                self._was_interrupted = self._was_interrupted or len(tokens) > 1
                self._stop()
            raise SoothsayError(
                f"the model failed to evaluate {len(tokens)} tokens (llama.cpp status {status})"
            )
        held.extend(self._entries(tokens))
        self.evaluated += len(tokens)
        row = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(row, shape=(self._vocabulary,))

    def forget(self) -> None:
        """Empty the current sequence."""
        self._forget_after(0)

    def forget_all(self) -> None:
        """Empty the cache."""
        for sequence in range(self._count):
            self._empty(sequence)

    def close(self) -> None:
        """Free it. Calling it twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._abort.close()
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)

    def _entries(self, tokens: Sequence[int]) -> Sequence[int]:
        """Return ``tokens`` as the cache's records name them: the adapters that are applied are part of an entry.

        Keys and values depend on the adapters, so that entries of two sets of adapters are never the same.
        """
        return [token + self._first_entry for token in tokens] if self._first_entry else tokens

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
        held = self._sequences[self._current]
        if keep == len(held):
            return
        if llama_cpp.llama_memory_seq_rm(self._memory, self._current, keep, -1):
            del held[keep:]
        else:  # recurrent models cannot forget a part
            self._empty(self._current)

    def _forget_others(self) -> bool:
        """Leave the cache to the current sequence; False when it had all of it."""
        others = [number for number in self._used if number != self._current and self._sequences[number]]
        for number in others:
            self._empty(number)
        return bool(others)

    def _empty(self, sequence: int) -> None:
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        self._sequences[sequence] = []

    def _stop(self) -> NoReturn:
        raise Cancelled if self._abort.is_cancelled else LateError


def batch_ends(count: int, first: int) -> list[int]:
    """Return where batches of ``count`` tokens (one at least) end: the first has ``first``, each other one twice as many, up to 64."""
    ends, size = [min(first, count)], first
    while ends[-1] < count:
        size = min(2 * size, _BATCH)
        ends.append(min(ends[-1] + size, count))
    return ends


def _new_context(model: llama_cpp.llama_model_p, size: int, sequences: int) -> llama_cpp.llama_context_p:
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = size
    params.n_batch = params.n_ubatch = _BATCH
    params.n_seq_max = params.n_outputs_max = sequences  # a row of logits a token would take 150 MB
    params.kv_unified = True  # sequences share the cells: each may take all of them
    params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED
    params.no_perf = True
    handle = llama_cpp.llama_init_from_model(model, params)
    if not handle:
        raise SoothsayError(f"no room for a context of {size} tokens: lower model.context")
    return handle
