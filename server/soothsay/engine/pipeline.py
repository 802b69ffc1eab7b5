"""The way of one completion: draft, trigger, retrieve, regenerate, verify, repair."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cachetools import FIFOCache

from soothsay.config import Method, Settings
from soothsay.engine.ahead import Searches, SearchMemory
from soothsay.engine.analyses import Analyses
from soothsay.engine.choice import MemberChoice, choose, rest_of_call
from soothsay.engine.clients import of_known_services
from soothsay.engine.clock import Clock
from soothsay.engine.command_line import choose_option
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.cross_file import cross_file, shared_by_others
from soothsay.engine.draft import Limits, OnText, Written, ignore_text, write
from soothsay.engine.filling import AfterValue, write_filled
from soothsay.engine.finish import finish
from soothsay.engine.gate import pass_gate
from soothsay.engine.ground import (
    Grounding,
    IsShown,
    asked_for,
    call_line,
    called_apart,
    ground,
    of_members,
    unless_request,
)
from soothsay.engine.known import Known
from soothsay.engine.layout import style_of
from soothsay.engine.listed_members import hits_among
from soothsay.engine.lookup import Lookup, lookup, lookup_at, lookup_begun
from soothsay.engine.name_choice import JOINTS, Around, NameChoice
from soothsay.engine.pace import Pace
from soothsay.engine.shared_choice import choose_shared
from soothsay.engine.site import Site, relative_path
from soothsay.engine.skeleton import Facts, Skeleton, Step
from soothsay.engine.tab_stops import carried_over, still_inside, with_ranges
from soothsay.engine.types import (
    ApiName,
    Check,
    Completion,
    CompletionRequest,
    Ending,
    Evidence,
    FaultKind,
    Reason,
    TabStop,
    TriggerDecision,
)
from soothsay.engine.values import Mended
from soothsay.engine.verify import Judgement, judge
from soothsay.engine.watch import OnDoubt, Rules, Watch
from soothsay.errors import raise_if_cancelled
from soothsay.model.constraint import AllowedNames, Constraint
from soothsay.model.files.registry import Thresholds
from soothsay.model.fim import Anchor, Prompt, Window, build_prompt, place_anchor, still_fits
from soothsay.model.types import Model, OpenPrompt, Token
from soothsay.oracle.null import NullOracle
from soothsay.oracle.types import Oracle
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Hit, Index, Parameter, Symbol
from soothsay_languages.base import Language
from soothsay_languages.registry import language_or_plain
from soothsay_languages.scan import characters, indentation

_ANCHORS_KEPT = 32  # documents

# the constraint for a place, where the statement up to it is as given
_Constrain = Callable[[str], CallConstraint | None]


_SHOWN = Ending()

# shares of the time limit until which a text is drafted, and is written again
_DRAFTED, _REWRITTEN = 0.8, 0.9
_READ_AGAIN = 128  # tokens that a repair reads: the document that it asks for, and the line
_MOST_VALUES = 4  # wrong values that are put right in one answer
_MOST_NAMES = 3  # options, or names of other files, that are put right in one answer
_WORTH_IT = 0.75  # a shorter prompt has less unread than this share


@dataclass(frozen=True, slots=True)
class _Task:
    """One request under way."""

    method: Method
    site: Site
    known: Known
    searches: Searches
    anchor: Anchor
    limits: Limits
    on_text: OnText


@dataclass(frozen=True, slots=True)
class _Answer:
    """A text that could be shown, the verdict on it, and what was in the prompt."""

    text: str
    judgement: Judgement
    grounding: Grounding
    replaced: int = 0
    ending: Ending = _SHOWN
    tab_stops: tuple[TabStop, ...] = ()

    @property
    def bracket(self) -> int | None:
        """Where the bracket of the call stands that the judgement is about; None where it is about no call that this text names."""
        name = self.judgement.name
        return None if name is None or name.end < 0 else characters(self.text, name.end)


class Engine:
    """Strings the steps together. Pure but for the model's KV cache, the anchors that keep it warm, and the files' trees."""

    def __init__(
        self,
        model: Model,
        index: Index,
        settings: Settings,
        oracle: Oracle | None = None,
        clock: Callable[[], float] = time.monotonic,
        analyses: Analyses | None = None,
        thresholds: Thresholds | None = None,
        learned_certainty: float = 0.0,
    ) -> None:
        """``clock`` tells the seconds that lines are written for; time given to others may be left out.

        ``analyses`` are those of the documents; others that ask about the same ones may share them. ``thresholds`` are for
        a model that the registry does not know; ``learned_certainty`` is the threshold of this workspace, 0.0 for none.
        """
        self._model = model
        self._clock = clock
        self._index = index
        self._oracle = oracle or NullOracle()
        self._settings = settings
        self._thresholds = thresholds
        self._learned_certainty = learned_certainty
        self._window = Window.of(settings.model.context)
        self._anchors: FIFOCache[Path, Anchor] = FIFOCache(_ANCHORS_KEPT)
        self._analyses = analyses or Analyses()
        self._pace = Pace()
        self._searched = SearchMemory()

    def complete(
        self, request: CompletionRequest, cancel: Cancellation | None = None, on_text: OnText = ignore_text
    ) -> Completion:
        """Complete ``request``. Raises `Cancelled` once ``cancel`` is set.

        ``on_text`` is told what is being written, token by token; the draft may be replaced by another text.
        """
        with self._oracle.asking(cancel) as questions:
            completion = self._complete(request, cancel, on_text)
        raise_if_cancelled(cancel)  # a judge who was not waited for has said nothing
        return replace(completion, check=replace(completion.check, questions=tuple(questions)))

    def prepare(self, request: CompletionRequest, cancel: Cancellation | None = None) -> None:
        """Read what ``request`` would have to read before it is answered, and the documents that it may want.

        Raises `Cancelled` once ``cancel`` is set.
        """
        anchor, opened = self._open(request)
        opened.read(cancel)
        site = Site(request, self._index.until(cancel), self._analyses)
        site.owners()  # what an index in another process answers is remembered here
        others = cross_file(site, self._window.cross_file, self._model.count_tokens)
        raise_if_cancelled(cancel)  # an index that was not waited for has said nothing
        if anchor.window != self._window or anchor.cross_file != others:
            text, offset, path = request.text, request.offset, site.relative_path
            whole = place_anchor(text, offset, self._window, site.language, others, path)
            self._model.open(_prompt(whole, request)).read(cancel)
            self._anchors[request.path] = anchor = whole
        with self._oracle.asking(cancel):
            read, begun = self._begin_call(site, Known(site, self._oracle), self._foreseen(site), "")
        raise_if_cancelled(cancel)
        if read.text:
            self._model.open(_prompt(anchor, request, read.text, begun)).read(cancel)

    def _foreseen(self, site: Site) -> Grounding:
        """Return the documents that a completion at ``site`` wants if it guesses; none where that depends on the guess."""
        method = site.request.method or self._settings.method
        nothing = Grounding("", ())
        if method == "base" or site.place.kind == "string" or site.place.is_settled:
            return nothing
        asked = lookup_at(site, self._settings.retrieval.documents)
        if asked is None:
            return nothing
        return self._documents(site, self._searched.of(site.index), asked, method)

    def _complete(
        self, request: CompletionRequest, cancel: Cancellation | None, on_text: OnText
    ) -> Completion:
        method = request.method or self._settings.method
        clock = Clock()
        limits = self._limits(cancel)
        site = Site(request, self._index.until(cancel), self._analyses)
        if site.place.is_settled:
            return _nothing(method)
        anchor, opened = self._open(request)
        searches = self._searched.of(site.index)
        task = _Task(
            method, site, Known(site, self._oracle), searches, anchor, limits.until(_REWRITTEN), on_text
        )
        rules = Rules.of(
            method, self._settings, self._model.capabilities, self._thresholds, self._learned_certainty
        )
        typed = len(opened.prompt.forced.encode())
        watch = Watch(site, rules, typed, clock, self._search_early(site, searches))
        with clock.step("draft"):
            draft = write(opened, site.rule, self._draft_limits(limits), watch=watch, on_text=on_text)
        self._pace.saw(draft.evaluated, draft.read_s)
        evaluated = {"draft": draft.evaluated}
        clock.ms["draft"] -= clock.ms["trigger"]  # the trigger ran inside
        self._pace.saw_written(len(draft.tokens) - 1, clock.ms["draft"] / 1000 - draft.read_s)
        outcome = watch.outcome(draft)
        decision = outcome.decision
        written, grounding = draft, Grounding("", ())
        if decision.fired:
            with clock.step("retrieve"):
                grounding = self._retrieve(task, outcome.name, draft.tokens, draft.typed)
            if grounding.text or not draft.complete:
                with clock.step("regenerate"):
                    accepted = _before_guess(draft.text, outcome.name)
                    constrain = self._calls(task) if method == "full" else _anything
                    read, begun = self._begin_call(site, task.known, grounding, accepted)
                    written = self._regenerate(task, read, begun, constrain)
                evaluated["regenerate"] = written.evaluated
        elif method == "full" and (choice := self._name_choice(site, draft.text)) is not None:
            with clock.step("regenerate"):
                written, grounding = self._write_names(task, choice, draft)
            if written is not draft:
                decision = _name_decision(decision, choice)
                evaluated["regenerate"] = written.evaluated
        with clock.step("verify"):
            answer = self._judge(task, written, grounding)
        check = Check(problem=answer.judgement.problem)
        fault = answer.judgement.fault
        if method == "full" and fault is not None:
            with clock.step("repair"):
                again = replace(
                    task, limits=limits, known=Known(site, self._oracle)
                )  # who was late may answer
                repaired = self._repair(again, answer)
            if repaired is not None and fault != "unknown_name":
                decision = replace(decision, fired=True, reasons=(*decision.reasons, fault))
            if repaired is not None and _replaces(repaired, fault):
                check = Check(problem=repaired.judgement.problem, repaired=answer.judgement.problem)
                answer = repaired
        if method == "full" and answer.judgement.verdict == "rejected":
            answer, check = self._reject(task, answer, check)
        clock.finish()
        tab_stops = with_ranges(answer.tab_stops, answer.text, answer.judgement.to_write)
        return Completion(
            text=answer.text,
            draft=draft.text,
            verdict=answer.judgement.verdict,
            method=method,
            trigger=decision,
            evidence=_evidence(answer.judgement, answer.grounding, site.language),
            tokens=draft.tokens,
            generated={"written": len(written.tokens), "chosen": sum(each.chosen for each in written.tokens)},
            timings_ms=clock.ms,
            evaluated=evaluated,
            check=check,
            before=task.site.rule.before,
            replaced=answer.replaced,
            ending=answer.ending,
            tab_stops=tab_stops,
        )

    def _limits(self, cancel: Cancellation | None) -> Limits:
        """Return the limits of a completion that begins now."""
        settings, now = self._settings.completion, time.monotonic()
        return Limits(
            settings.max_tokens,
            now + settings.max_latency_ms / 1000,
            last_line=self._clock() + settings.lines_ms / 1000,
            clock=self._clock,
            cancel=cancel,
            max_lines=settings.max_lines,
            began=now,
        )

    def _draft_limits(self, limits: Limits) -> Limits:
        """Return those of its draft: what takes too long to write is cut to what is whole of it."""
        return self._in_writing_time(limits.until(_DRAFTED))

    def _in_writing_time(self, limits: Limits) -> Limits:
        """Return ``limits`` with the time that a text may take to write."""
        return replace(limits, writing_s=self._settings.completion.write_ms / 1000)

    def _repair_limits(self, answer: _Answer, limits: Limits) -> Limits | None:
        """Return the limits of writing again: a draft's time to read and to write; None where it would not end within them."""
        settings, now = self._settings.completion, time.monotonic()
        # a name that is defined nowhere is a tab stop if it is not replaced: nobody waits longer for it than for a draft
        began = limits.began if answer.judgement.fault == "unknown_name" else now
        ends = min(limits.deadline, began + (settings.read_ms + settings.write_ms) / 1000)
        again = answer.text[len(_lines_before(answer.text, answer.judgement.at)) :]
        takes = self._pace.seconds_for(_READ_AGAIN, self._model.count_tokens(again))
        return replace(limits, deadline=ends) if now + takes < ends else None

    def _open(self, request: CompletionRequest) -> tuple[Anchor, OpenPrompt]:
        """Open the prompt for ``request``; return it and the anchor that further prompts for it go on from.

        Where reading it would take too long, a shorter one is opened, of the text around the cursor.
        """
        text, offset = request.text, request.offset
        anchor = self._anchors.get(request.path)
        if anchor is None or not still_fits(anchor, text, offset):
            anchor = self._place(request, self._window)
        opened = self._model.open(_prompt(anchor, request))
        unread, readable = opened.unread, self._pace.tokens_in(self._settings.completion.read_ms / 1000)
        if unread > readable:
            near = self._place(request, self._window.near(readable))
            nearer = self._model.open(_prompt(near, request))
            if nearer.unread < _WORTH_IT * unread:
                anchor, opened = near, nearer
        self._anchors[request.path] = anchor
        return anchor, opened

    def _place(self, request: CompletionRequest, window: Window) -> Anchor:
        """Return a fresh anchor; of other files it has what the one before it has, which was read ahead."""
        before = self._anchors.get(request.path)
        language = language_or_plain(request.language)
        others = before.cross_file if before else ""
        path = relative_path(request)
        return place_anchor(request.text, request.offset, window, language, others, path)

    def _retrieve(self, task: _Task, name: ApiName | None, tokens: Sequence[Token], typed: int) -> Grounding:
        """Documents for the drafted ``name`` (None: for the draft as a whole)."""
        asked = lookup(task.site, name, tokens, typed, self._settings.retrieval.documents)
        found = task.site.resolve(name) if name is not None else None
        drafted = found.symbol if found is not None and found.exists else None
        return self._documents(task.site, task.searches, asked, task.method, drafted)

    def _documents(
        self, site: Site, searches: Searches, asked: Lookup, method: Method, drafted: Symbol | None = None
    ) -> Grounding:
        limit, receiver = self._settings.retrieval.documents, asked.receiver
        is_shown = asked_for(asked.query.text)
        members, access, known = None, f"{receiver}{asked.access}", Known(site, self._oracle)
        if method == "full" and receiver and not asked.query.owners:
            searches.begin(asked.query)  # the index searches while the type checker is asked
            members = known.members_of(access)
        hits = asked.ordered(searches.find(asked.query))
        if members is not None:  # what else was found is of other receivers
            hits = of_members(hits, members)[:limit]
            if not hits and not site.language.names_indexed:
                hits = hits_among(known.listed(access) or (), asked.query.text, limit, known.details)
            return self._ground(site, hits, lambda symbol: f"{receiver}{asked.access}{symbol.name}", is_shown)
        if not asked.query.owners:
            hits = of_known_services(hits, site)[:limit]
            hits = called_apart(hits) if receiver else hits
        chooses = method == "full" and asked.draftless and self._fills_calls
        choice = choose(hits, drafted) if chooses else MemberChoice(tuple(hits))
        grounding = self._ground(site, choice.hits, lambda symbol: asked.spell(site, symbol), is_shown)
        return grounding if choice.meant is None else replace(grounding, call=asked.spell(site, choice.meant))

    def _begin_call(
        self, site: Site, known: Known, grounding: Grounding, accepted: str
    ) -> tuple[Grounding, str]:
        """Return the documents that are read behind ``accepted``, and that text with the call that is meant, where one is."""
        called = grounding.call and rest_of_call(site.rule.before + accepted, grounding.call)
        if not called:
            return grounding, accepted
        if _is_all_by_name(known.parameters_of(grounding.call)):
            grounding = replace(grounding, text="")
        return grounding, accepted + called

    def _search_early(self, site: Site, searches: Searches) -> OnDoubt:
        """Return what begins to search for a name that is doubted while it is being drafted."""

        def begin(text: str, tokens: Sequence[Token], typed: int) -> bool:
            asked = lookup_begun(site, text, tokens, typed, self._settings.retrieval.documents)
            if asked is not None:
                searches.begin(asked.query)
            return asked is not None

        return begin

    def _ground(
        self,
        site: Site,
        hits: Sequence[Hit],
        spell: Callable[[Symbol], str],
        is_shown: IsShown = unless_request,
    ) -> Grounding:
        line = site.request.text[: site.request.offset].rsplit("\n", 1)[-1]
        readable = self._pace.tokens_in(self._settings.completion.read_ms / 1000)
        return ground(
            hits,
            spell,
            " " * indentation(line),
            site.language,
            min(self._settings.retrieval.max_tokens, readable),
            self._model.count_tokens,
            is_shown,
        )

    def _regenerate(self, task: _Task, grounding: Grounding, accepted: str, constrain: _Constrain) -> Written:
        site, on_text = task.site, task.on_text
        limits = self._in_writing_time(task.limits)

        def calls_in(text: str, prompt: Prompt) -> CallConstraint | None:
            before = (site.rule.before + text).removesuffix(prompt.forced)
            return constrain(before) if self._settings.oracle.constrain else None

        def begin(step: Step) -> tuple[OpenPrompt, Constraint | None]:
            prompt = _prompt(task.anchor, site.request, grounding.text, step.text)
            if step.ended:  # what follows begins a token of its own
                prompt = replace(prompt, middle=prompt.middle + prompt.forced, forced="")
            calls = calls_in(step.text, prompt)
            return self._model.open(prompt), AfterValue(calls) if step.ended and calls else calls

        prompt = _prompt(task.anchor, site.request, grounding.text, accepted)
        calls = calls_in(accepted, prompt)
        if calls is not None and self._fills_calls:
            return write_filled(begin, site.rule, limits, self._skeleton(task), accepted, on_text)
        constraint = calls and self._as_taken(calls, prompt.forced)
        opened = self._model.open(prompt)
        return write(opened, site.rule, limits, accepted=accepted, constraint=constraint, on_text=on_text)

    def _name_choice(self, site: Site, draft: str) -> NameChoice | None:
        """Return which options, or names of other files, are to be written instead of a drafted one; None where that may stand."""
        if site.place.kind == "comment":
            return None
        root = site.request.workspace
        around = Around(
            site.request.text, site.request.offset, site.relative_path, lambda path: (root / path).exists()
        )
        choice = choose_option(around, draft, site.language, site.index)
        if choice is None and site.language.writes:
            choice = choose_shared(around, draft, lambda kind: shared_by_others(site, kind))
        if choice is not None and len(choice.names) > 1 and not self._model.capabilities.allowed_names:
            return None
        return choice

    def _write_names(self, task: _Task, first: NameChoice, draft: Written) -> tuple[Written, Grounding]:
        """Write ``draft`` once more, with a name of the ``first`` choice, and so for each other one; the evidence is where they are defined."""
        evidence: list[Evidence] = []
        choice: NameChoice | None = first
        written = draft
        for _ in range(_MOST_NAMES):
            if choice is None:
                break
            again, symbol = self._write_name(task, choice, written.text)
            if symbol is None:  # there was no time for a whole name
                break
            written = again
            # the summary says what an option is for, or which file defines the name
            evidence.append(_evidence_of(symbol, f"{symbol.qualified_name}: {symbol.summary}"))
            choice = self._name_choice(task.site, written.text)
        return written, Grounding("", tuple(evidence))

    def _write_name(self, task: _Task, choice: NameChoice, draft: str) -> tuple[Written, Symbol | None]:
        """Write one of the names of ``choice`` where the draft has another one, and what follows it; return it as well."""
        endings, constrains = choice.endings, self._model.capabilities.allowed_names
        accepted = draft[: choice.start] + ("" if constrains else next(iter(endings)))
        prompt = _prompt(task.anchor, task.site.request, "", accepted)
        names = AllowedNames(frozenset(endings), prompt.forced, JOINTS) if constrains else None
        limits = self._in_writing_time(task.limits)
        opened, rule = self._model.open(prompt), task.site.rule
        written = write(opened, rule, limits, accepted=accepted, constraint=names, on_text=task.on_text)
        said = written.text[choice.start :]
        chosen = max((each for each in endings if said.startswith(each)), key=len, default=None)
        return written, None if chosen is None else endings[chosen]

    @property
    def _fills_calls(self) -> bool:
        """Whether what a signature says is written without the model."""
        return self._settings.oracle.constrain and self._model.capabilities.token_constraints

    def _skeleton(self, task: _Task) -> Skeleton:
        """Return what writes calls whose parameters are known, in the style of the file."""
        site, known = task.site, task.known
        style = style_of(site.request.text, site.language, site.request.workspace)
        if site.place.rest or self._settings.completion.max_lines > 0:
            style = replace(style, line=sys.maxsize)
        facts = Facts(
            known.ways_of,
            known.named,
            lambda callee, parameter: known.blank(callee, parameter, style.quote),
            known.is_defined,
        )
        return Skeleton(site.rule.before, site.language, facts, style)

    def _as_taken(self, calls: CallConstraint, forced: str) -> Constraint | None:
        """Return the constraint for a model that is not asked token by token: the names that may come next."""
        return calls.allowed_names(forced) if self._model.capabilities.allowed_names else None

    def _calls(self, task: _Task) -> Callable[[str], CallConstraint]:
        """Return the constraint to members and keywords that exist."""
        language, known = task.site.language, task.known
        return lambda before: CallConstraint(
            before, language, known.members_of, known.parameters_of, keys_of=known.keys_of
        )

    def _calls_and_names(self, task: _Task) -> Callable[[str], CallConstraint]:
        """Return the same constraint, and that arguments begin with a name that is defined."""
        language, known = task.site.language, task.known
        return lambda before: CallConstraint(
            before, language, known.members_of, known.parameters_of, known.names, known.keys_of
        )

    def _judge(self, task: _Task, written: Written, grounding: Grounding) -> _Answer:
        site = task.site
        passed, ending = finish(site, written, grounding.text)
        judgement = judge(site, passed.text, self._oracle, passed.replaced)
        stops = still_inside(written.tab_stops, written.text, passed.text)
        return _Answer(passed.text, judgement, grounding, passed.replaced, ending, stops)

    def _repair(self, task: _Task, rejected: _Answer) -> _Answer | None:
        """Write the rejected call once more, with the documentation that its mistake asks for; None where there is no time."""
        fault = rejected.judgement
        grounding = rejected.grounding
        if (mended := self._with_right_values(task, rejected)) is not None:
            return mended
        if fault.fault == "bad_arguments" and (mended := self._with_fitting_arguments(task, rejected)):
            return mended
        limits = self._repair_limits(rejected, task.limits)
        if limits is None:
            return None
        task = replace(task, limits=limits)
        if fault.fault == "bad_arguments" and fault.name is not None:
            found = task.site.resolve(fault.name)
            if found.symbol is not None:
                receiver, owner = fault.name.receiver, found.owner
                hit = Hit("symbol", 1.0, found.symbol)
                grounding = self._ground(
                    task.site, [hit], lambda symbol: task.site.spell(symbol, receiver, owner)
                )
        elif fault.name is not None:
            grounding = self._retrieve(task, fault.name, (), 0)
        accepted = _lines_before(rejected.text, fault.at)
        constrain = self._calls_and_names(task)
        if fault.fault == "unknown_name":
            constraint = constrain(task.site.rule.before + accepted)
            if constraint.accepts(b"", rejected.text[len(accepted) :].encode("utf-8")):
                return rejected  # nothing would keep the model from writing it once more
        written = self._regenerate(task, grounding, accepted, constrain)
        return self._judge(task, written, grounding)

    def _with_right_values(self, task: _Task, rejected: _Answer) -> _Answer | None:
        """Return the answer with the values that are meant, and entries that are missing, where that is all that was wrong.

        A wrong value that stands for no right one is left out, or left to the person.
        """
        answer = rejected
        for _ in range(_MOST_VALUES):
            mended = answer.judgement.mended or self._without_wrong_value(task, answer)
            if mended is None:
                return None
            judgement = judge(task.site, mended.text, self._oracle, rejected.replaced)
            stops = (*carried_over(answer.tab_stops, answer.text, mended.text), *mended.stops)
            stops = tuple(sorted(stops, key=lambda stop: stop.start))
            answer = replace(answer, text=mended.text, judgement=judgement, tab_stops=stops)
            if judgement.verdict != "rejected":
                return answer
        return None

    def _without_wrong_value(self, task: _Task, rejected: _Answer) -> Mended | None:
        """Return the text without the value that is wrong; None where a call is wrong for something else."""
        fault, text = rejected.judgement, rejected.text
        bracket = rejected.bracket
        if not fault.of_wrong_form or bracket is None or not self._fills_calls:
            return None
        found = self._skeleton(task).without_value(text, bracket, fault.at)
        return None if found is None or found[0] == text else Mended(*found)

    def _with_fitting_arguments(self, task: _Task, rejected: _Answer) -> _Answer | None:
        """Return the answer with the arguments that the signature asks for, where that is all that was wrong."""
        text, bracket = rejected.text, rejected.bracket
        if bracket is None or not self._settings.oracle.constrain:
            return None
        mended = self._skeleton(task).mended(text, bracket, rejected.tab_stops)
        if mended is None or mended[0] == text:
            return None
        judgement = judge(task.site, mended[0], self._oracle, rejected.replaced)
        if judgement.verdict == "rejected":
            return None
        return replace(rejected, text=mended[0], judgement=judgement, tab_stops=mended[1])

    def _reject(self, task: _Task, answer: _Answer, check: Check) -> tuple[_Answer, Check]:
        """Return what becomes of an answer that could not be repaired, by the setting ``on_rejected``."""
        match self._settings.oracle.on_rejected:
            case "show":
                return answer, check
            case "hide":
                kept = ""
            case "trim":
                kept = answer.text[: answer.text.rfind("\n", 0, answer.judgement.at) + 1].rstrip()
        passed = pass_gate(task.site.nearby, kept)
        kept = passed.text
        ending = Ending("rejected", answer.text[len(kept) :])
        if not kept:
            empty = replace(answer, text="", replaced=0, ending=ending, tab_stops=())
            return empty, replace(check, trimmed=answer.text)
        judgement = judge(task.site, kept, self._oracle, passed.replaced)
        trimmed = replace(check, problem="", trimmed=ending.dropped)
        stops = still_inside(answer.tab_stops, answer.text, kept)
        return _Answer(kept, judgement, answer.grounding, passed.replaced, ending, stops), trimmed


