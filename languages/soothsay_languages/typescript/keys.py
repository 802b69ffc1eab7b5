"""Where keys are written in TypeScript and JavaScript: those of an object, and the attributes of an element (JSX)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from soothsay_languages.keys import KeyPlace
from soothsay_languages.scan import Scan, close
from soothsay_languages.typescript.words import LEXIS

_IN_BRACKETS = 2  # brackets: those around a value, and the braces
_BEFORE_OBJECT = re.compile(r"(?:[(,:\[=]|=\s*\{)\s*\Z")
_BEGUN = re.compile(r"[{,]\s*([A-Za-z_$][\w$]*)?\Z")
_KEY = re.compile(r"[A-Za-z_$][\w$]*")
_LOOK_BACK = 200  # characters: no blanks before a brace are longer

# behind a name or a bracket, `<` compares or begins types
_TAG = re.compile(r"(?<![\w$)\]])<(?![/\s=])([A-Za-z_$][\w$.:-]*)?|</[^<>]*>|[({\[]")
_TYPES = re.compile(r"(?:<[^<>]*>)?")
_BLANKS = re.compile(r"(?:\s|//[^\n]*\n)*")
_ATTRIBUTE = re.compile(r"[A-Za-z_$][\w$:-]*")
_EQUALS = re.compile(r"\s*=(?!>)\s*")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_END = re.compile(r"/?>")
_LAST_ATTRIBUTE = re.compile(r"[\s}\"']([A-Za-z_$][\w$:-]*)?\Z")
_CUSTOM_DATA = "data-"  # any element takes attributes that begin so
_APART = "}\"'"  # behind these an attribute needs no blank
_GENERIC = "extends"  # `<T extends Shop>(shop: T) => …`


def object_key(code: str, state: Scan) -> KeyPlace | None:
    """Return the property, of an object that is a value within brackets, that ``code`` ends in."""
    found = _property(code, state)
    return None if found is None else _place(code, found, state.opened[-1], close(code, LEXIS)[len(code) :])


def key_among_elements(code: str, state: Scan) -> KeyPlace | None:
    """Return the property of an object, or the attribute of an element, that ``code`` ends in."""
    found = _property(code, state)
    if found is not None:
        levels = _levels(code, state)
        around = levels[1][-1:]
        if around and around[0].is_unfinished:
            return None  # the braces of an attribute's value
        return _place(code, found, state.opened[-1], _tail(state, levels))
    if state.quote or "<" not in code or _LAST_ATTRIBUTE.search(code, max(0, len(code) - _LOOK_BACK)) is None:
        return None
    levels = _levels(code, state)
    last = next(reversed(levels[0]), None)
    if last is None or last.begun < 0:
        return None
    head = code[: last.end] + " "  # blanks and comments say nothing of what attributes there are
    return KeyPlace(head, _tail(state, levels), last.first, _ATTRIBUTE, _CUSTOM_DATA, last.begun)


def _property(code: str, state: Scan) -> re.Match[str] | None:
    """Return the key that ``code`` ends in, if only with what stands before it: group 1 is what is written of it."""
    if state.quote or len(state.opened) < _IN_BRACKETS or code[state.opened[-1]] != "{":
        return None
    brace = state.opened[-1]
    begun = _BEGUN.search(code, brace)
    is_value = begun and _BEFORE_OBJECT.search(code, max(0, brace - _LOOK_BACK), brace)
    return begun if is_value else None


def _place(code: str, begun: re.Match[str], brace: int, tail: str) -> KeyPlace:
    """Return the place of the key that is ``begun`` behind the ``brace`` there."""
    head = begun.start() + 1
    start = begun.start(1) if begun[1] else begun.end()
    return KeyPlace(code[:head], tail, brace + 1, _KEY, start=start)


@dataclass(frozen=True, slots=True)
class _Opening:
    """An opening element as far as it is written.

    ``first`` is where its attributes begin, ``end`` behind the last whole one, or all of it; ``begun`` where another one begins that the code ends in, or
    may begin, else -1. ``is_unfinished``: the code ends in it; ``is_alone``: nothing closes it.
    """

    name: str
    first: int
    end: int
    begun: int = -1
    is_unfinished: bool = True
    is_alone: bool = False

    @property
    def closer(self) -> str:
        """What closes it."""
        return " />" if self.is_unfinished else f"</{self.name}>"


def _opening(code: str, tag: re.Match[str], stop: int, closed: Mapping[int, int]) -> _Opening | None:
    """Return the element whose ``tag`` is there in ``code``, up to ``stop``; None where it is something else.

    ``closed`` tells where brackets are closed.
    """
    first = _after(_TYPES, code, tag.end(), stop)
    found = _Opening(tag[1] or "", first, first)
    while True:
        at = _after(_BLANKS, code, found.end, stop)
        if at == stop:
            apart = at > found.end or code[at - 1] in _APART
            return replace(found, begun=at) if apart else found
        if end := _END.match(code, at, stop):
            return replace(found, end=end.end(), is_unfinished=False, is_alone=end.group() == "/>")
        attribute = None if code[at] == "{" else _ATTRIBUTE.match(code, at, stop)
        if attribute is not None and attribute.end() == stop:
            return replace(found, begun=at)
        end_of_it = _attribute_end(code, at, attribute, stop, closed)
        if end_of_it is None:
            return None
        found = replace(found, end=end_of_it)


def _attribute_end(
    code: str, at: int, attribute: re.Match[str] | None, stop: int, closed: Mapping[int, int]
) -> int | None:
    """Return where the ``attribute`` ends that begins ``at``, or the properties of an object that are spread there; None for what is none."""
    if attribute is not None:
        if attribute.group() == _GENERIC:
            return None
        equals = _EQUALS.match(code, attribute.end(), stop)
        if equals is None or equals.end() == stop:
            return equals.end() if equals else attribute.end()
        at = equals.end()
    if code[at] == "{":
        return closed[at] + 1 if at in closed else None
    string = None if attribute is None else _STRING.match(code, at, stop)
    return None if string is None else string.end()


def _after(pattern: re.Pattern[str], code: str, at: int, stop: int) -> int:
    found = pattern.match(code, at, stop)
    return at if found is None else found.end()


def _levels(code: str, state: Scan) -> list[list[_Opening]]:
    """Return the elements that are open between the brackets that are, the innermost first."""
    closed = dict(state.pairs)
    begins, stops = [0, *(at + 1 for at in state.opened)], [*state.opened, len(code)]
    levels = [_open_elements(code, *each, closed) for each in zip(begins, stops, strict=True)]
    return levels[::-1]


def _tail(state: Scan, levels: Sequence[Sequence[_Opening]]) -> str:
    """Return what closes the elements of all ``levels``, and the brackets between them."""
    closers = ["".join(each.closer for each in reversed(level)) for level in levels]
    return closers[0] + "".join(
        bracket + elements for bracket, elements in zip(state.unclosed, closers[1:], strict=True)
    )


def _open_elements(code: str, begin: int, stop: int, closed: Mapping[int, int]) -> list[_Opening]:
    """Return the elements that are open at ``stop``, the outermost first; what is in brackets behind ``begin`` is passed over."""
    opened: list[_Opening] = []
    at = begin
    while found := _TAG.search(code, at, stop):
        at = found.end()
        if found.group() in LEXIS.brackets:
            at = closed.get(found.start(), at)
        elif found.group().startswith("</"):
            if opened and opened[-1].closer == found.group():
                opened.pop()
        elif (element := _opening(code, found, stop, closed)) is not None:
            at = max(at, element.end)
            if not element.is_alone:
                opened.append(element)
    return opened
