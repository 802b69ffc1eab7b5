"""What may be shown of a text: the whole of it first, then shorter and shorter beginnings, each with what closes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from soothsay.engine.place import Place
from soothsay_languages.scan import Scan, scan

_WORD = re.compile(r"\w+")
_PARTS = re.compile(r"\w+|[^\w\s]")
_SENTENCE_END = re.compile(r"[.!?:](?=\s|\Z)")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text that replaces ``replaced`` characters right of the cursor; ``kept`` characters of it are the model's."""

    text: str
    replaced: int = 0
    kept: int = 0


def candidates(place: Place, written: str, *, complete: bool) -> Iterator[Suggestion]:
    """Yield what may be shown of ``written``, the most of it first.

    What is not ``complete`` ended in the middle of something: that part is never shown.
    """
    stray = _stray_quotes(place, written)
    text = written[stray:]
    for each in _candidates(place, text, complete=complete):
        yield Suggestion(each.text, each.replaced, each.kept + stray)


def _candidates(place: Place, written: str, *, complete: bool) -> Iterator[Suggestion]:
    if place.kind == "comment" and not written.startswith("\n"):
        yield from _in_comment(place, written, complete=complete)
    elif place.word_rest:
        yield from _in_word(place, written)
    elif place.kind == "string":
        yield from _in_string(place, written, complete=complete)
    else:
        found = _before_rest if place.rest else _at_line_end
        for candidate in found(place, written, complete=complete):
            if not _calls_again(place, candidate):
                yield candidate


def _calls_again(place: Place, candidate: Suggestion) -> bool:
    """Return whether ``candidate`` is the call, or its arguments, that the statement ends with and is finished with."""
    closing, said = place.language.lexis.closing, candidate.text.strip()
    if said[-1:] not in closing or not place.before.endswith(said):
        return False
    return not scan(place.before, place.language.lexis).closers


def _stray_quotes(place: Place, written: str) -> int:
    """Return how many quotes ``written`` begins with that are no delimiter, where a string over several lines has begun."""
    if not place.is_multiline or not place.before.endswith(place.quote) or written.startswith(place.quote):
        return 0
    return len(written) - len(written.lstrip(place.quote[0]))


def _in_comment(place: Place, written: str, *, complete: bool) -> Iterator[Suggestion]:
    line, newline, _ = written.partition("\n")
    if not complete and not newline:
        line = _sentences(line)
    yield from _unless_said(place, line.rstrip())


def _in_word(place: Place, written: str) -> Iterator[Suggestion]:
    """Yield the middle of the word, if it becomes one that the document has: nothing else belongs there."""
    match = _WORD.match(written)
    word = match.group() if match else ""
    for middle in (word, word.removesuffix(place.word_rest)):
        if middle in place.word_middles:
            yield Suggestion(middle, 0, len(middle))


def _in_string(place: Place, written: str, *, complete: bool) -> Iterator[Suggestion]:
    inside = written
    end = place.string_end(inside)
    if end >= 0:
        inside = inside[:end]
    elif not complete:
        inside = _sentences(inside) if place.is_multiline else ""
    yield from _unless_said(place, inside.rstrip() if place.is_multiline else inside)


def _unless_said(place: Place, text: str) -> Iterator[Suggestion]:
    """Yield ``text`` without the end that stands right of the cursor."""
    end = place.string_end(place.after) if place.kind == "string" else -1
    rest = place.after[:end].rstrip() if end >= 0 else place.rest
    rest = rest.partition("\n")[0]
    if rest and text.endswith(rest):
        text = text[: -len(rest)]
    if _WORD.search(text) and not _joins(text, place.after):
        yield Suggestion(text, 0, len(text))


def _before_rest(place: Place, written: str, *, complete: bool) -> Iterator[Suggestion]:
    """Yield texts for the middle of a line: before what stands there, or in its place where they say it anew."""
    rest, text = place.rest, written.rstrip()
    for candidate in _with_rest(place, text, rest) if complete else ():
        if _adds_words(candidate, rest) and not _says_again(place, candidate, text):
            yield candidate
    for candidate in _prefixes(place, text):
        is_new = _adds_words(candidate, rest) and not _says_again(place, candidate, text)
        if is_new and not _joins(candidate.text, place.after):
            yield candidate


def _says_again(place: Place, candidate: Suggestion, written: str) -> bool:
    """Return whether ``candidate`` says what stands right of it: the same, its beginning, or other arguments of a call."""
    if candidate.replaced:
        return False
    said, rest = written[: candidate.kept].strip(), place.rest.strip()
    if rest.startswith(said) or (_WORD.search(rest) and (said.startswith(rest) or said.endswith(rest))):
        return True
    return place.language.lexis.brackets.get(place.after[:1]) == candidate.text[-1:]


