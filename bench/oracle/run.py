"""`make bench-oracle`: what is shown, judged; the check itself, judged; and what both cost.

``LIMIT=n`` takes n tasks, spread over the groups. Generations are appended to a JSONL as they come; the next run goes on
from there (``FRESH=1`` begins again).
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bench.machine import head_commit
from bench.oracle.judge import FORWARDED
from bench.oracle.mutate import labelled_calls, unreachable
from bench.oracle.report import write_report
from bench.oracle.world import CACHE, HERE, World, open_world
from bench.order import interleaved

from soothsay.config import PATIENT, Method, OracleSettings, Settings
from soothsay.engine import pipeline
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.pipeline import Engine
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.engine.verify import judge
from soothsay.model.files.resolve import resolve_model
from soothsay.model.local import decoding
from soothsay.model.local.decoding import best_possible
from soothsay.model.local.runtime import LlamaRuntime
from soothsay_languages.base import Language

METHODS: dict[str, tuple[Method, bool]] = {
    "base": ("base", True),
    "dag++": ("dag++", True),
    "full, unconstrained": ("full", False),
    "full": ("full", True),
}
RESULTS = HERE.parent / "results"
COMMIT = head_commit()  # what this process has loaded
THREADS = int(os.environ.get("THREADS") or 0)  # 0: the default; 1 on a machine that others use
# tasks that one method writes in a row: none finds the prompt of the method before it in the KV cache
BLOCK = 12
T = TypeVar("T")
Row = dict[str, Any]


class Meter:
    """Seconds and calls of what the constraint does, without changing the engine."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.seconds = {"accepts": 0.0, "possible": 0.0, "lookup": 0.0, "_possible": 0.0}
        self.calls = dict.fromkeys(self.seconds, 0)

    def timed(self, what: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds[what] += time.perf_counter() - began
            self.calls[what] += 1


METER = Meter()


class TimedConstraint(CallConstraint):
    def __init__(
        self,
        before: str,
        language: Language,
        members_of: Callable[..., Any],
        parameters_of: Callable[..., Any],
        names: Callable[..., Any] = lambda: None,
    ) -> None:
        super().__init__(
            before,
            language,
            lambda name: METER.timed("lookup", lambda: members_of(name)),
            lambda name: METER.timed("lookup", lambda: parameters_of(name)),
            names,
        )

    def accepts(self, written: bytes, piece: bytes) -> bool:
        return METER.timed("accepts", lambda: super(TimedConstraint, self).accepts(written, piece))

    def possible(self, written: bytes) -> Sequence[bytes]:
        return METER.timed("possible", lambda: super(TimedConstraint, self).possible(written))


def timed_possible(*args: Any) -> Any:
    """Do as `best_possible` does."""
    return METER.timed("_possible", lambda: best_possible(*args))


def spread(tasks: Sequence[Row], seed: int = 7) -> list[Row]:
    """All tasks in an order in which every beginning holds about the same share of each group."""
    chance = random.Random(seed)
    groups: dict[str, list[Row]] = {}
    for task in tasks:
        groups.setdefault(task["group"], []).append(task)
    return interleaved({name: chance.sample(group, len(group)) for name, group in sorted(groups.items())})


def schedule(tasks: Sequence[Row], done: set[tuple[str, str]]) -> Iterator[tuple[Row, str]]:
    """Which method writes which task next."""
    for begin in range(0, len(tasks), BLOCK):
        for method in METHODS:
            for task in tasks[begin : begin + BLOCK]:
                if (task["id"], method) not in done:
                    yield task, method


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL; a last line cut short is left out."""
    rows: list[Row] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def generate(task: Row, method: str, world: World, engine: Engine) -> Row:
    """One completion, and what the referee says of it."""
    text = task["text"]
    path = world.workspace / f"{task['id'].replace('-', '_')}.py"
    METER.reset()
    request = CompletionRequest(path, text, len(text), world.workspace, method=METHODS[method][0])
    completion = engine.complete(request)
    verdict = world.referee.judge(task["setup"], task["prefix"], completion.text)
    return {
        "id": task["id"], "group": task["group"], "method": method, "shown": completion.text, "verdict": completion.verdict,
        **verdict, "right": completion.text.lstrip().startswith((f"{task['name']}(", f"{task['name']} (")),
        "draft": completion.draft, "problem": completion.check.problem, "repaired": completion.check.repaired,
        "trimmed": completion.check.trimmed, "reasons": list(completion.trigger.reasons),
        "ms": {k: round(v, 1) for k, v in completion.timings_ms.items()},
        "oracle_ms": round(sum(q.ms for q in completion.check.questions), 2), "questions": len(completion.check.questions),
        "mask_s": dict(METER.seconds), "mask_n": dict(METER.calls), "load": round(os.getloadavg()[0], 1), "threads": THREADS, "commit": COMMIT,
    }  # fmt: skip


def write_generations(tasks: Sequence[Row], worlds: dict[str, World], path: Path) -> list[Row]:
    """Part 1: every task by every method that is not in ``path`` yet."""
    rows = read_rows(path)
    done = {(row["id"], row["method"]) for row in rows}
    work = list(schedule(tasks, done))
    if work:
        pipeline.CallConstraint = TimedConstraint  # type: ignore[misc]
        decoding.best_possible = timed_possible
        weights = resolve_model(Settings().model.name, "")
        model = LlamaRuntime.load(weights, context=Settings().model.context, threads=THREADS)
        engines = {
            (env, method): Engine(
                model,
                world.index,
                Settings(completion=PATIENT, oracle=OracleSettings(constrain=constrain)),
                world.oracle,
            )
            for env, world in worlds.items()
            for method, (_, constrain) in METHODS.items()
        }
        began = time.monotonic()
        with path.open("a", encoding="utf-8") as file:
            for number, (task, method) in enumerate(work, 1):
                row = generate(task, method, worlds[task["env"]], engines[task["env"], method])
                rows.append(row)
                file.write(json.dumps(row) + "\n")
                file.flush()
                left = (time.monotonic() - began) / number * (len(work) - number)
                print(f"\r{number}/{len(work)} generations, {left / 60:.0f} min left ", end="", flush=True)
        print()
        model.close()
    return rows


def judged_again(rows: Sequence[Row], tasks: Sequence[Row], worlds: dict[str, World]) -> list[Row]:
    """The rows of ``tasks``, by today's referee: it may have learned something since they were written."""
    by_id = {task["id"]: task for task in tasks}
    return [
        {**row, **worlds[task["env"]].referee.judge(task["setup"], task["prefix"], row["shown"])}
        for row in rows
        if (task := by_id.get(row["id"])) is not None
    ]


def check(text: str, shown: str, world: World) -> Row:
    """The engine's check of ``shown`` at the end of ``text``, and what it cost."""
    request = CompletionRequest(world.workspace / "scratch.py", text, len(text), world.workspace)
    with world.oracle.asking() as questions:
        began = time.perf_counter()
        judgement = judge(Site(request, world.index), shown, world.oracle)
        ms = (time.perf_counter() - began) * 1000
    return {
        "verdict": judgement.verdict, "problem": judgement.problem, "fault": judgement.fault, "ms": round(ms, 3),
        "oracle_ms": round(sum(q.ms for q in questions), 3), "unanswered": sum(not q.answered for q in questions),
    }  # fmt: skip


def judge_calls(tasks: Sequence[Row], worlds: dict[str, World]) -> list[Row]:
    """Parts 2 and 3: calls whose truth is known, given to the engine's check."""
    rows: list[Row] = []
    warm: set[str] = set()
    calls = list(labelled_calls(tasks))
    for number, call in enumerate(calls, 1):
        task = call.task
        world = worlds[task["env"]]
        truth = world.referee.judge(task["setup"], task["prefix"], call.shown)
        if truth["outcome"] not in ("ok", "no_name", "no_bind") or truth["detail"].endswith(FORWARDED):
            continue  # nobody can tell
        if task["setup"] not in warm:  # the first question about a package reads it
            warm.add(task["setup"])
            check(task["text"], "zz()", world)
        for place, text in (("reachable", task["text"]), ("unreachable", unreachable(task["text"]))):
            rows.append(
                {
                    "id": task["id"], "group": task["group"], "kind": call.kind, "place": place, "shown": call.shown,
                    "truth": truth["outcome"], "why": truth["detail"], **check(text, call.shown, world),
                }
            )  # fmt: skip
        print(f"\r{number}/{len(calls)} labelled calls ", end="", flush=True)
    print()
    return rows


def main() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    tasks = spread(read_rows(HERE / "tasks.jsonl"))
    tasks = tasks[: int(os.environ.get("LIMIT") or len(tasks))]
    path = CACHE / "generations.jsonl"
    if os.environ.get("FRESH"):
        path.unlink(missing_ok=True)
    worlds = {env: open_world(env) for env in ("stubs", "plain")}
    try:
        calls = judge_calls(tasks, worlds)
        rows = read_rows(path) if os.environ.get("REPORT") else write_generations(tasks, worlds, path)
        write_report(tasks, judged_again(rows, tasks, worlds), calls, RESULTS, list(METHODS))
    finally:
        for world in worlds.values():
            world.close()


if __name__ == "__main__":
    main()
