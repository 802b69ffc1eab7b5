"""Completing many tasks by many methods: what is missing is written, what was written is kept. ``bench.repo`` shares it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.cloudapi.methods import Variant
from bench.cloudapi.run import Generations, name_certainty
from bench.machine import head_commit
from bench.remember import RememberingModel, Streams

from soothsay.config import Settings
from soothsay.engine.types import Completion
from soothsay.errors import Cancelled
from soothsay.model.registry import DEFAULT_MODEL
from soothsay.model.resolve import resolve_model
from soothsay.model.runtime import LlamaRuntime

Row = dict[str, Any]
_SAVE_STREAMS = 50  # generations
_PATIENCE_MS = 600_000  # the most that a setting may be


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ``LIMIT=``, ``MODEL=``, ``METHODS=`` and ``SPLIT=`` ask for."""

    tasks: list[Row]
    total: int
    model: str
    methods: tuple[str, ...]


def wanted(everything: Sequence[Row], variants: Mapping[str, Variant], usual: Sequence[str]) -> Wanted:
    """The tasks and methods of this run, from the environment's variables."""
    split = os.environ.get("SPLIT") or "all"
    tasks = [task for task in everything if split in ("all", task["split"])]
    if not tasks:
        raise SystemExit(f"SPLIT: there is no {split}; there are dev and test")
    methods = tuple(name for name in (os.environ.get("METHODS") or ";".join(usual)).split(";") if name)
    unknown = [name for name in methods if name not in variants]
    if unknown:
        raise SystemExit(f"METHODS: there is no {', '.join(unknown)}; there are {'; '.join(variants)}")
    limit = int(os.environ.get("LIMIT") or len(tasks))
    return Wanted(tasks[:limit], len(everything), os.environ.get("MODEL") or DEFAULT_MODEL, methods)


@contextmanager
def open_model(name: str, folder: Path) -> Iterator[tuple[RememberingModel, Streams]]:
    """The model, and the streams of tokens that it has written, in ``folder``. ``THREADS=`` are its threads."""
    runtime = LlamaRuntime(
        resolve_model(name, ""), context=Settings().model.context, threads=int(os.environ.get("THREADS") or 0)
    )
    folder.mkdir(parents=True, exist_ok=True)
    streams = Streams(folder / f"{name}.streams.jsonl.gz")
    try:
        yield RememberingModel(runtime, streams), streams
    finally:
        streams.save()
        runtime.close()


def settings_of(variant: Variant) -> Settings:
    """A variant's settings, in no hurry: a busy machine must not cut short what is shown."""
    settings = variant.settings()
    return replace(settings, completion=replace(settings.completion, max_latency_ms=_PATIENCE_MS))


def fill(
    missing: Sequence[tuple[Row, str]], complete: Callable[[Row, str], Row], kept: Generations, streams: Streams,
) -> None:  # fmt: skip
    """Each task by its method, with the time that is left; an interrupted run loses nothing."""
    began = time.monotonic()
    try:
        for number, (task, method) in enumerate(missing, 1):
            kept.put(task, method, complete(task, method))
            if number % _SAVE_STREAMS == 0:
                streams.save()
            left = (time.monotonic() - began) / number * (len(missing) - number)
            print(f"\r{number}/{len(missing)} generations, {left / 60:.0f} min left   ", end="", flush=True)
    except (KeyboardInterrupt, Cancelled):  # Ctrl-C while the model writes ends what it writes
        print("\nstopped: the next run goes on from here")
        raise SystemExit(130) from None
    finally:
        kept.save()
    print()


def recorded(completion: Completion, model: RememberingModel, found: Sequence[str]) -> Row:
    """What is kept of one completion."""
    return {
        "shown": completion.text, "draft": completion.draft, "verdict": completion.verdict,
        "fired": completion.trigger.fired, "reasons": list(completion.trigger.reasons),
        "confidence": completion.trigger.confidence, "certainty": name_certainty(completion), "found": list(found),
        "problem": completion.check.problem, "repaired": completion.check.repaired, "trimmed": completion.check.trimmed,
        "ms": round(completion.timings_ms["total"] + model.replayed_ms, 1), "evaluated": completion.evaluated,
        "load": round(os.getloadavg()[0], 1), "commit": head_commit(),
    }  # fmt: skip
