"""When a completion is complete: at the end of the statement or block that the cursor is in."""

from __future__ import annotations

from dataclasses import dataclass

from soothsay_languages.analysis import DocumentAnalysis
from soothsay_languages.base import Blocks, Language
from soothsay_languages.scan import Scan, indentation, scan


@dataclass(frozen=True, slots=True)
class StopRule:
    """Where the cursor is, as far as stopping is concerned.

    ``before`` is the current statement up to the cursor. ``block`` is the indentation of the header whose
    body is being written, or None when a single statement is.
    """

    before: str
    block: int | None
    language: Language

    def cut(self, draft: str) -> int | None:
        """The length at which ``draft`` is complete, or None while it must go on."""
        lead = len(self.before)
        state = scan(self.before + draft, self.language.lexis)
        if state.overclosed >= lead:
            return state.overclosed - lead
        prose = _prose_after_call(self.before + draft, state, self.language.blocks)
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
            elif not _is_comment(code, self.language):
                written = True
                if block is None and _opens_block(code, self.language):
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
        for end in scan(code, self.language.lexis).ends:
            line = code[begin:end].strip()
            if end > lead and line and not _is_comment(line, self.language):
                found = end - lead
            begin = end + 1
        return found


def stop_rule(analysis: DocumentAnalysis, offset: int) -> StopRule:
    """Return the rule for a cursor at ``offset``."""
    language = analysis.language
    start = analysis.statement_start(offset)
    before = analysis.text[start:offset]
    if before.strip():
        return StopRule(before, None, language)
    above = analysis.text[:start].rstrip().rsplit("\n", 1)[-1]
    return StopRule(before, indentation(above) if _opens_block(above.strip(), language) else None, language)


def _prose_after_call(code: str, state: Scan, blocks: Blocks) -> int:
    """Return where a statement goes on as documentation does, ``call(…): what it does``; -1 when it does not."""
    if _first_word(code) in blocks.headers:
        return -1  # it has a colon of its own, and so have the statements of its block
    for start, end in state.pairs:
        nested = any(o < start for o in state.opened) or any(s < start and e > end for s, e in state.pairs)
        if not nested and code[end + 1 :].lstrip(" ").startswith(":"):
            return end + 1
    return -1


def _opens_block(code: str, language: Language) -> bool:
    opener, comment = language.blocks.opener, language.lexis.line_comment
    head = code.partition(comment)[0] if comment else code
    return bool(opener) and head.rstrip().endswith(opener)


def _is_comment(code: str, language: Language) -> bool:
    return bool(language.lexis.line_comment) and code.startswith(language.lexis.line_comment)


def _first_word(code: str) -> str:
    code = code.lstrip()
    end = next((at for at, char in enumerate(code) if not (char.isalnum() or char == "_")), len(code))
    return code[:end]
