"""Making rows of places: the model drafts, the judge decides, and what differs is the call alone."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import islice
from typing import Literal

from soothsay.align.drawing import Draw
from soothsay.align.exclusions import Exclusions
from soothsay.align.phrasing import phrased
from soothsay.align.place_index import IndexWithMembers
from soothsay.align.places import CallPlace
from soothsay.align.prompts import Markers, documents, prompt_at, remark
from soothsay.align.rows import RowKind, TrainingRow
from soothsay.engine.repair import first_call
from soothsay.engine.shadow import Shadow
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.engine.verify import judge
from soothsay.model.fim import Prompt
from soothsay.model.types import Model
from soothsay.oracle.types import Oracle
from soothsay_index.types import Index, Symbol
from soothsay_languages.registry import language_of_file
from soothsay_languages.scan import indentation

_TEMPERATURE = 0.8
_DISTRACTORS = 4
_WITHOUT_RIGHT = 0.2  # of the rows with documents: none of them is the right one
_PAIRS = 2  # of one place
_LONGEST_REASON = 160
_FIRST_NAME = re.compile(r"[^\W\d]\w*")

Standing = Literal["right", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Drafted:
    """A call, and what the judge says of it. ``owner`` is what it is a member of, as far as the index knows."""

    call: str
    standing: Standing
    reason: str = ""
    owner: str = ""
    symbol: Symbol | None = None

    @property
    def name(self) -> str:
        """The name that is called."""
        return self.call.partition("(")[0].strip()


Judge = Callable[[CallPlace, str], Drafted]


def judging(oracle: Oracle, index: Index) -> Judge:
    """Return what judges a call at a place: the type checker and the index, as for a completion."""

    def judged(place: CallPlace, call: str) -> Drafted:
        text = place.text[: place.offset] + place.tail + place.text[place.offset :]
        request = CompletionRequest(place.path, text, place.offset, place.path.parent, place.language.id)
        site = Site(request, _index_at(place, index))
        with oracle.asking(None):
            found = judge(site, call, oracle)
            standing: Standing = "unknown"
            if found.verdict == "verified":
                standing = "right"
            elif found.verdict == "rejected":
                standing = "wrong"
            elif found.fault == "unknown_name" and not found.problem:  # its values are nobody's yet
                names = site.names(call)
                shadow = Shadow(site, call)
                known = bool(names) and all(shadow.resolves(name, oracle) for name in names)
                standing = "right" if known else "unknown"
        reason = " ".join(found.problem.split())[:_LONGEST_REASON]
        resolved = site.find(place.receiver, call.partition("(")[0].strip())
        return Drafted(call, standing, reason, resolved.owner or _expanded(site, place), resolved.symbol)

    return judged


def _index_at(place: CallPlace, index: Index) -> Index:
    if place.wanted is None:
        return index
    return IndexWithMembers(index, place.wanted.owner, place.members, place.closed)


def _expanded(site: Site, place: CallPlace) -> str:
    """Return the dotted path that the receiver is, or the name that is called, where its first name is imported."""
    written = place.receiver or place.written.partition("(")[0].strip()
    first = _FIRST_NAME.match(written)
    target = site.imports.get(first[0]) if first else None
    return "" if first is None or target is None else target + written[first.end() :]


@dataclass(frozen=True)
class RowMaker:
    """Makes the rows of places. ``samples`` calls are drawn for each, the likeliest one first."""

    draw: Draw
    judge: Judge
    model: Model
    markers: Markers
    index: Index
    exclusions: Exclusions
    samples: int
    seed: int

    def rows(self, place: CallPlace) -> list[TrainingRow]:
        """Return the rows of ``place``; none where its right call is not certain, or may not be trained."""
        if self.markers.stand_in(place.text) or self._is_excluded(place):
            return []
        given = self.judge(place, place.written) if place.written else None
        if given is not None and (given.standing != "right" or self.exclusions.cover(given.owner)):
            return []
        chance = random.Random(f"{self.seed} {place.id}")
        if place.voice:
            asked = phrased(place, self.draw, chance)
            if asked is None or self.markers.stand_in(asked.text) or not self._is_understood(asked, chance):
                return []
            place = asked
        plain = prompt_at(place.text, place.offset, place.language, path=_path(place))
        drafts = list(self._drafts(place, plain, chance))
        right = given or self._asked_for(place, drafts, chance)
        if right is None or self.exclusions.cover(right.owner):
            return []
        return list(self._rows(place, plain, right, drafts, chance))

    def _is_excluded(self, place: CallPlace) -> bool:
        names = (place.package, place.wanted.owner if place.wanted else "", place.receiver)
        written = f"{place.receiver}.{place.written}"
        return self.exclusions.cover_any(names) or self.exclusions.are_told_by(written)

    def _drafts(self, place: CallPlace, prompt: Prompt, chance: random.Random) -> Iterator[Drafted]:
        """Yield what the model writes, each call once, judged."""
        ended = _has_call(place)
        temperatures = [0.0, *[_TEMPERATURE] * (self.samples - 1)]
        texts = (self.draw(prompt, each, chance, ended) for each in temperatures)
        seen = {""}
        for text in texts:
            call = first_call(text, place.language)
            if call not in seen:
                seen.add(call)
                yield self.judge(place, call)

    def _asked_for(
        self, place: CallPlace, drafts: Sequence[Drafted], chance: random.Random
    ) -> Drafted | None:
        """Return a verified call of what the place asks for; the model is shown its documentation where it needs that."""
        if place.wanted is None:
            return None
        shown = self._documented(place, [place.wanted])
        for found in (drafts, *([] if shown is None else [self._drafts(place, shown, chance)])):
            right = next(
                (each for each in found if each.standing == "right" and each.name == place.wanted.name), None
            )
            if right is not None:
                owner = right.owner or place.wanted.owner
                return replace(right, symbol=place.wanted, owner=owner)
        return None

    def _is_understood(self, place: CallPlace, chance: random.Random) -> bool:
        """Return whether the model finds what is wanted by the words of the place alone, among the documents of others."""
        wanted = place.wanted
        others = [each for each in place.members if wanted is not None and _is_another(each, wanted)]
        if wanted is None or not others:
            return False
        shown = [wanted, *chance.sample(others, min(_DISTRACTORS, len(others)))]
        prompt = self._documented(place, chance.sample(shown, len(shown)))
        if prompt is None:
            return False
        return any(each.name == wanted.name for each in islice(self._drafts(place, prompt, chance), 1))

    def _rows(
        self,
        place: CallPlace,
        plain: Prompt,
        right: Drafted,
        drafts: Sequence[Drafted],
        chance: random.Random,
    ) -> Iterator[TrainingRow]:
        row = self._row_of(place, right)
        wrong = [each for each in drafts if each.standing == "wrong"][:_PAIRS]
        own = _right_ones(drafts, right)
        for each in wrong if own else ():  # what the model cannot know, it would learn to guess
            yield row("call", plain, _nearest(own, each), each)
        for each in wrong[:1]:
            told = remark(_told(place, each), _indent(place), place.language)
            if told and (own or each.name == right.name):
                yield row("repair", self._prompt(place, told), _nearest(own or [right], each), each)
        yield row("written", plain, right.call, None)
        for each in own:
            if each.call != right.call:
                yield row("sample", plain, each.call, None)
        yield from self._with_documents(place, right, wrong[:1], row, chance)

    def _with_documents(
        self, place: CallPlace, right: Drafted, wrong: Sequence[Drafted], row: _MakeRow, chance: random.Random
    ) -> Iterator[TrainingRow]:
        """Yield the rows of a prompt with documents: the right one among others, or only others.

        ``wrong`` is rejected where nothing that the model writes with documents in view is.
        """
        symbol = right.symbol
        if symbol is None or symbol.parameters is None:
            return
        members = place.members or tuple(self.index.members(symbol.owner))
        others = [each for each in members if _is_another(each, symbol)]
        if len(others) < _DISTRACTORS:
            return
        shown = chance.sample(others, _DISTRACTORS)
        kind: RowKind = "distractors" if chance.random() < _WITHOUT_RIGHT else "raft"
        if kind == "raft":
            shown.insert(chance.randrange(len(shown) + 1), symbol)
        prompt = self._documented(place, shown)
        if prompt is None or (kind == "raft" and f"{symbol.name}(" not in prompt.middle):
            return  # the right document did not fit
        drafts = list(self._drafts(place, prompt, chance))
        taken = {each.name for each in shown} - {right.name}
        misled = [each for each in drafts if each.standing == "wrong" or each.name in taken][:_PAIRS]
        known = _right_ones(drafts, right) or [right]
        misled = misled or list(wrong)
        for each in misled:
            yield row(kind, prompt, _nearest(known, each), each)
        if not misled:
            yield row(kind, prompt, known[0].call, None)

    def _documented(self, place: CallPlace, symbols: Sequence[Symbol]) -> Prompt | None:
        text = documents(symbols, place.receiver, _indent(place), place.language, self.model)
        return self._prompt(place, text) if text else None

    def _prompt(self, place: CallPlace, documentation: str) -> Prompt:
        return prompt_at(place.text, place.offset, place.language, documentation, _path(place))

    def _row_of(self, place: CallPlace, right: Drafted) -> _MakeRow:
        target = _root(right.owner)
        if place.package and target == place.path.stem:
            target = place.package  # it calls what it defines

        def row(kind: RowKind, prompt: Prompt, call: str, wrong: Drafted | None) -> TrainingRow:
            lead, end = prompt.forced, f"{place.tail}\n"
            rejected = "" if wrong is None else f"{lead}{wrong.call}{end}"
            reason = "" if wrong is None else wrong.reason or f"{wrong.name} was not asked for"
            return TrainingRow(
                self.markers.text_of(prompt), f"{lead}{call}{end}", rejected, kind, place.package, target,
                place.label, reason,
            )  # fmt: skip

        return row


def _right_ones(drafts: Sequence[Drafted], right: Drafted) -> list[Drafted]:
    """Return the drafts that are what ``right`` is, in words of the model's own."""
    return [each for each in drafts if each.standing == "right" and each.name == right.name]


