"""`make bench-grounded`: calls that have to be looked up, typed on llama.vim's server, on ours, and on ours at an earlier commit.

LIMIT=0.1    only the first part of the stops (the results go to the cache folder, not to bench/results)
SPEED=120    milliseconds a key
SIDES=a;b    only these rows
SECONDS=1800 no trace is begun after so long; the page is made of those that every side has typed. The next run goes on with
             the others, as it does when a run was stopped
COMMIT=ca646b6    the earlier commit; BEFORE=folder: a checkout of it, which may have its own .venv
"""

from __future__ import annotations

import asyncio
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.environments import share_models
from bench.latency import probes
from bench.latency.figures import Replay
from bench.latency.grounded_report import (
    BEFORE,
    NO_RETRIEVAL,
    OURS,
    PEER,
    Figures,
    Measured,
    figures,
    page,
)
from bench.latency.grounded_traces import PLACES, RepositoryFile, grounded
from bench.latency.ours import Ours
from bench.latency.peer_build import CACHE, llama_server
from bench.latency.run import (
    CONTEXT,
    RESULTS,
    Condition,
    Kept,
    Plan,
    World,
    build_index,
    make_world,
    side_of,
    typed,
)
from bench.latency.trace import Buffer, Jump, Trace, stored
from bench.machine import about, head_commit
from bench.over_lsp import Editor

