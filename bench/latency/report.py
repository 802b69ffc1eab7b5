"""The figures and the page of `make bench-latency`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from bench.latency.figures import Replay, counted, percentile, ratio, retrieval_ratios, step_times, summarize
from bench.oracle.report import table

PEER = "llama-server"
OURS = "soothsay"
NO_ORACLE = "soothsay, no oracle"
NO_RETRIEVAL = "soothsay, no retrieval"
INDEXING = "soothsay, index build"
PINGED = "soothsay, pinged"

_FREE = 20.0  # ms in which the event loop, and the model of a cancelled request, should be free

Figures = dict[str, Any]


def figures(
    facts: Mapping[str, str],
    replays: Sequence[Replay],
    freed: Mapping[str, Sequence[float | None]],
    chosen: float,
) -> Figures:
    """Everything that the page and the plot are made of."""
    speeds = sorted({each.speed for each in replays})
    main = [each for each in replays if each.side in (PEER, OURS)]
    return {
        "about": dict(facts),
        "speeds": {str(speed): _sides(_of(main, speed=speed)) for speed in speeds},
        "all": _sides(main),
        "traces": {
            trace: {str(speed): _sides(_of(main, speed=speed, trace=trace)) for speed in speeds}
            for trace in dict.fromkeys(each.trace for each in main)
        },
        "variants": _variants(replays),
        "retrieval": _retrieval(replays),
        "freed_ms": {side: list(times) for side, times in freed.items()},
        "chosen_ms": chosen,
        "block_ms": max((each.block for each in replays if each.block is not None), default=None),
        "counted_ms": {
            name: _counted(_known(replays, *path))
            for name, path in (
                ("block", ("eventLoop", "longestBlockMs")),
                ("held", ("eventLoop", "longestHeldMs")),
                ("free", ("model", "longestFreeMs")),
            )
        },
        "steps": _steps(_of(replays, side=OURS)),
        "background": [each.background for each in replays if each.background is not None],
        "refused": sum(each.refused for each in replays),
        "own": [each.own for each in replays if each.side == OURS][-1:],
        "stops": {
            str(speed): {side: _stops(_of(main, speed=speed, side=side)) for side in (PEER, OURS)}
            for speed in speeds
        },
    }


def _of(
    replays: Iterable[Replay], *, speed: int | None = None, trace: str | None = None, side: str | None = None
) -> list[Replay]:
    return [
        each
        for each in replays
        if (speed is None or each.speed == speed)
        and (trace is None or each.trace == trace)
        and (side is None or each.side == side)
    ]


def _sides(replays: Sequence[Replay]) -> Figures:
    """A summary a side, and what ours is of theirs."""
    found: Figures = {}
    for side in dict.fromkeys(each.side for each in replays):
        found[side] = asdict(summarize(_of(replays, side=side)))
    if PEER in found and OURS in found:
        names = ("first_p50", "first_p95", "whole_p50", "whole_p95", "evaluated", "cpu_per_character")
        found["ratio"] = {name: ratio(found[OURS][name], found[PEER][name]) for name in names}
    return found


def _variants(replays: Sequence[Replay]) -> Figures:
    """Every variant beside both sides on the very same traces and speeds."""
    found: Figures = {}
    for side in dict.fromkeys(each.side for each in replays):
        if side in (PEER, OURS):
            continue
        these = _of(replays, side=side)
        speeds = sorted({each.speed for each in these})
        found[side] = {str(speed): _beside(replays, side, [speed]) for speed in speeds}
        if len(speeds) > 1:
            found[side]["all"] = _beside(replays, side, speeds)
    return found


def _beside(replays: Sequence[Replay], side: str, speeds: Sequence[int]) -> Figures:
    these = [each for each in replays if each.side == side and each.speed in speeds]
    places = {(each.trace, each.speed) for each in these}
    there = [each for each in replays if (each.trace, each.speed) in places]
    this, base, peer = (asdict(summarize(_of(there, side=name))) for name in (side, OURS, PEER))
    names = ("whole_p50", "whole_p95")
    return {
        "this": this,
        "default": {name: ratio(this[name], base[name]) for name in names},
        "peer": {name: ratio(this[name], peer[name]) for name in names},
    }


def _retrieval(replays: Sequence[Replay]) -> Figures:
    ratios = retrieval_ratios(_of(replays, side=OURS), _of(replays, side=NO_RETRIEVAL))
    return {"stops": len(ratios), "p50": percentile(ratios, 0.5), "p95": percentile(ratios, 0.95)}


def _steps(replays: Sequence[Replay]) -> Figures:
    answers = sum(bool(asked.steps) for each in replays for asked in each.requests)
    return {
        name: {
            "share": len(times) / answers,
            "mean": sum(times) / len(times),
            "p50": percentile(times, 0.5),
            "p95": percentile(times, 0.95),
        }
        for name, times in step_times(replays).items()
    }


def _counted(times: Sequence[float]) -> Figures | None:
    """The longest in a replay, and how many replays had a longer one than they should."""
    if not times:
        return None
    return {"most": max(times), "over": sum(each > _FREE for each in times), "replays": len(times)}


def _known(replays: Sequence[Replay], *path: str) -> list[float]:
    return [value for each in replays if (value := counted(each, *path)) is not None]


def _stops(replays: Sequence[Replay]) -> Figures:
    """Every last key's times, for the plot; null: none came."""
    samples = [sample for each in replays for sample in each.samples if sample.last]
    return {
        "first": [None if each.first is None else round(each.first, 1) for each in samples],
        "whole": [None if each.whole is None else round(each.whole, 1) for each in samples],
    }


