"""The embedding model in a process that lives only while it is needed: torch and the model take hundreds of megabytes."""

from __future__ import annotations

import logging
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from soothsay_common.backoff import Backoff
from soothsay_common.children import child_environment, python_command
from soothsay_common.pending import PendingRequests
from soothsay_index.embedding.embedder import QueryCache, Vectors, require_model
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.pipes import decode_line, encode_line

log = logging.getLogger(__name__)

_QUERY_SECONDS = 1.0  # that a search waits for its vector
_TEXTS_SECONDS = 600.0  # for some dozens of texts; on a busy machine they wait for everybody else
_LOADING_SECONDS = 300.0
_END_SECONDS = 3.0
_LOOK_EVERY = 0.5


class _EndedError(Exception):
    """The process ended before it answered."""


class _Child:
    """One process: answers are matched with what was asked. Thread-safe."""

    def __init__(self, command: Sequence[str], folder: Path, dimension: int) -> None:
        """Start it in ``folder``. Raises `OSError`."""
        self._dimension = dimension
        self._writing = threading.Lock()
        self._asked: PendingRequests[None] = PendingRequests()
        self._over = False
        self.ready: Future[None] = Future()
        self.started = self.used = time.monotonic()
        self.ended_at: float | None = None
        self.is_late = False  # with the answer to a query
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=child_environment(), cwd=folder
        )
        threading.Thread(target=self._read, name="vectors", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self._over and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it runs and has loaded the model."""
        return self.alive and self.ready.done() and self.ready.exception() is None

    @property
    def is_idle(self) -> bool:
        """Whether it has loaded the model and no answer is waited for."""
        return self.ready.done() and (not self._asked or self.is_late)

    def ask(self, do: str, texts: Sequence[str], patience: float = -1) -> Future[Vectors]:
        """Ask for the vectors of ``texts``. Raises `_EndedError`, also when another thread writes for ``patience`` seconds."""
        self.used = time.monotonic()
        request = self._asked.add(None)
        assert self._process.stdin is not None
        if not self._writing.acquire(timeout=patience):
            raise _EndedError
        try:
            self._process.stdin.write(encode_line({"id": request.number, "do": do, "texts": list(texts)}))
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise _EndedError from None
        finally:
            self._writing.release()
        return request.future

    def end(self) -> None:
        """End it and wait for that."""
        assert self._process.stdin is not None
        try:
            if not self._writing.acquire(blocking=False):
                raise TimeoutError  # it does not read
            try:
                self._process.stdin.close()
            finally:
                self._writing.release()
            self._process.wait(_END_SECONDS)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        output = self._process.stdout
        assert output is not None
        problem: Exception = _EndedError()
        for line in output:
            message = decode_line(line) or {}
            if "ready" in message:
                self.used = time.monotonic()
                self.ready.set_result(None)
            elif "failed" in message:
                problem = SoothsayIndexError(message["failed"])
            elif "id" in message:
                size = message.get("rows", 0) * self._dimension * np.dtype(np.float32).itemsize
                numbers = output.read(size)
                self.used = time.monotonic()
                number = message["id"]
                if "error" in message:
                    failure = f"Texts cannot be embedded: {message['error']}"
                    self._asked.fail(number, SoothsayIndexError(failure))
                elif len(numbers) == size:
                    vectors = np.frombuffer(numbers, np.float32).reshape(-1, self._dimension)
                    self._asked.resolve(number, vectors)
                else:  # it ended in the middle of them
                    self._asked.fail(number, _EndedError())
        self._process.wait()
        self.ended_at = time.monotonic()
        self._over = True
        self._asked.fail_all(problem)
        self._asked.close(_EndedError())
        if not self.ready.done():
            self.ready.set_exception(problem)


@dataclass(frozen=True, slots=True)
class _StartRequest:
    """A request to start the process: at once, or (``soon``) unless processes have been ending lately."""

    soon: bool
    child: Future[_Child] = field(default_factory=Future)


class ProcessEmbedder:
    """A sentence-transformers model in a process of its own. Thread-safe.

    The process is started when something is to be embedded, or to be expected, and ended when nothing was for
    ``idle_seconds``. It runs in the folder ``run_in``. When it dies, searches go on by text, and texts are given to
    another one, once.
    """

    def __init__(
        self,
        folder: Path,
        model_id: str = "all-MiniLM-L6-v2",
        dimension: int = 384,
        threads: int | None = None,
        *,
        run_in: Path,
        idle_seconds: float = 120.0,
    ) -> None:
        require_model(folder, model_id)
        self._model_id = model_id
        self._dimension = dimension
        self._command = python_command(
            "soothsay_index.embedding.process", "--folder", str(folder.absolute()), "--model-id", model_id,
            "--dimension", str(dimension), *(["--threads", str(threads)] if threads else []),
        )  # fmt: skip
        self._run_in = run_in
        self._idle_seconds = idle_seconds
        self._queries = QueryCache()
        self._backoff = Backoff()
        self._child: _Child | None = None
        self._closed = False
        self._expected = False  # a process that somebody asked for in passing is not there yet
        self._wanted: queue.SimpleQueue[_StartRequest | None] = queue.SimpleQueue()
        # A process has the priority of the thread that starts it, and builds run at the lowest: this one does not.
        threading.Thread(target=self._run, name="embedding", daemon=True).start()

    @property
    def model_id(self) -> str:
        """The name of the model."""
        return self._model_id

    @property
    def dimension(self) -> int:
        """The length of its vectors."""
        return self._dimension

    @property
    def process_id(self) -> int | None:
        """The id of the process, None while there is none."""
        child = self._child
        return child.pid if child is not None and child.alive else None

    @property
    def loaded(self) -> bool:
        """Whether there is a process that has loaded the model."""
        return self._child is not None and self._child.is_ready

    def load(self) -> None:
        """Start the process, if there is none, and wait until it has loaded the model."""
        self._loaded_child()

    def prepare(self) -> None:
        """Start the process, unless there is one, because a query is to be expected. Returns at once."""
        child = self._child
        if child is not None and child.alive:
            child.used = time.monotonic()
        elif not self._expected and not self._backoff.left:
            self._expected = True
            self._wanted.put(_StartRequest(soon=True))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text. Raises :class:`SoothsayIndexError` when the process dies twice over it."""
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        return self._ask("texts", texts)

    def encode_query(self, text: str) -> Vectors:
        """Return the vector of a query (blocking); the model is loaded if it must be."""
        known = self._queries.get(text)
        return known if known is not None else self._remember(text, self._ask("query", [text]))

    def query_at_once(self, text: str) -> Vectors | None:
        """Return the vector of a query; None where no process has loaded the model: then one is started."""
        known = self._queries.get(text)
        if known is not None:
            return known
        child = self._child
        if child is None or not child.is_ready:
            self.prepare()
            return None
        return self._query(child, text)

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._wanted.put(None)

    # -- asking it -----------------------------------------------------------------------------------------

    def _query(self, child: _Child, text: str) -> Vectors | None:
        if child.is_late:
            return None
        try:
            future = child.ask("query", [text], _QUERY_SECONDS)
        except _EndedError:
            return None
        try:
            return self._remember(text, future.result(_QUERY_SECONDS))
        except FutureTimeout:
            child.is_late = True  # further queries do not wait until it answers
            future.add_done_callback(lambda _: self._came_late(child, text, future))
        except (_EndedError, SoothsayIndexError) as error:
            log.debug("a query has no vector: %r", error)
        return None

    def _came_late(self, child: _Child, text: str, future: Future[Vectors]) -> None:
        child.is_late = False
        if future.exception() is None:
            self._remember(text, future.result())

    def _remember(self, text: str, vectors: Vectors) -> Vectors:
        vector = vectors[0]
        self._queries.put(text, vector)
        return vector

    def _ask(self, do: str, texts: Sequence[str]) -> Vectors:
        for _ in range(2):
            child = None
            try:
                child = self._loaded_child()
                return child.ask(do, texts).result(_TEXTS_SECONDS)
            except (_EndedError, FutureTimeout) as error:
                log.warning(
                    "The embedding process %s.", "ended" if isinstance(error, _EndedError) else "hangs"
                )
                if child is not None:
                    child.end()
        raise SoothsayIndexError(
            "The embedding process keeps ending: see the index's log, or run `soothsay doctor`."
        )

    def _loaded_child(self) -> _Child:
        if self._closed:
            raise SoothsayIndexError("The index is closed.")
        wanted = _StartRequest(soon=False)
        self._wanted.put(wanted)
        child = wanted.child.result(_LOADING_SECONDS)
        try:
            child.ready.result(_LOADING_SECONDS)
        except FutureTimeout:
            child.end()
            raise
        return child

    # -- the process ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Start and end the process: this thread alone does."""
        while True:
            try:
                wanted = self._wanted.get(timeout=self._patience())
            except queue.Empty:
                self._end_if_idle()
                continue
            if wanted is None:
                break
            try:
                wanted.child.set_result(self._running(wanted.soon))
            except (OSError, SoothsayIndexError) as error:
                log.warning("The embedding process is not started: %s", error)
                wanted.child.set_exception(
                    SoothsayIndexError(f"The embedding process does not start: {error}")
                )
            self._expected = False
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _patience(self) -> float | None:
        """Return the seconds until the process may have been idle for long enough; None: there is none."""
        child = self._child
        if child is None:
            return None
        return max(_LOOK_EVERY, child.used + self._idle_seconds - time.monotonic())

    def _end_if_idle(self) -> None:
        child = self._child
        if child is None:
            return
        if not child.alive:
            self._note_end(child)
        elif child.is_idle and time.monotonic() - child.used >= self._idle_seconds:
            self._child = None
            child.end()

    def _running(self, soon: bool) -> _Child:
        child = self._child
        if child is not None and child.alive:
            return child
        if child is not None:
            self._note_end(child)
        if soon and self._backoff.left:
            raise SoothsayIndexError(f"it keeps ending; it may be started in {self._backoff.left:.0f} s")
        self._child = _Child(self._command, self._run_in, self._dimension)
        return self._child

    def _note_end(self, child: _Child) -> None:
        """Note that the process has ended by itself."""
        self._child = None
        child.end()
        self._backoff.died((child.ended_at or time.monotonic()) - child.started)
