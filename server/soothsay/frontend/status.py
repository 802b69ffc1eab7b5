"""The server's status and the notification ``soothsay/status``, for clients that ask for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from lsprotocol.types import ClientCapabilities

from soothsay.engine.types import Completion
from soothsay.frontend.client_capabilities import announces

STATUS = "soothsay/status"

State = Literal["loading", "ready", "paused", "error"]

_INTERVAL = 0.1  # seconds between two notifications


@dataclass(frozen=True, slots=True)
class IndexingProgress:
    """Progress of an index build. ``remaining`` is the estimated seconds for this stage; None: not known yet."""

    stage: str
    done: int
    total: int  # 0: unknown
    detail: str
    remaining: float | None


@dataclass(frozen=True, slots=True)
class LastCompletion:
    """The last completion that had text or was trimmed."""

    id: int
    verdict: str
    symbol: str | None
    package: str
    version: str
    retrieved: bool
    repaired: bool
    trimmed: bool
    adapters: tuple[str, ...] = ()  # that it was written with


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """The state of model, index and last completion."""

    state: Literal["loading", "ready", "error"] = "loading"
    message: str = "waiting for a file or a folder"
    model: str = ""
    paused: bool = False
    paused_until: datetime | None = None  # None: until it is resumed
    index: IndexingProgress | None = None  # None: no build is running
    last: LastCompletion | None = None


class StatusPublisher:
    """Keeps the status and sends changes, at most ten times a second; the last change is always sent.

    All methods run on the event loop.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self.current = ServerStatus()
        self._send = send
        self.enabled = False
        self._sent: ServerStatus | None = None
        self._sent_at = 0.0
        self._later: asyncio.TimerHandle | None = None

    def enable(self, capabilities: ClientCapabilities) -> None:
        """Send the status from now on, if the client's ``capabilities`` ask for it."""
        self.enabled = announces(capabilities, "status")
        self._schedule_send()

    def update(self, **changes: Any) -> None:
        """Change some fields of the status."""
        self.current = replace(self.current, **changes)
        self._schedule_send()

    def _schedule_send(self) -> None:
        if not self.enabled or self._later is not None or self.current == self._sent:
            return
        wait = self._sent_at + _INTERVAL - time.monotonic()
        if wait > 0:
            self._later = asyncio.get_running_loop().call_later(wait, self._send_now)
        else:
            self._send_now()

    def _send_now(self) -> None:
        self._later = None
        if self.current != self._sent:
            self._sent, self._sent_at = self.current, time.monotonic()
            self._send(to_json(self.current))


def summarize_completion(number: int, completion: Completion) -> LastCompletion | None:
    """Return what the status says about a completion; None when it has no text and was not trimmed."""
    check, best = completion.check, next(iter(completion.evidence), None)
    if not completion.text and not check.trimmed:
        return None
    return LastCompletion(
        id=number,
        verdict=completion.verdict,
        symbol=best.symbol if best else completion.trigger.name,
        package=best.package if best else "",
        version=best.version if best else "",
        retrieved=completion.trigger.fired,
        repaired=bool(check.repaired),
        trimmed=bool(check.trimmed),
        adapters=tuple(each.name for each in completion.adapters),
    )


def to_json(status: ServerStatus) -> dict[str, Any]:
    """Return the parameters of ``soothsay/status``."""
    index, last = status.index, status.last
    return {
        "state": "paused" if status.paused else status.state,
        "message": status.message,
        "model": status.model,
        "pausedUntil": status.paused_until and status.paused_until.isoformat(timespec="seconds"),
        "index": index
        and {
            "stage": index.stage,
            "done": index.done,
            "total": index.total,
            "detail": index.detail,
            "remainingSeconds": None if index.remaining is None else round(index.remaining, 1),
        },
        "last": last
        and {
            "id": last.id,
            "verdict": last.verdict,
            "symbol": last.symbol,
            "package": last.package,
            "version": last.version,
            "retrieved": last.retrieved,
            "repaired": last.repaired,
            "trimmed": last.trimmed,
            "adapters": list(last.adapters),
        },
    }
