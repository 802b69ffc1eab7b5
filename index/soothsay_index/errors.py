"""Errors with a one-line message for users that names the remedy."""

from __future__ import annotations


class SoothsayIndexError(Exception):
    """An operation of the index failed; ``str(error)`` is one line that says what to do."""
