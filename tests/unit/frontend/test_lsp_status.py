"""What clients are told about the server: the status, estimates of time, and what became of completions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from lsprotocol.types import ClientCapabilities

from soothsay.engine.types import AdapterUse, Check, Completion, Evidence, TriggerDecision
from soothsay.frontend.acceptance import Acceptance
from soothsay.frontend.client_capabilities import announces
from soothsay.frontend.progress_rate import (
    ProgressThrottle,
    RemainingTime,
    describe_progress,
    describe_remaining,
    seconds_left,
)
from soothsay.frontend.status import (
    IndexingProgress,
    LastCompletion,
    ServerStatus,
    StatusPublisher,
    summarize_completion,
    to_json,
)
from soothsay_index.types import Progress

LISTENS = ClientCapabilities(experimental={"soothsay": {"status": True}})


def test_the_rest_takes_as_long_as_what_is_done_did() -> None:
    assert seconds_left(25, 100, 10.0) == 30.0
    assert seconds_left(100, 100, 10.0) == 0.0
    assert seconds_left(120, 100, 10.0) == 0.0


@pytest.mark.parametrize(("done", "elapsed"), [(0, 10.0), (-5, 10.0), (50, 0.5)])
def test_too_little_is_known_for_an_estimate(done: int, elapsed: float) -> None:
    assert seconds_left(done, 100, elapsed) is None


def test_what_was_done_before_does_not_make_work_look_fast() -> None:
    pace = RemainingTime()
    assert pace.seconds_left(Progress("downloading", 400, 500), 0.0) is None
    assert pace.seconds_left(Progress("downloading", 450, 500), 10.0) == 10.0


def test_each_stage_has_a_pace_of_its_own() -> None:
    pace = RemainingTime()
    pace.seconds_left(Progress("packages", 0, 10), 0.0)
    assert pace.seconds_left(Progress("packages", 5, 10), 2.0) == 2.0
    assert pace.seconds_left(Progress("embedding", 0, 100), 60.0) is None
    assert pace.seconds_left(Progress("embedding", 10, 100), 70.0) == 90.0


def test_time_and_counts_in_words() -> None:
    assert [describe_remaining(each) for each in (None, 0.0, 12.4, 99.4, 100.0, 300.0)] == [
        "", "0 s left", "12 s left", "99 s left", "2 min left", "5 min left",
    ]  # fmt: skip
    assert (
        describe_progress(Progress("embedding", 1200, 5000, "numpy"), 12.0)
        == "embedding 1,200/5,000 numpy · 12 s left"
    )
    assert describe_progress(Progress("workspace", 0, 0), None) == "workspace"


async def test_reports_from_a_thread_are_thinned_out_but_no_stage_is_lost() -> None:
    seen: list[Progress] = []
    steps = ProgressThrottle(seen.append)

    def work() -> None:
        for stage in ("packages", "embedding"):
            for number in range(1000):
                steps(Progress(stage, number, 1000))

    await asyncio.to_thread(work)
    await asyncio.sleep(0)
    assert {each.stage for each in seen} == {"packages", "embedding"}
    assert len(seen) < 20


@pytest.mark.parametrize("experimental", [None, {}, {"soothsay": True}, {"soothsay": {"status": 1}}, [], "x"])
def test_clients_that_do_not_ask_are_told_nothing(experimental: Any) -> None:
    assert not announces(ClientCapabilities(experimental=experimental), "status")
    sent: list[dict[str, Any]] = []
    status = StatusPublisher(sent.append)
    status.enable(ClientCapabilities(experimental=experimental))
    status.update(state="ready")
    assert sent == []


async def test_a_burst_of_changes_is_two_messages_and_the_last_one_is_the_truth() -> None:
    sent: list[dict[str, Any]] = []
    status = StatusPublisher(sent.append)
    status.update(model="m")
    status.enable(LISTENS)
    for done in range(50):
        status.update(index=IndexingProgress("packages", done, 50, "numpy", 1.26))
    status.update(state="ready", message="", index=None)
    await asyncio.sleep(0.2)
    assert [each["state"] for each in sent] == ["loading", "ready"]
    expected = {
        "state": "ready",
        "message": "",
        "model": "m",
        "pausedUntil": None,
        "index": None,
        "last": None,
    }
    assert sent[1] == expected
    status.update(state="ready")  # no change
    await asyncio.sleep(0.15)
    assert len(sent) == 2


def test_paused_covers_the_state_below_it() -> None:
    status = StatusPublisher(lambda _: None)
    status.update(paused=True, state="error", message="no model")
    assert to_json(status.current)["state"] == "paused"
    status.update(paused=False)
    assert to_json(status.current)["state"] == "error"


def completion(
    text: str = "f()", evidence: tuple[Evidence, ...] = (), repaired: str = "", trimmed: str = ""
) -> Completion:
    trigger = TriggerDecision(True, ("low_confidence",), 0.5, 0.8, "f")
    check = Check(repaired=repaired, trimmed=trimmed)
    return Completion(text, "draft", "verified", "full", trigger, evidence, check=check)


def test_the_last_answer_in_a_few_words() -> None:
    grounds = Evidence("symbol", "numpy.unstack", "numpy", "2.1", "file:///n.py", "unstack(x)", 1.0)
    assert summarize_completion(7, completion(evidence=(grounds,), repaired="unstak")) == LastCompletion(
        7, "verified", "numpy.unstack", "numpy", "2.1", retrieved=True, repaired=True, trimmed=False
    )
    alone = summarize_completion(8, completion(trimmed="np.unstak()"))
    assert alone == LastCompletion(8, "verified", "f", "", "", retrieved=True, repaired=False, trimmed=True)


def test_the_last_answer_names_the_adapters_it_was_written_with() -> None:
    adapters = (AdapterUse("mine", 0.5), AdapterUse("shop"))
    last = summarize_completion(9, replace(completion(), adapters=adapters))
    assert last is not None and last.adapters == ("mine", "shop")
    assert to_json(ServerStatus(last=last))["last"]["adapters"] == ["mine", "shop"]


def test_nothing_written_is_nothing_to_say_unless_it_was_cut() -> None:
    assert summarize_completion(1, completion("")) is None
    assert summarize_completion(1, completion("", trimmed="np.unstak()")) is not None


def test_acceptance_is_counted_and_the_last_events_are_kept() -> None:
    acceptance = Acceptance(kept=3)
    acceptance.shown(1)
    acceptance.shown(1)  # drawn again
    acceptance.partially_accepted(1, 4)
    acceptance.shown(2)
    acceptance.accepted(2)
    stats = acceptance.to_json()
    assert (stats["shown"], stats["accepted"], stats["partiallyAccepted"]) == (2, 1, 1)
    assert [(each["kind"], each["id"], each["length"]) for each in stats["events"]] == [
        ("partially_accepted", 1, 4),
        ("shown", 2, None),
        ("accepted", 2, None),
    ]


@pytest.mark.parametrize("number", [None, "1", 1.5, [1]])
def test_what_is_no_number_is_not_counted(number: object) -> None:
    acceptance = Acceptance()
    acceptance.shown(number)
    acceptance.accepted(number)
    acceptance.partially_accepted(number, 3)
    assert acceptance.to_json() == {"shown": 0, "accepted": 0, "partiallyAccepted": 0, "events": []}
