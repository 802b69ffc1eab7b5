"""Keep one language server running: started on a thread, restarted with back-off, killed when it hangs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Event
from typing import Any, Generic, Protocol, TypeVar

from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.process import NoAnswer
from soothsay_common.deadlines import wait_until

log = logging.getLogger(__name__)


class Server(Protocol):
    """What is supervised."""

    @property
    def alive(self) -> bool:
        """Whether it can still answer."""
        ...

    def kill(self) -> None:
        """End it now."""
        ...

    def close(self) -> None:
        """Ask it to end, and end it."""
        ...


S = TypeVar("S", bound=Server)


class Supervisor(Generic[S]):
    """Gives the running server, or None while there is none. Waits no longer than its time limits."""

    def __init__(self, launch: Callable[[], S], limits: TimeLimits, name: str) -> None:
        """``launch`` starts and initializes a server (blocking); it may raise `OSError` or `NoAnswer`."""
        self._launch = launch
        self._limits = limits
        self._name = name
        self._changed = threading.Condition()
        self._server: S | None = None
        self._starting = False
        self._was_waited_for = False  # a question has waited for this start already
        self._closed = False
        self._failures = 0
        self._retry_at = 0.0
        self._since = 0.0
        self._late: tuple[Future[Any], float] | None = None
        self._complained = False

    def start(self) -> None:
        """Start the server if there is none and it is time to; returns at once."""
        with self._changed:
            self._check()
            if self._closed or self._starting or self._server or time.monotonic() < self._retry_at:
                return
            self._starting = True
            self._was_waited_for = False
        threading.Thread(target=self._run_launch, name="oracle-start", daemon=True).start()

    def server(self, cancel: Event | None = None) -> S | None:
        """Return the server, ready for a question; None while it starts, waits to, or is late with an answer.

        Raises `CancelledError` once ``cancel`` is set and there is something to wait for.
        """
        self.start()
        with self._changed:
            if self._starting and not self._was_waited_for:
                wait_until(self._is_started, self._limits.first / 1000, cancel)
                self._was_waited_for = True
            late = self._late
        # a further question would cancel what it works at, and cost each caller a time-out
        if late is not None and not self._has_arrived(*late, cancel):
            return None
        with self._changed:
            if self._late is late:
                self._late = None
            return self._server

    def _is_started(self, seconds: float) -> bool:
        return self._changed.wait_for(lambda: not self._starting, seconds)

    def _has_arrived(self, answer: Future[Any], due: float, cancel: Event | None) -> bool:
        """Wait, not for long, for an answer that is late."""
        left = due + self._limits.late / 1000 - time.monotonic()
        return wait_until(lambda seconds: bool(wait([answer], seconds).done), left, cancel)

    @property
    def current(self) -> S | None:
        """The running server, whatever it is doing."""
        with self._changed:
            return self._server

    def note_late(self, answer: Future[Any], due: float) -> None:
        """Note that ``answer``, which was due at ``due``, is late: the server is not given out until it is done."""
        with self._changed:
            self._late = (answer, due)

    def close(self) -> None:
        """End the server, and start no other."""
        with self._changed:
            self._closed = True
            server, self._server = self._server, None
            self._changed.notify_all()
        if server is not None:
            server.close()

    def _run_launch(self) -> None:
        server: S | None = None
        try:
            server = self._launch()
        except (OSError, NoAnswer) as error:
            self._complain(f"could not be started ({error or type(error).__name__})")
        except Exception:
            log.exception("starting %s", self._name)
        with self._changed:
            self._starting = False
            if self._closed:
                unwanted = server
            else:
                unwanted, self._server, self._since = None, server, time.monotonic()
                if server is None:
                    self._failed()
            self._changed.notify_all()
        if unwanted is not None:
            unwanted.close()

    def _check(self) -> None:
        """Let go of a server that has died, and kill one that hangs."""
        now = time.monotonic()
        if self._late is not None:
            answer, due = self._late
            hang = self._limits.hang * 2 ** min(self._failures, 6)
            if answer.done():
                self._late = None
            elif now - due > hang / 1000 and self._server is not None:
                self._server.kill()
        if self._server is not None and not self._server.alive:
            self._complain("has died or hung; it is started again")
            self._server = self._late = None
            if now - self._since > self._limits.stable / 1000:
                self._failures = 0
            self._failed()

    def _failed(self) -> None:
        wait = 0.0 if self._failures == 0 else self._limits.restart * 2 ** min(self._failures - 1, 16)
        self._failures += 1
        self._retry_at = time.monotonic() + min(wait, self._limits.longest_wait) / 1000

    def _complain(self, what: str) -> None:
        log.log(
            logging.DEBUG if self._complained else logging.WARNING,
            "the language server %s %s",
            self._name,
            what,
        )
        self._complained = True
