"""A window's connection to one backend process: requests with answers, and a watch over whether it still lives."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from soothsay.backend.codec import CodecError, result_from_plain
from soothsay.backend.crash_log import read_exit_from_log
from soothsay.backend.launch import BackendConnection, kill_backend
from soothsay.backend.messages import Cancel, Done, Failed, Message, Ping, Progressed, Request, Warned, Wrote
from soothsay.errors import Cancelled, SoothsayError
from soothsay_common.cancellation import Cancellation
from soothsay_common.exits import Exit
from soothsay_common.pending import PendingRequests
from soothsay_index.types import Progress

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_EVERY = 1.0  # seconds between two looks at a backend that owes an answer
_DIES_WITHIN = 0.5  # seconds from the end of the connection to the end of the process
_HUNG_AFTER = 6  # looks in a row without a sign of life; looks, not seconds: a laptop may have slept


class LostError(Exception):
    """The backend process is gone; `exit` says how."""

    def __init__(self, exit_: Exit) -> None:
        super().__init__(exit_.describe())
        self.exit = exit_


@dataclass(frozen=True, slots=True)
class _Listeners:
    """What is called with news of a request before it is answered."""

    on_text: Callable[[str], None] | None
    on_progress: Callable[[Progress], None] | None


class Link:
    """One connection. Thread-safe. ``on_lost`` is called once, on the reading thread, when the backend is gone."""

    def __init__(
        self,
        connection: BackendConnection,
        on_warning: Callable[[str], None],
        on_lost: Callable[[Link, Exit], None],
    ) -> None:
        self.pid = connection.info.pid
        self.evaluated = 0
        self._connection = connection
        self._on_warning = on_warning
        self._on_lost = on_lost
        self._pending: PendingRequests[_Listeners] = PendingRequests()
        self._closed = False
        self._lost: Exit | None = None
        self._hung = False
        self._heard = True
        threading.Thread(target=self._read, name="backend-answers", daemon=True).start()
        threading.Thread(target=self._watch, name="backend-watch", daemon=True).start()

    @property
    def lost(self) -> Exit | None:
        """How the backend ended; None while it is there."""
        return self._lost

    def notify(self, message: Message, text: str | None = None) -> None:
        """Send a message that needs no answer. Returns at once."""
        self._connection.stream.send(message, text)

    def ask(
        self,
        make: Callable[[int], Request],
        text: str | None = None,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Any:
        """Return the result of the request that ``make`` makes with an id (blocking).

        Raises `LostError` when the backend goes away, `Cancelled`, `SoothsayError` as the backend says, and
        `RuntimeError` for a defect there.
        """
        pending = self._pending.add(_Listeners(on_text, on_progress))
        request = make(pending.number)
        try:
            self.notify(request, text)
        except (TypeError, ValueError):  # it is no JSON
            self._pending.drop(pending.number)
            raise
        if cancel is None:
            answer = pending.future.result()
        else:
            with cancel.calling(lambda: self.notify(Cancel(pending.number))):
                answer = pending.future.result()
        return result_from_plain(type(request), answer)

    def close(self) -> None:
        """Close the connection; pending requests fail with `LostError`."""
        self._closed = True
        self._pending.close(LostError(Exit("ended")))
        self._connection.stream.close_when_sent()

    def _read(self) -> None:
        stream = self._connection.stream
        try:
            while True:
                message, text = stream.receive()
                self._heard = True
                self._take(message, text)
        except EOFError:
            pass
        except CodecError as error:
            log.error("the backend is not understood: %s", error)
        except Exception:  # whatever it is, no request may wait for ever
            log.exception("the backend's answers cannot be read")
        stream.close()
        exit_ = self._how_it_ended()
        self._lost = exit_
        self._pending.close(LostError(exit_))
        if not self._closed:
            self._on_lost(self, exit_)

    def _how_it_ended(self) -> Exit:
        if self._hung:
            return Exit("hung")
        if self._connection.info.is_alive():
            threading.Event().wait(_DIES_WITHIN)  # the connection is closed before the process is gone
            if self._connection.info.is_alive():
                return Exit("other", "the connection was lost")
        return read_exit_from_log(self._connection.files.log, self.pid)

    def _take(self, message: Message, text: str) -> None:
        match message:
            case Wrote(number):
                pending = self._pending.get(number)
                if pending is not None and pending.about.on_text is not None:
                    _call(pending.about.on_text, text)
            case Progressed(number, progress):
                pending = self._pending.get(number)
                if pending is not None and pending.about.on_progress is not None:
                    _call(pending.about.on_progress, progress)
            case Done(number, result, evaluated):
                self.evaluated = evaluated
                self._pending.resolve(number, result)
            case Failed(number, kind, reason):
                self._pending.fail(number, _error(kind, reason))
            case Warned(warning):
                _call(self._on_warning, warning)
            case _:
                pass  # Pong: that it came is all it says

    def _watch(self) -> None:
        """Kill a backend that owes an answer and gives no sign of life."""
        silent = 0
        pings = itertools.count(1)
        while self._pending.wait():
            self._heard = False
            self.notify(Ping(next(pings)))
            threading.Event().wait(_LOOK_EVERY)
            silent = 0 if self._heard or not self._pending else silent + 1
            if silent >= _HUNG_AFTER:
                log.error("the backend process %d does not answer; it is ended", self.pid)
                self._hung = True
                kill_backend(self._connection.info)
                return


def _call(listener: Callable[[T], None], news: T) -> None:
    """Call ``listener``; an exception of it is logged, for it must not stop the answers."""
    try:
        listener(news)
    except Exception:
        log.exception("a listener failed")


def _error(kind: str, reason: str) -> Exception:
    if kind == "cancelled":
        return Cancelled()
    return SoothsayError(reason) if kind == "error" else RuntimeError(reason)
