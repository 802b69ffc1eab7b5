"""The client of the index worker: a completion's questions do not raise, and do not wait long."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

from soothsay_common.backoff import Backoff
from soothsay_common.children import child_environment, python_command
from soothsay_common.deadlines import result_of
from soothsay_common.pending import PendingRequests
from soothsay_common.private import make_private
from soothsay_index.codec import from_plain, to_plain, unpack_hit, unpack_symbol
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.pipes import decode_line, encode_line
from soothsay_index.types import Hit, Index, IndexSummary, PackageState, Progress, Query, Symbol
from soothsay_index.worker.patience import Patience

log = logging.getLogger(__name__)

# Members are asked for at every completion. Changes made through this client are seen at once; what another
# process builds is seen when this time has passed, and a release that it has put in place of another one later.
_REMEMBERED = 20.0
_REMEMBERED_RELEASE = 300.0
_REMEMBERED_OWNERS = 64
_WAITING, _WAITING_SECONDS = 8, 0.05  # messages, before the text of a document is sent
_MOST_WAITING = 500  # questions that a process has not read: it has stopped
_LONGEST_LOG = 1_000_000  # bytes
# glibc gives each thread an arena of its own, and freed vectors lie in all of them; Arrow's own allocator keeps 30 MB.
_LITTLE_MEMORY = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}


@dataclass(frozen=True, slots=True)
class _Request:
    process: subprocess.Popen[bytes]  # that was asked
    on_progress: Callable[[Progress], None] | None


@dataclass(frozen=True, slots=True)
class _IndexForRequest:
    """The index for one request, whose event ends every question to it."""

    client: IndexClient
    cancel: threading.Event | None

    def members(self, owner: str) -> Sequence[Symbol]:
        """Return all members of ``owner``."""
        return self.client.members(owner, self.cancel)

    def is_closed(self, owner: str) -> bool:
        """Return whether ``members(owner)`` is complete."""
        return self.client.is_closed(owner, self.cancel)

    def lookup(self, qualified: str) -> Symbol | None:
        """Return the symbol at ``owner + "." + name``, or None."""
        return self.client.lookup(qualified, self.cancel)

    def has_name(self, name: str) -> bool:
        """Return whether some indexed symbol has this bare name."""
        return self.client.has_name(name, self.cancel)

    def package_state(self, owner: str) -> PackageState:
        """Return whether the package of ``owner`` is indexed."""
        return self.client.package_state(owner, self.cancel)

    def search(self, query: Query) -> Sequence[Hit]:
        """Return the best ``query.limit`` hits, best first."""
        return self.client.search(query, self.cancel)

    def until(self, cancel: threading.Event | None) -> Index:
        """Return the same index for another request."""
        return _IndexForRequest(self.client, cancel)


class IndexClient:
    """An :class:`~soothsay_index.types.Index` in a worker process. Thread-safe; starts its worker on first use.

    A slow or dead worker means empty answers and a log message: a completion without documents beats no completion.
    ``environ`` is the environment of the editor's window (default: this process's): it decides which
    environment is indexed, and holds the credentials for a shared index. ``on_warning`` gets what the person should know. Without ``subfolders`` only the files in
    ``workspace`` itself are indexed; ``variant`` tells several indexes of one folder apart.
    ``help_texts``: programs that the workspace calls are run for what they say of their options. The worker runs in ``root``, never in the workspace.
    """

    def __init__(
        self,
        root: Path,
        workspace: Path,
        model_folder: Path | None = None,
        model_id: str = "all-MiniLM-L6-v2",
        timeout: float = 2.0,
        threads: int = 1,
        executable: str = sys.executable,
        log_file: Path | None = None,
        docs: Sequence[Path] = (),
        uri: str = "",
        *,
        environ: Mapping[str, str] | None = None,
        subfolders: bool = True,
        variant: str = "",
        help_texts: bool = False,
        on_warning: Callable[[str], object] = log.warning,
    ) -> None:
        self._command = python_command(
            "soothsay_index.worker", "--root", str(root.absolute()), "--workspace", str(workspace.absolute()),
            "--threads", str(threads), "--model-id", model_id,
            *(["--model-folder", str(model_folder.absolute())] if model_folder else []),
            *(argument for folder in docs for argument in ("--docs", str(folder.absolute()))),
            *([] if subfolders else ["--no-subfolders"]), "--variant", variant,
            *(["--help-texts"] if help_texts else []),
            *(["--uri", uri if "://" in uri else str(Path(uri).expanduser().absolute())] if uri else []),
            executable=executable,
        )  # fmt: skip
        self._root = root.absolute()
        self._environ = environ
        self._timeout = timeout
        self._on_warning = on_warning
        self._log_file = log_file
        self._lock = threading.RLock()
        self._pending: PendingRequests[_Request] = PendingRequests()
        self._process: subprocess.Popen[bytes] | None = None
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()  # of that process
        self._started = 0.0
        self._backoff = Backoff()
        self._patience = Patience()
        self._starting: Future[None] | None = None
        self._closed = False
        self._failure = ""  # why the last worker could not open the index
        self._members: dict[str, tuple[float, tuple[Symbol, ...]]] = {}
        self._generation = 0
        self._shown: dict[
            Path, str
        ] = {}  # what the editor shows: a worker that is started anew is told again
        self._unsent: dict[Path, str | None] = {}
        self._news = threading.Condition()
        self._news_thread: threading.Thread | None = None
        self._last_build: dict[str, Any] | None = None

    # -- the Index protocol --------------------------------------------------------------------------------

    def members(self, owner: str, cancel: threading.Event | None = None) -> Sequence[Symbol]:
        """Return all members of ``owner``; empty when it is not known, or the worker does not answer."""
        known = self._remembered(owner)
        if known is not None:
            return known
        generation = self._generation
        plain = self._ask("members", {"owner": owner}, None, cancel=cancel)
        if plain is None:
            return ()
        members = tuple(unpack_symbol(each) for each in plain)
        if generation == self._generation:
            if len(self._members) >= _REMEMBERED_OWNERS:
                self._members.clear()
            self._members[owner] = (time.monotonic(), members)
        return members

    def is_closed(self, owner: str, cancel: threading.Event | None = None) -> bool:
        """Return whether ``members(owner)`` is complete."""
        return bool(self._ask("is_closed", {"owner": owner}, False, cancel=cancel))

    def lookup(self, qualified: str, cancel: threading.Event | None = None) -> Symbol | None:
        """Return the symbol at ``owner + "." + name``, or None."""
        owner, _, name = qualified.rpartition(".")
        known = self._remembered(owner)
        if known is not None:
            return next((symbol for symbol in reversed(known) if symbol.name == name), None)
        plain = self._ask("lookup", {"qualified": qualified}, None, cancel=cancel)
        return unpack_symbol(plain) if plain is not None else None

    def has_name(self, name: str, cancel: threading.Event | None = None) -> bool:
        """Return whether some indexed symbol has this bare name."""
        return bool(self._ask("has_name", {"name": name}, False, cancel=cancel))

    def package_state(self, owner: str, cancel: threading.Event | None = None) -> PackageState:
        """Return whether the package of ``owner`` is indexed; ``"unknown"`` when the worker does not answer."""
        return self._ask("package_state", {"owner": owner}, "unknown", cancel=cancel)

    def search(self, query: Query, cancel: threading.Event | None = None) -> Sequence[Hit]:
        """Return the best ``query.limit`` hits, best first."""
        plain = self._ask("search", {"query": to_plain(query)}, [], cancel=cancel)
        return [unpack_hit(each) for each in plain]

    def until(self, cancel: threading.Event | None) -> Index:
        """Return the same index for one request: once ``cancel`` is set, the worker is not waited for."""
        return _IndexForRequest(self, cancel)

    # -- keeping it up to date -----------------------------------------------------------------------------

    def build(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
        interpreter: str | Path | None = None,
        all_packages: bool = False,
        embed: bool = True,
        awaited: bool = False,
        file: Path | None = None,
        timeout: float | None = None,
    ) -> IndexSummary:
        """Bring the index up to date (blocking). Raises :class:`SoothsayIndexError` when that fails.

        ``awaited``: somebody waits for it, so it has the priority of other programs. ``file``: of packages, only what
        this file needs.
        """
        parameters = {
            "interpreter": str(interpreter) if interpreter else None,
            "all_packages": all_packages,
            "embed": embed,
            "awaited": awaited,
            "file": str(file) if file else None,
        }
        self._last_build = parameters
        future = self._send("build", parameters, on_progress)
        deadline = time.monotonic() + timeout if timeout else None
        cancelled = False
        while True:
            try:
                status = from_plain(IndexSummary, future.result(0.1))
                self._forget()
                return status
            except SoothsayIndexError:
                if self._alive() or self._closed or cancelled:
                    raise
                future = self._send("build", parameters, on_progress)  # it goes on where the last worker was
            except FutureTimeout:
                if cancel is not None and cancel.is_set() and not cancelled:
                    cancelled = True
                    self._send("cancel", {})
                if deadline is not None and time.monotonic() > deadline:
                    raise SoothsayIndexError(
                        "Indexing took too long: try again, it goes on where it was."
                    ) from None

    def update(self, paths: Iterable[Path]) -> int:
        """Index changed files again, and forget those that are gone. Return how many were rewritten."""
        changed = int(self._ask("update", {"paths": [str(path) for path in paths]}, 0, timeout=30.0))
        self._forget()
        return changed

    def mirror(self, path: Path, text: str) -> None:
        """Note that the editor shows ``text`` for ``path``, saved or not: it is indexed soon. Returns at once."""
        self._shown[path] = text
        self._tell(path, text)

    def forget(self, path: Path) -> None:
        """Note that the editor has closed ``path``: what is on disk counts. Returns at once."""
        if self._shown.pop(path, None) is not None:
            self._tell(path, None)

    def remove(self, paths: Iterable[Path]) -> int:
        """Remove files from the index. Return how many were in it."""
        removed = int(self._ask("remove", {"paths": [str(path) for path in paths]}, 0, timeout=30.0))
        self._forget()
        return removed

    def status(self) -> IndexSummary:
        """Return how much is indexed."""
        plain = self._ask("status", {}, None, timeout=30.0)
        return from_plain(IndexSummary, plain) if plain is not None else IndexSummary()

    @property
    def process_id(self) -> int | None:
        """The id of the worker's process, None while there is none. Waits for one that is being started."""
        if self._starting is not None:
            self._starting.result()
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the worker, so that the first question does not pay for it. Returns at once."""
        if self._starting is None or self._starting.done():
            self._starting = Future()
            # Starting a process takes its time, and so may whoever is writing to it: the caller is an event loop.
            start = threading.Thread(
                target=self._start, args=(self._starting,), name="index-start", daemon=True
            )
            start.start()

    def _start(self, started: Future[None]) -> None:
        try:
            with self._lock:
                self._running()
        except SoothsayIndexError as error:
            log.warning("%s", error)
        finally:
            started.set_result(None)

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        with self._news:
            self._news.notify()
        if process is None:
            return
        try:
            self._write({"id": 0, "method": "shutdown"})
            self._outbox.put(None)
            process.wait(3.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(3.0)

    def __enter__(self) -> IndexClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the process ---------------------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        parameters: dict[str, Any],
        otherwise: Any,
        timeout: float | None = None,
        cancel: threading.Event | None = None,
    ) -> Any:
        for attempt in (1, 2):
            if cancel is not None and cancel.is_set():
                return otherwise
            try:
                return self._answer(method, parameters, timeout, cancel)
            except CancelledError:
                return otherwise
            except FutureTimeout:
                log.warning("The index did not answer %s in time.", method)
                return otherwise
            except SoothsayIndexError as error:
                if attempt == 2 or self._alive() or self._closed:
                    log.warning("The index cannot answer %s: %s", method, error)
                    return otherwise
        return otherwise

    def _answer(
        self, method: str, parameters: dict[str, Any], timeout: float | None, cancel: threading.Event | None
    ) -> Any:
        """Return the worker's answer. Raises `CancelledError` where it is not waited for, also because others are late."""
        limit = timeout or self._limit()
        if not limit:
            raise CancelledError
        answer = self._send(method, parameters)
        try:
            return result_of(answer, limit, cancel)
        except FutureTimeout:
            if timeout is None:  # what takes longer is done beside the questions
                self._patience.note_late(answer)
            raise

    def _limit(self) -> float:
        """Return the seconds that a question may take. Ends a worker that has been silent for too long."""
        if self._patience.is_over:
            with self._lock:
                process = self._process
                if process is not None and self._patience.is_over:
                    log.warning("The index process says nothing: it is ended and started again.")
                    process.kill()
                    process.wait(3.0)
                    self._patience.note_end()
        # A worker that is just starting imports LanceDB first.
        starting = time.monotonic() - self._started < 10.0 or self._process is None
        return self._patience.seconds(max(self._timeout, 10.0) if starting else self._timeout)

    def _tell(self, path: Path, text: str | None) -> None:
        """Send it on the thread for news: a pipe may be full, and the caller is an event loop."""
        with self._news:
            self._unsent[path] = text
            if self._news_thread is None:
                self._news_thread = threading.Thread(target=self._send_news, name="index-teller", daemon=True)
                self._news_thread.start()
            self._news.notify()

    def _send_news(self) -> None:
        while not self._closed:
            with self._news:
                self._news.wait_for(lambda: self._unsent or self._closed)
                untold, self._unsent = self._unsent, {}
            for path, text in untold.items():
                try:
                    while (
                        not self._closed and self._outbox.qsize() > _WAITING
                    ):  # only the last text is worth it
                        time.sleep(_WAITING_SECONDS)
                    with self._lock:
                        self._running()
                        self._write(_shows(path, text))
                except SoothsayIndexError as error:
                    log.debug("the index is not told of %s: %s", path, error)
            self._forget_own()

    def _remembered(self, owner: str) -> tuple[Symbol, ...] | None:
        """Return the members of ``owner``, where they were asked for lately."""
        known = self._members.get(owner)
        if known is None:
            return None
        since, members = known
        lasts = _REMEMBERED if not members or members[0].origin == "workspace" else _REMEMBERED_RELEASE
        return members if time.monotonic() - since < lasts else None

    def _forget(self) -> None:
        self._generation += 1
        self._members.clear()

    def _forget_own(self) -> None:
        """Forget what typing may change: members of the workspace's own modules and classes, and of unknown owners."""
        self._generation += 1
        for owner, (_, members) in list(self._members.items()):
            if not members or members[0].origin == "workspace":
                self._members.pop(owner, None)

    def _alive(self) -> bool:
        process = self._process
        return process is not None and process.poll() is None

    def _send(
        self, method: str, parameters: dict[str, Any], on_progress: Callable[[Progress], None] | None = None
    ) -> Future[Any]:
        with self._lock:
            process = self._running()
            if self._outbox.qsize() > _MOST_WAITING:
                raise SoothsayIndexError(
                    "The index process reads nothing: see its log, or run `soothsay doctor`."
                )
            pending = self._pending.add(_Request(process, on_progress))
            self._write({"id": pending.number, "method": method, "params": parameters})
        return pending.future

    def _write(self, message: dict[str, Any]) -> None:
        """Have ``message`` sent. Returns at once: the pipe of a process that has stopped is full, and blocks."""
        self._outbox.put(encode_line(message))

    def _deliver(self, process: subprocess.Popen[bytes], outbox: SimpleQueue[bytes | None]) -> None:
        assert process.stdin is not None
        try:
            while (line := outbox.get()) is not None:
                process.stdin.write(line)
                process.stdin.flush()
            process.stdin.close()
        except (OSError, ValueError):
            while process.poll() is None:  # what is asked until somebody sees that it is gone
                time.sleep(_WAITING_SECONDS)
                self._pending.fail_all(self._ended(), lambda request: request.process is process)
            self._pending.fail_all(self._ended(), lambda request: request.process is process)

    def _ended(self) -> SoothsayIndexError:
        return SoothsayIndexError(self._failure or "The index process has ended.")

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the worker; start it if there is none, after a pause when it keeps ending."""
        if self._closed:
            raise SoothsayIndexError("The index is closed.")
        process = self._process
        if process is not None and process.poll() is None:
            return process
        if process is not None:
            log.warning("The index process ended (%s).", process.returncode)
            self._process = None
            self._backoff.died(time.monotonic() - self._started)
        if self._backoff.left:
            raise SoothsayIndexError(
                self._failure
                or f"The index process keeps ending and is started again in {self._backoff.left:.0f} s: see "
                f"{self._log_file or 'its log'}, or run `soothsay doctor`."
            )
        stderr = subprocess.DEVNULL
        try:
            make_private(self._root)
            if self._log_file is not None:
                stderr = _open_log(self._log_file)
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=child_environment(self._environ, PYTHONUNBUFFERED="1", **_LITTLE_MEMORY),
                cwd=self._root,
            )
        except OSError as error:
            raise SoothsayIndexError(f"The index process does not start: {error}") from None
        finally:
            if not isinstance(stderr, int):
                stderr.close()
        again = self._started > 0
        self._process = process
        self._started = time.monotonic()
        self._outbox = SimpleQueue()
        threading.Thread(
            target=self._deliver, args=(process, self._outbox), name="index-questions", daemon=True
        ).start()
        threading.Thread(target=self._read, args=(process,), name="index-answers", daemon=True).start()
        if again:
            self._tell_again()
        return process

    def _tell_again(self) -> None:
        """Tell a new worker, in place of a dead one, of the open documents and of the last build."""
        for path, text in list(self._shown.items()):
            self._write(_shows(path, text))
        if self._last_build is not None:
            self._write({"id": 0, "method": "build", "params": self._last_build})

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._patience.note_word()
            message = decode_line(line)
            if message is None:
                continue
            if "event" in message:
                self._forget()
                if message["event"] == "warning":
                    self._on_warning(str(message.get("detail")))
                continue
            self._failure = message.get("failed", "")
            if "progress" in message:
                self._forget_own()  # releases only come; at the end everything is asked anew
                self._report(message)
                continue
            number = message.get("id", 0)
            if "error" in message:
                self._pending.fail(number, SoothsayIndexError(message["error"]))
            else:
                self._pending.resolve(number, message.get("result"))
        process.wait()
        self._pending.fail_all(self._ended(), lambda request: request.process is process)

    def _report(self, message: Mapping[str, Any]) -> None:
        """Pass on the progress of a request; of one that nobody waits for, what the person should know."""
        pending = self._pending.get(message["id"])
        try:
            progress = from_plain(Progress, message["progress"])
            if pending is not None and pending.about.on_progress is not None:
                pending.about.on_progress(progress)
            elif pending is None and progress.stage == "warning":
                self._on_warning(progress.detail)
        except Exception:  # a listener's mistake must not stop the answers
            log.exception("A progress listener failed.")


def _open_log(path: Path) -> BinaryIO:
    """Open the log of the worker to go on with it; one that has become long is kept beside it, once."""
    with contextlib.suppress(OSError):  # Windows: another worker has it open
        if path.stat().st_size > _LONGEST_LOG:
            path.replace(path.with_suffix(".old.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _shows(path: Path, text: str | None) -> dict[str, Any]:
    """Return the message that the editor shows ``text`` for ``path``; None: that it has closed it."""
    if text is None:
        return {"method": "forget", "params": {"path": str(path)}}
    return {"method": "mirror", "params": {"path": str(path), "text": text}}
