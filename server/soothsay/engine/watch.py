"""Watching a draft: the first API name that fires the trigger ends it, for a guess is not worth finishing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from soothsay.config import Method, TriggerSettings
from soothsay.engine.clock import Clock
from soothsay.engine.draft import Written
from soothsay.engine.site import Site
from soothsay.engine.trigger import Measure, certainty, confidence, decide
from soothsay.engine.types import ApiName, TriggerDecision
from soothsay.model.types import Token


class Watch:
    """Follows one draft. ``fired_at`` is the name that fired the trigger, if one did."""

    def __init__(
        self, site: Site, method: Method, settings: TriggerSettings, typed: int, clock: Clock
    ) -> None:
        self._site = site
        self._typed = typed
        self._method: Method = method
        self._measure: Measure = certainty if method == "full" else confidence
        self._threshold = settings.certainty if method == "full" else settings.threshold
        self._clock = clock
        self._seen: list[tuple[ApiName, TriggerDecision]] = []
        self.fired_at: ApiName | None = None
        # a name inside a string or comment calls nothing
        self._idle = method in ("base", "dag") or site.analysis.in_string_or_comment(site.request.offset)

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
            value = self._measure(names[0], draft.tokens, draft.typed) if names else None
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
            value = self._measure(name, draft.tokens, draft.typed)
            self._seen.append((name, TriggerDecision(False, (), value, self._threshold, name.name)))

    def _check(self, text: str, tokens: list[Token]) -> bool:
        for name in self._site.names(text):
            if any(name.end <= seen.end for seen, _ in self._seen):
                continue
            value = self._measure(name, tokens, self._typed)
            known = self._method == "confidence" or self._site.in_index(name)
            was_read = self._site.was_read(name)
            decision = decide(self._method, name.name, value, known, was_read, self._threshold)
            self._seen.append((name, decision))
            if decision.fired:
                self.fired_at = name
                return True
        return False

    def _weakest(self) -> TriggerDecision:
        if not self._seen:
            return TriggerDecision(False, (), None, self._threshold, None)
        return min((decision for _, decision in self._seen), key=lambda d: d.confidence or 0.0)
