"""What a change costs: the same traces typed on this checkout and on an earlier one, in turn, in one run.

``make bench-seam BEFORE=/path/to/a/checkout`` (``git worktree add``). The other checkout's server runs in its own
``.venv``; without one, in this environment, whose entry points may not be those of its commit. Where llama.cpp as installed dies on this processor, the earlier server needs a build that does
not: set LLAMA_CPP_LIB_PATH to it (``soothsay prove --build`` makes one), and both sides use it.

LIMIT=0.3     only the first part of each trace
SPEEDS=120    milliseconds a key
STARTS=20     starts of each server until it answers `initialize` (0: none)
PARTS=starts  only those, without typing (starts,typing)
REPORT=house  the page's name in bench/results, without .md (backend)
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.latency import starts
from bench.latency.figures import Replay, Summary, counted, ratio, summarize
from bench.latency.run import RESULTS, Condition, Plan, World, build_index, make_world
from bench.latency.run import replay as typed
from bench.latency.trace import Trace, stored
from bench.machine import about, head_commit
from bench.oracle.report import table

_BEFORE, _AFTER = "before", "after"
_GOAL_MS, _LOOP_GOAL_MS = 3.0, 20.0
_CONDITIONS = (
    Condition(_BEFORE, before=True),
    Condition(_AFTER),
    Condition(f"{_BEFORE}, index build", before=True, indexing=True),
    Condition(f"{_AFTER}, index build", indexing=True),
)


def page(
    replays: Sequence[Replay], facts: Mapping[str, str], begun: Mapping[str, Sequence[float]] | None = None
) -> str:
    """Return the report; ``begun`` are the milliseconds to the answer to ``initialize``, by side."""
    head = ["# Typing on two commits", "", "The same traces typed on an earlier checkout and on this one, in turn, in one run.", ""]  # fmt: skip
    head += [f"* {name}: {value}" for name, value in facts.items()]
    parts = ["\n".join(head) + "\n", starts.section(begun or {}), _typing(replays)]
    return "\n".join(part for part in parts if part)


def _typing(replays: Sequence[Replay]) -> str:
    """Return the part about typing, "" where nothing was typed."""
    rows, sums = [], {}
    for condition in _CONDITIONS:
        own = [each for each in replays if each.side == condition.name]
        if not own:
            continue
        found = sums[condition.name] = summarize(own)
        late = [_latest(own, name) for name in ("longestBlockMs", "longestHeldMs")]
        rows.append(
            (
                condition.name, str(found.replays), str(found.stops), _ms(found.whole_p50), _ms(found.whole_p95),
                _ms(found.through_p50, 1), _ms(found.through_p95, 1), *(_ms(each, 1) for each in late),
            )
        )  # fmt: skip
    if not rows:
        return ""
    head = (
        "side", "replays", "stops", "answer p50 ms", "p95 ms", "typed through p50 ms", "p95 ms", "loop late ms",
        "held ms",
    )  # fmt: skip
    lines = [table(head, rows), ""]
    for before, after in ((_BEFORE, _AFTER), (f"{_BEFORE}, index build", f"{_AFTER}, index build")):
        if before in sums and after in sums:
            lines.append(_compared(before, after, sums[before], sums[after]))
    lines.append(
        "*typed through*: the server's answer where a key was foreseen, the cost of the seam alone. "
    )
    lines.append(
        f"*loop late*: the worst beat of all replays (goal {_LOOP_GOAL_MS:.0f} ms); *held*: less what the thread "
    )
    lines.append("waited for a processor that others had.")
    return "\n".join(lines) + "\n"


def _compared(before: str, after: str, old: Summary, new: Summary) -> str:
    ratios = [ratio(new.whole_p50, old.whole_p50), ratio(new.whole_p95, old.whole_p95)]
    p50, p95 = ("-" if each is None else f"{each:.2f}" for each in ratios)
    difference = (new.whole_p50 or 0.0) - (old.whole_p50 or 0.0)
    return (
        f"{after} against {before}: median answer {difference:+.1f} ms (goal: at most {_GOAL_MS:+.0f} ms), "
        f"ratio {p50} at p50, {p95} at p95.\n"
    )


def _latest(replays: Sequence[Replay], name: str) -> float | None:
    found = [ms for each in replays if (ms := counted(each, "eventLoop", name)) is not None]
    return max(found) if found else None


def _ms(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _commit(checkout: Path) -> str:
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


async def _replays(world: World, traces: Sequence[Trace], speeds: Sequence[int]) -> list[Replay]:
    """Type the traces on both sides, each time another one first."""
    await build_index(world)
    replays: list[Replay] = []
    for turn, (trace, speed) in enumerate((trace, speed) for trace in traces for speed in speeds):
        row = [c for c in _CONDITIONS if not c.indexing or trace.name == "medium"]
        for condition in row if turn % 2 == 0 else row[::-1]:
            print(f"{trace.name}, {speed} ms a key, {condition.name} ...", flush=True)
            replays.append(await typed(Plan(condition, trace, speed), world))
    return replays


async def main() -> None:
    """Run the comparison and write its page in bench/results."""
    before = Path(os.environ.get("BEFORE") or "").expanduser().absolute()
    if not (before / "server" / "soothsay").is_dir() or not os.environ.get("BEFORE"):
        raise SystemExit(
            "BEFORE must name a checkout of an earlier commit: git worktree add /tmp/before COMMIT"
        )
    limit = float(os.environ.get("LIMIT") or 1)
    speeds = [int(each) for each in (os.environ.get("SPEEDS") or "120").split(",")]
    traces = [each.part(limit) for each in stored()]
    world = replace(make_world(traces, "vscode"), before=before)
    parts = (os.environ.get("PARTS") or "starts,typing").split(",")
    times = int(os.environ.get("STARTS") or 20) if "starts" in parts else 0
    begun = await starts.measure({each.name: world.setup(each) for each in _CONDITIONS[:2]}, times)
    replays = await _replays(world, traces, speeds) if "typing" in parts else []
    facts = {
        "before": _commit(before),
        "after": head_commit(),
        **about(("llama-cpp-python", "pygls")),
        "traces": f"LIMIT={limit:g} of {', '.join(trace.name for trace in traces)}, {speeds} ms a key",
    }
    text = page(replays, facts, begun)
    (RESULTS / f"{os.environ.get('REPORT') or 'backend'}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    asyncio.run(main())
