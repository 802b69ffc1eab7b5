"""One editor window as the backend serves it: its session, and a thread for each kind of work on it."""

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
from soothsay_common.threads import SerialExecutor
from soothsay_index.types import Progress

log = logging.getLogger(__name__)

_LEAVES_WITHIN = 5.0  # seconds for a window's threads to end


class BackendServices(Protocol):
    """What all windows of a backend share."""

    models: ModelPool
    turns: Turns
    priority: WorkPriority

    def building(self) -> AbstractContextManager[object]:
        """Within the block an index is being built."""
        ...

    def status(self) -> BackendStatus:
        """Return what this backend holds."""
        ...

    def stop(self) -> None:
        """End the backend, soon."""
        ...


class EditorWindow:
    """Answers the requests of one connection until it ends."""

    def __init__(self, stream: MessageStream, services: BackendServices, pid: int, name: str) -> None:
        self._stream = stream
        self._services = services
        self._pid, self._name = pid, name
        self._session: Session | None = None
        self._model = ""
        self.linger = float(BackendSettings().linger_s)  # seconds that the backend outlives this window
        self.has_served = False
        self._told = 0  # warnings
        self._running: dict[int, Cancellation] = {}
        self._lock = threading.Lock()
        # a completion waits neither for an index build nor for what is done ahead of need
        self._answers = SerialExecutor("answers")
        self._ahead = SerialExecutor("ahead", lower_thread_priority)
        self._hints = SerialExecutor("hints")
        self._builds = SerialExecutor("builds")
        self._files = SerialExecutor("files")

    def serve(self) -> None:
        """Answer until the window leaves (blocking), then free what it had."""
        try:
            while True:
                message, text = self._stream.receive()
                match message:
                    case Cancel(number):
                        self._cancel(number)
                    case Ping(number):
                        self._stream.send(Pong(number))
                    case Mirror() | Forget():
                        self._show(message, text)
                    case _ if isinstance(message, Request):
                        self._begin(message, text)
                    case _:
                        log.warning("a %s is not for a backend", type(message).__name__)
        except EOFError:
            pass
        except CodecError as error:
            log.error("window %d: %s", self._pid, error)
        finally:
            self._leave()

    def status(self) -> WindowStatus:
        """Return what is served here."""
        session = self._session
        processes = {} if session is None else session.processes()
        workspace = "" if session is None else str(session.workspace)
        return WindowStatus(self._pid, self._name, workspace, self._model, processes)

    def _show(self, message: Mirror | Forget, text: str) -> None:
        session = self._session
        if session is None:
            return
        try:
            if isinstance(message, Mirror):
                session.mirror(message.path, text)
            else:
                session.forget(message.path)
        except Exception:  # the window would come again with the same document
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
        """Return what answers ``request``, and on which thread."""
        match request:
            case Open():
                return self._answers, lambda: self._open(request)
            case Load():
                return self._answers, self._load
            case Complete(number, asked, urgent):
                asked = replace(asked, text=text)
                if urgent:
                    return self._answers, lambda: self._complete(number, asked, cancel)
                return self._ahead, lambda: self._in_background(
                    cancel, lambda session: session.speculate(asked, cancel)
                )
            case Prepare(_, asked):
                asked = replace(asked, text=text)
                return self._ahead, lambda: self._in_background(
                    cancel, lambda session: session.prepare(asked, cancel)
                )
            case FindFaults(_, path, typed):
                return self._hints, lambda: self._in_background(
                    cancel, lambda session: session.find_faults(path, text, cancel, typed=typed)
                )
            case Repair(_, path, fault):
                return self._answers, lambda: self._urgently(
                    lambda session: session.repair(path, text, fault, cancel)
                )
            case BuildIndex(number, embed):
                return self._builds, lambda: self._build(number, cancel, embed=embed)
            case UpdateFiles(_, updated, removed):
                return self._files, lambda: self._update(updated, removed)
            case IndexStatus():
                return self._files, lambda: self._opened().index.status()
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
        self._tell_warnings()
        try:
            self._stream.send(answer)
        except (TypeError, ValueError) as error:  # it is no JSON
            self._stream.send(_defect(request, error))

    def _result(self, request: Request, work: Callable[[], Any]) -> Done | Failed:
        """Return the answer, whatever happens: nobody may wait for one that never comes."""
        try:
            raise_if_cancelled(self._running[request.id])
            plain = result_to_plain(work())
        except Cancelled:
            return Failed(request.id, "cancelled")
        except SoothsayError as error:
            return Failed(request.id, "error", str(error))
        except BaseException as error:  # what a native library raises need not be an Exception
            return _defect(request, error)
        session = self._session
        return Done(request.id, plain, session.evaluated if session else 0)

    def _cancel(self, number: int) -> None:
        with self._lock:
            cancel = self._running.get(number)
        if cancel is not None:
            cancel.set()

    # -- what answers them ---------------------------------------------------------------------------------

    def _open(self, request: Open) -> None:
        settings = request.settings
        self._close_session()
        self._model = settings.model.path or settings.model.name
        self._told = 0
        self.has_served = True
        self.linger = float(settings.backend.linger_s)
        self._session = Session(
            settings,
            request.workspace,
            open_in_worker,
            self._services.models.within(settings.backend.memory_mb),
            environ=request.environ,
            lane=self._services.turns.lane(),
        )

    def _load(self) -> None:
        with self._services.priority.urgent():
            self._opened().load_model()

    def _complete(self, number: int, request: Any, cancel: Cancellation) -> Any:
        def on_text(text: str) -> None:
            self._stream.send(Wrote(number), text)

        return self._urgently(lambda session: session.complete(request, cancel, on_text))

    def _urgently(self, work: Callable[[Session], Any]) -> Any:
        with self._services.priority.urgent():
            return work(self._opened())

    def _in_background(self, cancel: Cancellation, work: Callable[[Session], Any]) -> Any:
        session = self._opened()
        with self._services.priority.background(cancel):
            return work(session)

    def _build(self, number: int, cancel: Cancellation, *, embed: bool) -> Any:
        def on_progress(progress: Progress) -> None:
            self._stream.send(Progressed(number, progress))

        with self._services.building():
            return self._opened().build_index(on_progress, cancel, embed=embed)

    def _update(self, updated: tuple[Path, ...], removed: tuple[Path, ...]) -> int:
        session = self._opened()
        changed = session.update_files(updated) if updated else 0
        return changed + (session.remove_files(removed) if removed else 0)

    def _opened(self) -> Session:
        if self._session is None:
            raise Cancelled
        return self._session

    def _tell_warnings(self) -> None:
        session = self._session
        if session is not None:
            with self._lock:
                untold, self._told = session.warnings[self._told :], len(session.warnings)
            for warning in untold:
                self._stream.send(Warned(warning))

    # -- the end -------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        self._stream.close()  # a peer that is not understood must not wait for the threads
        with self._lock:
            running = list(self._running.values())
        for cancel in running:
            cancel.set()
        try:
            self._answers.submit(self._close_session)
        except RuntimeError:  # no thread can be started
            self._close_session()
        workers = (self._files, self._hints, self._ahead, self._answers, self._builds)
        stuck = [worker for worker in workers if not worker.stop(_LEAVES_WITHIN)]
        if stuck:
            log.error("window %d: %d threads do not end", self._pid, len(stuck))

    def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
            del session
            gc.unfreeze()  # it was frozen when its model was loaded; the other windows' are frozen with the next
            release_memory()


def _defect(request: Request, error: BaseException) -> Failed:
    log.error("%s failed", type(request).__name__, exc_info=error)
    return Failed(request.id, "defect", f"{type(error).__name__}: {error}")
