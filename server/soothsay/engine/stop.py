"""When a completion is complete: at the end of the statement, block, string or comment that the cursor is in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from soothsay.engine.place import Place, place_at
from soothsay_languages.analysis import DocumentAnalysis
from soothsay_languages.base import Language, Lexis
from soothsay_languages.scan import Scan, indentation, scan

_WORD = re.compile(r"\w*")
_NEWLINE = re.compile("\n")
_CALLED = re.compile(r"[\w)\]}\"']\s*\Z")  # what stands before a bracket that is no literal's

# tokens: what is longer is not worth waiting for
_MOST_IN_WORD, _MOST_ON_LINE, _MOST_IN_PROSE = 12, 48, 96
_MOST_ITEMS = 12  # of a list or a table
_LATE_ITEMS = 3
_MOST_COMMENTS = 3  # lines without code


@dataclass(frozen=True, slots=True)
class StopRule:
    """Where the cursor is, as far as stopping is concerned.

    ``block`` is the indentation of the header whose body is being written, or None when a single statement is.
    """

    place: Place
    block: int | None

    @property
    def before(self) -> str:
        """The current statement up to the cursor."""
        return self.place.before

    @property
    def language(self) -> Language:
        """The language of the document."""
        return self.place.language

    @property
    def most_tokens(self) -> int | None:
        """How many tokens are worth writing here; None where the place does not say it."""
        if self.place.word_rest:
            return 1 if self.place.is_settled else _MOST_IN_WORD
        if self.place.kind == "string":
            return _MOST_IN_PROSE if self.place.is_multiline else _MOST_ON_LINE
        return _MOST_ON_LINE if self.place.kind == "comment" else None

    def cut(self, draft: str) -> int | None:
        """Return the length at which ``draft`` is complete, or None while it must go on."""
        if self.place.word_rest:
            end = _end_of_word(draft)
            return end if end < len(draft) else None
        if self.place.kind == "string":
            return self._end_in_string(draft)
        if self.place.kind == "comment" and draft.lstrip(" \t")[:1] not in ("", "\n"):
            end = draft.find("\n")
            return end if end >= 0 else None
        return self._end_of_code(draft)

    def _end_in_string(self, draft: str) -> int | None:
        end = self.place.string_end(draft)
        lead = len(draft) - len(draft.lstrip())
        paragraph = draft.find("\n\n", lead) if self.place.is_multiline else -1
        ends = [each for each in (end, paragraph) if each >= 0]
        return min(ends) if ends else None

    def _end_of_code(self, draft: str) -> int | None:
        lead = len(self.before)
        code = self.before + draft
        state = scan(code, self.language.lexis)
        if state.overclosed >= lead:
            return state.overclosed - lead
        prose = _prose_after_call(code, state, self.language)
        if prose >= lead:
            return prose - lead
        if (remark := self._remark(code, state)) is not None:
            return remark - lead
        if (end := self._end_above_rest(code, state)) is not None:
            return end - lead
        items = _items(code, state, lead, self.language.lexis)
        if len(items) > _MOST_ITEMS:
            return items[_MOST_ITEMS - 1] - lead
        members = self._members(code, state)
        return members[0] - lead if members else self._end_of_lines(code, state)

    def _remark(self, code: str, state: Scan) -> int | None:
        """Return where the statement ends that the completion has written, and goes on with a comment on the same line; None for none.

        Such a comment of a small model takes as long to write as the statement, and says nothing more.
        """
        lead, at, blocks = len(self.before), state.quoted, self.language.blocks
        if state.quote != self.language.lexis.line_comment or at < lead or state.opened:
            return None
        line = _line_up_to(at, code)
        written = code[lead:at].strip() and line and not _is_attached(line, self.language)
        if not written or self.block is not None or blocks.pairs or _opens_block(line, self.language):
            return None
        return len(code[:at].rstrip())

    def _members(self, code: str, state: Scan) -> list[int]:
        """Return where members of a class end that ``code`` writes behind the cursor, decorators and comments left out."""
        lead, found = len(self.before), list[int]()
        for end in state.members_behind(lead):
            line = _line_up_to(end, code)
            if code[lead:end].strip() and not self._leads(line):
                found.append(end)
        return found

    def _end_above_rest(self, code: str, state: Scan) -> int | None:
        """Return where ``code`` ends because its statement goes on in the lines below; None where they do not say it.

        That is before a bracket that they close, and with the line where they have further items.
        """
        below = self.place.after.partition("\n")[2].strip()
        if not below:
            return None
        lead, lexis = len(self.before), self.language.lexis
        outer = state.closer_of_opened_before(lead)
        if outer is not None or below[0] in lexis.closing:
            return outer
        for match in _NEWLINE.finditer(code, lead):
            line_end = match.start()
            inner = scan(code[:line_end], lexis)
            is_open = inner.quote or any(at >= lead for at in inner.opened)
            if code[lead:line_end].strip() and not is_open:
                return line_end
        return None

    def _end_of_lines(self, code: str, state: Scan) -> int | None:
        lead, block = len(self.before), self.block
        begin = comments = depth = 0
        written = False
        for end in (e for e in (*state.ends, None)):
            line = code[begin:end]
            depth += _opened_words(line, self.language)
            if end is not None and (end < lead or depth > 0):
                begin = end + 1
                continue
            text = line.strip()
            if text and written and block is not None and begin > lead and indentation(line) <= block:
                return begin - 1 - lead  # dedented: the block has ended with the line before
            if end is None:
                return None
            if not text:
                if written:
                    return max(0, begin - 1 - lead)
            elif _is_comment(text, self.language):
                comments += 1
                if comments >= _MOST_COMMENTS and not written:
                    return max(0, end - lead) if self.place.kind != "comment" else 0
            elif not _is_attached(text, self.language):
                written = True
                if block is None and _opens_block(text, self.language):
                    block = indentation(line)
                if block is None:
                    below = code[end:].strip() or not self.language.lexis.goes_on
                    return end - lead if below else None  # the next line may go on with it
            begin = end + 1
        return None

    def late_end(self, draft: str) -> int:
        """Return the length at which ``draft`` can end when it takes long: with a line, or an item of a list; 0 for nowhere."""
        if self.place.kind == "string":
            end = draft.rfind("\n") if self.place.is_multiline else 0
            return end if end > 0 and draft[:end].strip() else 0
        lead = len(self.before)
        code = self.before + draft
        state = scan(code, self.language.lexis)
        items = _items(code, state, lead, self.language.lexis)
        if len(items) >= _LATE_ITEMS:
            return items[-1] - lead
        members = self._members(code, state)
        if members:
            return members[-1] - lead
        begin = found = depth = 0
        for end in state.ends:
            line = code[begin:end].strip()
            begin = end + 1
            depth += _opened_words(line, self.language)
            if depth > 0:
                continue
            alone = not self.before.strip() and _opens_block(
                line, self.language
            )  # a header without its block
            if end > lead and line and not alone and not self._leads(line):
                found = end - lead
        return found

    def _leads(self, line: str) -> bool:
        """Return whether ``line`` says nothing without the one below it."""
        return _is_comment(line, self.language) or _is_attached(line, self.language)


def stop_rule(analysis: DocumentAnalysis, offset: int, place: Place | None = None) -> StopRule:
    """Return the rule for a cursor at ``offset``, which is ``place``."""
    language = analysis.language
    place = place or place_at(analysis, offset)
    if place.before.strip():
        return StopRule(place, None)
    above = analysis.text[: offset - len(place.before)].rstrip().rsplit("\n", 1)[-1]
    return StopRule(place, indentation(above) if _opens_block(above.strip(), language) else None)


def _line_up_to(end: int, code: str) -> str:
    """Return what is on its line before ``end``, without blanks around it."""
    return code[code.rfind("\n", 0, end) + 1 : end].strip()


def _end_of_word(draft: str) -> int:
    match = _WORD.match(draft)
    return match.end() if match else 0


def _items(code: str, state: Scan, lead: int, lexis: Lexis) -> list[int]:
    """Return where items end that were written behind ``lead`` into the list or table that ``code`` ends in.

    A few are none, and so are the arguments of a call: it needs all of them.
    """
    if not state.opened or state.quote:
        return []
    start = state.opened[-1]
    if _CALLED.search(code[max(0, start - 80) : start].rpartition("\n")[2]):
        return []
    inner = [pair for pair in state.pairs if pair[0] > start]
    commas = [match.start() for match in re.finditer(",", code[start:])]
    ends = [start + at for at in commas if start + at >= lead]
    if len(ends) < _LATE_ITEMS:
        return []
    outer = [at for at in ends if not any(first < at < last for first, last in inner)]
    return [at for at in outer if not scan(code[start:at], lexis).quote]


def _prose_after_call(code: str, state: Scan, language: Language) -> int:
    """Return where the last statement goes on as documentation does, ``call(…): what it does``; -1 when it does not."""
    if language.statements.colons or _first_word(code[state.statement :]) in language.blocks.headers:
        return -1  # it has a colon of its own, and so have the statements of its block
    for start, end in state.pairs:
        nested = any(o < start for o in state.opened) or any(s < start and e > end for s, e in state.pairs)
        if start >= state.statement and not nested and code[end + 1 :].lstrip(" ").startswith(":"):
            return end + 1
    return -1


def _opened_words(line: str, language: Language) -> int:
    """Return how many blocks ``line`` opens with words, less those that it ends."""
    pairs = language.blocks.pairs
    if not pairs or _is_comment(line.strip(), language):
        return 0
    words = re.findall(r"\w+", line)
    return sum((word in pairs) - (word in pairs.values()) for word in words)


def _is_attached(code: str, language: Language) -> bool:
    return bool(language.blocks.attached) and code.startswith(language.blocks.attached)


def _opens_block(code: str, language: Language) -> bool:
    opener, comment = language.blocks.opener, language.lexis.line_comment
    head = code.partition(comment)[0] if comment else code
    return bool(opener) and head.rstrip().endswith(opener)


def _is_comment(code: str, language: Language) -> bool:
    return code.startswith(language.lexis.comment_signs)


def _first_word(code: str) -> str:
    code = code.lstrip()
    end = next((at for at, char in enumerate(code) if not (char.isalnum() or char == "_")), len(code))
    return code[:end]
