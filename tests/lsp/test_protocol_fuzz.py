"""Generated messages to a real server over stdio, a few thousand of those that `make fuzz` sends."""

from __future__ import annotations

import pytest
from fuzzing import scenarios
from fuzzing.machine import TALLY, RealSession, Session
from fuzzing.run import run

LARGEST_MB = 400  # resident, also with documents of 10 MB


@pytest.mark.parametrize(("kind", "examples"), [(Session, 5), (RealSession, 2)])
def test_any_message_is_survived_answered_and_leaves_the_client_s_text(
    kind: type[Session], examples: int
) -> None:
    before = TALLY.messages
    run(kind, examples=examples, steps=60, seed=20)
    assert TALLY.messages - before > 50
    assert TALLY.peak_bytes < LARGEST_MB * 1e6


def test_a_document_of_10_mb_is_kept_up_to_date() -> None:
    scenarios.long_documents(changes=3)
    assert TALLY.peak_bytes < LARGEST_MB * 1e6


def test_nothing_is_kept_of_documents_that_are_closed() -> None:
    scenarios.many_documents(400)


def test_every_request_of_a_cancel_storm_is_answered() -> None:
    scenarios.storm(300)


def test_nothing_is_kept_of_what_was_typed_but_its_text() -> None:
    scenarios.typing(800)


def test_a_client_that_reads_late_does_not_stop_the_server() -> None:
    scenarios.deaf_client()
