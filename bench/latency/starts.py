"""How soon an editor can go on: the time from starting the server's process to its answer to ``initialize``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import median

from bench.latency.client import Client
from bench.latency.figures import ratio
from bench.latency.ours import Setup, initialize_params, launch
from bench.oracle.report import table

GOAL_MS = 1000.0


async def measure(setups: Mapping[str, Setup], times: int) -> dict[str, list[float]]:
    """Start the server of each side ``times`` times, in turn; return the milliseconds to the answer, by side."""
    found: dict[str, list[float]] = {side: [] for side in setups}
    for turn in range(times):
        for side in list(setups)[:: 1 if turn % 2 == 0 else -1]:
            found[side].append(await _initialized(setups[side]))
    return found


async def _initialized(setup: Setup) -> float:
    command, environment = launch(setup)
    since = time.perf_counter()
    client = await Client.start(command, setup.log, lambda _method, _params: None, env=environment)
    try:
        await client.ask("initialize", initialize_params(setup))
        return (time.perf_counter() - since) * 1000
    finally:
        await client.stop()


def section(found: Mapping[str, Sequence[float]]) -> str:
    """Return the part of a report: median and maximum of each side, and the last side's median against the first's."""
    rows = [
        (side, str(len(times)), f"{median(times):,.0f}", f"{max(times):,.0f}")
        for side, times in found.items()
        if times
    ]
    if not rows:
        return ""
    lines = [
        "*Initialize answered after*: from the start of the process to its answer to `initialize`, the sides in turn "
        f"(goal: {GOAL_MS:,.0f} ms).",
        "",
        table(("side", "starts", "median ms", "max ms"), rows),
        "",
    ]
    sides = [side for side, times in found.items() if times]
    if len(sides) > 1:
        first, last = sides[0], sides[-1]
        against = ratio(median(found[last]), median(found[first]))
        lines += [
            f"{last} against {first}: ratio {'-' if against is None else f'{against:.2f}'} of the medians.",
            "",
        ]
    return "\n".join(lines)
