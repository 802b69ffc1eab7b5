"""The way of one completion: draft, trigger, retrieve, regenerate, verify."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Event

from soothsay.config import Method, Settings
from soothsay.engine.draft import Limits, Model, Written, write
from soothsay.engine.ground import Grounding, call_line, ground
from soothsay.engine.postfilter import tidy
from soothsay.engine.query import intent, masked, without_target
from soothsay.engine.scope import BUILTINS, Resolution, Scope, owner_of, read_scope, resolve
from soothsay.engine.stop import StopRule, stop_rule
from soothsay.engine.syntax import api_names, in_string_or_comment, indentation
from soothsay.engine.trigger import confidence, decide
from soothsay.engine.types import (
    ApiName,
    Completion,
    CompletionRequest,
    Evidence,
    Token,
    TriggerDecision,
)
from soothsay.engine.verify import Judgement, judge
from soothsay.model.fim import Anchor, Prompt, Window, build_prompt, place_anchor
from soothsay_index.types import Index, Query, Symbol

_ANCHORS_KEPT = 32  # documents


@dataclass(frozen=True)
class _Site:
    """The place being completed, with what is read from its text at most once."""

    request: CompletionRequest
    index: Index

    @cached_property
    def scope(self) -> Scope:
        return read_scope(self.request.text, self.request.offset)

    @cached_property
    def rule(self) -> StopRule:
        return stop_rule(self.request.text, self.request.offset)

    def names(self, draft: str) -> list[ApiName]:
        """The API names in ``draft``; Python's own builtins are none."""
        found = api_names(self.rule.before, draft)
        return [n for n in found if n.receiver or n.name not in BUILTINS or n.name in self.scope.imports]

    def resolve(self, name: ApiName) -> Resolution:
        return resolve(name.receiver, name.name, self.scope, self.index)

    def in_index(self, name: ApiName) -> bool:
        """Whether a drafted name is known. Of an unknown receiver only the bare name can be asked."""
        found = self.resolve(name)
        if found.exists is not None:
            return found.exists
        if found.owner and self.index.members(found.owner):
            return False
        return self.index.has_name(name.name)

    def owners(self) -> list[str]:
        """What the file has at hand: imported modules of the workspace, and the objects it has made."""
        objects = [owner_of(name, self.scope, self.index) for name in self.scope.values]
        modules = [module for module in self.scope.imports.values() if self._is_ours(module)]
        return [owner for owner in dict.fromkeys((*modules, *objects)) if self.index.members(owner)]

    def _is_ours(self, module: str) -> bool:
        return any(symbol.origin == "workspace" for symbol in self.index.members(module)[:1])

    def spell(self, symbol: Symbol, receiver: str, owner: str) -> str:
        """``symbol`` as this file would write it."""
        if owner and symbol.owner == owner:
            return f"{receiver}.{symbol.name}" if receiver else symbol.name
        for local, target in self.scope.imports.items():
            if target == f"{symbol.owner}.{symbol.name}":
                return local
            if target == symbol.owner:
                return f"{local}.{symbol.name}"
        return symbol.qualified_name


class Engine:
    """Strings the steps together. Pure but for the model's KV cache and the anchors that keep it warm."""

    def __init__(self, model: Model, index: Index, settings: Settings) -> None:
        self._model = model
        self._index = index
        self._settings = settings
        self._anchors: OrderedDict[Path, Anchor] = OrderedDict()

    def complete(self, request: CompletionRequest, cancel: Event | None = None) -> Completion:
        """Complete ``request``. Raises `Cancelled` once ``cancel`` is set."""
        method = request.method or self._settings.method
        clock = _Clock()
        site = _Site(request, self._index)
        limits = Limits(
            self._settings.completion.max_tokens,
            time.monotonic() + self._settings.completion.max_latency_ms / 1000,
        )
        prompt = self._prompt(request)
        watch = _Watch(site, method, self._settings.trigger.threshold, len(prompt.forced.encode()), clock)
        with clock.step("draft"):
            draft = write(self._model, prompt, site.rule, limits, cancel, watch=watch)
        evaluated = {"draft": self._model.evaluated}
        clock.ms["draft"] -= clock.ms["trigger"]  # the trigger ran inside
        decision = watch.decision(draft)
        written, grounding = draft, Grounding("", ())
        if decision.fired:
            with clock.step("retrieve"):
                accepted = _accepted(draft, watch.fired_at)
                grounding = self._retrieve(site, draft, watch.fired_at)
            if grounding.text or not draft.complete:
                with clock.step("regenerate"):
                    again = self._prompt(request, grounding.text, accepted)
                    written = write(self._model, again, site.rule, limits, cancel, accepted=accepted)
                evaluated["regenerate"] = self._model.evaluated
        text = tidy(written.text, site.rule.before, request.text[request.offset :])
        with clock.step("verify"):
            judgement = judge(site.names(text), site.resolve)
        clock.finish()
        return Completion(
            text=text,
            draft=draft.text,
            verdict=judgement.verdict,
            method=method,
            trigger=decision,
            evidence=_evidence(judgement, grounding),
            tokens=draft.tokens,
            timings_ms=clock.ms,
            evaluated=evaluated,
        )

    def _prompt(self, request: CompletionRequest, documentation: str = "", accepted: str = "") -> Prompt:
        window = Window.of(self._settings.model.context)
        text = request.text[: request.offset] + accepted + request.text[request.offset :]
        offset = request.offset + len(accepted)
        anchor = place_anchor(request.text, request.offset, window, self._anchors.get(request.path))
        self._anchors[request.path] = anchor
        self._anchors.move_to_end(request.path)
        while len(self._anchors) > _ANCHORS_KEPT:
            self._anchors.popitem(last=False)
        return build_prompt(anchor, text, offset, documentation)

    def _retrieve(self, site: _Site, draft: Written, name: ApiName | None) -> Grounding:
        request = site.request
        wanted = intent(request.text, request.offset)
        drafted = site.rule.before + masked(draft.tokens, draft.typed)
        owner = site.resolve(name).owner if name else ""
        receiver = name.receiver if name else ""
        known = [owner] if owner and self._index.members(owner) else []
        if known and name and name.start > len(receiver):
            # the model chose the receiver as well: what else the file could call is a candidate, too
            known += [other for other in site.owners() if other not in known]
        modules = tuple(dict.fromkeys(site.scope.imports.values()))
        query = Query(
            text=f"{wanted}\n{without_target(drafted) if wanted else drafted}",
            owners=tuple(known),
            packages=tuple(dict.fromkeys(module.partition(".")[0] for module in modules)),
            modules=modules,
            path=_relative(request.path, request.workspace),
            limit=self._settings.retrieval.documents,
        )
        indent = " " * indentation(request.text[: request.offset].rsplit("\n", 1)[-1])
        return ground(
            self._index.search(query),
            lambda symbol: site.spell(symbol, receiver, owner),
            indent,
            self._settings.retrieval.max_tokens,
            self._model.count_tokens,
        )


