"""Completing the tasks of a suite by every method, with an adapter or without, and what an adapter has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.align.methods import FIVE, METHODS, FiveDocuments
from bench.align.suites import Suite
from bench.align.world import GENERATIONS
from bench.cloudapi import methods as cloudapi_methods
from bench.completing import Generations, Row, fill, fingerprint, open_model, recorded, written_by

from soothsay.engine.pipeline import Engine
from soothsay.model.types import Adapter

WITHOUT = ""


def kept_of(suite: Suite, model: str, adapter: Adapter | None) -> Generations:
    """Return what was generated for ``suite``; it depends on the server, the environment and the methods."""
    code = (Path(cloudapi_methods.__file__), Path(__file__).with_name("methods.py"), *suite.requirements)
    name = f"{suite.name}-{written_by(model, adapter)}.jsonl.gz"
    return Generations(GENERATIONS / name, fingerprint(*code))


def complete_all(
    suite: Suite, tasks: Sequence[Row], methods: Sequence[str], model: str, adapter: Adapter | None
) -> None:
    """Complete every task by every method that is not there yet."""
    kept = kept_of(suite, model, adapter)
    missing = kept.missing(tasks, methods)
    if not missing:
        return
    folder = GENERATIONS if adapter else suite.streams
    said = adapter.name if adapter else "no adapter"
    print(f"{suite.name}, {said}: {len(missing)} generations", flush=True)
    with open_model(model, folder, adapter) as (remembering, streams):
        for world, todo in suite.parts(missing):
            bench = FiveDocuments(world.index)

            def complete(task: Row, method: str, world=world, bench=bench) -> Row:
                remembering.reset()
                bench.begin(*suite.wanted(task), method)
                engine = Engine(remembering, bench, METHODS[method].settings(), world.oracle)
                with suite.asking(task, world) as request:
                    completion = engine.complete(request)
                row = recorded(completion, remembering, bench.found)
                return {**row, "cited": [each.symbol for each in completion.evidence if each.symbol]}

            fill(todo, complete, kept, streams)


def measured(
    suite: Suite, tasks: Sequence[Row], methods: Sequence[str], model: str, adapters: Iterable[Adapter | None]
) -> list[Row]:
    """Return what was generated with each of ``adapters``, judged; ``method`` names the adapter as well."""
    rows: list[Row] = []
    for adapter in adapters:
        kept = kept_of(suite, model, adapter)
        found = suite.judged(list(kept.of(tasks, methods)))
        label = adapter.name if adapter else WITHOUT
        rows += [
            {**row, "suite": suite.name, "asked": row["method"], "adapter": label, "misled": misled(suite, row),
             "method": f"{row['method']} + {label}" if label else row["method"]}
            for row in found
        ]  # fmt: skip
    return rows


def misled(suite: Suite, row: Row) -> bool | None:
    """Return whether another of the five documents was followed; None where the right one was not in view."""
    cited = [each.rpartition(".")[2] for each in row["cited"]]
    if row["method"] != FIVE or row["name"] not in cited:
        return None
    called = str(row["called"]).rpartition(".")[2]
    return called != row["name"] and called in cited