def page(found: Figures) -> str:
    """The figures for people."""
    facts = ", ".join(f"{key} {value}" for key, value in found["about"].items())
    parts = [
        "# Typing: how long ghost text takes, beside llama.vim in front of llama-server\n",
        "One command: `make bench-latency` (`LIMIT=0.2` for a fifth of each trace); `docs/latency.md` says what is "
        "measured and how. Same machine, same llama.cpp, same GGUF, same threads and context; the sides take turns. "
        "Milliseconds from the last key before a stop.\n",
        f"## By typing speed\n\n{_speeds(found['speeds'], found['all'])}\n",
        f"![The distributions](latency.png)\n\n## What it costs\n\n{_costs(found['speeds'], found['all'])}\n",
        f"## By file\n\n{_traces(found['traces'])}\n",
    ]
    if found["steps"]:
        parts.append(f"## Where our time goes\n\n{_step_rows(found['steps'])}\n")
    if found["variants"]:
        parts.append(f"## The same with something changed\n\n{_variant_rows(found)}\n")
    parts.append(f"## The server itself\n\n{_server(found)}\n")
    parts.append(f"*{facts}*\n")
    return "\n".join(parts)


def _speeds(speeds: Figures, overall: Figures) -> str:
    head = (
        "ms a key", "side", "first character p50", "p95", "answer p50", "p95", "in 150 ms", "in 500 ms",
        "with ghost text", "of all keys", "after a jump p50", "stops",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for speed, sides in [*speeds.items(), ("all", overall)]:
        for side, got in _named(sides):
            rows.append(
                (
                    speed, side, _ms(got["first_p50"]), _ms(got["first_p95"]), _ms(got["whole_p50"]),
                    _ms(got["whole_p95"]), _share(got["within_150"]), _share(got["within_500"]),
                    _share(got["shown"]), _share(got["in_time"]), _ms(got["cold_p50"]), got["stops"],
                )
            )  # fmt: skip
        if part := sides.get("ratio"):
            rows.append(
                (
                    speed, "ours/theirs", _ratio(part["first_p50"]), _ratio(part["first_p95"]),
                    _ratio(part["whole_p50"]), _ratio(part["whole_p95"]), "", "", "", "", "", "",
                )
            )  # fmt: skip
    goals = (
        "Goals: ours/theirs at most 0.25 at p50 and 0.4 at p95, at every speed. *of all keys*: had ghost text "
        "before the next key; *answer*: an empty one counts, and none at all counts as the 12 s that a stop lasts at most."
    )
    return f"{table(head, rows)}\n\n{goals}"


def _costs(speeds: Figures, overall: Figures) -> str:
    head = (
        "ms a key", "side", "requests", "cancelled", "tokens evaluated, mean", "p50", "generated, mean", "all work, tokens a key",
        "characters accepted", "CPU s a character", "typed as foreseen", "answered p50", "p95",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for speed, sides in [*speeds.items(), ("all", overall)]:
        for side, got in _named(sides):
            rows.append(
                (
                    speed, side, got["sent"], got["cancelled"], _count(got["evaluated"]),
                    _count(got["evaluated_p50"]), _count(got["generated"]), _count(got["work"]),
                    got["accepted"],
                    "–" if got["cpu_per_character"] is None else f"{got['cpu_per_character']:.2f}",
                    got["through"], _ms(got["through_p50"], 1), _ms(got["through_p95"], 1),
                )
            )  # fmt: skip
    note = (
        "Goal: what was foreseen is answered in 5 ms at p95 (by our server, without the editor's debounce; llama.vim's "
        "plugin does so itself). Tokens evaluated: of answered requests; *all work*: with cancelled ones, speculation and "
        "idle time, where the server counts them. CPU: of the server and its children, over all of the trace."
    )
    return f"{table(head, rows)}\n\n{note}"


def _traces(traces: Figures) -> str:
    head = (
        "file",
        "ms a key",
        "theirs p50",
        "p95",
        "ours p50",
        "p95",
        "ours/theirs p50",
        "p95",
        "tokens theirs",
        "ours",
    )
    rows: list[tuple[object, ...]] = []
    for trace, speeds in traces.items():
        for speed, sides in speeds.items():
            theirs, ours, part = sides.get(PEER, {}), sides.get(OURS, {}), sides.get("ratio", {})
            rows.append(
                (
                    trace, speed, _ms(theirs.get("whole_p50")), _ms(theirs.get("whole_p95")),
                    _ms(ours.get("whole_p50")), _ms(ours.get("whole_p95")), _ratio(part.get("whole_p50")),
                    _ratio(part.get("whole_p95")), _count(theirs.get("evaluated")), _count(ours.get("evaluated")),
                )
            )  # fmt: skip
    return table(head, rows)


def _step_rows(steps: Figures) -> str:
    rows = [
        (name, _share(got["share"]), _ms(got["mean"]), _ms(got["p50"]), _ms(got["p95"]))
        for name, got in steps.items()
    ]
    head = ("step", "of the completions", "ms, mean", "p50", "p95")
    note = "Of what the model was asked and finished, by the server's own clock. A draft includes reading what is new in its prompt."
    return f"{table(head, rows)}\n\n{note}"


def _variant_rows(found: Figures) -> str:
    head = (
        "side",
        "ms a key",
        "answer p50",
        "p95",
        "of the default's p50",
        "p95",
        "of llama-server's p50",
        "p95",
    )
    rows = [
        (
            name, speed, _ms(each["this"]["whole_p50"]), _ms(each["this"]["whole_p95"]),
            _ratio(each["default"]["whole_p50"]), _ratio(each["default"]["whole_p95"]),
            _ratio(each["peer"]["whole_p50"]), _ratio(each["peer"]["whole_p95"]),
        )
        for name, speeds in found["variants"].items()
        for speed, each in speeds.items()
    ]  # fmt: skip
    shares = found["background"]
    busy = (
        f" An index was being built for {_share(sum(shares) / len(shares))} of those replays."
        if shares
        else ""
    )
    got = found["retrieval"]
    pairs = (
        f" Where something was retrieved, the answer took {_ratio(got['p50'])} times as long as at the same stop without "
        f"retrieval at the median, {_ratio(got['p95'])} at p95 ({got['stops']} stops; goal 1.3 at the median)."
        if got["stops"]
        else ""
    )
    return f"{table(head, rows)}\n\nGoal: at most 1.25 at p95 with an index build.{busy}{pairs}"


def _server(found: Figures) -> str:
    lines = [f"* {_freed_line(side, times)}" for side, times in found["freed_ms"].items()]
    lines.append(
        f"* Choosing a token, with its probability, margin and entropy over the whole vocabulary: {found['chosen_ms']:.2f} ms (goal: 1 ms)."
    )
    if found["block_ms"] is not None:
        lines.append(
            f"* Longest that the event loop let a cheap command wait: {_ms(found['block_ms'])} ms, seen from outside "
            "while the model uses every core (goal: blocked 20 ms at most, by a heartbeat inside)."
        )
    for name, text in (
        ("block", "the event loop was blocked"),
        ("held", "not counting the time in which it was ready and others had the processors, it was blocked"),
        ("free", "a cancelled request kept the model"),
    ):
        if (counted := found["counted_ms"][name]) is not None:
            lines.append(
                f"* By its own clocks, {text} {_ms(counted['most'], 1)} ms at most, more than {_FREE:.0f} ms in {counted['over']} of "
                f"{counted['replays']} replays (goal: {_FREE:.0f} ms)."
            )
    if found["refused"]:
        lines.append(
            f"* {found['refused']} of llama.vim's requests were a few tokens too long for the context, and refused: no ghost text."
        )
    lines += [f"* Counted by the server itself: `{own}`" for own in found["own"] if own]
    return "\n".join(lines)


def _freed_line(side: str, times: Sequence[float | None]) -> str:
    told = [ms for ms in times if ms is not None]
    never = len(times) - len(told)
    text = f"{side}: a cancelled request lets go of the processor after {_ms(median(told)) if told else '–'} ms at the median"
    text += f", {_ms(max(told))} ms at most" if told else ""
    text += f", {never} of {len(times)} not within 1.5 s" if never else ""
    return (
        f"{text} (goal: 20 ms)."
        if side == OURS
        else f"{text} (the connection is closed; llama.vim does not do it)."
    )


def _named(sides: Figures) -> list[tuple[str, Figures]]:
    return [(side, sides[side]) for side in (PEER, OURS) if side in sides]


def _ms(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
