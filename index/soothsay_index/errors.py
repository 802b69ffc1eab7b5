"""Errors a person may see: one line each, with the fix."""

from __future__ import annotations


class SoothsayIndexError(Exception):
    """Something the index cannot do; ``str(error)`` is one line that says what to do about it."""
