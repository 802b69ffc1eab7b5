"""Waiting for another thread or process, with a time limit and a cancellation event."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from threading import Event
from typing import TypeVar

_POLL_SECONDS = 0.005  # how often a cancellation is looked for

T = TypeVar("T")


def wait_until(done: Callable[[float], bool], seconds: float, cancel: Event | None = None) -> bool:
    """Return whether ``done`` returned True within ``seconds``; its argument is the seconds that it may block.

    Raises `CancelledError` soon after ``cancel`` was set.
    """
    deadline = time.monotonic() + seconds
    while True:
        left = max(0.0, deadline - time.monotonic())
        if done(left if cancel is None else min(left, _POLL_SECONDS)):
            return True
        if cancel is not None and cancel.is_set():
            raise CancelledError
        if not left:
            return False


def result_of(future: Future[T], seconds: float, cancel: Event | None = None) -> T:
    """Return the result of ``future``. Raises `TimeoutError` after ``seconds``, `CancelledError` soon after ``cancel`` was set."""
    wait_until(lambda left: bool(wait([future], left).done), seconds, cancel)
    return future.result(0)