def _prompt(
    anchor: Anchor, request: CompletionRequest, documentation: str = "", accepted: str = ""
) -> Prompt:
    text = request.text[: request.offset] + accepted + request.text[request.offset :]
    return build_prompt(anchor, text, request.offset + len(accepted), documentation)


def _replaces(repaired: _Answer, fault: FaultKind) -> bool:
    """Return whether ``repaired`` is shown instead of an answer with this ``fault``: a name that is defined nowhere can be shown."""
    return fault != "unknown_name" or (bool(repaired.text) and repaired.judgement.fault is None)


def _nothing(method: Method) -> Completion:
    """Return the answer where nothing can be shown, whatever is written."""
    return Completion("", "", "unverified", method, TriggerDecision(False), ending=Ending("settled"))


def _name_decision(decision: TriggerDecision, choice: NameChoice) -> TriggerDecision:
    """Return the decision that an option, or a name of another file, is written instead of the drafted one."""
    reason: Reason = "another_name"
    if choice.is_invented:
        reason = "not_in_index" if choice.drafted.startswith("-") else "not_in_workspace"
    return replace(decision, fired=True, reasons=(reason,), confidence=None, name=choice.drafted)


def _evidence_of(symbol: Symbol, text: str, language: str = "") -> Evidence:
    """Return the evidence that ``symbol`` is, which was not searched for; ``text`` says what it is, in ``language``."""
    return Evidence(
        kind="symbol",
        symbol=symbol.qualified_name,
        package=symbol.package,
        version=symbol.version,
        uri=symbol.uri,
        text=text,
        score=1.0,
        language=language,
    )


