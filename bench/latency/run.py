"""`make bench-latency`: the same traces typed on our server and on llama.vim's, in turn.

LIMIT=0.2        only the first fifth of each trace (the results go to the cache folder, not to bench/results)
SPEEDS=120       only these milliseconds a key
SIDES=a;b        only these rows (`llama-server;soothsay` without the variants)
EDITOR_PLUGIN=neovim    ask when our Neovim plugin asks, not when VS Code does
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
from bench.environments import share_models
from bench.latency import plot, probes, report
from bench.latency.figures import Replay
from bench.latency.ours import PLUGINS, Ours, Setup, longest_wait
from bench.latency.peer import Peer, PeerSetup
from bench.latency.peer_build import CACHE, llama_server
from bench.latency.trace import Buffer, Jump, Trace, stored
from bench.latency.trace import replay as expected
from bench.latency.typist import READ, REST, Typist
from bench.machine import about, head_commit

from soothsay.config import Settings
from soothsay.model.files.cache import model_path
from soothsay.model.files.registry import DEFAULT_MODEL
from soothsay.model.files.variants import choose_weights
from soothsay.model.local.runtime import LlamaRuntime

RESULTS = Path(__file__).resolve().parents[1] / "results"
SPEEDS = (60, 120, 250)
CONTEXT = 4096
PEER = "llama-server"
OURS = "soothsay"
_STARTING = 10.0  # seconds, a guess: until a server is ready
_WAITING = 1.2  # seconds, a guess: a look takes that much longer than READ
_CANCELS = 8
_PULLED = "sympy"  # comes with torch: 1,500 files, more than are indexed while a trace is typed
_LEFT_OUT = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True, slots=True)
class Condition:
    """A row of the report: a side, and how it runs."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    traces: tuple[str, ...] = ()  # all without
    speeds: tuple[int, ...] = ()
    indexing: bool = False  # an index is being built meanwhile
    pinged: bool = False  # the event loop is asked all the time
    before: bool = False  # the server of the checkout that BEFORE= names


