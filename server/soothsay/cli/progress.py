"""Progress of a command on standard error: bars in a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from soothsay.config import Settings
from soothsay.frontend.progress_rate import RemainingTime, describe_progress
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import IndexSummary, Progress

_FIRST_LINE_S = 0.8
_LINE_EVERY_S = 5.0

OnProgress = Callable[[Progress], None]


class IndexBuilder(Protocol):
    """A session whose index can be built, in this process or in the backend."""

    settings: Settings

    def build_index(
        self,
        on_progress: OnProgress,
        cancel: Cancellation,
        *,
        embed: bool = True,
        awaited: bool = False,
        file: Path | None = None,
    ) -> IndexSummary:
        """Bring the index up to date; ``embed``: with vectors, ``awaited``: a user waits. Raises `SoothsayError`.

        ``file``: of packages, only what this file needs.
        """
        ...


def build_with_progress_bar(session: IndexBuilder, *, embed: bool = True) -> IndexSummary:
    """Bring the index up to date; return its summary. Ctrl-C stops the build and keeps finished parts."""
    with progress_bars() as (show, cancel):
        return session.build_index(show, cancel, embed=embed, awaited=True)


@contextmanager
def progress_bars(console: Console | None = None) -> Iterator[tuple[OnProgress, Cancellation]]:
    """Show the progress of long work; yield the progress callback, and a cancellation that Ctrl-C sets."""
    cancel = Cancellation()
    console = console or Console(stderr=True)
    with _bars(console) if console.is_terminal else _lines(console) as show:
        try:
            yield show, cancel
        except KeyboardInterrupt:
            cancel.set()
            raise


def waiting(what: str, console: Console | None = None) -> AbstractContextManager[object]:
    """Say ``what`` is being waited for within the block, unless it ends at once."""
    console = console or Console(stderr=True)
    return console.status(what) if console.is_terminal else _said(what, console)


def bring_up_to_date(session: IndexBuilder, file: Path) -> None:
    """Index what a single completion in ``file`` needs: what has changed, and the packages that it uses.

    Without vectors and the other packages, which take long: the next build goes on with them.
    """
    if session.settings.index.enabled:
        with progress_bars() as (show, cancel):
            session.build_index(show, cancel, embed=False, awaited=True, file=file)


@contextmanager
def _bars(console: Console) -> Iterator[OnProgress]:
    """Show one bar for each stage; the first says that the index is asked for."""
    with Bars(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}", style="dim"),
        console=console,
        transient=True,
    ) as bars:
        tasks = {"": bars.add_task("indexing", total=None, detail="")}

        def show(at: Progress) -> None:
            if "" in tasks:
                bars.remove_task(tasks.pop(""))
            if at.stage not in tasks:
                tasks[at.stage] = bars.add_task(at.stage, detail="")
            bars.update(tasks[at.stage], completed=at.done, total=at.total or None, detail=at.detail[:40])  # type: ignore[arg-type]

        yield show


@contextmanager
def _lines(console: Console) -> Iterator[OnProgress]:
    """Print a line for each new stage and every few seconds, the first within a second."""
    remaining, shown, last = RemainingTime(), "", time.monotonic()

    def show(at: Progress) -> None:
        nonlocal shown, last
        now = time.monotonic()
        seconds = remaining.seconds_left(at, now)
        if at.stage != shown or now - last >= _LINE_EVERY_S:
            shown, last = at.stage, now
            _print(console, describe_progress(at, seconds))

    with _said("indexing", console, unless=lambda: bool(shown)):
        yield show


@contextmanager
def _said(what: str, console: Console, unless: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Print ``what`` once when the block takes longer than a moment."""
    over = threading.Event()

    def say() -> None:
        if not over.wait(_FIRST_LINE_S) and not unless():
            _print(console, f"{what} …")

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _print(console: Console, text: str) -> None:
    console.print(f"soothsay: {text}", highlight=False, markup=False, soft_wrap=True)
