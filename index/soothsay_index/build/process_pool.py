"""Process pool for CPU-bound work: parsing files, reading packages."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.process
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from multiprocessing.context import SpawnContext, SpawnProcess

from soothsay_common.priority import BACKGROUND, lower_process_priority
from soothsay_index.build.careful_pool import CarefulPool
from soothsay_index.runtime.lean_imports import import_pyarrow

OpenExecutor = Callable[[int], AbstractContextManager[Executor]]
"""Opens an executor whose work has the given niceness (0: a user waits for it)."""

_starting = threading.Lock()


@contextlib.contextmanager
def _without_current_folder() -> Iterator[None]:
    """Keep Python processes that are started in the block from importing modules of the current folder.

    A command runs in the workspace, and :mod:`multiprocessing` would search its own modules there first.
    """
    with _starting:
        before = os.environ.get("PYTHONSAFEPATH")
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ["PYTHONSAFEPATH"]
            else:
                os.environ["PYTHONSAFEPATH"] = before


class _Process(SpawnProcess):
    def start(self) -> None:
        with _without_current_folder():
            super().start()


class _Context(SpawnContext):
    Process = _Process


@contextlib.contextmanager
def open_process_pool(niceness: int = BACKGROUND) -> Iterator[Executor]:
    """Open a pool of one process per core, at most 4. The processes end with the block."""

    # spawn: the parent has threads, and a fork would copy their locks in whatever state they are
    def make(processes: int) -> ProcessPoolExecutor:
        with _without_current_folder():  # making the pool starts multiprocessing's resource tracker
            return ProcessPoolExecutor(processes, _Context(), initializer=_begin, initargs=(niceness,))

    pool = CarefulPool(make, min(4, os.cpu_count() or 1))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def open_single_thread(_niceness: int = BACKGROUND) -> Iterator[Executor]:
    """Open an executor with one thread of the caller's priority, for little work and for tests."""
    pool = ThreadPoolExecutor(1, "crew")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(niceness: int) -> None:
    """Initialise a process of the pool: its priority, and its end when the parent ends (it may be killed)."""
    import_pyarrow()
    lower_process_priority(niceness)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