CONDITIONS = (
    Condition(PEER),
    Condition(OURS),
    Condition(report.NO_ORACLE, {"oracle": {"enabled": False}}, traces=("medium",)),
    Condition(report.NO_RETRIEVAL, {"method": "base"}, traces=("medium",)),
    Condition(report.INDEXING, traces=("medium",), indexing=True),
    Condition(report.PINGED, traces=("medium",), speeds=(120,), pinged=True),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One replay to come."""

    condition: Condition
    trace: Trace
    speed: int

    def seconds(self) -> float:
        jumps = sum(isinstance(step, Jump) for step in self.trace.steps)
        typing = self.trace.keys() * self.speed / 1000
        return _STARTING + typing + jumps * REST + self.trace.looks() * (READ + _WAITING)


@dataclass(frozen=True, slots=True)
class World:
    """Where everything is."""

    workspace: Path
    home: Path  # SOOTHSAY_CACHE of our server: its index is not the user's
    logs: Path
    model: Path
    threads: int
    editor: str
    before: Path | None = None  # a checkout of an earlier commit, to compare with
    python: Path = field(default_factory=lambda: Path(sys.executable))  # of the workspace's environment

    def setup(self, condition: Condition) -> Setup:
        settings = {
            "model": {"name": DEFAULT_MODEL, "context": CONTEXT, "threads": self.threads},
            "index": {"python": str(self.python)},
            "backend": {"lingerS": 0},
            **condition.settings,
        }
        log = self.logs / "soothsay.log"
        code = self.before if condition.before else None
        return Setup(settings, self.workspace, self.home, log, PLUGINS[self.editor], code)

    def peer(self) -> PeerSetup:
        return PeerSetup(llama_server(), self.model, CONTEXT, self.threads, self.logs / "llama-server.log")


def plans(traces: Sequence[Trace], speeds: Sequence[int], sides: Sequence[str]) -> list[Plan]:
    """Every replay, the sides of one trace and speed after each other; each time another side comes first."""
    found: list[Plan] = []
    for turn, (speed, trace) in enumerate((speed, trace) for trace in traces for speed in speeds):
        row = [
            Plan(each, trace, speed)
            for each in CONDITIONS
            if (not sides or each.name in sides)
            and (not each.traces or trace.name in each.traces)
            and (not each.speeds or speed in each.speeds)
        ]
        first = turn % len(row) if row else 0
        found += row[first:] + row[:first]
    return found


def make_world(traces: Sequence[Trace], editor: str) -> World:
    """A workspace with the files of the traces, and what else has to be there once."""
    workspace, home, logs = CACHE / "workspace", CACHE / "home", CACHE / "logs"
    for folder in (workspace, home, logs):
        folder.mkdir(parents=True, exist_ok=True)
    for trace in traces:
        (workspace / trace.source.file).write_text(trace.source.read(), encoding="utf-8")
    share_models(home)
    threads = psutil.cpu_count(logical=False) or 1
    return World(workspace, home, logs, model_path(DEFAULT_MODEL), threads, editor)


async def build_index(world: World, condition: Condition | None = None) -> None:
    """The first start builds it; later ones find it."""
    print("bringing the index of the traced files and what they import up to date ...", flush=True)
    started, shown = time.monotonic(), ""

    def say(line: str) -> None:
        nonlocal shown
        if line != shown:
            shown = line
            print(f"\r  {line:<70}", end="", flush=True)

    ours = Ours(world.setup(condition or Condition(OURS)))
    await ours.start(say)
    await ours.close()
    print(f"\r  done after {time.monotonic() - started:.0f} s{'':<60}", flush=True)


async def replay(plan: Plan, world: World) -> Replay:
    """Start a server, type the trace, stop the server."""
    world = _copy(world) if plan.condition.indexing else world
    side = side_of(plan.condition, world)
    await side.start()
    try:
        return await typed(plan, side)
    finally:
        await side.close()
        if plan.condition.indexing:
            _remove(world)


def side_of(condition: Condition, world: World) -> Ours | Peer:
    """The server that a row of the report is about, not started yet."""
    return Peer(world.peer()) if condition.name == PEER else Ours(world.setup(condition))


def _copy(world: World) -> World:
    """A workspace and an index that may be left half built."""
    copy = replace(world, workspace=CACHE / "workspace-indexing", home=CACHE / "home-indexing")
    _remove(copy)
    shutil.copytree(world.workspace, copy.workspace)
    shutil.copytree(world.home, copy.home, symlinks=True, ignore=shutil.ignore_patterns("run"))
    return copy


def _remove(copy: World) -> None:
    shutil.rmtree(copy.workspace, ignore_errors=True)
    shutil.rmtree(copy.home, ignore_errors=True)


async def typed(plan: Plan, side: Ours | Peer) -> Replay:
    """Type a trace on a server that has been started."""
    buffer = Buffer(plan.trace.source.read())
    if isinstance(side, Ours):
        await side.open(buffer, plan.trace.source.file)
    else:
        await side.open(buffer)
    done = asyncio.Event()
    building = pinging = None
    if isinstance(side, Ours) and plan.condition.indexing:
        building = asyncio.create_task(_keep_indexing(side, done))
    if isinstance(side, Ours) and plan.condition.pinged:
        pinging = asyncio.create_task(longest_wait(side, done))
    cpu, started = side.cpu(), time.monotonic()
    found = await Typist(plan.trace, plan.speed, side, buffer).type()
    cpu, seconds = side.cpu() - cpu, time.monotonic() - started
    done.set()
    if buffer.text != expected(plan.trace, plan.trace.source.read()):
        raise AssertionError(
            f"{plan.condition.name} has typed something else than the trace {plan.trace.name} says"
        )
    return Replay(
        side=plan.condition.name, trace=plan.trace.name, speed=plan.speed, keys=found.keys,
        samples=found.samples, requests=found.requests, sent=side.watch.sent, cancelled=side.watch.cancelled,
        accepted=found.accepted, cpu=cpu, seconds=seconds,
        background=await building if building else None, block=await pinging if pinging else None,
        own=await side.counters() if isinstance(side, Ours) else None, refused=side.watch.refused,
    )  # fmt: skip


async def _keep_indexing(ours: Ours, until: asyncio.Event) -> float:
    """Let many files appear, as if pulled, and have them indexed; the share of the time that a build was under way."""
    spec = find_spec(_PULLED)  # unlike importlib.resources, it imports nothing
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    await asyncio.to_thread(shutil.copytree, package, ours.workspace / "pulled", ignore=_LEFT_OUT)
    looked = building = 0
    while not until.is_set():
        looked += 1
        building += ours.indexing
        if not ours.indexing:
            await ours.command("reindex")
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), 0.2)
    return building / looked


async def probe(world: World, traces: Sequence[Trace], sides: Sequence[str]) -> dict[str, list[float | None]]:
    """How long a cancelled request goes on, on both sides."""
    text = traces[-1].source.read()
    found: dict[str, list[float | None]] = {}
    if not probes.can_probe():
        return found
    if not sides or PEER in sides:
        peer = Peer(world.peer())
        await peer.start()
        found[PEER] = await probes.peer_freed(peer, text, _CANCELS)
        await peer.close()
    if not sides or OURS in sides:
        ours = Ours(world.setup(Condition(OURS)))
        await ours.start()
        await ours.open(Buffer(text), traces[-1].source.file)
        found[OURS] = await probes.ours_freed(ours, text, _CANCELS)
        await ours.close()
    return found


def vocabulary(model: Path) -> int:
    """How many tokens the model chooses from."""
    runtime = LlamaRuntime.load(model, context=256)
    size = runtime.vocab.size
    runtime.close()
    return size


class Kept:
    """The replays of a run that has not ended, in a file: an interrupted one goes on, at the same commit."""

    def __init__(self, path: Path, run: str) -> None:
        self._path, self._run = path, run
        self._replays: dict[tuple[str, str, int], Replay] = {}
        if path.exists():
            head, *lines = path.read_text(encoding="utf-8").splitlines()
            if head == run:
                self._add(*(Replay.from_json(json.loads(line)) for line in lines))

    def _add(self, *replays: Replay) -> None:
        self._replays.update({(each.side, each.trace, each.speed): each for each in replays})

    def get(self, plan: Plan) -> Replay | None:
        return self._replays.get((plan.condition.name, plan.trace.name, plan.speed))

    def put(self, replay: Replay) -> None:
        self._add(replay)
        lines = (json.dumps(each.to_json()) for each in self._replays.values())
        self._path.write_text("\n".join((self._run, *lines)), encoding="utf-8")

    def forget(self) -> None:
        """The run has ended."""
        self._path.unlink(missing_ok=True)


async def measure(world: World, todo: Sequence[Plan], kept: Kept) -> list[Replay]:
    """Every replay; what is left is estimated by how the estimates have turned out so far."""
    done: list[Replay] = []
    started, guessed = time.monotonic(), 0.0
    for number, plan in enumerate(todo, 1):
        if known := kept.get(plan):
            done.append(known)
            continue
        rest = sum(each.seconds() for each in todo[number - 1 :])
        pace = (time.monotonic() - started) / guessed if guessed else 1.0
        left = f"{rest * pace / 60:.0f} min left" if rest * pace > 90 else f"{rest * pace:.0f} s left"
        print(
            f"[{number}/{len(todo)}] {plan.condition.name}, {plan.trace.name}, {plan.speed} ms a key · {left}",
            flush=True,
        )
        done.append(await replay(plan, world))
        kept.put(done[-1])
        guessed += plan.seconds()
    return done


def _listed(name: str, separator: str = ",") -> list[str]:
    return [each.strip() for each in (os.environ.get(name) or "").split(separator) if each.strip()]


async def main() -> None:
    limit = float(os.environ.get("LIMIT") or 1)
    editor = os.environ.get("EDITOR_PLUGIN") or "vscode"
    speeds = [int(each) for each in _listed("SPEEDS")] or list(SPEEDS)
    sides = _listed("SIDES", ";")
    unknown = [each for each in sides if each not in {condition.name for condition in CONDITIONS}]
    if unknown or editor not in PLUGINS or not 0 < limit <= 1:
        names = "; ".join(condition.name for condition in CONDITIONS)
        raise SystemExit(
            f"LIMIT is over 0 and at most 1, EDITOR_PLUGIN one of {', '.join(PLUGINS)}, SIDES some of: {names}"
        )
    if not sides or PEER in sides:
        llama_server()  # built before anything is timed
    whole = stored()
    traces = [each.part(limit) for each in whole]
    world = make_world(traces, editor)
    await build_index(world)
    todo = plans(traces, speeds, sides)
    kept = Kept(CACHE / "replays.part.jsonl", f"{head_commit()} LIMIT={limit:g} {editor}")
    replays = await measure(world, todo, kept)
    print("cancelling requests ...", flush=True)
    freed = await probe(world, traces, sides)
    chosen = probes.choosing(vocabulary(world.model))
    facts = {
        "commit": head_commit(), **about(("llama-cpp-python", "pygls")), "model": world.model.name,
        "weights": choose_weights(DEFAULT_MODEL, Settings().model.weights).path.name,
        "context": str(CONTEXT), "threads": str(world.threads), "editor": editor,
    }  # fmt: skip
    sample = limit < 1 or bool(sides) or set(speeds) != set(SPEEDS)
    if sample:
        facts["sample"] = (
            f"LIMIT={limit:g} SPEEDS={','.join(map(str, speeds))} SIDES={';'.join(sides) or 'all'}"
        )
    write(CACHE / "sample" if sample else RESULTS, facts, replays, freed, chosen)
    kept.forget()


def write(
    folder: Path,
    facts: Mapping[str, str],
    replays: Sequence[Replay],
    freed: Mapping[str, Any],
    chosen: float,
) -> None:
    """The figures, the page, the plot; and every sample in the cache folder, for whoever wants to look closer."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = [each.to_json() for each in replays]
    (CACHE / "replays.json").write_text(json.dumps({"about": facts, "replays": raw}), encoding="utf-8")
    figures = report.figures(facts, replays, freed, chosen)
    (folder / "latency.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    page = report.page(figures)
    (folder / "latency.md").write_text(page, encoding="utf-8")
    plot.draw(figures, folder / "latency.png")
    print(page)
    print(f"written to {folder}")


if __name__ == "__main__":
    asyncio.run(main())
