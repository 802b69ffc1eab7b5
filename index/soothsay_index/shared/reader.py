"""What a build takes from a shared index, without ever waiting long for it or failing with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial
from typing import TypeVar

import pyarrow as pa

from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.environment import Environment
from soothsay_index.shared.index import Published, SharedIndex, explain, slices
from soothsay_index.sources.base import Release
from soothsay_index.store.releases import ReleaseTables

T = TypeVar("T")

_ROWS_AT_ONCE = 20_000  # about 20 MB
# Seconds. A store that has not answered by then is left alone: what it would have given is made here.
_FIRST_ANSWER = 5.0
_ANSWER = 60.0


class SharedReader:
    """What one build takes from a shared index.

    It begins to ask at once, in the background. A store that fails or does not answer in time is left alone from then
    on, and ``warn`` is told why in one line: what it would have given is made here.
    """

    def __init__(self, shared: SharedIndex, warn: Callable[[str], None]) -> None:
        self._shared = shared
        self._warn = warn
        self._failed = False
        self._begun = time.monotonic()
        self._warned_of_model = False
        self._first = _in_background(self._contact)
        self._releases: Mapping[str, Published] | None = None

    def projects(self) -> list[Release]:
        """The workspaces that were published, each as it was published last."""
        newest = {each.project: each for each in self._published().values() if each.project}
        return [each.release() for each in newest.values()]

    def paths(self, release: Release, stop: threading.Event) -> set[str]:
        """The files of a published workspace; none where that cannot be known."""
        return self._ask(partial(self._shared.paths, release.key), stop) or set()

    def read(
        self, releases: Sequence[Release], environment: Environment, stop: threading.Event
    ) -> Iterator[ReleaseTables]:
        """Those of ``releases`` that are there, some at once, in the given order."""
        published = self._published()
        wanted = {release: published[release.key] for release in releases if release.key in published}
        for some in _batches(wanted):
            found = self._ask(partial(self._shared.read, some, environment), stop)
            if found is None:
                return
            yield found

    def vectors(self, package: str, keys: Iterable[str], stop: threading.Event) -> Iterator[pa.Table]:
        """The vectors of ``keys`` that are there, each once, some at once."""
        wanted = set(keys)
        if not wanted or not self._published():
            return
        there = self._ask(partial(self._shared.vector_keys, package), stop) or {}
        if not there:
            self._warn_of_model(stop)
        addresses = [address for key, address in there.items() if key in wanted]
        for some in slices(sorted(addresses), _ROWS_AT_ONCE):
            found = self._ask(partial(self._shared.vectors, some), stop)
            if found is None:
                return
            yield found

    def _contact(self) -> tuple[dict[str, Published], str]:
        releases = self._shared.releases()
        return releases, "" if releases else self._shared.explain_empty()

    def _published(self) -> Mapping[str, Published]:
        if self._releases is None:
            left = self._begun + _FIRST_ANSWER - time.monotonic()
            found = self._answer(self._first, left, threading.Event())
            self._releases, problem = found or ({}, "")
            if problem:
                self._warn(problem)
        return self._releases

    def _warn_of_model(self, stop: threading.Event) -> None:
        if not self._warned_of_model and self._ask(self._shared.has_vectors, stop) is False:
            self._warned_of_model = True
            self._warn(f"{self._shared.uri} has no vectors of this embedding model: they are computed here.")

    def _ask(self, call: Callable[[], T], stop: threading.Event) -> T | None:
        if self._failed or stop.is_set():
            return None
        return self._answer(_in_background(call), _ANSWER, stop)

    def _answer(self, future: Future[T], limit: float, stop: threading.Event) -> T | None:
        """The result, or None when it failed, took too long, or is not wanted any more."""
        waited = 0.0
        while not stop.is_set():
            try:
                return future.result(0.1)
            except FutureTimeout:
                waited += 0.1
                if waited < limit:
                    continue
                problem = f"The shared index {self._shared.uri} does not answer: doing without it."
            except SoothsayIndexError as error:
                problem = str(error)
            except Exception as error:  # a build must not fail with what somebody else has written
                problem = explain(self._shared.uri, "read", error)
            self._failed = True
            self._warn(problem)
            return None
        return None


def _batches(releases: Mapping[Release, Published]) -> Iterator[dict[Release, Published]]:
    """Some at once, in order: one question for many small ones, and no more rows than memory is worth."""
    batch: dict[Release, Published] = {}
    rows = 0
    for release, published in releases.items():
        size = published.symbols + published.chunks
        if batch and rows + size > _ROWS_AT_ONCE:
            yield batch
            batch, rows = {}, 0
        batch[release] = published
        rows += size
    if batch:
        yield batch


def _in_background(call: Callable[[], T]) -> Future[T]:
    """``call`` on a thread that nobody has to wait for."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="shared", daemon=True).start()
    return future
