"""Characters that are there and not seen: controls, terminal escapes, bidirectional and zero-width marks."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible_length(text: str) -> int:
    """Return how many characters of ``text`` stand before the first that is not seen, or that moves others."""
    found = _UNSEEN.search(text)
    return found.start() if found else len(text)


def readable(text: str) -> str:
    """Return ``text`` with what is not seen as escapes such as ``\\x1b``: a terminal obeys none of it."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)
