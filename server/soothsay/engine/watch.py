"""Watching a draft: the first API name that fires the trigger ends it, for a guess is not worth finishing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from soothsay.config import Method, Settings
from soothsay.engine.clock import Clock
from soothsay.engine.draft import Written
from soothsay.engine.knowledge import knowledge_of
from soothsay.engine.site import Site
from soothsay.engine.trigger import Measure, decide, measure_of
from soothsay.engine.types import ApiName, TriggerDecision
from soothsay.model.files.registry import DEFAULT_THRESHOLDS, Thresholds, find_thresholds
from soothsay.model.types import Capabilities, Token

OnDoubt = Callable[[str, Sequence[Token], int], bool]
"""Is given the draft so far, its tokens, and how many of their bytes were typed; returns whether it needs no further ones."""

_DOUBTS = 4  # doubted tokens that are told of: what is drafted may be no call


def ignore_doubt(_text: str, _tokens: Sequence[Token], _typed: int) -> bool:
    """Do nothing with a doubted token."""
    return True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a draft: the decision on it, and the name to retrieve for (None: the draft as a whole)."""

    decision: TriggerDecision
    name: ApiName | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a draft is judged: the method, its measure, and the least value that is believed.

    ``calibrated``: that value was measured for the model, or set by the user; ``learned``: it comes from this workspace.
    """

    method: Method
    measure: Measure
    threshold: float
    calibrated: bool = True
    learned: bool = False

    @classmethod
    def of(
        cls,
        method: Method,
        settings: Settings,
        capabilities: Capabilities,
        measured_here: Thresholds | None = None,
        learned: float = 0.0,
    ) -> Rules:
        """Return the rules of ``method``; a model that does not tell its distribution is never doubted.

        ``measured_here`` are the thresholds of a model that the registry does not know. ``learned`` is the least certainty
        that is believed in this workspace, 0.0 where none was learned; what the user has set goes first.
        """
        own = find_thresholds(settings.model.name, settings.model.path) or measured_here
        known, trigger = own or DEFAULT_THRESHOLDS, settings.trigger
        chosen, measured = (
            (trigger.certainty, known.certainty)
            if method == "full"
            else (trigger.threshold, known.confidence)
        )
        measure = measure_of(method, capabilities)
        if learned and method == "full" and not chosen:
            return cls(method, measure, learned, learned=True)
        return cls(method, measure, chosen or measured, calibrated=bool(chosen) or own is not None)

    def believes(self, token: Token) -> bool:
        """Return whether a name that is this token alone would be believed; names that are not believed have one that is not."""
        whole = ApiName("", "", 0, len(token.data))
        value = self.measure(whole, (token,), 0)
        return value is None or value >= self.threshold


class Watch:
    """Follows one draft, as the watcher of `write`; `outcome` says what came of it."""

    def __init__(
        self, site: Site, rules: Rules, typed: int, clock: Clock, on_doubt: OnDoubt = ignore_doubt
    ) -> None:
        """``typed`` is how many bytes at the start of the draft's tokens were already typed.

        ``on_doubt`` is told of doubted tokens, until it has begun to look up what they will want.
        """
        self._site = site
        self._rules = rules
        self._typed = typed
        self._clock = clock
        self._on_doubt = on_doubt
        self._doubts_left = _DOUBTS
        self._seen: list[Outcome] = []
        # a name inside a string or comment calls nothing
        is_idle = rules.method in ("base", "dag")
        self._is_idle = is_idle or site.analysis.in_string_or_comment(site.request.offset)

    def __call__(self, text: str, tokens: list[Token]) -> bool:
        """Return whether a name in ``text``, the draft so far, fires the trigger."""
        if self._is_idle:
            return False
        if b"(" not in tokens[-1].data:
            self._look_ahead(text, tokens)
            return False
        with self._clock.step("trigger"):
            return self._check(text, tokens)

    def outcome(self, draft: Written) -> Outcome:
        """Return what came of the whole ``draft``."""
        found = self._outcome(draft)
        rules = self._rules
        return replace(
            found, decision=replace(found.decision, calibrated=rules.calibrated, learned=rules.learned)
        )

    def _outcome(self, draft: Written) -> Outcome:
        match self._rules.method:
            case "dag":
                return _always(self._site.names(draft.text), draft, self._rules)
            case "base":
                return _never(self._site.names(draft.text), draft, self._rules)
            case _:
                fired = self._seen and self._seen[-1].decision.fired
                return self._seen[-1] if fired else _weakest(self._seen, self._rules)

    def _look_ahead(self, text: str, tokens: list[Token]) -> None:
        """Tell of the last token if it is one that would fire the trigger, were it the whole name."""
        if not self._doubts_left or self._rules.believes(tokens[-1]):
            return
        with self._clock.step("trigger"):
            self._doubts_left -= 1
            if self._on_doubt(text, tokens, self._typed):
                self._doubts_left = 0

    def _check(self, text: str, tokens: list[Token]) -> bool:
        method, threshold = self._rules.method, self._rules.threshold
        for name in self._site.names(text):
            if any(seen.name and name.end <= seen.name.end for seen in self._seen):
                continue
            value = self._rules.measure(name, tokens, self._typed)
            known, missing = self._is_known(name)
            decision = decide(method, name.name, value, known, self._site.was_read(name), threshold)
            self._seen.append(Outcome(replace(decision, missing=missing), name))
            if decision.fired:
                return True
        return False

    def _is_known(self, name: ApiName) -> tuple[bool, str]:
        """Return whether ``name`` counts as one of the index, and which knowledge is missing to tell."""
        match self._rules.method:
            case "confidence":
                return True, ""
            case "full":  # silence of an index that may lack the package is no reason
                knowledge = knowledge_of(self._site, name)
                return knowledge.exists is not False, knowledge.missing
            case _:  # as published: what the index does not list is not known
                return self._site.in_index(name), ""


def _always(names: list[ApiName], draft: Written, rules: Rules) -> Outcome:
    """Retrieve, for the first name if there is one."""
    first = names[0] if names else None
    value = rules.measure(first, draft.tokens, draft.typed) if first else None
    decision = TriggerDecision(True, ("always",), value, rules.threshold, first.name if first else None)
    return Outcome(decision, first)


def _never(names: list[ApiName], draft: Written, rules: Rules) -> Outcome:
    """Retrieve nothing; the name that the model was least sure of is told all the same."""
    seen = [_not_fired(rules, name, rules.measure(name, draft.tokens, draft.typed)) for name in names]
    return _weakest(seen, rules)


def _weakest(seen: list[Outcome], rules: Rules) -> Outcome:
    if not seen:
        return Outcome(TriggerDecision(False, (), None, rules.threshold, None))
    found = min(seen, key=lambda each: each.decision.confidence or 0.0)
    return replace(found, name=None)


def _not_fired(rules: Rules, name: ApiName, value: float | None) -> Outcome:
    return Outcome(TriggerDecision(False, (), value, rules.threshold, name.name), name)
