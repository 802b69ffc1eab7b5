"""Errors that are shown to the user. Each message is one line and says how to fix the problem."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event


class SoothsayError(Exception):
    """A problem that the user can fix; the message is shown as it is, without a traceback."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The work was cancelled because its result is no longer needed."""


def raise_if_cancelled(cancel: Event | None) -> None:
    """Raise `Cancelled` if ``cancel`` is set."""
    if cancel is not None and cancel.is_set():
        raise Cancelled


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Raise `SoothsayError` where ``path`` cannot be used within the block."""
    try:
        yield
    except OSError as error:
        raise SoothsayError(f"cannot use {path}: {error.strerror}") from error
