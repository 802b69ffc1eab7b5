"""What may be written where the members of a receiver, the parameters of a callable, or the keys of an object are known for certain.

After ``client.`` only client's methods; in a call only the keywords that it takes; and no closing bracket as long as a
required argument is missing; between the braces of an object only the keys of its type, and in a file that a schema describes only its keys. Nothing is said where the receiver is unknown, in strings, comments and imports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from soothsay.engine.arguments import misfit, parse_arguments, positional
from soothsay.model.constraint import AllowedNames, NameTrie
from soothsay_index.types import Parameter
from soothsay_languages.analysis import Fragment, read_fragment
from soothsay_languages.base import Arguments, Language
from soothsay_languages.calls import Call
from soothsay_languages.keys import KeyPlace
from soothsay_languages.lines import units
from soothsay_languages.scan import Scan, scan

_NAME = r"[A-Za-z_$][\w$]*"  # `?.` reads a member of what may be nothing
_PARTIAL = re.compile(r"[(,]\s*([A-Za-z_]\w*)\Z")  # an argument of which only a word is written
_VALUE = re.compile(r"([(,]|(?<![=!<>])=)\s*([A-Za-z_]\w*)(?=(\s*=(?![=>]))?)")  # an argument, or its keyword
_KEYWORD = re.compile(r"[(,]\s*\w+=\Z")
_NESTED = 3  # calls of one thing directly inside of each other
_LOOK_BACK = 200  # characters: no dotted name is longer
_WORD = re.compile(r"[\w$]+")
_TEXTS = 8  # whose scans are remembered: what may follow one is tried piece by piece


@dataclass(frozen=True, slots=True)
class _Patterns:
    """How members are read in a language: ``member`` finds a receiver with what stands behind it, and the member's name if begun."""

    member: re.Pattern[str]
    receiver: re.Pattern[str]  # that a text ends with
    access: re.Pattern[str]


@lru_cache
def _patterns(accesses: tuple[str, ...]) -> _Patterns:
    """Return the patterns of a language in which ``accesses`` stand between a receiver and a member."""
    access = "|".join(re.escape(each) for each in sorted(accesses, key=len, reverse=True))
    ends = "".join(re.escape(each) for each in sorted({each[-1] for each in accesses}))
    begin = rf"(?<![\w$)\]{ends}])"
    receiver = rf"(?:{_NAME}(?:{access}))*{_NAME}"
    return _Patterns(
        re.compile(rf"{begin}({receiver}(?:{access}))({_NAME})?(?=(\W?))"),
        re.compile(rf"{begin}({receiver})\Z"),
        re.compile(access),
    )


class _Statement:
    """The statement as far as it is written. It is parsed once, when a call in it is first asked about."""

    def __init__(self, text: str, state: Scan, language: Language) -> None:
        self.text = text
        self.state = state
        self._language = language

    @property
    def is_import(self) -> bool:
        """Whether it names modules and what is in them."""
        return self._language.statements.imports(self.text[self.state.statement :])

    def arguments(self, start: int, end: int, partial: str) -> Arguments:
        """Return what is passed between the bracket at ``start`` and ``end``, without ``partial``, the unfinished end."""
        call = self._calls.get(self._byte_of(start))
        if call is None:  # the parser has not seen it: what is around it is too unfinished
            return parse_arguments(_with_value(self.text[start : end - len(partial)]), self._language)
        return call.given_before(self._byte_of(end - len(partial))) if partial else call.given

    @cached_property
    def _fragment(self) -> Fragment:
        return read_fragment(_with_value(self.text), self._language)

    @cached_property
    def _calls(self) -> Mapping[int, Call]:
        """The calls, by the bytes of their brackets in the tree."""
        return {call.arguments.start_byte: call for call in self._fragment.calls}

    def _byte_of(self, at: int) -> int:
        return self._fragment.lead + units(self.text[:at], "utf-8")


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of something whose parameters are known, and what is ``given`` to it.

    ``text`` are its arguments as far as they are written, from its bracket on; ``partial`` is the word that they end in, if
    that may become an argument or the keyword of one.
    """

    text: str
    partial: str
    given: Arguments
    parameters: Sequence[Parameter]

    @property
    def misfit(self) -> str:
        """Why what is given does not bind; "" when it does."""
        return misfit(self.parameters, self.given)

    @property
    def names_what_it_passes_on(self) -> bool:
        """Whether it gives a keyword of anybody's choice while one of its own is missing."""
        own = {p.name for p in self.parameters}
        return self.misfit.startswith("missing") and not own.issuperset(self.given.keywords)

    @property
    def unused(self) -> list[str]:
        """The keywords that have not been given, required ones first."""
        named = [p for p in self.parameters if p.kind in ("keyword_only", "positional_or_keyword")]
        return [
            p.name for p in sorted(named, key=lambda p: not p.required) if p.name not in self.given.keywords
        ]

    @property
    def is_full(self) -> bool:
        """Whether no further argument can be given."""
        given = self.given
        if given.splat or given.mapping or any(p.kind.startswith("var_") for p in self.parameters):
            return False
        filled = {p.name for p in self._positions[: given.positional]}.union(given.keywords)
        return all(p.name in filled for p in self.parameters)

    @property
    def takes_a_word(self) -> bool:
        """Whether the next argument may begin with any name: it is positional, or a keyword of anybody's choice."""
        given = self.given
        if given.splat or any(p.kind.startswith("var_") for p in self.parameters):
            return True
        return not given.keywords and given.positional < len(self._positions)

    @property
    def _positions(self) -> list[Parameter]:
        return positional(self.parameters)


