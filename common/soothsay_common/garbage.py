"""Python's search for garbage: it holds Python's lock while it looks through everything that is there."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Without searches while much is being made that stays: they were a third of the time of building syntax trees."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def freeze_existing_objects() -> None:
    """What is there now stays: no later search needs to look at it. Half a million objects of imported modules took 50 to
    150 ms each time."""
    gc.collect()
    gc.freeze()


def release_memory() -> None:
    """Return what is no longer used to the system, where the C library keeps it otherwise (glibc)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
