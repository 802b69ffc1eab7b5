"""Stopping llama.cpp in the middle of its work without asking Python.

llama.cpp asks whether to stop before every node of its graph, 485 times a token with Qwen2.5-Coder 0.5B. A Python
function would need Python's lock as often: that is 3 % of a token, a fifth of it where other threads are busy, and
a thread that stands back would keep the lock from the event loop while others have the processors. So C answers,
from a byte that is written by the thread that cancels, or by one that waits for the deadline.
"""

from __future__ import annotations

import ctypes
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from queue import SimpleQueue
from threading import Event, Thread

from soothsay.model.llama import llama_cpp
from soothsay_common.cancellation import Cancellation

_LONGEST_WAIT = 3600.0  # seconds; the lock's own limit is lower than infinity

# `strlen` of a buffer is 0 (go on) until its first byte is written, then 1 (stop)
_libc = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
_is_set = ctypes.cast(_libc.strlen, llama_cpp.ggml_abort_callback)


class Abort:
    """Tells one context when to stop: once a request is cancelled, or a deadline (of `time.monotonic`) has come."""

    def __init__(self, context: llama_cpp.llama_context_p) -> None:
        self._context = context
        self._work = _Work(None, math.inf)
        self._begin(self._work)
        # one thread for good: with too little memory, starting another one can wait for ever (CPython)
        self._watched: SimpleQueue[_Work | None] = SimpleQueue()
        Thread(target=_watch, args=(self._watched,), name="soothsay-abort", daemon=True).start()

    @property
    def is_cancelled(self) -> bool:
        """Whether the request was cancelled."""
        return self._work.is_cancelled

    @property
    def is_due(self) -> bool:
        """Whether to stop."""
        return self._work.is_due

    @contextmanager
    def when(self, cancel: Cancellation | None, deadline: float = math.inf) -> Iterator[None]:
        """Stop evaluations within the block for ``cancel`` and ``deadline``."""
        work = _Work(cancel, deadline)
        self._begin(work)
        if deadline < math.inf:
            self._watched.put(work)
        called = nullcontext() if cancel is None else cancel.calling(work.stop)
        try:
            with called:
                yield
        finally:
            work.finish()

    def close(self) -> None:
        """End the thread; the context is not used any more."""
        self._work.finish()
        self._watched.put(None)

    def _begin(self, work: _Work) -> None:
        llama_cpp.llama_set_abort_callback(self._context, _is_set, ctypes.cast(work.flag, ctypes.c_void_p))
        self._work.finish()
        self._work = work  # the context keeps a bare pointer: this keeps the buffer alive


class _Work:
    """What may have to stop, with a buffer of its own: who comes late stops nothing else."""

    def __init__(self, cancel: Cancellation | None, deadline: float) -> None:
        self.flag = ctypes.create_string_buffer(2)
        self._cancel = cancel
        self._deadline = deadline
        self._over = Event()

    @property
    def is_cancelled(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    @property
    def is_due(self) -> bool:
        return self.is_cancelled or time.monotonic() > self._deadline

    def stop(self) -> None:
        """Have the context stop now."""
        self.flag[0] = b"\1"
        self._over.set()

    def finish(self) -> None:
        """There is nothing to stop any more."""
        self._over.set()

    def wait(self) -> None:
        """Stop the context at its deadline (blocking, until then or until the work is done)."""
        while not self.is_due:
            left = min(self._deadline - time.monotonic(), _LONGEST_WAIT)
            if self._over.wait(max(0.0, left)):
                return
        self.stop()


def _watch(works: SimpleQueue[_Work | None]) -> None:
    while (work := works.get()) is not None:
        work.wait()
        del work
