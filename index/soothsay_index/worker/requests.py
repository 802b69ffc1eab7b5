"""What processes without the lease ask of the one that holds it: a folder of small JSON files, oldest first."""

from __future__ import annotations

import itertools
import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One request; :attr:`path` is gone once it has been done."""

    path: Path
    content: dict[str, Any]

    @property
    def done(self) -> bool:
        """True when somebody has done what it asks."""
        return not self.path.exists()


class WriteRequests:
    """The requests in ``folder``. Any process may submit; only the holder of the lease answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = itertools.count()
        folder.mkdir(parents=True, exist_ok=True)

    def submit(self, content: dict[str, Any]) -> WriteRequest:
        """Ask for something. It survives the death of whoever should do it."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._count)}"
        path = self._folder / f"{name}.json"
        written = self._folder / f"{name}.part"
        written.write_text(json.dumps(content), encoding="utf-8")
        written.replace(path)
        return WriteRequest(path, content)

    def pending(self) -> Iterator[WriteRequest]:
        """What is waiting. Take each away with :meth:`finish` when it is done, not before."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue  # whoever posted it has done it himself
            except (OSError, ValueError) as error:
                log.warning("A request to the index cannot be read: %s", error)
                content = None
            if isinstance(content, dict):
                yield WriteRequest(path, content)
            else:
                path.unlink(missing_ok=True)

    def finish(self, request: WriteRequest) -> None:
        """It is done."""
        request.path.unlink(missing_ok=True)
