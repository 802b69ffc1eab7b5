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
class Letter:
    """One request; :attr:`place` is gone once it has been done."""

    place: Path
    content: dict[str, Any]

    @property
    def done(self) -> bool:
        """True when somebody has done what it asks."""
        return not self.place.exists()


class Inbox:
    """The requests in ``folder``. Any process may post; only the holder of the lease answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = itertools.count()
        folder.mkdir(parents=True, exist_ok=True)

    def post(self, content: dict[str, Any]) -> Letter:
        """Ask for something. It survives the death of whoever should do it."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._count)}"
        place = self._folder / f"{name}.json"
        written = self._folder / f"{name}.part"
        written.write_text(json.dumps(content), encoding="utf-8")
        written.replace(place)
        return Letter(place, content)

    def letters(self) -> Iterator[Letter]:
        """What is waiting. Take each away with :meth:`finish` when it is done, not before."""
        for place in sorted(self._folder.glob("*.json")):
            try:
                content = json.loads(place.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue  # whoever posted it has done it himself
            except (OSError, ValueError) as error:
                log.warning("A request to the index cannot be read: %s", error)
                content = None
            if isinstance(content, dict):
                yield Letter(place, content)
            else:
                place.unlink(missing_ok=True)

    def finish(self, letter: Letter) -> None:
        """It is done."""
        letter.place.unlink(missing_ok=True)