def _with_rest(place: Place, text: str, rest: str) -> Iterator[Suggestion]:
    shorter = text[: len(text) - _overlap(text, rest)]
    if shorter != text:
        yield Suggestion(shorter, 0, len(shorter))
    if not _joins(text, place.after):
        for each in _closed(place, text, 0):
            yield Suggestion(each, 0, len(text))
    anew = text[: _first_end(place, text)]
    if _says_anew(anew, rest):
        for each in _closed(place, anew, len(rest)):
            yield Suggestion(each, len(rest), len(anew))


def _first_end(place: Place, text: str) -> int:
    """Return where the statement of ``place`` ends in ``text``: of what stands on its line, no more is said anew."""
    lead = len(place.before)
    ends = scan(place.before + text, place.language.lexis).ends
    return next((end - lead for end in ends if end >= lead), len(text))


def _overlap(text: str, rest: str) -> int:
    """Return how much of the end of ``text`` is how ``rest`` begins; signs alone say nothing unless they are all of it."""
    for size in range(min(len(text), len(rest)), 0, -1):
        if text.endswith(rest[:size]) and (size == len(rest) or _WORD.search(rest[:size])):
            return size
    return 0


def _at_line_end(place: Place, written: str, *, complete: bool) -> Iterator[Suggestion]:
    text = written.rstrip()
    if complete and text.strip():
        for each in _closed(place, text, 0):
            yield Suggestion(each, 0, len(text))
        inside = text[: _outer_closer(place, text)].rstrip()
        if inside.strip() and inside != text:
            yield Suggestion(inside, 0, len(inside))
    yield from _prefixes(place, written)


def _outer_closer(place: Place, text: str) -> int:
    """Return where ``text`` closes a bracket that it has not opened: the text below may do that, or nothing is to be closed."""
    lead = len(place.before)
    found = scan(place.before + text, place.language.lexis)
    ends = [found.closer_of_opened_before(lead), found.overclosed if found.overclosed >= lead else None]
    return min((end - lead for end in ends if end is not None), default=len(text))


def _prefixes(place: Place, written: str) -> Iterator[Suggestion]:
    """Yield beginnings of ``written`` that end with an argument, an item or a statement, the longest first."""
    for end in sorted(_ends(place, written), reverse=True):
        text = written[:end].rstrip()
        if text.strip():
            for each in _closed(place, text, 0):
                yield Suggestion(each, 0, len(text))


def _ends(place: Place, written: str) -> set[int]:
    lead, lexis = len(place.before), place.language.lexis
    code = place.before + written
    found = scan(code, lexis)
    ends = {end - lead for end in (*found.ends, *found.members_behind(lead)) if end > lead}
    for match in re.finditer(",", written):
        state = scan(code[: lead + match.start()], lexis)
        if state.closers and not state.quote:
            ends.add(match.start())
    return ends


def _closed(place: Place, text: str, replaced: int) -> Iterator[str]:
    """Yield ``text`` with what closes its brackets, and the string that the cursor is in, unless the text below does it."""
    lexis, lead = place.language.lexis, len(place.before)
    here = scan(place.before + text, lexis)
    if here.quote and here.quote != lexis.line_comment:
        if not place.quote or place.quote in text:
            return  # it ends in a string that it began
        if "\n" in (place.before + text)[here.quoted :]:
            return  # who knows where it ends, and whether it is one: it may have been left open far above
        text += here.quote
        here = scan(place.before + text, lexis)
    whole = scan(place.before + text + place.after[replaced:], lexis)
    if whole.closers and text.endswith((*lexis.brackets, ",")):
        return  # what belongs into a bracket that was just opened, or behind a comma, is not known
    yield text + whole.closers
    own = _own_closers(here, lead)
    if own and own != whole.closers:
        yield text + own


def _own_closers(state: Scan, lead: int) -> str:
    """Return what closes the brackets that were opened behind ``lead``."""
    count = sum(at >= lead for at in state.opened)
    return "".join(state.unclosed[:count])


def _says_anew(text: str, rest: str) -> bool:
    """Return whether all parts of ``rest`` are in ``text``, in their order."""
    parts = iter(_PARTS.findall(text))
    return all(part in parts for part in _PARTS.findall(rest))


def _adds_words(candidate: Suggestion, rest: str) -> bool:
    """Return whether ``candidate`` holds more than brackets and signs, what it replaces left out."""
    words = len(_WORD.findall(candidate.text))
    return words > (len(_WORD.findall(rest)) if candidate.replaced else 0)


def _joins(text: str, after: str) -> bool:
    """Return whether the last word of ``text`` and the first one behind it would become one."""
    return bool(text and _WORD.match(text[-1]) and _WORD.match(after))


def _sentences(text: str) -> str:
    """Return the whole sentences, or the whole lines, of a prose text that was cut."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: max([*ends, text.rfind("\n"), 0])]
