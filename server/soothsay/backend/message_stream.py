"""One end of a connection between a window and a backend, which sends and receives whole messages."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from soothsay.backend.codec import decode, encode
from soothsay.backend.messages import Message

# with more unsent data the peer is suspended or gone
_MAX_UNSENT = 10_000  # messages
_MAX_UNSENT_BYTES = 1 << 28
_MAX_MESSAGE = 1 << 30  # bytes


class MessageStream:
    """Sends on a separate thread, so that a full pipe does not block the caller; receives on the caller's thread."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._users = 0  # threads that read or write
        self._closed = False
        self._unsent: SimpleQueue[bytes | None] = SimpleQueue()
        self._unsent_bytes = 0
        self._writer = threading.Thread(target=self._write, name="backend-writer", daemon=True)
        self._writer.start()

    def send(self, message: Message, text: str | None = None) -> None:
        """Send ``message`` and its document ``text`` without waiting; a closed stream sends nothing.

        Raises `TypeError` or `ValueError` when the message cannot be written as JSON.
        """
        data = encode(message, text)
        with self._lock:
            if self._closed:
                return
            self._unsent_bytes += len(data)
            overfull = self._unsent.qsize() >= _MAX_UNSENT or self._unsent_bytes > _MAX_UNSENT_BYTES
            if not overfull:
                self._unsent.put(data)
        if overfull:
            self.close()

    def receive(self, longest: int = _MAX_MESSAGE) -> tuple[Message, str]:
        """Return the next message and its text (blocking).

        Raises `EOFError` at the end of the stream and for a message of more than ``longest`` bytes, and `CodecError`.
        """
        try:
            with self._using():
                data = self._connection.recv_bytes(longest)
        except (OSError, ValueError, TypeError) as error:  # either end was closed within a message
            raise EOFError from error
        return decode(data)

    def poll(self, seconds: float) -> bool:
        """Wait up to ``seconds``; return whether a message has arrived or the other end was closed."""
        try:
            with self._using():
                return self._connection.poll(seconds)
        except (OSError, ValueError, TypeError, EOFError):
            return True

    def close_when_sent(self, seconds: float = 1.0) -> None:
        """Close after everything is sent, or after ``seconds``."""
        self._unsent.put(None)
        self._writer.join(seconds)
        self.close()

    def close(self) -> None:
        """Close now; the other end sees the end of the stream. A second call has no effect."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            # A descriptor that is closed while a thread uses it may be reused for another file: the last thread closes it.
            # Where it cannot be shut down (Windows), only closing it wakes the thread.
            if not self._shut_down() or not self._users:
                self._close_connection()
        self._unsent.put(None)

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Keep the descriptor open within the block. Raises `EOFError` when it is closed."""
        with self._lock:
            if self._closed:
                raise EOFError
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._closed and not self._users:
                    self._close_connection()

    def _close_connection(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.close()

    def _shut_down(self) -> bool:
        """Wake the threads that read or write; return whether the platform supports it."""
        try:
            duplicate = socket.fromfd(self._connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)
        except (AttributeError, ValueError, OSError):
            return False
        with duplicate, contextlib.suppress(OSError):
            duplicate.shutdown(socket.SHUT_RDWR)
        return True

    def _write(self) -> None:
        while (data := self._unsent.get()) is not None:
            try:
                with self._using():
                    self._connection.send_bytes(data)
            except (OSError, ValueError, TypeError, EOFError):
                break  # the reader reports the end
            with self._lock:
                self._unsent_bytes -= len(data)
