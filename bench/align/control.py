"""Whether anything is lost: lines of other files, and functions that packages call often, with the adapter and without."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.align.world import GENERATIONS
from bench.completing import Row, fingerprint, written_by
from bench.weights import weights_file

from soothsay.align import guard_measure, guard_suites
from soothsay.align.guard_measure import CONTEXT, Calls, fills_line
from soothsay.align.guard_suites import Suites, make_suites
from soothsay.backend.session import NoIndex
from soothsay.errors import Cancelled
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.types import Adapter
from soothsay_index.runtime.environment import locate_environment, read_environment
from soothsay_index.sources.registry import package_sources
from soothsay_languages.registry import language_or_plain

INFILLING, RETENTION = "infilling", "retention"
TASKS = 300


def suites(trained_on: Collection[str], count: int) -> Suites:
    """Return the guard's tasks of the packages that soothsay is installed with, without those that were ``trained_on``."""
    environment = read_environment(locate_environment(Path.cwd(), sys.executable).alone())
    sources = package_sources(environment).values()
    return make_suites(
        sources, language_or_plain(environment.kind.language), count, trained_on, lambda _: None
    )


@dataclass(frozen=True)
class Kept:
    """What was counted with one model, a task a key."""

    path: Path

    def read(self) -> dict[str, bool]:
        """Return it by task."""
        return json.loads(gzip.decompress(self.path.read_bytes())) if self.path.exists() else {}

    def write(self, outcomes: dict[str, bool]) -> None:
        """Keep ``outcomes``."""
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_bytes(gzip.compress(json.dumps(outcomes, sort_keys=True).encode(), mtime=0))


def kept_of(model: str, adapter: Adapter | None) -> Kept:
    """Return what was counted, as long as the code is the same."""
    code = fingerprint(Path(guard_measure.__file__), Path(guard_suites.__file__))
    return Kept(GENERATIONS / f"control-{code}-{written_by(model, adapter)}.json.gz")


def control_tasks(found: Suites) -> dict[str, tuple[str, Callable[[Calls], bool]]]:
    """Return, by a key, the suite of each task and what runs it."""
    made: dict[str, tuple[str, Callable[[Calls], bool]]] = {}
    for task in found.lines:
        made[f"{INFILLING} {task.offset} {task.line}"] = (
            INFILLING,
            lambda calls, task=task: fills_line(calls.model, task, calls.language),
        )
    for task in found.frequent:
        made[f"{RETENTION} {task.owner}.{task.wanted}"] = (
            RETENTION,
            lambda calls, task=task: calls.is_valid(task),
        )
    return made


def count_all(found: Suites, model: str, adapters: Sequence[Adapter | None]) -> None:
    """Run what was not run yet."""
    tasks = control_tasks(found)
    for adapter in adapters:
        kept = kept_of(model, adapter)
        outcomes = kept.read()
        todo = [key for key in tasks if key not in outcomes]
        if todo:
            _run(tasks, todo, model, adapter, outcomes, kept)


def counted(found: Suites, model: str, adapters: Sequence[Adapter | None]) -> list[Row]:
    """Return a row for each task and adapter that was run."""
    rows: list[Row] = []
    for adapter in adapters:
        outcomes = kept_of(model, adapter).read()
        label = adapter.name if adapter else ""
        rows += [
            {"suite": "control", "id": key, "adapter": label, "asked": suite, "good": outcomes[key]}
            for key, (suite, _) in control_tasks(found).items()
            if key in outcomes
        ]
    return rows


def _run(
    tasks: dict[str, tuple[str, Callable[[Calls], bool]]], todo: Sequence[str], model: str, adapter: Adapter | None,
    outcomes: dict[str, bool], kept: Kept,
) -> None:  # fmt: skip
    runtime = LlamaRuntime.load(weights_file(model), context=CONTEXT)
    try:
        runtime.apply([adapter] if adapter else [])
        calls = Calls(runtime, NoIndex(), language_or_plain("python"))
        for number, key in enumerate(todo, 1):
            outcomes[key] = bool(tasks[key][1](calls))
            print(f"\rcontrol: {number}/{len(todo)}   ", end="", flush=True)
    except (KeyboardInterrupt, Cancelled):
        print("\nstopped: the next run goes on from here")
        raise SystemExit(130) from None
    finally:
        kept.write(outcomes)
        runtime.close()
    print()
