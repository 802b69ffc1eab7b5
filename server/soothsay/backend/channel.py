"""One end of a connection between a window and a backend: whole messages, sent without waiting."""

from __future__ import annotations

import contextlib
import threading
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from soothsay.backend.codec import decode, encode
from soothsay.backend.messages import Message

_MOST_UNSENT = 10_000  # messages; a peer that has not read so many is stopped, or gone


class Channel:
    """Sends on a thread of its own, so that a full pipe never blocks the caller; receives on the caller's thread."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._unsent: SimpleQueue[tuple[Message, str | None] | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="backend-writer", daemon=True)
        self._writer.start()

    def send(self, message: Message, text: str | None = None) -> None:
        """Send ``message``, and the document's ``text`` that belongs to it. Returns at once."""
        if self._unsent.qsize() > _MOST_UNSENT:
            self.close()
        self._unsent.put((message, text))

    def receive(self) -> tuple[Message, str]:
        """Return the next message and its text (blocking). Raises `EOFError` at the end, `CodecError`."""
        try:
            return decode(self._connection.recv_bytes())
        except (OSError, ValueError, TypeError) as error:  # closed here, or there, in the middle of a message
            raise EOFError from error

    def waits(self, seconds: float) -> bool:
        """Return whether something has come, or the other end has gone, within ``seconds``."""
        try:
            return self._connection.poll(seconds)
        except (OSError, ValueError):
            return True

    def finish(self, seconds: float = 1.0) -> None:
        """Close once everything is sent, after ``seconds`` at the latest."""
        self._unsent.put(None)
        self._writer.join(seconds)
        self.close()

    def close(self) -> None:
        """Close now; the other end sees the end of the stream. Harmless when it is closed."""
        with contextlib.suppress(OSError):
            self._shut_down()
        with contextlib.suppress(OSError):
            self._connection.close()
        self._unsent.put(None)

    def _shut_down(self) -> None:
        """Wake a thread that is in `receive`: closing a descriptor does not."""
        import socket

        with contextlib.suppress(AttributeError, ValueError, OSError):
            duplicate = socket.fromfd(self._connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                duplicate.shutdown(socket.SHUT_RDWR)
            finally:
                duplicate.close()

    def _write(self) -> None:
        while (unsent := self._unsent.get()) is not None:
            try:
                self._connection.send_bytes(encode(*unsent))
            except (OSError, ValueError):
                return  # the reader sees the end as well, and says so
