"""Places where a call is to be written: call sites of real code, and beginnings of files made from documentation."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from soothsay.align.rows import digest
from soothsay_index.sources.base import Harvest
from soothsay_index.types import Symbol
from soothsay_languages.analysis import analyse
from soothsay_languages.base import Introduction, Language
from soothsay_languages.calls import Call
from soothsay_languages.scopes import ModuleName
from soothsay_languages.syntax import text_of

_NO_MODULE = ModuleName()
_LONGEST_CALL = 160  # characters, from the name to the last bracket
_LONGEST_TAIL = 40  # of the line behind it
_CALLABLE = ("function", "method", "operation", "class")
_FEWEST_MEMBERS = 3
_SPACE = re.compile(r"\s+")
_LONGEST_SUMMARY = 160


@dataclass(frozen=True, slots=True)
class CodeFile:
    """The text of a file, without secrets, in one language.

    ``path`` is the name by which it is judged: in the workspace, it need not exist. ``label`` says where it is from, and
    ``package`` whose it is, "" for the workspace's.
    """

    path: Path
    text: str
    language: Language
    label: str
    package: str = ""
    module: ModuleName = _NO_MODULE


@dataclass(frozen=True, slots=True)
class CallPlace:
    """A text without the call that belongs at ``offset``, and without the rest of its line, ``tail``.

    ``written`` is the call that stood there, "" where only ``wanted`` is known: the symbol that is to be called, one of the
    ``members`` of what ``receiver`` stands for, which are all where it is ``closed``. ``voice`` is how the model is to ask for
    it, "" for the words of the documentation.
    """

    path: Path
    text: str
    offset: int
    tail: str
    language: Language
    label: str
    package: str
    receiver: str
    written: str = ""
    wanted: Symbol | None = None
    members: tuple[Symbol, ...] = ()
    closed: bool = False
    voice: str = ""

    @property
    def id(self) -> str:
        """What names the place: it changes with the text around it."""
        near = self.text[max(0, self.offset - 400) : self.offset]
        wanted = "" if self.wanted is None else self.wanted.qualified_name
        voice = (self.voice,) if self.voice else ()
        return digest(self.label, near, self.written, wanted, *voice)

    @property
    def line(self) -> str:
        """The line of the place, up to it."""
        return self.text[: self.offset].rpartition("\n")[2]


def call_sites(file: CodeFile, most: int, seed: int) -> list[CallPlace]:
    """Return up to ``most`` calls in ``file`` as places, drawn by ``seed``, in the order of the text."""
    analysis = analyse(file.text, file.language, None, file.module)
    points = analysis.lines.to_code_points
    found = [(each, points(each.name.start_byte), points(each.node.end_byte)) for each in analysis.calls]
    fitting = [each for each in found if _fits(file.text, *each)]
    chance = random.Random(f"{seed} {file.label}")
    chosen = sorted(chance.sample(fitting, min(most, len(fitting))), key=lambda each: each[1])
    return [_place(file, *each) for each in chosen]


def _fits(text: str, call: Call, start: int, end: int) -> bool:
    if call.node.has_error or end - start > _LONGEST_CALL:
        return False
    name = text_of(call.name)
    line_end = text.find("\n", end)
    tail = text[end : line_end if line_end >= 0 else len(text)]
    is_plain = name.isidentifier() and text.startswith("(", start + len(name))
    return is_plain and not name.startswith("__") and len(tail) <= _LONGEST_TAIL


def _place(file: CodeFile, call: Call, start: int, end: int) -> CallPlace:
    text = file.text
    line_end = text.find("\n", end)
    line_end = line_end if line_end >= 0 else len(text)
    receiver = "" if call.receiver is None else text_of(call.receiver)
    return CallPlace(
        file.path, text[:start] + text[line_end:], start, text[end:line_end], file.language, file.label,
        file.package, receiver, text[start:end],
    )  # fmt: skip


def documented(
    harvest: Harvest, package: str, path: Path, language: Language, most: int, seed: int
) -> list[CallPlace]:
    """Return up to ``most`` beginnings of files that ask for a symbol of ``package``, in the words of its documentation."""
    if language.introduces is None:
        return []
    by_owner: dict[str, list[Symbol]] = {}
    for each in harvest.symbols:
        by_owner.setdefault(each.owner, []).append(each)
    classes = {f"{each.owner}.{each.name}" for each in harvest.symbols if each.kind == "class"}
    closed = {each.owner for each in harvest.owners if each.closed and not each.hidden}
    chance = random.Random(f"{seed} {package}")
    owners = sorted(owner for owner, members in by_owner.items() if len(members) >= _FEWEST_MEMBERS)
    drawn = [_shuffled(by_owner[owner], chance) for owner in chance.sample(owners, len(owners))]
    in_turns = (each for turn in zip_longest(*drawn) for each in turn if each is not None)
    places: list[CallPlace] = []
    for symbol in in_turns:
        if len(places) == most:
            break
        begun = language.introduces()(symbol.owner, is_class=symbol.owner in classes)
        if begun is not None:
            members = tuple(by_owner[symbol.owner])
            made = _asking_for(symbol, begun, package, path, language)
            places.append(replace(made, members=members, closed=symbol.owner in closed))
    return places


def _shuffled(symbols: Sequence[Symbol], chance: random.Random) -> list[Symbol]:
    asked = [each for each in symbols if _can_be_asked_for(each)]
    return chance.sample(asked, len(asked))


def _can_be_asked_for(symbol: Symbol) -> bool:
    is_public = symbol.kind in _CALLABLE and not symbol.name.startswith("_")
    return is_public and symbol.parameters is not None and bool(symbol.summary.strip())


def _asking_for(
    symbol: Symbol, begun: Introduction, package: str, path: Path, language: Language
) -> CallPlace:
    said = _SPACE.sub(" ", symbol.summary).strip()[:_LONGEST_SUMMARY]
    mark = language.lexis.line_comment
    text = f"{begun.text}{begun.indent}{mark} {said}\n{begun.indent}{begun.receiver}."
    return CallPlace(
        path,
        text + "\n",
        len(text),
        "",
        language,
        symbol.qualified_name,
        package,
        begun.receiver,
        wanted=symbol,
    )
