"""The figures and the page of bench-grounded."""

from __future__ import annotations

from typing import Any

import pytest
from bench.latency.figures import Asked, Replay, Sample
from bench.latency.grounded_report import (
    BEFORE,
    NO_RETRIEVAL,
    OURS,
    PEER,
    Figures,
    Measured,
    figures,
    page,
    stops_of,
)


def sample(step: int, whole: float | None, answer: int | None = None, **more: Any) -> Sample:
    values: dict[str, Any] = {
        "kind": "type", "last": True, "cold": False, "through": False, "first": whole, "ghost": 0 if answer is None else 5,
        **more,
    }  # fmt: skip
    return Sample(step=step, whole=whole, answer=answer, **values)


def asked(answer: int, step: int, retrieved: bool, **more: Any) -> Asked:
    return Asked(
        "completion", step, 10, 5, retrieved, answer=answer, text=more.pop("text", "name(x)"), **more
    )


def replay(side: str, *samples: Sample, requests: tuple[Asked, ...] = (), trace: str = "a/b.py") -> Replay:
    return Replay(side, trace, 120, 10, samples, requests, 1, 0, 0, 1.0, 1.0)


def made() -> Figures:
    ours = replay(
        OURS, sample(2, 300.0, 1, asked=250.0), sample(4, 200.0, 2), sample(6, 100.0),
        sample(7, 4.0, 2, last=False, through=True, asked=3.0),
        requests=(asked(1, 2, True, chosen=5), asked(2, 4, False), asked(3, 6, False, text="")),
    )  # fmt: skip
    before = replay(BEFORE, sample(2, 1500.0, 1), requests=(asked(1, 2, True),))
    base = replay(NO_RETRIEVAL, sample(2, 250.0, 1), requests=(asked(1, 2, False),))
    peer = replay(PEER, sample(2, 4000.0), sample(4, None))
    small = replay(OURS, sample(2, 100.0, 1), requests=(asked(1, 2, False),), trace="small")
    measured = Measured({OURS: [900.0, 1000.0, 5000.0]}, {OURS: [10.0, None, 12.0]}, [20.0, 25.0, 30.0])
    kinds = {"a/b.py": "client", "small": "small"}
    return figures(
        {"commit": "abc"}, [ours, before, base, peer, small], kinds, measured, lambda text: len(text)
    )


def test_a_stop_is_grounded_if_the_answer_that_stands_there_is() -> None:
    requests = (asked(1, 2, True), asked(2, 3, False), asked(3, 5, True, text=""))
    found = stops_of(replay(OURS, sample(4, 1.0, 1), sample(5, 9.0), sample(6, 9.0), requests=requests))
    assert [stop.grounded for stop in found] == [True, True, False]
    assert [stop.shown for stop in found] == [True, False, False]


def test_grounded_and_ungrounded_stops_are_summed_up_apart() -> None:
    ours = made()["sides"][OURS]
    assert (ours["stops"], ours["grounded"], ours["ungrounded"]) == (4, 1, 3)
    assert (ours["grounded_p50"], ours["ungrounded_p50"]) == (300.0, 100.0)
    assert ours["nothing"] == pytest.approx(0.25)
    assert ours["through"] == {"keys": 1, "p95": 3.0}


def test_the_same_stop_without_retrieval_is_what_a_grounded_one_is_held_against() -> None:
    assert made()["paired"] == {
        "stops": 1,
        "of_medians": pytest.approx(1.2),
        "median": pytest.approx(1.2),
    }


def test_the_bound_is_the_time_of_the_chosen_tokens_or_of_all_where_that_is_not_told() -> None:
    bound = made()["bound"]
    assert (bound["stops"], bound["told"]) == (3, 1)  # an answer without text had nothing to choose
    assert bound["median"] == pytest.approx(200 / (7 * 25))
    assert bound["p95"] == pytest.approx(2.0 - 0.1 * (2.0 - 200 / (7 * 25)))


def test_a_stop_without_an_answer_counts_as_the_longest() -> None:
    assert made()["sides"][PEER]["p95"] > 11_000


def test_the_page_says_which_goals_are_met() -> None:
    text = page(made())
    assert "| the README's example" in text and "1,000 ms" in text
    lines = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ")}
    assert "met" in lines["the README's example"]
    assert "**missed**" in lines["grounded p50 against ungrounded p50"]
    assert "**missed**" in lines["stops with nothing shown"]
    assert "not measured" in lines["the file of 100 lines, p50 against llama-server's"]


def test_a_run_of_one_side_has_a_page() -> None:
    found = figures({}, [replay(PEER, sample(2, 10.0))], {"a/b.py": "client"}, Measured({}, {}, []), len)
    assert "Not measured." in page(found)
