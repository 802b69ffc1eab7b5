"""The figures and the page of `make bench-grounded`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.latency.figures import GIVEN_UP, Asked, Replay, Sample, percentile, ratio, share
from bench.oracle.report import table

PEER = "llama-server"
OURS = "soothsay"
BEFORE = "soothsay, before"
NO_RETRIEVAL = "soothsay, no retrieval"
GROUNDED_KINDS = ("client", "library", "workspace")
SMALL = "small"  # the file of 100 lines

Figures = dict[str, Any]
CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop on one side: how long its answer took, and what is known of the answer."""

    trace: str
    step: int
    ms: float
    shown: bool
    answered: float | None  # ms that the server took, where one was asked
    work: Asked | None  # what the server says of the answer

    @property
    def grounded(self) -> bool:
        """Whether something was looked up for the answer."""
        return self.work is not None and self.work.retrieved


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured beside the typing."""

    examples_ms: Mapping[str, Sequence[float]]  # the README's example, by side
    freed_ms: Mapping[str, Sequence[float | None]]  # a cancelled request, by side
    token_ms: Sequence[float]  # decoding one token, everything else in the cache


def stops_of(replay: Replay) -> list[Stop]:
    """Return the stops of a replay, each with what the server says of the answer that was shown there, or of the last one."""
    by_number = {asked.answer: asked for asked in replay.requests if asked.answer is not None}
    by_step = {asked.step: asked for asked in replay.requests}
    return [
        Stop(
            replay.trace, sample.step, _until_answer(sample), sample.ghost > 0, sample.asked,
            by_step.get(sample.step) if sample.answer is None else by_number.get(sample.answer),
        )
        for sample in replay.samples
        if sample.last
    ]  # fmt: skip


def _until_answer(sample: Sample) -> float:
    return GIVEN_UP if sample.whole is None else sample.whole


def figures(
    facts: Mapping[str, str],
    replays: Sequence[Replay],
    kinds: Mapping[str, str],
    measured: Measured,
    count_tokens: CountTokens,
) -> Figures:
    """Return everything that the page is made of. ``kinds`` are those of the traces, by name."""
    sides = {
        name: [each for each in replays if each.side == name]
        for name in dict.fromkeys(each.side for each in replays)
    }
    stops = {name: [stop for each in of for stop in stops_of(each)] for name, of in sides.items()}
    through = {name: _through(of) for name, of in sides.items()}
    present = list(dict.fromkeys(kinds[each.trace] for each in replays))
    found: Figures = {
        "about": dict(facts),
        "sides": {name: {**_summary(stops[name]), "through": through[name]} for name in sides},
        "kinds": {
            kind: {name: _summary([each for each in of if kinds[each.trace] == kind]) for name, of in stops.items()}
            for kind in present
        },
        "paired": _paired(stops.get(OURS, []), stops.get(NO_RETRIEVAL, [])),
        "bound": _bound(stops.get(OURS, []), measured.token_ms, count_tokens),
        "token_ms": median(measured.token_ms) if measured.token_ms else None,
        "examples_ms": {side: list(times) for side, times in measured.examples_ms.items()},
        "freed_ms": {side: list(times) for side, times in measured.freed_ms.items()},
    }  # fmt: skip
    return found


def _summary(stops: Sequence[Stop]) -> Figures:
    grounded = [stop.ms for stop in stops if stop.grounded]
    plain = [stop.ms for stop in stops if stop.work is not None and not stop.grounded]
    everything = [stop.ms for stop in stops]
    return {
        "stops": len(stops), "p50": percentile(everything, 0.5), "p95": percentile(everything, 0.95),
        "nothing": share(stops, lambda stop: not stop.shown),
        "grounded": len(grounded), "grounded_p50": percentile(grounded, 0.5), "grounded_p95": percentile(grounded, 0.95),
        "ungrounded": len(plain), "ungrounded_p50": percentile(plain, 0.5),
    }  # fmt: skip


def _through(replays: Sequence[Replay]) -> Figures:
    """Return how long the answers to keys took that the ghost text had foreseen."""
    times = [
        sample.whole if sample.asked is None else sample.asked
        for each in replays
        for sample in each.samples
        if sample.through
    ]
    told = [ms for ms in times if ms is not None]
    return {"keys": len(told), "p95": percentile(told, 0.95)}


def _paired(ours: Sequence[Stop], without: Sequence[Stop]) -> Figures:
    """Return what grounded answers take of the time that the very same stops take without retrieval."""
    base = {(stop.trace, stop.step): stop.ms for stop in without}
    pairs = [
        (stop.ms, base[stop.trace, stop.step])
        for stop in ours
        if stop.grounded and base.get((stop.trace, stop.step))
    ]
    return {
        "stops": len(pairs),
        "of_medians": ratio(
            percentile([one for one, _ in pairs], 0.5), percentile([two for _, two in pairs], 0.5)
        ),
        "median": percentile([one / two for one, two in pairs], 0.5),
    }


def _bound(stops: Sequence[Stop], token_ms: Sequence[float], count_tokens: CountTokens) -> Figures:
    """Return what answers take of the time that decoding only the tokens takes that the model had to choose.

    Where the server does not tell how many it chose, all tokens of the answer count.
    """
    if not token_ms:
        return {"stops": 0, "median": None, "p95": None, "told": 0, "tokens": None}
    a_token, ratios, tokens, told = median(token_ms), [], [], 0
    for stop in stops:
        if stop.work is None or not stop.work.text:
            continue
        told += stop.work.chosen is not None
        chosen = stop.work.chosen if stop.work.chosen is not None else count_tokens(stop.work.text)
        tokens.append(float(chosen))
        ratios.append((stop.ms if stop.answered is None else stop.answered) / (max(1, chosen) * a_token))
    return {
        "stops": len(ratios), "told": told, "tokens": percentile(tokens, 0.5),
        "median": percentile(ratios, 0.5), "p95": percentile(ratios, 0.95),
    }  # fmt: skip


def page(found: Figures) -> str:
    """Return the figures for people."""
    facts = ", ".join(f"{key} {value}" for key, value in found["about"].items())
    parts = [
        "# Typing calls that have to be looked up\n",
        "One command: `make bench-grounded` (`LIMIT=0.1` for a sample); [docs/latency.md](../../docs/latency.md) says what is typed and "
        "how. Calls on clients of services, on installed libraries and on other files of the repository, and the traces of "
        "`make bench-latency`; the sides take turns. Milliseconds from the last key before a stop; a stop without an answer counts as 12 s. "
        "*Grounded*: something was looked up for the answer.\n",
        f"## Goals\n\n{_goals(found)}\n",
        f"## By side\n\n{_side_rows(found['sides'])}\n",
        f"## By kind\n\n{_kind_rows(found['kinds'])}\n",
        f"## The README's example\n\n{_example_rows(found['examples_ms'])}\n",
        f"## Beside decoding\n\n{_bound_text(found)}\n",
        f"*{facts}*\n",
    ]
    return "\n".join(parts)


def _goals(found: Figures) -> str:
    sides, paired, bound = found["sides"], found["paired"], found["bound"]
    ours, peer, before = sides.get(OURS, {}), sides.get(PEER, {}), sides.get(BEFORE, {})
    small = found["kinds"].get(SMALL, {})
    examples = {side: median(times) for side, times in found["examples_ms"].items() if times}
    freed = [ms for ms in found["freed_ms"].get(OURS, ()) if ms is not None]
    rows = (
        ("grounded p50 against ungrounded p50", 1.3, ratio(ours.get("grounded_p50"), ours.get("ungrounded_p50")), ""),
        ("the same stops with and without retrieval, p50 against p50", 1.3, paired["of_medians"], ""),
        ("all stops, p50 against llama-server's", 0.10, ratio(ours.get("p50"), peer.get("p50")), ""),
        ("all stops, p95 against llama-server's", 0.15, ratio(ours.get("p95"), peer.get("p95")), ""),
        ("the file of 100 lines, p50 against llama-server's", 1.0, ratio(small.get(OURS, {}).get("p50"), small.get(PEER, {}).get("p50")), ""),
        ("the file of 100 lines, p95 against llama-server's", 1.0, ratio(small.get(OURS, {}).get("p95"), small.get(PEER, {}).get("p95")), ""),
        ("grounded p95 against the commit before", 1 / 3, ratio(ours.get("grounded_p95"), before.get("grounded_p95")), ""),
        ("answers against decoding what had to be chosen, median", 2.0, bound["median"], ""),
        ("stops with nothing shown", 10.0, None if ours.get("nothing") is None else 100 * ours["nothing"], "%"),
        ("typed as foreseen, answered p95", 5.0, ours.get("through", {}).get("p95"), "ms"),
        ("a cancelled request lets go, at most", 20.0, max(freed, default=None), "ms"),
        ("the README's example", 1200.0, examples.get(OURS), "ms"),
    )  # fmt: skip
    lines = [
        (what, _value(goal, unit), _value(value, unit), _met(value, goal)) for what, goal, value, unit in rows
    ]
    return table(("what", "goal, at most", "measured", ""), lines)


def _met(value: float | None, goal: float) -> str:
    if value is None:
        return "not measured"
    return "met" if value <= goal else "**missed**"


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f} {unit}" if unit in ("%", "ms") and value >= 20 else f"{value:.2f} {unit}".rstrip()


def _side_rows(sides: Figures) -> str:
    head = (
        "side", "stops", "nothing shown", "answer p50", "p95", "grounded", "grounded p50", "p95", "ungrounded",
        "ungrounded p50", "typed as foreseen", "answered p95",
    )  # fmt: skip
    rows = [
        (
            side, got["stops"], _percent(got["nothing"]), _ms(got["p50"]), _ms(got["p95"]), got["grounded"], _ms(got["grounded_p50"]),
            _ms(got["grounded_p95"]), got["ungrounded"], _ms(got["ungrounded_p50"]), got["through"]["keys"], _ms(got["through"]["p95"], 1),
        )
        for side, got in sides.items()
    ]  # fmt: skip
    return table(head, rows)


def _kind_rows(kinds: Figures) -> str:
    head = ("kind", "side", "stops", "nothing shown", "answer p50", "p95", "grounded", "grounded p50", "p95")
    rows = [
        (
            kind, side, got["stops"], _percent(got["nothing"]), _ms(got["p50"]), _ms(got["p95"]), got["grounded"],
            _ms(got["grounded_p50"]), _ms(got["grounded_p95"]),
        )
        for kind, sides in kinds.items()
        for side, got in sides.items()
        if got["stops"]
    ]  # fmt: skip
    return table(head, rows)


def _example_rows(examples: Mapping[str, Sequence[float]]) -> str:
    rows = [
        (side, len(times), _ms(median(times)), _ms(max(times))) for side, times in examples.items() if times
    ]
    if not rows:
        return "Not measured."
    return (
        f"{table(('side', 'starts', 'median', 'most'), rows)}\n\n`examples/bedrock.py`, opened and asked for once, 0.3 s later, by a "
        "server that has just started."
    )


def _bound_text(found: Figures) -> str:
    bound = found["bound"]
    if bound["median"] is None:
        return "Not measured."
    counted = f"of {bound['told']} answers as the server counts them, of the others all tokens of the answer"
    return (
        f"llama.cpp decodes one token in {found['token_ms']:.1f} ms here, everything before it in its cache. Decoding only the tokens that the "
        f"model had to choose ({bound['tokens']:.0f} at the median of {bound['stops']} answers; {counted}) is the bound. From the request to its "
        f"answer, ours took {bound['median']:.2f} times that at the median (goal 2), {bound['p95']:.2f} at p95."
    )


def _ms(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"
