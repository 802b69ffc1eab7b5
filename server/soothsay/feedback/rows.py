"""One row of the log: a completion that was shown, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from soothsay.config import FeedbackSettings
from soothsay.engine.types import Completion, CompletionRequest, Evidence

Became = Literal["accepted", "partly", "rejected", "ignored"]
Delay = Literal["kept_10s", "kept_30s", "kept_5min"]


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """What is known of one completion. ``time`` is when it was shown, in seconds since 1970.

    ``taken`` of its ``characters`` were accepted; those that still stand after a while are `kept_10s` and so on, None where
    nobody looked. The texts are None unless the settings ask for them, and where they hold a secret.
    """

    id: str
    time: float
    workspace: str  # a hash
    language: str
    method: str
    model: str
    model_hash: str
    adapter_hash: str
    features: dict[str, float]
    evidence: tuple[str, ...]
    verdict: str
    became: Became
    characters: int
    taken: int
    kept_10s: int | None = None
    kept_30s: int | None = None
    kept_5min: int | None = None
    prefix: str | None = None
    text: str | None = None
    suffix: str | None = None
    settled: str | None = None


def hash_of(text: str) -> str:
    """Return a short hash, which tells two texts apart without saying them."""
    import hashlib  # here: an editor's process starts without it

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def adapters_id(completion: Completion) -> str:
    """Return the SHA-256 of the adapter that a completion was written with, with its scale unless that is 1; "" for none.

    Several are joined by ``+``.
    """
    return "+".join(
        each.sha256 if each.scale == 1 else f"{each.sha256}@{each.scale:g}" for each in completion.adapters
    )


def workspace_key(folder: Path) -> str:
    """Return what stands for a workspace in the log."""
    return hash_of(str(folder))


def logged_folders(settings: FeedbackSettings) -> tuple[Path, ...]:
    """Return the folders whose completions are logged, with links in them and without."""
    named = [Path(each).expanduser() for each in settings.workspaces if each.strip()]
    return tuple({folder for each in named if each.is_absolute() for folder in (each, each.resolve())})


def model_label(name: str, path: str) -> str:
    """Return what the log calls the model of the settings: the name of its file where they give one, else its own."""
    return Path(path).name or name


def evidence_id(evidence: Evidence) -> str:
    """Return what names ``evidence``: package, version and symbol, or a hash where it is the workspace's own."""
    if evidence.package and evidence.version:
        return f"{evidence.kind}:{evidence.package}@{evidence.version}:{evidence.symbol}"
    return f"{evidence.kind}:{hash_of(f'{evidence.uri} {evidence.symbol}')}"


def features_of(completion: Completion, request: CompletionRequest, *, automatic: bool) -> dict[str, float]:
    """Return what is known of a completion before it is shown, as numbers: none of them tells a text."""
    return dict(_features(completion, request, automatic))


def _features(
    completion: Completion, request: CompletionRequest, automatic: bool
) -> Iterator[tuple[str, float]]:
    trigger, text = completion.trigger, completion.text
    yield "automatic", float(automatic)
    yield "characters", float(len(text))
    yield "lines", float(text.count("\n") + 1)
    yield "tab_stops", float(len(completion.tab_stops))
    yield "has_call", float(trigger.name is not None)
    if trigger.confidence is not None:
        yield "confidence", trigger.confidence
        yield "threshold", trigger.threshold
    yield "calibrated", float(trigger.calibrated)
    yield "unknown", float(bool(trigger.missing))
    yield "retrieved", float(trigger.fired)
    for reason in trigger.reasons:
        yield f"reason_{reason}", 1.0
    yield f"verdict_{completion.verdict}", 1.0
    yield "repaired", float(bool(completion.check.repaired))
    yield "cut", float(completion.ending.step != "shown")
    yield "evidence", float(len(completion.evidence))
    if completion.evidence:
        yield "score", completion.evidence[0].score
    if chosen := [token.probability for token in completion.tokens if token.chosen]:
        yield "mean_probability", sum(chosen) / len(chosen)
        yield "least_probability", min(chosen)
    before = request.text[: request.offset].rpartition("\n")[2]
    yield "column", float(len(before))
    yield "line_is_empty", float(not before.strip())
    yield "line_goes_on", float(bool(request.text[request.offset :].partition("\n")[0].strip()))
    yield "milliseconds", completion.timings_ms.get("total", 0.0)
