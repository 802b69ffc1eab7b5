"""Reading of a shared index during a build, with time limits; failures never fail the build."""

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
from soothsay_index.shared.index import Published, SharedIndex, explain, slices
from soothsay_index.sources.base import Release
from soothsay_index.store.releases import ReleaseTables
from soothsay_languages.environment import Environment

T = TypeVar("T")

_ROWS_AT_ONCE = 20_000  # about 20 MB
# Seconds to wait for an answer; after a timeout the shared index is no longer used.
_FIRST_ANSWER = 5.0
_ANSWER = 60.0


class SharedReader:
    """Read a shared index for one build.

    The list of releases is requested at once, in the background. After a failure or a timeout the index is no longer
    used, ``warn`` gets the reason in one line, and the build does the work itself.
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
        """Return the published workspaces, each in its latest version."""
        newest = {each.project: each for each in self._published().values() if each.project}
        return [each.release() for each in newest.values()]

    def paths(self, release: Release, stop: threading.Event) -> set[str]:
        """Return the files of a published workspace; empty if they cannot be read."""
        return self._ask(partial(self._shared.paths, release.key), stop) or set()

    def read(
        self, releases: Sequence[Release], environment: Environment, stop: threading.Event
    ) -> Iterator[ReleaseTables]:
        """Yield the published ones of ``releases`` in batches, in the given order."""
        published = self._published()
        wanted = {release: published[release.key] for release in releases if release.key in published}
        for some in _batches(wanted):
            found = self._ask(partial(self._shared.read, some, environment), stop)
            if found is None:
                return
            yield found

    def vectors(self, package: str, keys: Iterable[str], stop: threading.Event) -> Iterator[pa.Table]:
        """Yield the published vectors of ``keys`` in batches, each once."""
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
        """Return the result, or None if it failed, took longer than ``limit`` seconds or ``stop`` was set."""
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
            except Exception as error:  # a build must not fail because of the shared index
                problem = explain(self._shared.uri, "read", error)
            self._failed = True
            self._warn(problem)
            return None
        return None


def _batches(releases: Mapping[Release, Published]) -> Iterator[dict[Release, Published]]:
    """Yield batches of releases of about ``_ROWS_AT_ONCE`` rows, in order."""
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
    """Run ``call`` on a daemon thread and return its future."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="shared", daemon=True).start()
    return future
