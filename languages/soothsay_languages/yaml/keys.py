"""Where keys are written in YAML: those of block mappings, which begin lines."""

from __future__ import annotations

import re

from soothsay_languages.keys import KeyPlace
from soothsay_languages.scan import Scan, indentation

_KEY = re.compile(r"[A-Za-z_][\w.-]*")


def key_of_line(code: str, state: Scan) -> KeyPlace | None:
    """Return the key that ``code`` ends in, or that may begin there, where it would begin a line outside of brackets."""
    if state.quote or state.opened:
        return None
    line = code.rfind("\n") + 1
    start = line + indentation(code[line:])
    is_begun = start == len(code) or _KEY.fullmatch(code, start)
    return KeyPlace(code[:start], "", start, _KEY, start=start, excludes_comments=True) if is_begun else None