def _nearest(known: Sequence[Drafted], wrong: Drafted) -> str:
    """Return the right call that differs least from ``wrong``: what is learned is the difference."""
    return max(known, key=lambda each: SequenceMatcher(None, each.call, wrong.call, False).ratio()).call


def _is_another(member: Symbol, symbol: Symbol) -> bool:
    return member.parameters is not None and member.name != symbol.name


_MakeRow = Callable[[RowKind, Prompt, str, "Drafted | None"], TrainingRow]


def _has_call(place: CallPlace) -> Callable[[str], bool]:
    """Return what tells that a text has its call, or will not have one."""
    language = place.language

    def ended(text: str) -> bool:
        name = text.lstrip().partition("(")[0]
        return (bool(name) and not name.isidentifier()) or bool(first_call(text, language))

    return ended


def _told(place: CallPlace, wrong: Drafted) -> list[str]:
    """Return what a repair is told: the wrong call, and what is wrong with it."""
    lead = f"{place.receiver}." if place.receiver else ""
    return [" ".join(f"{lead}{wrong.call}".split()), wrong.reason] if wrong.reason else []


def _indent(place: CallPlace) -> str:
    return place.line[: indentation(place.line)]


def _path(place: CallPlace) -> str:
    """Return what the model is told of the file's path, where it is told one."""
    if language_of_file(place.path.with_name(place.label.rpartition("/")[2])) is not None:
        return place.label
    return f"{_root(place.label)}{place.language.suffix}"


def _root(owner: str) -> str:
    """Return the package of a dotted path, or of an owner of another kind (``botocore:s3``)."""
    return owner.partition(":")[0].partition(".")[0]
