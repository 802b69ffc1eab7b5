"""Places where one of a closed set of keys is written: a property of an object, an attribute of an element."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from soothsay_languages.scan import Scan


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where code ends in a key, or where one may begin.

    ``head`` is the code before the key, blanks left out, and ``tail`` what closes all that is open there. ``first`` is where the
    first key of the same object or element may stand, and ``start`` where this one begins, which does not tell places apart: both
    are code points of the code. ``name`` matches a key; those that begin with ``free``, unless that is "", are of anybody's choice.
    ``excludes_comments``: none is to be written in place of a key.
    """

    head: str
    tail: str
    first: int
    name: re.Pattern[str]
    free: str = ""
    start: int = field(default=0, compare=False)
    excludes_comments: bool = False


FindsKey = Callable[[str, Scan], KeyPlace | None]
"""Finds the key that code ends in, as it was scanned, or that may begin there; None where there is no place for one."""
