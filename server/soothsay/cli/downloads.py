"""Model downloads on the command line, with a progress bar in a terminal and progress lines elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from soothsay.model.files.download import OnProgress, PullProgress, Source, pull

_LINE_EVERY_S = 5.0


def pull_with_progress_bar(name: str, source: Source = "auto", cancel: Event | None = None) -> Path:
    """Download model ``name`` with progress on standard error; return its path. Raises `SoothsayError`, `Cancelled`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return pull(name, _Lines(console), source, cancel)
    with Progress(
        TextColumn("{task.fields[model]}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=console,
    ) as progress:
        return pull(name, _bar(progress, name), source, cancel)


def _bar(progress: Progress, name: str) -> OnProgress:
    task = progress.add_task("", total=None, model=name)
    stage = ""

    def show(at: PullProgress) -> None:
        nonlocal stage
        if at.stage != stage:  # restart the rate: verifying reads from the disk, at another speed
            progress.reset(task, description=at.text)
            stage = at.stage
        progress.update(task, completed=at.done, total=at.total, description=at.text)

    return show


class _Lines:
    """Prints a line for each new stage, and every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = ""
        self._last = 0.0

    def __call__(self, at: PullProgress) -> None:
        now = time.monotonic()
        what = at.text if at.stage == "downloading" else at.stage
        if what == self._shown and now - self._last < _LINE_EVERY_S:
            return
        self._shown, self._last = what, now
        share = f" ({at.done / 1e6:,.0f} of {at.total / 1e6:,.0f} MB)" if at.stage != "done" else ""
        self._console.print(f"{at.model}: {at.text}{share}", highlight=False, markup=False, soft_wrap=True)
