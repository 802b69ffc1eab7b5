"""The JSON of one completion: the contract of `soothsay complete --json` and of `soothsay.explainLast`."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Any

from soothsay.engine.reasons import ENDING_TEXTS, REASON_TEXTS
from soothsay.engine.types import Completion, Evidence
from soothsay.model.types import Token


def completion_to_json(completion: Completion) -> dict[str, Any]:
    """Return a tree of dicts, lists, strings and numbers. Keys are only ever added, never renamed."""
    trigger, ending = completion.trigger, completion.ending
    return {
        "text": completion.text,
        "draft": completion.draft,
        "replaced": completion.replaced,
        "tab_stops": [
            {"start": stop.start, "end": stop.end, "label": stop.label} for stop in completion.tab_stops
        ],
        "ending": {
            "step": ending.step,
            "explanation": ENDING_TEXTS[ending.step],
            "dropped": ending.dropped,
        },
        "adapters": [
            {"name": each.name, "scale": each.scale, "sha256": each.sha256} for each in completion.adapters
        ],
        "verdict": completion.verdict,
        "method": completion.method,
        "trigger": {
            "fired": trigger.fired,
            "reasons": list(trigger.reasons),
            "explanations": [REASON_TEXTS[reason] for reason in trigger.reasons],
            "confidence": trigger.confidence,
            "threshold": trigger.threshold,
            "name": trigger.name,
            "missing": trigger.missing,
            "calibrated": trigger.calibrated,
            "learned": trigger.learned,
        },
        "evidence": [_evidence(each) for each in completion.evidence],
        "tokens": _tokens(completion.tokens),
        "timings_ms": dict(completion.timings_ms),
        "evaluated": dict(completion.evaluated),
        "generated": dict(completion.generated),
        "oracle": {
            "questions": [
                {"what": question.what, "ms": round(question.ms, 2), "answered": question.answered}
                for question in completion.check.questions
            ],
            "problem": completion.check.problem,
            "repaired": completion.check.repaired,
            "trimmed": completion.check.trimmed,
        },
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": evidence.kind,
        "symbol": evidence.symbol,
        "package": evidence.package,
        "version": evidence.version,
        "uri": evidence.uri,
        "text": evidence.text,
        "score": evidence.score,
        "scores": dict(evidence.scores),
        "language": evidence.language,
    }


def _tokens(tokens: Iterable[Token]) -> list[dict[str, Any]]:
    """Texts that join to the text generated: a character split over tokens belongs to the one that ends it."""
    decoder = getincrementaldecoder("utf-8")(errors="replace")
    return [{"text": decoder.decode(token.data), "probability": token.probability} for token in tokens]
