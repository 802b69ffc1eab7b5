"""Requests that wait for their answers, by number."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pending(Generic[T]):
    """One request: its number on the wire, what the caller keeps about it, and the answer to come."""

    number: int
    about: T
    future: Future[Any] = field(default_factory=Future)


class PendingRequests(Generic[T]):
    """The requests on one connection that have not been answered yet. Thread-safe.

    Futures are completed outside of the lock: their callbacks may make further requests.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._last = 0
        self._requests: dict[int, Pending[T]] = {}
        self._closed: Exception | None = None

    def __len__(self) -> int:
        return len(self._requests)

    def add(self, about: T) -> Pending[T]:
        """Return a new request with the next number, from 1 on. Raises the error that `close` was given."""
        with self._changed:
            if self._closed is not None:
                raise self._closed
            self._last += 1
            request = self._requests[self._last] = Pending(self._last, about)
            self._changed.notify_all()
        return request

    def get(self, number: int) -> Pending[T] | None:
        """Return the request with this number; None for one that was answered, dropped or never made."""
        return self._requests.get(number)

    def resolve(self, number: int, result: Any) -> None:
        """Answer a request. Nothing happens when it is not pending."""
        request = self.drop(number)
        if request is not None and request.future.set_running_or_notify_cancel():
            request.future.set_result(result)

    def fail(self, number: int, error: Exception) -> None:
        """Answer a request with an error. Nothing happens when it is not pending."""
        request = self.drop(number)
        if request is not None and request.future.set_running_or_notify_cancel():
            request.future.set_exception(error)

    def drop(self, number: int) -> Pending[T] | None:
        """Forget a request, whose future is not completed, and return it; None when it is not pending."""
        with self._changed:
            return self._requests.pop(number, None)

    def fail_all(self, error: Exception, where: Callable[[T], bool] | None = None) -> None:
        """Answer all requests with ``error``, or those that ``where`` is true for."""
        with self._changed:
            numbers = [n for n, each in self._requests.items() if where is None or where(each.about)]
        for number in numbers:
            self.fail(number, error)

    def close(self, error: Exception) -> None:
        """Answer all requests with ``error``, and refuse further ones with it. The first error stays."""
        with self._changed:
            self._closed = self._closed or error
            self._changed.notify_all()
        self.fail_all(self._closed)

    def wait(self) -> bool:
        """Wait until a request is pending, and return whether one is; False once they are closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._requests or self._closed is not None)
            return self._closed is None