def _is_all_by_name(parameters: Sequence[Parameter] | None) -> bool:
    """Return whether all arguments that must be given are written with their names: no document need say what they are."""
    return parameters is not None and all(p.kind == "keyword_only" for p in parameters if p.required)


def _anything(_before: str) -> None:
    """No constraint."""


def _before_guess(draft: str, name: ApiName | None) -> str:
    """Return what is kept of ``draft``, where ``name`` is a guess: all before what it is a member of."""
    if name is None or name.start <= 0:
        return ""
    receiver = f"{name.receiver}{name.access}" if name.receiver else ""
    head = draft[: characters(draft, name.start)]
    kept = head.removesuffix(receiver)
    if not kept.strip() or (receiver and kept == head):  # broken over lines
        return _lines_before(draft, len(head))
    return kept


def _lines_before(text: str, at: int) -> str:
    """Return the lines of ``text`` before the one of ``at``, and its indentation: they are kept."""
    line = text.rfind("\n", 0, at) + 1
    return text[: line + indentation(text[line:at])] if line else ""


def _evidence(judgement: Judgement, grounding: Grounding, language: Language) -> tuple[Evidence, ...]:
    """Return what the calls resolved to, then what else was in the prompt."""
    retrieved = {item.symbol: item for item in grounding.evidence}
    resolved = {
        symbol.qualified_name: retrieved.get(symbol.qualified_name)
        or _evidence_of(
            symbol,
            call_line(symbol, symbol.qualified_name) if symbol.parameters is not None else symbol.summary,
            language.id,
        )
        for symbol in judgement.symbols
    }
    return (*resolved.values(), *(item for item in grounding.evidence if item.symbol not in resolved))
