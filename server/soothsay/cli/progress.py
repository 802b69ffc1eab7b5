"""Index builds on the command line, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from soothsay.config import Settings
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import IndexSummary, Progress


class IndexBuilder(Protocol):
    """A session whose index can be built, in this process or in the backend."""

    settings: Settings

    def build_index(
        self, on_progress: Callable[[Progress], None], cancel: Cancellation, *, embed: bool = True
    ) -> IndexSummary:
        """Bring the index up to date; ``embed``: with vectors. Raises `Cancelled`, `SoothsayError`."""
        ...


def build_with_progress_bar(session: IndexBuilder, *, embed: bool = True) -> IndexSummary:
    """Bring the index up to date; return its summary. Ctrl-C stops the build and keeps finished parts."""
    with progress_bars() as (show, cancel):
        return session.build_index(show, cancel, embed=embed)


@contextmanager
def progress_bars() -> Iterator[tuple[Callable[[Progress], None], Cancellation]]:
    """Show one bar per stage of long work; yield the progress callback, and a cancellation that Ctrl-C sets."""
    cancel = Cancellation()
    with Bars(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}", style="dim"),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        tasks: dict[str, int] = {}

        def show(at: Progress) -> None:
            if at.stage not in tasks:
                tasks[at.stage] = bars.add_task(at.stage, detail="")
            bars.update(tasks[at.stage], completed=at.done, total=at.total or None, detail=at.detail[:40])  # type: ignore[arg-type]

        try:
            yield show, cancel
        except KeyboardInterrupt:
            cancel.set()
            raise


def bring_up_to_date(session: IndexBuilder) -> None:
    """Index what has changed since the last build, without vectors, before a single completion."""
    if session.settings.index.enabled:
        build_with_progress_bar(session, embed=False)  # vectors take long, and the user waits
