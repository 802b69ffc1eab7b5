"""A client of the backend that connects to a new backend process when the current one dies."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Literal

from soothsay.backend.launch import BackendConnection
from soothsay.backend.link import Link, LostError
from soothsay.backend.messages import Close, Message, Request
from soothsay.backend.restart import MAX_TRIES, RestartPolicy, describe_crash
from soothsay.errors import Cancelled, SoothsayError, raise_if_cancelled
from soothsay_common.cancellation import Cancellation
from soothsay_common.exits import Exit
from soothsay_index.types import Progress

log = logging.getLogger(__name__)

State = Literal["lost", "ready", "opened", "failed"]
"""The backend has died; it serves again with the model; it serves again without the model; it cannot be started."""
OnChange = Callable[[State, str], None]

_CLOSE_TIMEOUT_S = 5.0


class ReconnectingClient(ABC):
    """Sends requests to the current backend and replaces it when it dies. Thread-safe."""

    def __init__(self, connect: Callable[[str], BackendConnection], name: str, policy: RestartPolicy) -> None:
        """``connect`` reaches a backend for the client ``name``; `_connect_first` calls it first."""
        self.warnings: list[str] = []
        self._connect = connect
        self._name = name
        self._policy = policy
        self._changed = threading.Condition()
        self._link: Link | None = None
        self._restarting: threading.Thread | None = None
        self._reporting = threading.RLock()  # changes are reported in the order in which they happen
        self._state: State = "ready"
        self._closed = Cancellation()
        self._gave_up = False
        self._on_change: OnChange = lambda state, message: None
        self._connected_at = 0.0
        self._evaluated_before = 0  # tokens, by earlier backends

    # -- what a subclass does at each connection ---------------------------------------------------------------

    @abstractmethod
    def _open_on(self, link: Link) -> None:
        """Bring a new backend to the state of the last one (blocking). Raises `LostError`, `SoothsayError`."""

    @abstractmethod
    def _documents_to_send(self) -> list[tuple[Message, str]]:
        """Return the messages, with their texts, that a new backend gets before any other. Called with the lock held."""

    @abstractmethod
    def _after_restart(self) -> State:
        """Return the state after a restart."""

    @abstractmethod
    def _catch_up(self) -> None:
        """Do what could not be done while there was no backend (blocking)."""

    # -- public ----------------------------------------------------------------------------------------------

    def listen(self, on_change: OnChange) -> None:
        """Call ``on_change(state, message)``, on any thread, when the backend is lost, ready again or cannot be started.

        It is called at once if there is no backend now. It must not block.
        """
        with self._reporting:
            self._on_change = on_change
            if self._state in ("lost", "failed"):
                self._report(self._state, "")

    def close(self) -> None:
        """Disconnect from the backend. A second call has no effect."""
        self._closed.set()
        with self._changed:
            link, self._link = self._link, None
            self._changed.notify_all()
        if link is not None:
            closing = threading.Thread(target=_close_session, args=(link,), name="backend-close", daemon=True)
            closing.start()
            closing.join(_CLOSE_TIMEOUT_S)
            link.close()

    @property
    def evaluated(self) -> int:
        """Number of tokens that the model has evaluated for this session."""
        link = self._link
        return self._evaluated_before + (link.evaluated if link is not None else 0)

    @property
    def backend_pid(self) -> int | None:
        """The backend's process id; None while there is no backend."""
        link = self._link
        return link.pid if link is not None else None

    # -- requests --------------------------------------------------------------------------------------------

    def _ask(
        self,
        make: Callable[[int], Request],
        text: str | None = None,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Any:
        """Return the result of a request (blocking). Raises `LostError` when there is no backend, or it dies."""
        link = self._link
        if link is None:
            raise LostError(Exit("ended"))
        return link.ask(make, text, cancel, on_text)

    def _ask_or_cancel(
        self,
        make: Callable[[int], Request],
        text: str,
        cancel: Cancellation | None,
        on_text: Callable[[str], None] | None = None,
    ) -> Any:
        """Return the result of a request that is useless later (blocking). Without a backend, raises `Cancelled`."""
        raise_if_cancelled(cancel)
        try:
            return self._ask(make, text, cancel, on_text)
        except LostError:
            raise Cancelled from None

    def _ask_with_retry(
        self,
        make: Callable[[int], Request],
        cancel: Cancellation,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Any:
        """Return the result of a request, sent to the next backend if one dies (blocking).

        Raises `Cancelled` when no backend can be started or ``cancel`` is set.
        """
        while True:
            raise_if_cancelled(cancel)
            link = self._link
            if link is not None:
                with contextlib.suppress(LostError):
                    return link.ask(make, None, cancel, None, on_progress)
            if not self._wait_for_another(link, cancel):
                raise Cancelled

    def _wait_for_another(self, link: Link | None, cancel: Cancellation) -> bool:
        """Wait for a link other than ``link`` (blocking); return whether there is one."""
        with cancel.calling(self._wake), self._changed:
            self._changed.wait_for(
                lambda: (
                    self._link not in (None, link)
                    or cancel.is_set()
                    or self._closed.is_set()
                    or self._gave_up
                )
            )
            return self._link not in (None, link) and not cancel.is_set()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # -- connecting and restarting -----------------------------------------------------------------------------

    def _connect_first(self) -> None:
        """Connect to a backend (blocking). Raises `SoothsayError`."""
        try:
            self._establish()
        except LostError as lost:
            raise SoothsayError(describe_crash(lost.exit)) from lost

    def _establish(self) -> None:
        """Connect to a backend and bring it to the state of the last one.

        Raises `SoothsayError`, `LostError`, and `Cancelled` when this client was closed meanwhile.
        """
        link = Link(self._connect(self._name), self._add_warning, self._lost)
        try:
            self._open_on(link)
            with self._changed:
                raise_if_cancelled(self._closed)
                if link.lost is not None:  # since the last answer; `_lost` did not know this link yet
                    raise LostError(link.lost)
                for message, text in self._documents_to_send():
                    link.notify(message, text)
                self._link, self._connected_at = link, time.monotonic()
                self._changed.notify_all()
        except BaseException:
            link.close()
            raise

    def _add_warning(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)

    def _lost(self, link: Link, exit_: Exit) -> None:
        with self._changed:
            if self._link is not link:
                return  # it died while it was being opened: `_establish` raises
            self._link = None
            self._evaluated_before += link.evaluated
            self._policy.note_lifetime(time.monotonic() - self._connected_at)
            self._restarting = threading.Thread(
                target=self._restart, args=(exit_, self._restarting), name="backend-revive", daemon=True
            )
        log.warning("the backend process %d ended: %s", link.pid, exit_.describe())
        self._restarting.start()

    def _restart(self, exit_: Exit, previous: threading.Thread | None) -> None:
        """Start backends until one serves. ``previous`` may not yet have reported its backend, which has died now."""
        if previous is not None:
            previous.join()
        reported: tuple[State, str] = ("lost", self._policy.note_crash(exit_))
        self._report(*reported)
        tries = 0
        while not self._closed.wait(self._policy.delay()):
            self._policy.failures += 1
            tries += 1
            outcome = self._try_to_restart()
            if outcome is None:
                continue
            if outcome[0] in ("ready", "opened"):
                self._report(*outcome)
                self._catch_up()
                return
            if tries >= MAX_TRIES:
                self._give_up(outcome[1])
                return
            if outcome != reported:  # repeated failures are reported once
                self._report(*outcome)
            reported = outcome

    def _try_to_restart(self) -> tuple[State, str] | None:
        """Return the state after one try, and a message; None when this client was closed meanwhile."""
        try:
            self._establish()
        except Cancelled:
            return None
        except LostError as lost:
            return "lost", self._policy.note_crash(lost.exit)
        except SoothsayError as error:
            return "failed", str(error)
        except Exception:
            log.exception("the backend could not be started again")
            return "failed", "the backend could not be started again; see the log for the reason"
        return self._after_restart(), ""

    def _give_up(self, message: str) -> None:
        reason = message or "the process of the model keeps ending"
        self._report(
            "failed", f"{reason}; it is not tried again until the server or the session is restarted"
        )
        self._gave_up = True
        self._wake()

    def _report(self, state: State, message: str) -> None:
        with self._reporting:
            self._state = state
            try:
                self._on_change(state, message)
            except Exception:
                log.exception("a listener failed")


def _close_session(link: Link) -> None:
    with contextlib.suppress(Exception):
        link.ask(Close)
