"""23: what the log says: nothing of a cancellation that came late, one line of a completion that took long."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from soothsay.engine.types import Completion, CompletionRequest, TriggerDecision
from soothsay.frontend.editor_session import open_session
from soothsay.frontend.long_completions import LONG_SECONDS, describe, log_if_long
from soothsay.frontend.protocol import LspProtocol
from soothsay.frontend.server import SoothsayServer

REQUEST = CompletionRequest(Path("/work/shop/app.py"), "import json\njson.du", 19, Path("/work/shop"))


def completion(text: str, **timings: float) -> Completion:
    return Completion(
        text, text, "unverified", "full", TriggerDecision(False, (), None, 0.5, ""), timings_ms=timings
    )


def test_a_late_cancellation_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    server = SoothsayServer(open_session)
    protocol = server.protocol
    assert isinstance(protocol, LspProtocol)
    with caplog.at_level(logging.INFO):
        for number in (1, 7, "abc"):
            protocol._handle_cancel_notification(number)
    assert not caplog.records


def test_a_long_completion_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    slow = completion("", draft=6_100.0, verify=2_000.0, trigger=3.0, retrieve=150.0, total=8_300.0)
    log_if_long(REQUEST, slow, 8.34)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        "the completion at app.py:2:8 took 8.3 s and showed nothing: draft 6.1 s, verify 2.0 s, retrieve 0.1 s"
    )


def test_others_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    log_if_long(REQUEST, completion("mps(x)", draft=50.0), LONG_SECONDS - 0.1)
    log_if_long(REQUEST, None, 0.2)
    assert not caplog.records


def test_what_was_superseded_has_no_steps() -> None:
    assert describe(REQUEST, None, 9.0) == "the completion at app.py:2:8 took 9.0 s and was superseded"
    assert describe(REQUEST, completion("x"), 9.0) == "the completion at app.py:2:8 took 9.0 s and had text"