class CallConstraint:
    """A `TokenConstraint` for one place in a file. ``before`` is its statement up to where generation begins."""

    def __init__(
        self,
        before: str,
        language: Language,
        members_of: Callable[[str], NameTrie | None],
        parameters_of: Callable[[str], Sequence[Parameter] | None],
        names: Callable[[], NameTrie | None] = lambda: None,
        keys_of: Callable[[KeyPlace], NameTrie | None] = lambda _: None,
    ) -> None:
        """``members_of`` a receiver with what stands behind it, and ``parameters_of`` a callee, both as written, are None unless
        they are certain.

        ``names``, if any, are all that an argument or an item may begin with: there is no room for ``[x for x in xs]``.
        ``keys_of`` a place are the keys that may be written there, None unless they are certain.
        """
        self._before = before
        self._language = language
        self._patterns = _patterns(language.accesses)
        self._members_of = lru_cache(members_of)
        self._parameters_of = lru_cache(parameters_of)
        self._names = lru_cache(names)
        self._keys_of = lru_cache(keys_of)
        self._scan = lru_cache(_TEXTS)(self._scan_of)
        self._key_place = lru_cache(_TEXTS)(self._find_key_place)

    def accepts(self, written: bytes, piece: bytes) -> bool:
        """Return whether ``piece`` may follow what is ``written``."""
        text, new = self._text(written), self._text(written + piece)
        if len(new) == len(text):
            return True  # the end, or half a character
        statement = self._statement(new)
        return (
            not _is_endless(text, new, statement.state, self._language)
            and self._names_exist(text, statement)
            and self._fits_call(text, statement)
            and self._names_are_defined(text, statement)
            and self._keys_exist(text, statement.text)
            and not self._says_instead_of_key(text, statement)
        )

    def possible(self, written: bytes) -> Sequence[bytes]:
        """Return the names and keywords that may follow what is ``written``."""
        text = self._text(written)
        return [ending.encode("utf-8") for ending in self._continuations(text) if ending]

    def forced(self, written: bytes) -> bytes:
        """Return the rest of a member's name, where what is ``written`` of it leaves no other."""
        text = self._text(written)
        match = self._begun_member(text)
        if match is None or not text.encode("utf-8").endswith(written):  # half a character
            return b""
        statement = self._statement(text)
        if statement.is_import or statement.state.quote:
            return b""
        trie = self._members_of(match[1])
        return b"" if trie is None else trie.rest((match[2] or "").encode())

    def allowed_names(self, forced: str) -> AllowedNames | None:
        """Return the members that the text may begin with, where ``forced``, its beginning, stands behind a receiver."""
        text = self._before + forced
        match = self._begun_member(text)
        if match is None or not forced.endswith(match[2] or ""):
            return None
        head = text[: match.end(1)]
        state = scan(head, self._language.lexis)
        if state.quote or self._language.statements.imports(head[state.statement :]):
            return None
        trie = self._members_of(match[1])
        if trie is None:
            return None
        names = frozenset(ending.decode() for ending in trie.endings(b""))
        return AllowedNames(names, forced.removesuffix(match[2] or ""))

    def _begun_member(self, text: str) -> re.Match[str] | None:
        """Return the member that ``text`` ends with, if only with what stands behind its receiver."""
        found = self._patterns.member.finditer(text, max(0, len(text) - _LOOK_BACK))
        return next((match for match in found if _ends(match)), None)

    def _text(self, written: bytes) -> str:
        return self._before + written.decode("utf-8", errors="ignore")

    def _names_exist(self, text: str, statement: _Statement) -> bool:
        """No member name that the new text wrote or ended is unknown to its receiver."""
        if statement.is_import:
            return True
        new = statement.text
        begin = max(0, len(text) - _LOOK_BACK)
        for match in self._patterns.member.finditer(new, begin):
            name = match[2] or ""
            if (
                match.end(2 if match[2] else 0) < len(text)
                or scan(new[: match.start()], self._language.lexis).quote
            ):
                continue  # written earlier, or no code
            if not self._receiver_exists(match, len(text)):
                return False
            if match[1].endswith("?.") and new.startswith(("[", "("), match.end(1)):
                continue  # an item, or a call
            trie = self._members_of(match[1])
            if trie is None:
                continue
            ended = match[3] != ""
            known = name.encode() in trie if ended else trie.has_prefix(name.encode())
            if not known:
                return False
        return True

    def _receiver_exists(self, match: re.Match[str], length: int) -> bool:
        """Return whether no member that ``match``'s receiver is made of, and that ended at ``length`` or behind, is unknown."""
        operators = list(self._patterns.access.finditer(match[1]))
        for operator, following in pairwise(operators):
            if match.start(1) + following.start() < length:
                continue
            trie = self._members_of(match[1][: operator.end()])
            if trie is not None and match[1][operator.end() : following.start()].encode() not in trie:
                return False
        return True

    def _names_are_defined(self, text: str, statement: _Statement) -> bool:
        """No argument or item that the new text wrote or ended begins with a name that nothing defines."""
        names, language = self._names(), self._language
        if names is None:
            return True
        new = statement.text
        if new[len(text)] == " " and _KEYWORD.search(text):
            return False  # `name= value`, which is what is left when all that usually follows is impossible
        for match in _VALUE.finditer(new, max(0, len(text) - _LOOK_BACK)):
            word, start = match[2], match.start(2)
            if match.end(2) < len(text) or match[3]:
                continue  # written earlier, or a keyword
            if word.encode() in names or word in language.keywords:
                continue
            if language.lexis.prefixed_string.match(new, start):
                continue
            state = scan(new[:start], language.lexis)
            declares = language.statements.declares(new[state.statement :])
            if state.quote or not state.opened or new[state.opened[-1]] == "{" or declares:
                continue  # no code, or no place for an expression
            if match.end(2) < len(new) or not self._may_become(word, match[1], names, statement):
                return False
        return True

    def _keys_exist(self, text: str, new: str) -> bool:
        """Return whether no key that ``new`` wrote or ended behind ``text`` is unknown to what has it."""
        ends = (match.end() for match in _WORD.finditer(new, len(text)))
        return all(self._key_exists(new, end) for end in (len(text), *ends))

    def _key_exists(self, new: str, end: int) -> bool:
        """Return whether the key that is written at ``end`` of ``new``, if any, is a real one, or may become one."""
        place = self._key_place(new[:end])
        match = None if place is None else place.name.match(new, place.start)
        keys = None if place is None or match is None else self._keys_of(place)
        if place is None or match is None or keys is None:
            return True
        name, free = match.group(), place.free
        if free and (name.startswith(free) or (match.end() == len(new) and free.startswith(name))):
            return True
        return keys.has_prefix(name.encode()) if match.end() == len(new) else name.encode() in keys

    def _says_instead_of_key(self, text: str, statement: _Statement) -> bool:
        """Return whether the new text began a comment where a key is to be: a model says there what it may not write as one."""
        if not self._begins_a_comment(text, statement.state):
            return False
        head = statement.text[: statement.state.quoted]
        place = self._key_place(head)
        if place is None or not place.excludes_comments or place.start < len(head):
            return False
        return self._keys_of(place) is not None

    def _endings_of_key(self, text: str) -> list[str] | None:
        """Return what may follow ``text``, which ends in a key or where one may begin; None where that is not known."""
        place = self._key_place(text)
        keys = None if place is None else self._keys_of(place)
        if place is None or keys is None:
            return None
        begun = text[place.start :]
        endings = (ending.decode() for ending in keys.endings(begun.encode()))
        return [ending for ending in endings if place.name.fullmatch(begun + ending)]

    def _find_key_place(self, code: str) -> KeyPlace | None:
        find = self._language.key
        return None if find is None else find(code, self._scan(code))

    def _scan_of(self, code: str) -> Scan:
        return scan(code, self._language.lexis)

    def _statement(self, text: str) -> _Statement:
        return _Statement(text, self._scan(text), self._language)

    def _may_become(self, word: str, mark: str, names: NameTrie, statement: _Statement) -> bool:
        """Return whether ``word``, the end of ``statement`` behind ``mark``, is the beginning of a name, or may be of a keyword."""
        if names.has_prefix(word.encode()) or any(each.startswith(word) for each in self._language.keywords):
            return True
        if mark == "=":
            return False
        call = self._open_call(statement)
        return call is None or any(name.startswith(word) for name in call.unused)

    def _fits_call(self, text: str, statement: _Statement) -> bool:
        """No call that the new text ended lacks or invents an argument, and the one it is in invents none."""
        state, length = statement.state, len(statement.text)
        for start, end in state.pairs:
            if (
                end >= len(text)
                and (call := self._call(statement, start, end + 1)) is not None
                and call.misfit
            ):
                return False
        for start in state.opened[:-1]:  # calls around the innermost bracket: `f(a=[`
            outer = self._call(statement, start, length)
            if outer is not None and outer.misfit and not outer.misfit.startswith("missing"):
                return False
        call = self._open_call(statement)
        if call is None:
            return True
        if self._begins_a_comment(text, state) or call.names_what_it_passes_on:
            return False
        if not state.quote and call.text.rstrip().endswith(",") and call.is_full:
            return False
        if call.misfit and not call.misfit.startswith("missing"):
            return False
        if not call.partial:
            return True
        return call.takes_a_word or any(name.startswith(call.partial) for name in call.unused)

    def _begins_a_comment(self, text: str, state: Scan) -> bool:
        """Return whether the new text began a comment: between arguments a model copies documents into them."""
        mark = self._language.lexis.line_comment
        return bool(mark) and state.quote == mark and self._scan(text).quote != mark

    def _open_call(self, statement: _Statement) -> _Call | None:
        """Return the call that the innermost open bracket belongs to."""
        if not statement.state.opened:
            return None
        start = statement.state.opened[-1]
        partial = None if statement.state.quote else _PARTIAL.search(statement.text, start)
        return self._call(statement, start, len(statement.text), partial[1] if partial else "")

    def _call(self, statement: _Statement, start: int, end: int, partial: str = "") -> _Call | None:
        callee = callee_before(statement.text, start, self._language)
        parameters = self._parameters_of(callee) if callee else None
        if parameters is None:
            return None
        given = statement.arguments(start, end, partial)
        return _Call(statement.text[start:end], partial, given, parameters)

    def _continuations(self, text: str) -> Iterator[str]:
        match = self._begun_member(text)
        if match is not None:
            trie = self._members_of(match[1])
            if trie is not None:
                yield from (ending.decode() for ending in trie.endings((match[2] or "").encode()))
            return
        statement = self._statement(text)
        place = self._key_place(text)
        # a token may have the last blank of an indentation as well as the name behind it
        leads = ("", " ") if place is not None and place.start == len(text) else ("",)
        for lead in leads:
            endings = self._endings_of_key(text + lead)
            if endings is not None:
                yield from (lead + ending for ending in endings)
                return
        receiver, access = self._patterns.receiver.search(text[-_LOOK_BACK:]), self._language.accesses[0]
        trie = self._members_of(f"{receiver[1]}{access}") if receiver else None
        if trie is not None:
            yield from (f"{access}{ending.decode()}" for ending in trie.endings(b""))
        call = self._open_call(statement)
        if call is None:
            return
        if not call.partial:
            separator = "" if call.text.rstrip().endswith(("(", ",")) else ", "
            yield from (f"{separator}{name}=" for name in call.unused)
        else:
            begun = call.partial
            yield from (f"{name[len(begun) :]}=" for name in call.unused if name.startswith(begun))


def _ends(access: re.Match[str]) -> bool:
    """Return whether the text ends with the name, or the dot, of ``access``."""
    return access.end(2 if access[2] else 0) == len(access.string)


def _with_value(code: str) -> str:
    """Return ``code`` with a value for the keyword that it ends in: it is given all the same."""
    return f"{code.rstrip()}0" if code.rstrip().endswith("=") else code


def callee_before(text: str, start: int, language: Language) -> str:
    """Return what is called by the bracket at ``start``; "" when it calls nothing that has a name."""
    found = _patterns(language.accesses).receiver.search(text[max(0, start - _LOOK_BACK) : start])
    return found[1] if found and text[start] == "(" else ""


def _is_endless(text: str, new: str, state: Scan, language: Language) -> bool:
    """Return whether the new text opened ``f(f(f(``: a model that lacks an argument goes on like that until it is stopped."""
    if len(state.opened) < _NESTED or state.opened[-1] < len(text):
        return False
    callees = {callee_before(new, at, language) for at in state.opened[-_NESTED:]}
    return len(callees) == 1 and callees != {""}
