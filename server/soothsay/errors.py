"""Errors that a person may see. Each message is one line and says what to do about it."""

from __future__ import annotations

from threading import Event


class SoothsayError(Exception):
    """Something the user can understand and mend; the message is shown as it is, without a traceback."""


class Cancelled(Exception):  # noqa: N818 - it is no error
    """The work was stopped because nobody waits for it any more."""


def raise_if_cancelled(cancel: Event | None) -> None:
    """Raises `Cancelled` once ``cancel`` is set."""
    if cancel is not None and cancel.is_set():
        raise Cancelled