from soothsay.config import Settings
from soothsay.model.files.registry import DEFAULT_MODEL
from soothsay.model.files.variants import choose_weights
from soothsay.model.local.runtime import LlamaRuntime

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bedrock.py"
COMMIT = "ca646b6"  # before what is known was not generated any more
_CODE = ("common", "index", "languages", "server")
_STARTS = 3  # of the README's example, a side
_CANCELS = 6
_READ, _DECODED = 600, 32  # tokens: before those that are timed, and those
CONDITIONS = (
    Condition(PEER),
    Condition(BEFORE, before=True),
    Condition(OURS),
    Condition(NO_RETRIEVAL, {"method": "base"}),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Traces that are typed on one server after the other, and the world that the server runs in."""

    name: str
    world: World
    traces: tuple[Trace, ...]


def limited(traces: Sequence[Trace], fraction: float) -> list[Trace]:
    """Return the first traces with this fraction of all episodes (from one jump to the next), one at least."""
    left = max(1, round(fraction * sum(map(_episodes, traces))))
    found: list[Trace] = []
    for trace in traces:
        if left > 0:
            count = _episodes(trace)
            found.append(trace if count <= left else trace.part(left / count))
            left -= count
    return found


def _episodes(trace: Trace) -> int:
    return sum(isinstance(step, Jump) for step in trace.steps)


def kind_of(trace: Trace) -> str:
    """Return what kind of calls a trace is about; the traces of `make bench-latency` are their own kinds."""
    return trace.source.kind if isinstance(trace.source, RepositoryFile) else trace.name


def groups(limit: float, base: World) -> list[Group]:
    """Return what is typed: the traces of each repository, then those of `make bench-latency`."""
    traces = limited(grounded(), limit)
    found: list[Group] = []
    for place in PLACES:
        own = tuple(
            each for each in traces if isinstance(each.source, RepositoryFile) and each.source.place == place
        )
        if own:
            world = replace(base, workspace=place.workspace(), python=place.python())
            found.append(Group(place.repository, world, own))
    plain = tuple(each for each in limited(stored(), limit))
    return [*found, Group("installed", base, plain)]


def earlier_code() -> Path:
    """Return the folder with the server of the commit to compare with: ``BEFORE=``, or what git holds of ``COMMIT=``."""
    if before := os.environ.get("BEFORE"):
        return Path(before).expanduser().absolute()
    commit = os.environ.get("COMMIT") or COMMIT
    folder = CACHE / "commits" / commit
    if not folder.exists():
        command = ["git", "-C", str(ROOT), "archive", commit, *_CODE]
        archive = subprocess.run(command, capture_output=True, check=False)
        if archive.returncode != 0:
            raise SystemExit(f"COMMIT: {archive.stderr.decode().strip()}; BEFORE= names a checkout")
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(part, filter="data")
        part.rename(folder)
    return folder


def at(condition: Condition, world: World) -> World:
    """Return the world of a side: an earlier server has an index of its own."""
    if not condition.before:
        return world
    home = world.home.with_name(f"{world.home.name}-before")
    share_models(home)
    return replace(world, home=home)


def plans(todo: Sequence[Group], sides: Sequence[Condition], speed: int) -> list[tuple[World, list[Plan]]]:
    """Return what one server after the other types, the sides of a repository after each other.

    Each time another one comes first.
    """
    found: list[tuple[World, list[Plan]]] = []
    for turn, group in enumerate(todo):
        first = turn % len(sides)
        found += [
            (at(condition, group.world), [Plan(condition, trace, speed) for trace in group.traces])
            for condition in (*sides[first:], *sides[:first])
        ]
    return found


async def type_all(todo: Sequence[tuple[World, list[Plan]]], kept: Kept, seconds: float) -> list[Replay]:
    """Type what is not in ``kept``, and put it there; return all of it. After ``seconds`` no trace is begun."""
    began, guessed = time.monotonic(), 0.0
    for number, (world, its_plans) in enumerate(todo, 1):
        left = [plan for plan in its_plans if kept.get(plan) is None]
        if not left or time.monotonic() - began > seconds:
            continue
        pace = (time.monotonic() - began) / guessed if guessed else 1.0
        to_come = [plan for _, some in todo[number - 1 :] for plan in some if kept.get(plan) is None]
        rest = f"{pace * sum(plan.seconds() for plan in to_come) / 60:.0f} min left"
        print(f"[{number}/{len(todo)}] {world.workspace.name}, {left[0].condition.name} · {rest}", flush=True)
        side = side_of(left[0].condition, world)
        await side.start()
        try:
            for plan in left:
                if time.monotonic() - began > seconds:
                    break
                kept.put(await typed(plan, side))
                guessed += plan.seconds()
        finally:
            await side.close()
    found = [kept.get(plan) for _, its_plans in todo for plan in its_plans]
    return [each for each in found if each is not None]


def comparable(replays: Sequence[Replay], sides: int) -> list[Replay]:
    """Return those of traces that were typed on all ``sides``."""
    times = Counter(each.trace for each in replays)
    return [each for each in replays if times[each.trace] == sides]


async def example_ms(condition: Condition, world: World) -> float:
    """Return the milliseconds that the README's example takes a server that has just started."""
    folder = EXAMPLE.parent
    editor = Editor(replace(at(condition, world), workspace=folder).setup(condition))
    await editor.start()
    try:
        text = EXAMPLE.read_text(encoding="utf-8").rstrip("\n")
        return (await editor.complete(EXAMPLE, text, len(text))).ms
    finally:
        await editor.close()


async def examples(sides: Sequence[Condition], world: World) -> dict[str, list[float]]:
    """Return those of each of our sides, in turn."""
    ours = [each for each in sides if each.name in (BEFORE, OURS)]
    found: dict[str, list[float]] = {each.name: [] for each in ours}
    for turn in range(_STARTS):
        for condition in ours[:: 1 if turn % 2 == 0 else -1]:
            found[condition.name].append(await example_ms(condition, world))
    return found


async def cancelled(sides: Sequence[Condition], world: World) -> dict[str, list[float | None]]:
    """Return after how many milliseconds our server lets go of the processor."""
    ours = [each for each in sides if each.name == OURS]
    if not ours or not probes.can_probe():
        return {}
    trace = stored()[-1]
    side = Ours(world.setup(ours[0]))
    await side.start()
    try:
        await side.open(Buffer(trace.source.read()), trace.source.file)
        return {OURS: await probes.ours_freed(side, trace.source.read(), _CANCELS)}
    finally:
        await side.close()


def open_runtime(threads: int) -> LlamaRuntime:
    """Load the weights that the server uses by default."""
    weights = choose_weights(DEFAULT_MODEL, Settings().model.weights).path
    return LlamaRuntime.load(weights, context=CONTEXT, threads=threads)


def token_times(runtime: LlamaRuntime) -> list[float]:
    """Return how many milliseconds each of some tokens takes, behind a prompt as long as usual."""
    tokens = runtime.vocab.encode(stored()[-1].source.read())[: _READ + _DECODED]
    runtime.context.forget()
    runtime.context.read(tokens[:_READ])
    times: list[float] = []
    for token in tokens[_READ:]:
        began = time.perf_counter()
        runtime.context.append([token])
        times.append((time.perf_counter() - began) * 1000)
    return times


def decode(threads: int) -> list[float]:
    """Return the times of `token_times`, of a model that is loaded for it and closed."""
    runtime = open_runtime(threads)
    try:
        return token_times(runtime)
    finally:
        runtime.close()


def chosen_sides() -> list[Condition]:
    """Return the rows that ``SIDES=`` asks for."""
    wanted = [each.strip() for each in (os.environ.get("SIDES") or "").split(";") if each.strip()]
    names = [each.name for each in CONDITIONS]
    if unknown := [each for each in wanted if each not in names]:
        raise SystemExit(f"SIDES: there is no {', '.join(unknown)}; there are {'; '.join(names)}")
    return [each for each in CONDITIONS if not wanted or each.name in wanted]


async def prepare(todo: Sequence[Group], sides: Sequence[Condition], world: World) -> None:
    """Build the peer and the indexes before anything is timed."""
    if any(each.name == PEER for each in sides):
        llama_server()
    example = replace(world, workspace=EXAMPLE.parent)
    ours = sorted((each for each in sides if each.name in (OURS, BEFORE)), key=lambda each: each.before)
    for condition in ours:
        copied = at(condition, world).home
        if not (copied / "index").exists() and (world.home / "index").exists():  # mostly the same: made once
            shutil.copytree(world.home / "index", copied / "index")
        for place in (*(group.world for group in todo), example):
            print(f"{condition.name}, {place.workspace.name}:", flush=True)
            await build_index(at(condition, place), condition)


async def main() -> None:
    limit = float(os.environ.get("LIMIT") or 1)
    seconds = float(os.environ.get("SECONDS") or math.inf)
    speed = int(os.environ.get("SPEED") or 120)
    if not 0 < limit <= 1:
        raise SystemExit("LIMIT is over 0 and at most 1")
    before = earlier_code()
    sides = chosen_sides()
    home = CACHE / "home-grounded"
    share_models(home)
    world = replace(make_world(stored(), "vscode"), home=home, before=before)
    todo = groups(limit, world)
    await prepare(todo, sides, world)
    decoded = decode(world.threads)
    todo_by_server = plans(todo, sides, speed)
    kept = Kept(CACHE / "replays-grounded.part.jsonl", f"{head_commit()} {before} LIMIT={limit:g}")
    replays = comparable(await type_all(todo_by_server, kept, seconds), len(sides))
    timed = await examples(sides, world)
    freed = await cancelled(sides, world)
    decoded += decode(world.threads)
    runtime = open_runtime(world.threads)
    kinds = {trace.name: kind_of(trace) for group in todo for trace in group.traces}
    found = figures(
        facts(world, before, limit, speed, sides), replays, kinds, Measured(timed, freed, decoded), runtime.count_tokens
    )  # fmt: skip
    runtime.close()
    everything = len(replays) == sum(len(its_plans) for _, its_plans in todo_by_server)
    whole = everything and limit == 1 and len(sides) == len(CONDITIONS)
    write(RESULTS if whole else CACHE / "sample", found, replays)
    if everything:
        kept.forget()


def facts(world: World, before: Path, limit: float, speed: int, sides: Sequence[Condition]) -> dict[str, str]:
    """Return what the page says of the run."""
    found = {
        "commit": head_commit(), "before": os.environ.get("COMMIT") or COMMIT if not os.environ.get("BEFORE") else str(before),
        **about(("llama-cpp-python", "pygls")), "model": world.model.name,
        "weights": choose_weights(DEFAULT_MODEL, Settings().model.weights).path.name,
        "context": str(CONTEXT), "threads": str(world.threads), "ms a key": str(speed), "python": sys.version.split()[0],
    }  # fmt: skip
    if limit < 1 or len(sides) < len(CONDITIONS):
        found["sample"] = f"LIMIT={limit:g} SIDES={';'.join(each.name for each in sides)}"
    return found


def write(folder: Path, found: Figures | Mapping[str, object], replays: Sequence[Replay]) -> None:
    """Write the page and its figures; every key goes to the cache folder."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = [each.to_json() for each in replays]
    (CACHE / "replays-grounded.json").write_text(json.dumps(raw), encoding="utf-8")
    (folder / "grounded.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    text = page(dict(found))
    (folder / "grounded.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {folder}")


if __name__ == "__main__":
    asyncio.run(main())
