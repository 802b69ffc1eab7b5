"""One end of a connection between a window and a backend: whole messages, sent without waiting."""

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

# a peer that has not read so much is stopped, or gone
_MOST_UNSENT = 10_000  # messages
_MOST_UNSENT_BYTES = 1 << 28
_LONGEST = 1 << 30  # bytes of one message; more than that is no message


class MessageStream:
    """Sends on a thread of its own, so that a full pipe never blocks the caller; receives on the caller's thread."""

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
        """Send ``message``, and the document's ``text`` that belongs to it. Returns at once; a closed channel sends nothing.

        Raises `TypeError` or `ValueError` for what cannot be written as JSON.
        """
        data = encode(message, text)
        with self._lock:
            if self._closed:
                return
            self._unsent_bytes += len(data)
            overfull = self._unsent.qsize() >= _MOST_UNSENT or self._unsent_bytes > _MOST_UNSENT_BYTES
            if not overfull:
                self._unsent.put(data)
        if overfull:
            self.close()

    def receive(self, longest: int = _LONGEST) -> tuple[Message, str]:
        """Return the next message and its text (blocking). Raises `EOFError` at the end, `CodecError`.

        A message of more than ``longest`` bytes is the end, too.
        """
        try:
            with self._using():
                data = self._connection.recv_bytes(longest)
        except (OSError, ValueError, TypeError) as error:  # closed here, or there, in the middle of a message
            raise EOFError from error
        return decode(data)

    def waits(self, seconds: float) -> bool:
        """Return whether something has come, or the other end has gone, within ``seconds``."""
        try:
            with self._using():
                return self._connection.poll(seconds)
        except (OSError, ValueError, TypeError, EOFError):
            return True

    def finish(self, seconds: float = 1.0) -> None:
        """Close once everything is sent, after ``seconds`` at the latest."""
        self._unsent.put(None)
        self._writer.join(seconds)
        self.close()

    def close(self) -> None:
        """Close now; the other end sees the end of the stream. Harmless when it is closed."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            # A descriptor that is closed while a thread uses it may be another file's a moment later: the last thread
            # closes it. Where it cannot be shut down (Windows) closing it is what wakes the thread.
            if not self._shut_down() or not self._users:
                self._close_connection()
        self._unsent.put(None)

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Within the block the descriptor stays open. Raises `EOFError` when it is closed."""
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
        """Wake the threads that read or write; returns whether that is possible."""
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
                break  # the reader sees the end as well, and says so
            with self._lock:
                self._unsent_bytes -= len(data)
