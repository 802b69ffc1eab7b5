"""One connected editor window: its session, and a thread for each kind of request."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from soothsay.backend.codec import CodecError, result_to_plain
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import (
    BackendStatus,
    BuildIndex,
    Cancel,
    Close,
    Complete,
    Describe,
    Done,
    Failed,
    FindFaults,
    Forget,
    IndexStatus,
    Load,
    Mirror,
    Open,
    Ping,
    Pong,
    Prepare,
    Progressed,
    Repair,
    Request,
    Stop,
    UpdateFiles,
    Warned,
    WindowStatus,
    Wrote,
)
from soothsay.backend.models import ModelPool
from soothsay.backend.session import Session, open_in_worker
from soothsay.backend.turns import Turns
from soothsay.backend.work_priority import WorkPriority
from soothsay.config import BackendSettings
from soothsay.errors import Cancelled, SoothsayError, raise_if_cancelled
from soothsay_common.cancellation import Cancellation
from soothsay_common.garbage import release_memory
from soothsay_common.priority import lower_thread_priority
from soothsay_common.threads import SerialExecutor, run_on_new_thread
from soothsay_index.types import Progress

log = logging.getLogger(__name__)

_STOP_TIMEOUT_S = 5.0  # for each thread of a window to end


class BackendServices(Protocol):
    """What the windows of a backend share."""

    models: ModelPool
    turns: Turns
    priority: WorkPriority

    def building(self) -> AbstractContextManager[object]:
        """Mark that an index is being built within the block."""
        ...

    def status(self) -> BackendStatus:
        """Return the windows and models of this backend."""
        ...

    def stop(self) -> None:
        """End the backend in a moment."""
        ...


class EditorWindow:
    """Answers the requests of one connection."""

    def __init__(self, stream: MessageStream, services: BackendServices, pid: int, name: str) -> None:
        self._stream = stream
        self._services = services
        self._pid, self._name = pid, name
        self._session: Session | None = None
        self._model = ""
        self.linger = float(
            BackendSettings().linger_s
        )  # seconds that the backend stays after this window has disconnected
        self.has_served = False
        self._sent_warnings = 0
        self._running: dict[int, Cancellation] = {}
        self._lock = threading.Lock()
        # separate threads: a completion must not wait for an index build or background work
        self._answers = SerialExecutor("answers")
        self._ahead = SerialExecutor("ahead", lower_thread_priority)
        self._diagnostics = SerialExecutor("hints")
        self._builds = SerialExecutor("builds")
        self._files = SerialExecutor("files")

    def serve(self) -> None:
        """Answer until the window disconnects (blocking), then close its session."""
        try:
            while True:
                message, text = self._stream.receive()
                match message:
                    case Cancel(number):
                        self._cancel(number)
                    case Ping(number):
                        self._stream.send(Pong(number))
                    case Mirror() | Forget():
                        self._update_document(message, text)
                    case _ if isinstance(message, Request):
                        self._begin(message, text)
                    case _:
                        log.warning("unexpected message %s", type(message).__name__)
        except EOFError:
            pass
        except CodecError as error:
            log.error("window %d: %s", self._pid, error)
        finally:
            self._stop()

    def status(self) -> WindowStatus:
        """Return the workspace, model and processes of this window."""
        session = self._session
        processes = {} if session is None else session.processes()
        workspace = "" if session is None else str(session.workspace)
        adapters = () if session is None else session.adapters
        return WindowStatus(self._pid, self._name, workspace, self._model, processes, adapters)

    def _update_document(self, message: Mirror | Forget, text: str) -> None:
        session = self._session
        if session is None:
            return
        try:
            if isinstance(message, Mirror):
                session.mirror(message.path, text)
            else:
                session.forget(message.path)
        except Exception:  # closing the window would not help: it would send the same document again
            log.exception("%s failed", type(message).__name__)

    # -- requests ------------------------------------------------------------------------------------------

    def _begin(self, request: Request, text: str) -> None:
        cancel = Cancellation()
        with self._lock:
            self._running[request.id] = cancel
        worker, work = self._work(request, text, cancel)
        try:
            worker.submit(self._answer, request, work)
        except RuntimeError as error:  # no thread can be started
            with self._lock:
                self._running.pop(request.id, None)
            self._stream.send(_defect(request, error))

    def _work(
        self, request: Request, text: str, cancel: Cancellation
    ) -> tuple[SerialExecutor, Callable[[], Any]]:
        """Return the thread and the function that answer ``request``."""
        match request:
            case Open():
                return self._answers, lambda: self._open(request)
            case Load():
                return self._answers, self._load
            case Complete(number, asked, urgent):
                asked = replace(asked, text=text)
                if urgent:
                    return self._answers, lambda: self._complete(number, asked, cancel)
                return self._ahead, lambda: self._ahead_of_need(
                    cancel, lambda session: session.speculate(asked, cancel)
                )
            case Prepare(_, asked):
                asked = replace(asked, text=text)
                return self._ahead, lambda: self._ahead_of_need(
                    cancel, lambda session: session.prepare(asked, cancel)
                )
            case FindFaults(_, path, typed):
                return self._diagnostics, lambda: self._in_background(
                    cancel, lambda session: session.find_faults(path, text, cancel, typed=typed)
                )
            case Repair(_, path, fault):
                return self._answers, lambda: self._urgently(
                    lambda session: session.repair(path, text, fault, cancel)
                )
            case BuildIndex():
                return self._builds, lambda: self._build(request, cancel)
            case UpdateFiles(_, updated, removed):
                return self._files, lambda: self._update(updated, removed)
            case IndexStatus():
                return self._files, lambda: self._require_session().index.status()
            case Describe():
                return self._files, self._services.status
            case Close():
                return self._answers, self._close_session
            case Stop():
                return self._files, self._services.stop

    def _answer(self, request: Request, work: Callable[[], Any]) -> None:
        answer = self._result(request, work)
        with self._lock:
            self._running.pop(request.id, None)
        self._send_warnings()
        try:
            self._stream.send(answer)
        except (TypeError, ValueError) as error:  # the result is not JSON
            self._stream.send(_defect(request, error))

    def _result(self, request: Request, work: Callable[[], Any]) -> Done | Failed:
        """Return the answer; every exception becomes a `Failed`, so that the client never waits without end."""
        try:
            raise_if_cancelled(self._running[request.id])
            plain = result_to_plain(work())
        except Cancelled:
            return Failed(request.id, "cancelled")
        except SoothsayError as error:
            return Failed(request.id, "error", str(error))
        except BaseException as error:  # native libraries may raise more than Exception
            return _defect(request, error)
        session = self._session
        return Done(request.id, plain, session.evaluated if session else 0)

    def _cancel(self, number: int) -> None:
        with self._lock:
            cancel = self._running.get(number)
        if cancel is not None:
            cancel.set()

    # -- handlers ------------------------------------------------------------------------------------------

    def _open(self, request: Open) -> None:
        settings = request.settings
        self._close_session()
        self._model = settings.model.path or settings.model.name
        self._sent_warnings = 0
        self.has_served = True
        self.linger = float(settings.backend.linger_s)
        self._session = Session(
            settings,
            request.workspace,
            open_in_worker,
            self._services.models.within(settings.backend.memory_mb),
            environ=request.environ,
            subfolders=request.subfolders,
            lane=self._services.turns.lane(),
        )

    def _load(self) -> None:
        with self._services.priority.urgent():
            self._require_session().load_model()

    def _complete(self, number: int, request: Any, cancel: Cancellation) -> Any:
        def on_text(text: str) -> None:
            self._stream.send(Wrote(number), text)

        return self._urgently(lambda session: session.complete(request, cancel, on_text))

    def _urgently(self, work: Callable[[Session], Any]) -> Any:
        with self._services.priority.urgent():
            return work(self._require_session())

    def _in_background(self, cancel: Cancellation, work: Callable[[Session], Any]) -> Any:
        session = self._require_session()
        with self._services.priority.background(cancel):
            return work(session)

    def _ahead_of_need(self, cancel: Cancellation, work: Callable[[Session], Any]) -> Any:
        # as long as a second thread lives that has evaluated something, libgomp counts more threads than there are
        # processors, and llama.cpp's go to sleep whenever they wait for each other: a token of an answer then takes twice as long
        return self._in_background(cancel, lambda session: run_on_new_thread(lambda: work(session)))

    def _build(self, request: BuildIndex, cancel: Cancellation) -> Any:
        def on_progress(progress: Progress) -> None:
            self._stream.send(Progressed(request.id, progress))

        with self._services.building():
            return self._require_session().build_index(
                on_progress, cancel, embed=request.embed, awaited=request.awaited, file=request.file
            )

    def _update(self, updated: tuple[Path, ...], removed: tuple[Path, ...]) -> int:
        session = self._require_session()
        changed = session.update_files(updated) if updated else 0
        return changed + (session.remove_files(removed) if removed else 0)

    def _require_session(self) -> Session:
        if self._session is None:
            raise Cancelled
        return self._session

    def _send_warnings(self) -> None:
        session = self._session
        if session is not None:
            with self._lock:
                new, self._sent_warnings = session.warnings[self._sent_warnings :], len(session.warnings)
            for warning in new:
                self._stream.send(Warned(warning))

    # -- the end -------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._stream.close()  # a client with an invalid message must not wait for the threads
        with self._lock:
            running = list(self._running.values())
        for cancel in running:
            cancel.set()
        try:
            self._answers.submit(self._close_session)
        except RuntimeError:  # no thread can be started
            self._close_session()
        workers = (self._files, self._diagnostics, self._ahead, self._answers, self._builds)
        stuck = [worker for worker in workers if not worker.stop(_STOP_TIMEOUT_S)]
        if stuck:
            log.error("window %d: %d threads do not end", self._pid, len(stuck))

    def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
            del session
            gc.unfreeze()  # frozen when its model was loaded; loading the next model freezes the other sessions again
            release_memory()


def _defect(request: Request, error: BaseException) -> Failed:
    log.error("%s failed", type(request).__name__, exc_info=error)
    return Failed(request.id, "defect", f"{type(error).__name__}: {error}")
