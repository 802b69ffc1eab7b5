"""What may be written where the members of a receiver, or the parameters of a callable, are known for certain.

After ``client.`` only client's methods; in a call only the keywords that it takes; and no closing bracket as long as a
required argument is missing. Nothing is said where the receiver is unknown, in strings, comments and imports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from soothsay.engine.arguments import misfit, parse_arguments
from soothsay.engine.syntax import Scan, scan
from soothsay.model.constraint import NameTrie
from soothsay_index.types import Parameter

_ACCESS = re.compile(r"(?<![\w.)\]])((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)\.([A-Za-z_]\w*)?(?=(\W?))")
_RECEIVER = re.compile(r"(?<![\w.)\]])((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)\Z")
_KEYWORD = re.compile(r"[(,]\s*([A-Za-z_]\w*)(\s*=(?!=))?\Z")
_LOOK_BACK = 200  # characters: no dotted name is longer


@dataclass(frozen=True, slots=True)
class _Call:
    """The innermost open call at the end of a text."""

    callee: str
    start: int  # of its opening bracket
    arguments: str
    parameters: Sequence[Parameter]

    @property
    def unused(self) -> list[str]:
        """The keywords that have not been given, required ones first."""
        used = set(parse_arguments(self.arguments).keywords)
        named = [p for p in self.parameters if p.kind in ("keyword_only", "positional_or_keyword")]
        return [p.name for p in sorted(named, key=lambda p: not p.required) if p.name not in used]

    @property
    def keywords_only(self) -> bool:
        return all(p.kind == "keyword_only" for p in self.parameters)

    @property
    def takes_any_keyword(self) -> bool:
        return any(p.kind == "var_keyword" for p in self.parameters)


class CallConstraint:
    """A `Constraint` for one place in a file. ``before`` is its statement up to where generation begins."""

    def __init__(
        self,
        before: str,
        members_of: Callable[[str], NameTrie | None],
        parameters_of: Callable[[str], Sequence[Parameter] | None],
    ) -> None:
        """``members_of`` a receiver and ``parameters_of`` a callee (as written) are None unless they are certain."""
        self._before = before
        self._members_of = lru_cache(members_of)
        self._parameters_of = lru_cache(parameters_of)

    def accepts(self, written: bytes, piece: bytes) -> bool:
        text, new = self._text(written), self._text(written + piece)
        if len(new) == len(text):
            return True  # the end, or half a character
        state = scan(new)
        return self._names_exist(text, new, state) and self._fits_call(text, new, state)

    def possible(self, written: bytes) -> Sequence[bytes]:
        text = self._text(written)
        return [ending.encode("utf-8") for ending in self._continuations(text) if ending]

    def _text(self, written: bytes) -> str:
        return self._before + written.decode("utf-8", errors="ignore")

    def _names_exist(self, text: str, new: str, state: Scan) -> bool:
        """No member name that the new text wrote or ended is unknown to its receiver."""
        if new[state.statement :].lstrip().startswith(("import ", "from ")):
            return True
        begin = max(0, len(text) - _LOOK_BACK)
        for match in _ACCESS.finditer(new, begin):
            name = match[2] or ""
            if match.end(2 if match[2] else 0) < len(text) or scan(new[: match.start()]).quote:
                continue  # written earlier, or no code
            trie = self._members_of(match[1])
            if trie is None:
                continue
            ended = match[3] != ""
            known = name.encode() in trie if ended else trie.has_prefix(name.encode())
            if not known:
                return False
        return True

    def _fits_call(self, text: str, new: str, state: Scan) -> bool:
        if ")" in new[len(text) :]:
            before = self._open_call(text, scan(text))
            if before is not None and before.start not in state.opened:
                closed = new[before.start : new.rindex(")") + 1]
                if misfit(before.parameters, parse_arguments(closed)).startswith("missing"):
                    return False
        call = self._open_call(new, state)
        keyword = _KEYWORD.search(new) if call and not state.quote else None
        if call is None or keyword is None or call.takes_any_keyword:
            return True
        # the argument being written is not among those given
        unused = _Call(call.callee, call.start, new[call.start : keyword.start()], call.parameters).unused
        if keyword[2]:
            return keyword[1] in unused
        return not call.keywords_only or any(name.startswith(keyword[1]) for name in unused)

    def _open_call(self, text: str, state: Scan) -> _Call | None:
        if not state.opened:
            return None
        start = state.opened[-1]
        callee = _RECEIVER.search(text[max(0, start - _LOOK_BACK) : start])
        if text[start] != "(" or callee is None:
            return None
        parameters = self._parameters_of(callee[1])
        return None if parameters is None else _Call(callee[1], start, text[start:], parameters)

    def _continuations(self, text: str) -> Iterator[str]:
        for match in _ACCESS.finditer(text, max(0, len(text) - _LOOK_BACK)):
            if match.end(2 if match[2] else 0) == len(text):
                trie = self._members_of(match[1])
                if trie is not None:
                    yield from (ending.decode() for ending in trie.endings((match[2] or "").encode()))
                return
        receiver = _RECEIVER.search(text[-_LOOK_BACK:])
        trie = self._members_of(receiver[1]) if receiver else None
        if trie is not None:
            yield from (f".{ending.decode()}" for ending in trie.endings(b""))
        call = self._open_call(text, scan(text))
        if call is None:
            return
        keyword = _KEYWORD.search(text)
        if keyword is None:
            separator = "" if text[call.start :].rstrip().endswith(("(", ",")) else ", "
            yield from (f"{separator}{name}=" for name in call.unused)
        else:
            yield from (f"{name[len(keyword[1]) :]}=" for name in call.unused if name.startswith(keyword[1]))
