"""The list of models and their download for a client; `soothsay.model.files` does the work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from lsprotocol.types import ProgressToken

from soothsay.errors import raise_if_cancelled
from soothsay.frontend.progress import ProgressBar
from soothsay.frontend.progress_rate import ProgressThrottle, RemainingTime, describe_remaining
from soothsay_common.threads import SerialExecutor

if TYPE_CHECKING:
    from soothsay.config import Settings
    from soothsay.model.files.download import PullProgress


@dataclass(frozen=True, slots=True)
class PulledModel:
    """A model that is downloaded."""

    path: Path
    fresh: bool  # it was downloaded now


def models_to_json(settings: Settings) -> list[dict[str, Any]]:
    """Return the answer to ``soothsay.models`` (blocking). Checks that files exist, not their hashes."""
    from soothsay.model.files.cache import list_models

    return [
        {
            "name": status.spec.name,
            "bytes": status.spec.size,
            "pulled": status.state == "pulled",
            "fim": status.spec.has_fim,
            "current": status.spec.name == settings.model.name and not settings.model.path,
            "licence": status.spec.license,
            "kind": status.spec.kind,
        }
        for status in list_models()
    ]


class ModelDownloads:
    """Downloads models on one thread, one after the other. Methods run on the event loop and do not block it."""

    def __init__(self, progress_bar: Callable[..., ProgressBar]) -> None:
        self._progress_bar = progress_bar
        self._worker = SerialExecutor("soothsay-pull")
        self._running: set[Event] = set()

    async def pull(self, name: object, token: ProgressToken | None) -> PulledModel:
        """Download model ``name`` if it is missing, with progress for ``token``. Raises `SoothsayError`, `Cancelled`."""
        from soothsay.model.files.registry import find_spec

        spec = find_spec(name if isinstance(name, str) else "")
        cancel = Event()
        bar = self._progress_bar(f"Pulling {spec.name}", measured=True, cancel=cancel, token=token)
        remaining = RemainingTime()

        def show(at: PullProgress) -> None:
            bar.report(describe_download(at, remaining.seconds_left(at, time.monotonic())), at.done, at.total)

        self._running.add(cancel)
        try:
            return await self._worker.run(_pull, spec.name, ProgressThrottle(show), cancel)
        finally:
            cancel.set()  # also when the request itself was cancelled
            self._running.discard(cancel)
            bar.end()

    def interrupt(self) -> None:
        """Cancel running downloads; the next one continues where they stopped."""
        for cancel in self._running:
            cancel.set()

    def stop(self, timeout: float) -> bool:
        """End the thread. Needs no running loop. False when it has not ended in ``timeout`` seconds."""
        self.interrupt()
        return self._worker.stop(timeout)


def describe_download(at: PullProgress, seconds_left: float | None) -> str:
    """Return the text of a progress bar, such as ``"120 of 491 MB · 35 s left · package 2 of 6 from the mirror"``."""
    size = f"{at.done / 1e6:,.0f} of {at.total / 1e6:,.0f} MB"
    return " · ".join(part for part in (size, describe_remaining(seconds_left), at.text) if part)


def _pull(name: str, on_progress: Callable[[PullProgress], None], cancel: Event) -> PulledModel:
    from soothsay.model.files.cache import is_pulled
    from soothsay.model.files.download import pull

    raise_if_cancelled(cancel)  # it may have waited for another download
    fresh = not is_pulled(name)
    return PulledModel(pull(name, on_progress, cancel=cancel), fresh)
