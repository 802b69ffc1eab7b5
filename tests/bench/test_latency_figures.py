"""The arithmetic of the latency report, and its page and plot."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bench.latency import plot, report
from bench.latency.figures import Asked, Replay, Sample, percentile, ratio, retrieval_ratios, summarize
from bench.latency.probes import at_work, idle_from, places
from bench.latency.run import Condition, Kept


def sample(step: int = 1, **changes: Any) -> Sample:
    values: dict[str, Any] = {
        "step": step, "kind": "type", "last": True, "cold": False, "through": False, "first": 100.0,
        "whole": 100.0, "ghost": 3, "asked": 50.0,
    }  # fmt: skip
    return Sample(**{**values, **changes})


def replay(side: str = report.OURS, **changes: Any) -> Replay:
    values: dict[str, Any] = {
        "side": side, "trace": "medium", "speed": 120, "keys": 1, "samples": (sample(),), "requests": (),
        "sent": 1, "cancelled": 0, "accepted": 0, "cpu": 1.0, "seconds": 1.0,
    }  # fmt: skip
    return Replay(**{**values, **changes})


def test_percentiles_lie_between_the_nearest() -> None:
    assert percentile([], 0.5) is None
    assert percentile([7], 0.95) == 7
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile(range(101), 0.95) == 95


def test_a_ratio_needs_two_numbers() -> None:
    assert ratio(1, 4) == 0.25
    assert ratio(None, 4) is None
    assert ratio(1, 0) is None


def test_only_last_keys_count_for_the_times() -> None:
    samples = (
        sample(whole=100),
        sample(whole=300),
        sample(last=False, whole=9_000),
        sample(whole=None, first=None),
    )
    got = summarize([replay(samples=samples)])
    assert got.stops == 3
    assert got.whole_p50 == 300  # what never came counts as the longest
    assert got.first_p50 == 100
    assert got.within_150 == pytest.approx(1 / 3)  # what never came is not within
    assert got.within_500 == pytest.approx(2 / 3)
    assert got.shown == pytest.approx(2 / 3)
    assert got.in_time == pytest.approx(3 / 4)


def test_tokens_are_those_of_answers_and_not_of_the_ring() -> None:
    asked = (
        Asked("first", 1, 300, 10),
        Asked("speculative", 1, 100, 20),
        Asked("ring", 1, 900, 0),
        Asked("first", 2, None, None),
    )
    got = summarize([replay(requests=asked)])
    assert (got.evaluated, got.evaluated_p50, got.generated) == (200, 200, 15)


def test_all_work_is_known_of_a_server_that_answers_everything_or_counts() -> None:
    asked = (Asked("first", 1, 300, 10), Asked("ring", 1, 900, 0))
    peer = replay(report.PEER, requests=asked, keys=4)
    silent, counting = replay(keys=4, own={"shown": 3}), replay(keys=4, own={"model": {"evaluated": 40}})
    assert summarize([peer]).work == 300
    assert summarize([silent]).work is None
    assert summarize([counting]).work == 10
    assert summarize([counting, silent]).work is None


def test_processor_time_is_told_per_accepted_character_of_all_replays() -> None:
    got = summarize([replay(cpu=3.0, accepted=10), replay(cpu=1.0, accepted=10)])
    assert got.cpu_per_character == pytest.approx(0.2)
    assert summarize([replay(accepted=0)]).cpu_per_character is None


def test_what_was_foreseen_is_told_without_the_debounce() -> None:
    samples = (
        sample(last=False, through=True, whole=56, asked=6),
        sample(last=False, through=True, whole=2, asked=None),
        sample(last=False, through=True, whole=None, asked=None),
        sample(last=False, through=False, whole=1, asked=1),
    )
    got = summarize([replay(samples=samples)])
    assert (got.through, got.through_p50) == (3, 4)


def test_retrieval_is_compared_stop_by_stop() -> None:
    asked = (Asked("completion", 1, 10, 5, retrieved=True), Asked("completion", 2, 10, 5))
    with_it = replay(samples=(sample(1, whole=150), sample(2, whole=999)), requests=asked)
    without = replay(report.NO_RETRIEVAL, samples=(sample(1, whole=100), sample(2, whole=100)))
    assert retrieval_ratios([with_it], [without]) == [1.5]
    assert retrieval_ratios([with_it], [replay(speed=60, samples=(sample(1, whole=100),))]) == []


def found() -> dict[str, Any]:
    asked = (Asked("completion", 1, 10, 5, retrieved=True),)
    replays = [
        replay(report.PEER, samples=(sample(whole=1_000.0),), requests=(Asked("first", 1, 400, 9),)),
        replay(samples=(sample(whole=200.0), sample(2, whole=None, first=None)), requests=asked),
        replay(report.NO_RETRIEVAL, samples=(sample(whole=160.0),)),
        replay(report.INDEXING, samples=(sample(whole=220.0),), background=0.9),
    ]
    return report.figures({"commit": "abc"}, replays, {report.OURS: [12.0, None, 30.0]}, 0.3)


def test_the_figures_hold_what_ours_is_of_theirs() -> None:
    got = found()
    assert got["speeds"]["120"]["ratio"]["first_p50"] == pytest.approx(1.0)
    assert got["speeds"]["120"]["ratio"]["whole_p50"] == pytest.approx(6.1)
    assert got["traces"]["medium"]["120"]["ratio"]["whole_p50"] == pytest.approx(6.1)
    variant = got["variants"][report.INDEXING]["120"]
    assert variant["this"]["whole_p50"] == 220
    assert variant["peer"]["whole_p50"] == pytest.approx(0.22)
    assert variant["default"]["whole_p50"] == pytest.approx(220 / 6_100)
    assert got["retrieval"] == {"stops": 1, "p50": pytest.approx(1.25), "p95": pytest.approx(1.25)}
    assert got["stops"]["120"][report.OURS]["whole"] == [200.0, None]


def test_the_page_tells_them() -> None:
    page = report.page(found())
    assert "| 120      | ours/theirs" in page
    assert "1.25 times as long" in page
    assert "21 ms at the median, 30 ms at most, 1 of 3 not within 1.5 s" in page
    assert "commit abc" in page
    assert "By its own clocks" not in page


def test_what_the_server_counts_is_told() -> None:
    own = {"eventLoop": {"longestBlockMs": 12.34, "longestHeldMs": 4.5}, "model": {"longestFreeMs": 8}}
    late = {"eventLoop": {"longestBlockMs": 23.4}}
    page = report.page(report.figures({}, [replay(own=own), replay(own=late), replay(own={})], {}, 0.3))
    assert "the event loop was blocked 23.4 ms at most, more than 20 ms in 1 of 2 replays" in page
    assert "had the processors, it was blocked 4.5 ms at most, more than 20 ms in 0 of 1 replays" in page
    assert "a cancelled request kept the model 8.0 ms at most" in page


def test_the_curve_stays_below_one_when_something_never_came() -> None:
    got = plot.steps([300.0, None, 0.2, 20.0], limits=(1.0, 1000.0))
    assert got == ([1.0, 1.0, 20.0, 300.0, 1000.0], [0.0, 0.25, 0.5, 0.75, 0.75])


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    plot.draw(found(), tmp_path / "latency.png")
    assert (tmp_path / "latency.png").read_bytes().startswith(b"\x89PNG")


def test_a_process_is_idle_once_it_runs_no_more() -> None:
    busy = [(float(ms), 2.0 * min(ms, 30)) for ms in range(60)]  # two cores until 30 ms
    assert idle_from(busy) == 30
    assert idle_from([(float(ms), 2.0 * ms) for ms in range(60)]) is None
    assert idle_from([(float(ms), 0.01 * ms) for ms in range(60)]) == 0


def test_a_short_pause_is_not_idle() -> None:
    pause = [(float(ms), ms - min(max(ms - 10, 0), 5) if ms < 40 else 35.0) for ms in range(80)]
    assert idle_from(pause) == pytest.approx(40, abs=2)


def test_probes_are_made_at_ends_of_lines_far_apart() -> None:
    text = "\n".join("x" * (number % 7) for number in range(100))
    got = places(text, 4)
    assert [row for row, _ in got] == [20, 40, 60, 80]
    assert all(column == row % 7 for row, column in got)


def test_an_interrupted_run_goes_on_where_it_was_and_another_begins_anew(tmp_path: Path) -> None:
    class Planned:
        condition, trace, speed = Condition("soothsay"), SimpleNamespace(name="medium"), 120

    plan: Any = Planned()
    file = tmp_path / "replays"
    kept = Kept(file, "abc LIMIT=1")
    assert kept.get(plan) is None
    done = replay("soothsay", requests=(Asked("completion", 1, 7, 3, steps={"draft": 5.0}),))
    kept.put(done)
    assert Kept(file, "abc LIMIT=1").get(plan) == done
    assert Kept(file, "def LIMIT=1").get(plan) is None
    kept.forget()
    assert Kept(file, "abc LIMIT=1").get(plan) is None


def test_the_threads_at_work_are_those_that_have_run() -> None:
    assert at_work({1: 5.0, 2: 100.0}, {1: 6.0, 2: 300.0, 3: 90.0}, 90.0) == {2, 3}
