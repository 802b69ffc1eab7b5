"""Stopping llama.cpp in the middle of its work without asking Python.

llama.cpp asks whether to stop before every node of its graph, 485 times a token with Qwen2.5-Coder 0.5B. A Python
function would need Python's lock as often: that is 3 % of a token, a fifth of it where other threads are busy, and
a thread that stands back would keep the lock from the event loop while others have the processors. So C answers,
from a byte that a thread writes.
"""

from __future__ import annotations

import ctypes
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from soothsay.model.llama import llama_cpp

_ROUND = 0.1  # seconds after which a thread that waits sees that its work is done

# `strlen` of a buffer is 0 (go on) until its first byte is written, then 1 (stop)
_libc = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
_is_set = ctypes.cast(_libc.strlen, llama_cpp.ggml_abort_callback)


class Abort:
    """Tells one context when to stop: once an event is set, or a deadline (of `time.monotonic`) has come."""

    def __init__(self, context: llama_cpp.llama_context_p) -> None:
        self._context = context
        self._begin(_Work(None, math.inf))

    @property
    def is_cancelled(self) -> bool:
        return self._work.is_cancelled

    @property
    def is_due(self) -> bool:
        """Whether to stop."""
        return self._work.is_due

    @contextmanager
    def when(self, cancel: Event | None, deadline: float = math.inf) -> Iterator[None]:
        """Within the block, stop for ``cancel`` and ``deadline``."""
        work = _Work(cancel, deadline)
        self._begin(work)
        if cancel is not None or deadline < math.inf:
            Thread(target=work.wait, name="soothsay-abort", daemon=True).start()
        try:
            yield
        finally:
            work.done = True

    def _begin(self, work: _Work) -> None:
        llama_cpp.llama_set_abort_callback(self._context, _is_set, ctypes.cast(work.flag, ctypes.c_void_p))
        self._work = work  # the context keeps a bare pointer: this keeps the buffer alive


class _Work:
    """What may have to stop, with a buffer of its own: a thread that comes late stops nothing else."""

    def __init__(self, cancel: Event | None, deadline: float) -> None:
        self.flag = ctypes.create_string_buffer(2)
        self.done = False
        self._cancel = cancel
        self._deadline = deadline

    @property
    def is_cancelled(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    @property
    def is_due(self) -> bool:
        return self.is_cancelled or time.monotonic() > self._deadline

    def wait(self) -> None:
        """Write the byte when it is time to; on a thread of its own."""
        cancel = self._cancel or Event()
        while not self.done and not self.is_due:
            cancel.wait(min(_ROUND, self._deadline - time.monotonic()))
        self.flag[0] = b"\1"
