"""What was measured, and how it is summed up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import mean
from typing import Any, Literal

GIVEN_UP = 12_000.0  # ms: a stop that has no answer by then counts as this long, and is over

Why = Literal["first", "speculative", "ring", "completion"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One edit, and what was seen of it. Times in milliseconds from the key; None: not before the next key."""

    step: int  # of the trace, the same on every side
    kind: str
    last: bool  # nothing was typed after it until there was an answer
    cold: bool  # the first stop after a jump
    through: bool  # it was what the ghost text said next
    first: float | None  # until ghost text stood at the cursor
    whole: float | None  # until the answer for this text had come, an empty one included
    ghost: int  # characters of ghost text then
    asked: float | None = None  # from the request to its answer, without the editor's debounce
    answer: int | None = None  # the number of the answer that is shown, where the server gives them numbers


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a server that was answered."""

    why: Why
    step: int
    evaluated: int | None  # tokens of the prompt
    generated: int | None
    retrieved: bool = False
    took: float | None = None  # ms by the server's own clock
    steps: Mapping[str, float] = field(default_factory=dict)  # ms of each step of it, likewise
    answer: int | None = None  # its number
    text: str = ""  # what was answered
    chosen: int | None = None  # tokens of it that the model chose, where the server tells


@dataclass(frozen=True, slots=True)
class Replay:
    """One trace, typed once on one side."""

    side: str
    trace: str
    speed: int  # ms a key
    keys: int
    samples: tuple[Sample, ...]
    requests: tuple[Asked, ...]
    sent: int  # requests, those that were cancelled included
    cancelled: int
    accepted: int  # characters
    cpu: float  # seconds, of the server and its children
    seconds: float
    background: float | None = None  # share of the time that an index was being built
    block: float | None = None  # ms, the longest that the event loop took to answer
    own: dict[str, Any] | None = None  # what our server has counted itself, `soothsay.stats`
    refused: int = 0  # requests that were too long for the server

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Replay:
        """The inverse of `to_json`."""
        samples = tuple(Sample(**each) for each in plain["samples"])
        requests = tuple(Asked(**each) for each in plain["requests"])
        return cls(**{**plain, "samples": samples, "requests": requests})


@dataclass(frozen=True, slots=True)
class Summary:
    """One side over some replays; times in ms. None: there is nothing to tell."""

    replays: int
    stops: int  # last keys
    first_p50: float | None
    first_p95: float | None
    whole_p50: float | None
    whole_p95: float | None
    within_150: float | None  # share of last keys with an answer
    within_500: float | None
    shown: float | None  # share of last keys with ghost text
    in_time: float | None  # share of all keys with ghost text before the next
    evaluated: float | None  # tokens, mean an answered request
    evaluated_p50: float | None
    generated: float | None
    work: float | None  # tokens of prompts a key, with those of cancelled requests, speculation and idle time
    sent: int
    cancelled: int
    through: int  # keys that the ghost text had foreseen
    through_p50: float | None
    through_p95: float | None
    accepted: int
    cpu_per_character: float | None
    cold_p50: float | None


def percentile(values: Iterable[float], share: float) -> float | None:
    """Linear between the two nearest; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def share(values: Sequence[Any], true: Callable[[Any], bool]) -> float | None:
    return sum(map(true, values)) / len(values) if values else None


def summarize(replays: Sequence[Replay]) -> Summary:
    """Sum up the replays of one side."""
    samples = [sample for replay in replays for sample in replay.samples]
    stops = [sample for sample in samples if sample.last]
    whole = [_until_answer(sample) for sample in stops]
    first = [sample.first for sample in stops if sample.first is not None]
    asked = [asked for replay in replays for asked in replay.requests if asked.why != "ring"]
    evaluated = [each.evaluated for each in asked if each.evaluated is not None]
    generated = [each.generated for each in asked if each.generated is not None]
    through = [sample for sample in samples if sample.through]
    answered = [_through(sample) for sample in through]
    told = [ms for ms in answered if ms is not None]
    accepted = sum(replay.accepted for replay in replays)
    return Summary(
        replays=len(replays),
        stops=len(stops),
        first_p50=percentile(first, 0.5),
        first_p95=percentile(first, 0.95),
        whole_p50=percentile(whole, 0.5),
        whole_p95=percentile(whole, 0.95),
        within_150=share(stops, lambda sample: sample.whole is not None and sample.whole <= 150),
        within_500=share(stops, lambda sample: sample.whole is not None and sample.whole <= 500),
        shown=share(stops, lambda sample: sample.first is not None),
        in_time=share(samples, lambda sample: sample.first is not None),
        evaluated=mean(evaluated) if evaluated else None,
        evaluated_p50=percentile(evaluated, 0.5),
        generated=mean(generated) if generated else None,
        work=_work(replays),
        sent=sum(replay.sent for replay in replays),
        cancelled=sum(replay.cancelled for replay in replays),
        through=len(through),
        through_p50=percentile(told, 0.5),
        through_p95=percentile(told, 0.95),
        accepted=accepted,
        cpu_per_character=sum(replay.cpu for replay in replays) / accepted if accepted else None,
        cold_p50=percentile([_until_answer(sample) for sample in stops if sample.cold], 0.5),
    )


def counted(replay: Replay, *path: str) -> float | None:
    """A number in what our server has counted; None when it does not count that."""
    found: Any = replay.own
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, int | float) else None


def _work(replays: Sequence[Replay]) -> float | None:
    """Only our server leaves requests unanswered, so what its answers tell is not all."""
    keys = sum(replay.keys for replay in replays)
    totals = [
        sum(each.evaluated or 0 for each in replay.requests)
        if replay.own is None
        else counted(replay, "model", "evaluated")
        for replay in replays
    ]
    known = [total for total in totals if total is not None]
    return sum(known) / keys if keys and len(known) == len(totals) else None


def _until_answer(sample: Sample) -> float:
    return GIVEN_UP if sample.whole is None else sample.whole


def _through(sample: Sample) -> float | None:
    """How long the answer to a key took that the ghost text had foreseen: of the server where one was asked."""
    return sample.asked if sample.asked is not None else sample.whole


def step_times(replays: Sequence[Replay]) -> dict[str, list[float]]:
    """How long each step took in the completions that had it, in the order in which they are made; ms."""
    found: dict[str, list[float]] = {}
    for replay in replays:
        for asked in replay.requests:
            for name, ms in asked.steps.items():
                found.setdefault(name, []).append(ms)
    return found


def ratio(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours is not None and theirs else None


def retrieval_ratios(with_it: Sequence[Replay], without: Sequence[Replay]) -> list[float]:
    """For every stop at which something was retrieved: its time by the same stop's without retrieval."""
    plain = {
        (replay.trace, replay.speed, sample.step): sample.whole
        for replay in without
        for sample in replay.samples
        if sample.last and sample.whole
    }
    found: list[float] = []
    for replay in with_it:
        retrieved = {asked.step for asked in replay.requests if asked.retrieved}
        for sample in replay.samples:
            base = plain.get((replay.trace, replay.speed, sample.step))
            if sample.last and sample.step in retrieved and sample.whole is not None and base:
                found.append(sample.whole / base)
    return found
