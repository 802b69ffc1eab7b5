"""When a completion is complete: at the end of the statement or block that the cursor is in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from soothsay.engine.syntax import Scan, indentation, scan, statement_start

# statements that have a colon of their own; a block holds such statements, too
_HEADER = re.compile(r"(async|class|def|elif|else|except|finally|for|if|match|case|try|while|with)\b")


@dataclass(frozen=True, slots=True)
class StopRule:
    """Where the cursor is, as far as stopping is concerned.

    ``before`` is the current statement up to the cursor. ``block`` is the indentation of the header whose
    body is being written, or None when a single statement is.
    """

    before: str
    block: int | None

    def cut(self, draft: str) -> int | None:
        """The length at which ``draft`` is complete, or None while it must go on."""
        lead = len(self.before)
        state = scan(self.before + draft)
        if state.overclosed >= lead:
            return state.overclosed - lead
        prose = _prose_after_call(self.before + draft, state)
        if prose >= lead:
            return prose - lead
        block = self.block
        begin = 0
        written = False
        for end in (e for e in (*state.ends, None)):
            line = (self.before + draft)[begin:end]
            if end is not None and end < lead:
                begin = end + 1
                continue
            code = line.strip()
            if code and written and block is not None and begin > lead and indentation(line) <= block:
                return begin - 1 - lead  # dedented: the block has ended with the line before
            if end is None:
                return None
            if not code:
                if written:
                    return max(0, begin - 1 - lead)
            elif not code.startswith("#"):
                written = True
                if block is None and _opens_block(code):
                    block = indentation(line)
                if block is None:
                    return end - lead
            begin = end + 1
        return None

    def line_end(self, draft: str) -> int:
        """The length at which the last whole line of code in ``draft`` ends; 0 while there is none."""
        lead = len(self.before)
        code = self.before + draft
        begin = found = 0
        for end in scan(code).ends:
            line = code[begin:end].strip()
            if end > lead and line and not line.startswith("#"):
                found = end - lead
            begin = end + 1
        return found


def stop_rule(text: str, offset: int) -> StopRule:
    """The rule for a cursor at ``offset`` of ``text``."""
    start = statement_start(text, offset)
    before = text[start:offset]
    if before.strip():
        return StopRule(before, None)
    above = text[:start].rstrip().rsplit("\n", 1)[-1]
    return StopRule(before, indentation(above) if _opens_block(above.strip()) else None)


def _prose_after_call(code: str, state: Scan) -> int:
    """Where a statement goes on as documentation does, ``call(…): what it does``; -1 when it does not."""
    if _HEADER.match(code.lstrip()):
        return -1
    for start, end in state.pairs:
        nested = any(o < start for o in state.opened) or any(s < start and e > end for s, e in state.pairs)
        if not nested and code[end + 1 :].lstrip(" ").startswith(":"):
            return end + 1
    return -1


def _opens_block(code: str) -> bool:
    return code.partition("#")[0].rstrip().endswith(":") and not code.startswith("#")
