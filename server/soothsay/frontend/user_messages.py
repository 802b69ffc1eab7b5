"""What the user is told: each text once, not once a keystroke."""

from __future__ import annotations

import logging
from collections.abc import Callable

from lsprotocol.types import MessageType, ShowMessageParams

logger = logging.getLogger(__name__)


class UserMessages:
    """Shows each distinct text once, and logs it."""

    def __init__(self, show: Callable[[ShowMessageParams], None]) -> None:
        self._show = show
        self._seen: set[str] = set()

    def log(self, text: object) -> None:
        """For what the client shows in another way."""
        if str(text) not in self._seen:
            self._seen.add(str(text))
            logger.warning("%s", text)

    def error(self, text: object) -> None:
        logger.error("%s", text)
        self._once(MessageType.Error, str(text))

    def warning(self, text: object) -> None:
        logger.warning("%s", text)
        self._once(MessageType.Warning, str(text))

    def _once(self, kind: MessageType, text: str) -> None:
        if text not in self._seen:
            self._seen.add(text)
            self._show(ShowMessageParams(type=kind, message=text))
