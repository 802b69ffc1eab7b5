"""Write requests to the process that holds the lease: a folder of small JSON files, oldest first."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soothsay_index.codec import from_plain, to_plain
from soothsay_index.types import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A write request; its file :attr:`path` is removed when it is done."""

    path: Path
    content: dict[str, Any]

    def report(self, progress: Progress) -> None:
        """Tell the sender how far the request is."""
        written = self._progress.with_suffix(".part")
        with contextlib.suppress(OSError):
            written.write_text(json.dumps(to_plain(progress)), encoding="utf-8")
            written.replace(self._progress)

    def progress(self) -> Progress | None:
        """Return how far the request is; None where nothing new was told. Only for the sender."""
        try:
            plain = json.loads(self._progress.read_text(encoding="utf-8"))
            self._progress.unlink()
            return from_plain(Progress, plain)
        except (OSError, ValueError):
            return None

    @property
    def _progress(self) -> Path:
        return self.path.with_suffix(".progress")

    @property
    def done(self) -> bool:
        """Return whether the request is done."""
        return not self.path.exists()


class WriteRequests:
    """The write requests in ``folder``. Any process may submit one; only the lease holder serves them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = itertools.count()
        folder.mkdir(parents=True, exist_ok=True)

    def submit(self, content: dict[str, Any]) -> WriteRequest:
        """Submit a request. It outlives the process that should serve it."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._count)}"
        path = self._folder / f"{name}.json"
        written = self._folder / f"{name}.part"
        written.write_text(json.dumps(content), encoding="utf-8")
        written.replace(path)
        return WriteRequest(path, content)

    def pending(self) -> Iterator[WriteRequest]:
        """Yield the pending requests. Call :meth:`finish` when one is done."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue  # its sender has done it itself
            except (OSError, ValueError) as error:
                log.warning("A request to the index cannot be read: %s", error)
                content = None
            if isinstance(content, dict):
                yield WriteRequest(path, content)
            else:
                path.unlink(missing_ok=True)

    def finish(self, request: WriteRequest) -> None:
        """Remove a request that is done."""
        request.path.unlink(missing_ok=True)
        request.path.with_suffix(".progress").unlink(missing_ok=True)
