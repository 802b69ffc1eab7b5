"""Waiting for what another thread or process does, but no longer than somebody wants it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from threading import Event
from typing import TypeVar

_LOOK_EVERY = 0.005  # seconds between two looks whether what is waited for has become pointless

T = TypeVar("T")


def wait_until(done: Callable[[float], bool], seconds: float, cancel: Event | None = None) -> bool:
    """Whether ``done`` came true in time; it is given the seconds that it may wait.

    Raises `CancelledError` soon after ``cancel`` was set.
    """
    deadline = time.monotonic() + seconds
    while True:
        left = max(0.0, deadline - time.monotonic())
        if done(left if cancel is None else min(left, _LOOK_EVERY)):
            return True
        if cancel is not None and cancel.is_set():
            raise CancelledError
        if not left:
            return False


def result_of(future: Future[T], seconds: float, cancel: Event | None = None) -> T:
    """The result. Raises `TimeoutError` after ``seconds``, `CancelledError` soon after ``cancel`` was set."""
    wait_until(lambda left: bool(wait([future], left).done), seconds, cancel)
    return future.result(0)
