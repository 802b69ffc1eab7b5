"""Messages to the user. Each text is shown once, because errors repeat at every key."""

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
        """Log ``text`` once, without showing it: the client shows it in another way."""
        if str(text) not in self._seen:
            self._seen.add(str(text))
            logger.warning("%s", text)

    def error(self, text: object) -> None:
        """Log ``text`` and show it as an error."""
        logger.error("%s", text)
        self._show_once(MessageType.Error, str(text))

    def warning(self, text: object) -> None:
        """Log ``text`` and show it as a warning."""
        logger.warning("%s", text)
        self._show_once(MessageType.Warning, str(text))

    def _show_once(self, kind: MessageType, text: str) -> None:
        if text not in self._seen:
            self._seen.add(text)
            self._show(ShowMessageParams(type=kind, message=text))
