"""Whoever waits for a command sees what it does (issue 19, number 13): in a terminal and in a log."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from soothsay.cli import progress
from soothsay.cli.progress import bring_up_to_date, build_with_progress_bar, progress_bars, waiting
from soothsay.config import Settings
from soothsay_index.types import IndexSummary, Progress


def console(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=terminal, width=100), out


def until_printed(out: io.StringIO) -> None:
    for _ in range(3_000):
        if out.getvalue():
            return
        threading.Event().wait(0.01)
    raise AssertionError("nothing was printed")


def test_a_log_gets_a_line_for_each_stage_with_what_and_how_far() -> None:
    shown, out = console()
    with progress_bars(shown) as (show, _):
        for done in range(100):
            show(Progress("packages", done, 100, "networkx"))
        show(Progress("embedding", 5, 50, "pandas"))
    assert out.getvalue().splitlines() == [
        "soothsay: packages 0/100 networkx",
        "soothsay: embedding 5/50 pandas",
    ]


def test_a_long_stage_says_from_time_to_time_how_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000, 2))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    shown, out = console()
    with progress_bars(shown) as (show, _):
        for done in (0, 10, 20, 30, 40):
            show(Progress("packages", done, 100, "pandas"))
    assert [line.partition(": ")[2] for line in out.getvalue().splitlines()] == [
        "packages 0/100 pandas",
        "packages 30/100 pandas · 14 s left",
    ]


def test_something_is_said_before_there_is_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress._FIRST_LINE_S < 1.0
    monkeypatch.setattr(progress, "_FIRST_LINE_S", 0.01)
    shown, out = console()
    with progress_bars(shown):
        until_printed(out)
    assert out.getvalue() == "soothsay: indexing …\n"
    shown, out = console()
    with waiting("loading the model", shown):
        until_printed(out)
    assert out.getvalue() == "soothsay: loading the model …\n"


def test_what_ends_at_once_says_nothing() -> None:
    shown, out = console()
    with waiting("completing", shown), progress_bars(shown):
        pass
    assert out.getvalue() == ""


def test_a_terminal_shows_a_bar_at_once() -> None:
    shown, out = console(terminal=True)
    with progress_bars(shown) as (show, _):
        assert "indexing" in out.getvalue()
        show(Progress("packages", 3, 12, "networkx"))
    assert "packages" in out.getvalue() and "3/12" in out.getvalue() and "networkx" in out.getvalue()


def test_a_command_asks_for_a_build_that_is_awaited() -> None:
    asked = []

    class Builder:
        settings = Settings()

        def build_index(self, on_progress, cancel, *, embed=True, awaited=False, file=None) -> IndexSummary:
            asked.append((embed, awaited, file))
            return IndexSummary(files=1)

    assert build_with_progress_bar(Builder(), embed=False).files == 1
    bring_up_to_date(Builder(), Path("mill.py"))
    assert asked == [(False, True, None), (False, True, Path("mill.py"))]