class _Watch:
    """Follows a draft and stops it at the first API name that fires the trigger: a guess is not worth finishing."""

    def __init__(self, site: _Site, method: Method, threshold: float, typed: int, clock: _Clock) -> None:
        self._site = site
        self._typed = typed
        self._method: Method = method
        self._threshold = threshold
        self._clock = clock
        self._seen: list[tuple[ApiName, TriggerDecision]] = []
        self.fired_at: ApiName | None = None
        # a name inside a string or comment calls nothing
        request = site.request
        self._idle = method in ("base", "dag") or in_string_or_comment(request.text, request.offset)

    def __call__(self, text: str, tokens: list[Token]) -> bool:
        if self._idle or b"(" not in tokens[-1].data:
            return False
        with self._clock.step("trigger"):
            return self._check(text, tokens)

    def decision(self, draft: Written) -> TriggerDecision:
        """The decision on the whole draft."""
        names = self._site.names(draft.text)
        if self._method == "dag":
            self.fired_at = names[0] if names else None
            value = confidence(names[0], draft.tokens, draft.typed) if names else None
            return TriggerDecision(
                True, ("always",), value, self._threshold, names[0].name if names else None
            )
        if self._method == "base":
            self._check_all(names, draft)
            return replace(self._weakest(), fired=False, reasons=())
        if self.fired_at is None:
            return self._weakest()
        return self._seen[-1][1]

    def _check_all(self, names: Sequence[ApiName], draft: Written) -> None:
        for name in names:
            value = confidence(name, draft.tokens, draft.typed)
            self._seen.append((name, TriggerDecision(False, (), value, self._threshold, name.name)))

    def _check(self, text: str, tokens: list[Token]) -> bool:
        for name in self._site.names(text):
            if any(name.end <= seen.end for seen, _ in self._seen):
                continue
            value = confidence(name, tokens, self._typed)
            known = self._method == "confidence" or self._site.in_index(name)
            decision = decide(self._method, name.name, value, known, self._threshold)
            self._seen.append((name, decision))
            if decision.fired:
                self.fired_at = name
                return True
        return False

    def _weakest(self) -> TriggerDecision:
        if not self._seen:
            return TriggerDecision(False, (), None, self._threshold, None)
        return min((decision for _, decision in self._seen), key=lambda d: d.confidence or 0.0)


class _Clock:
    """Milliseconds of each step; a step entered twice adds up."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.ms: dict[str, float] = dict.fromkeys(
            ("draft", "trigger", "retrieve", "regenerate", "verify"), 0.0
        )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.ms[name] += (time.perf_counter() - began) * 1000

    def finish(self) -> None:
        self.ms["total"] = (time.perf_counter() - self._began) * 1000
        self.ms = {name: round(ms, 2) for name, ms in self.ms.items()}


def _accepted(draft: Written, name: ApiName | None) -> str:
    """The lines of the draft before the one that holds ``name``, and its indentation: they are kept."""
    if name is None:
        return ""
    head = draft.text.encode("utf-8")[: max(0, name.start)].decode("utf-8", errors="ignore")
    line = head.rfind("\n") + 1
    return head[: line + indentation(head[line:])] if line else ""


def _evidence(judgement: Judgement, grounding: Grounding) -> tuple[Evidence, ...]:
    """What the calls resolved to, then what else was in the prompt."""
    retrieved = {item.symbol: item for item in grounding.evidence}
    resolved = {
        symbol.qualified_name: retrieved.get(symbol.qualified_name) or _resolved(symbol)
        for symbol in judgement.symbols
    }
    return (*resolved.values(), *(item for item in grounding.evidence if item.symbol not in resolved))


def _resolved(symbol: Symbol) -> Evidence:
    return Evidence(
        kind="symbol",
        symbol=symbol.qualified_name,
        package=symbol.package,
        version=symbol.version,
        uri=symbol.uri,
        text=call_line(symbol, symbol.qualified_name) if symbol.parameters is not None else symbol.summary,
        score=1.0,
    )


def _relative(path: Path, workspace: Path) -> str:
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else path.as_posix()
