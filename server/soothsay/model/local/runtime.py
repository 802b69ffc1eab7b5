"""A `Model` that llama.cpp runs in this process, behind our own decode loop.

llama-cpp-python's high-level `Llama` would hold n_ctx x n_vocab logits to give probabilities and hard-wires the
FIM markers, so this talks to the C API: evaluate what changed, read one row of logits, pick, repeat.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from soothsay.model.fim import Prompt
from soothsay.model.local.context import Context, Turn
from soothsay.model.local.decoding import LocalPrompt
from soothsay.model.local.tuning import Threads, Timing, default_threads
from soothsay.model.local.weights import Weights
from soothsay.model.types import Adapter, Capabilities
from soothsay_common.cancellation import Cancellation

_CUT_AT_ONCE = 256  # tokens
_TIMED_BATCH, _TIMED_TOKENS = 64, 6  # tokens that are evaluated to see how fast that is


class LlamaRuntime:
    """A `Model`: weights, which others may share, and a context of its own.

    Not thread-safe: give it a thread of its own (ctypes releases the GIL).
    """

    def __init__(
        self,
        weights: Weights,
        *,
        context: int = 4096,
        threads: Callable[[], Threads] = default_threads,
        turn: Turn = nullcontext,
        free: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a context of ``context`` tokens. ``free`` gives back the ``weights``: the last thing that `close` does.

        ``threads`` is asked whenever a prompt is opened. ``turn`` is entered for each evaluation, of at most 64 tokens.
        Raises `SoothsayError`.
        """
        self.vocab = weights.vocab
        self.context = Context(weights, context, turn)
        self._threads = threads
        self._weights = weights
        self._free = free
        self._closed = False
        self.context.use(threads())
        self.capabilities = Capabilities(
            fill_in_the_middle=self.vocab.fim is not None,
            full_distribution=True,
            token_constraints=True,
            allowed_names=True,
            cache_introspection=True,
        )

    @classmethod
    def load(cls, path: Path, *, context: int = 4096, threads: int = 0) -> LlamaRuntime:
        """Load the weights at ``path`` for one context, which frees them. ``threads`` 0: the default."""
        weights = Weights.load(path)
        used = Threads(threads, threads) if threads else default_threads()
        try:
            return cls(weights, context=context, threads=lambda: used, free=weights.close)
        except BaseException:
            weights.close()
            raise

    @property
    def evaluated_in_all(self) -> int:
        """How many tokens were evaluated in all."""
        return self.context.evaluated

    @property
    def is_outdated(self) -> bool:
        """Whether the file of the weights has changed since they were loaded."""
        return self._weights.is_outdated

    def open(self, prompt: Prompt) -> LocalPrompt:
        """Tokenise ``prompt``, as much of it as fits."""
        self.context.use(self._threads())
        return LocalPrompt(prompt, self.encode(prompt), self.context, self.vocab)

    def apply(self, adapters: Sequence[Adapter]) -> None:
        """Run with these adapters, and no others, from the next evaluation on. Raises `SoothsayError`, and changes nothing then."""
        self.context.apply(adapters)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is made of."""
        return len(self.vocab.encode(text))

    def encode(self, prompt: Prompt) -> list[int]:
        """Return the prompt's ids, one at least. Without FIM markers in the vocabulary the suffix is left out.

        What does not fit into the context is cut from the far ends of prefix and suffix, then from the beginning of the
        middle, by whole steps: most of what is left is in the cache when the next key is typed.
        """
        size = self.context.size
        head = [] if self.vocab.bos is None else [self.vocab.bos]
        fim = self.vocab.fim
        room = size - size // 8 - len(head) - 3  # an eighth is for the completion
        if fim is None:
            tokens = self.vocab.encode(prompt.prefix + prompt.middle)
            return [*head, *tokens[max(0, len(tokens) - room) :]] or [0]
        if prompt.path and fim.file is not None:
            head += [fim.file, *self.vocab.encode(f"{prompt.path}\n")]
            room = size - size // 8 - len(head) - 3
        middle = self.vocab.encode(prompt.middle)
        step = max(1, min(_CUT_AT_ONCE, room // 4))
        middle = middle[-(-max(0, len(middle) - room) // step) * step :]
        room -= len(middle)
        suffix = self.vocab.encode(prompt.suffix)[: room // 4]
        prefix = self.vocab.encode(prompt.prefix)
        prefix = prefix[max(0, len(prefix) - (room - len(suffix))) :]
        return [*head, fim.prefix, *prefix, fim.suffix, *suffix, fim.middle, *middle]

    def time_threads(self, tried: Sequence[int], cancel: Cancellation | None = None) -> list[Timing]:
        """Return how fast each number of ``tried`` threads is; takes a second or two, and empties the present sequence.

        Raises `Cancelled` once ``cancel`` is set.
        """
        tokens = self.vocab.encode("for number in range(100):\n    print(number)\n" * 20)
        timings: list[Timing] = []
        with self.context.until(cancel):
            for threads in (*tried, *tried[::-1]):
                self.context.use(Threads(threads, threads))
                self.context.forget()
                began = time.perf_counter()
                self.context.append(tokens[:_TIMED_BATCH])
                read = time.perf_counter()
                for token in tokens[:_TIMED_TOKENS]:
                    self.context.append([token])
                written = time.perf_counter()
                timings.append(Timing(threads, (written - read) / _TIMED_TOKENS, read - began))
        self.context.forget()
        return timings

    def close(self) -> None:
        """Free the context, and give back the weights. Calling it twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self.context.close()
        self._free()
