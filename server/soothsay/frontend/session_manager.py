"""The session of this server: opened when settings and workspace are known, replaced when they change."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from soothsay.config import Method, Settings
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.errors import Cancelled, SoothsayError
from soothsay.frontend.languages import enabled_language, refusal
from soothsay.frontend.progress import ProgressBar
from soothsay.frontend.progress_rate import ProgressThrottle, RemainingTime, describe_remaining
from soothsay.frontend.status import IndexingProgress, StatusPublisher
from soothsay.frontend.user_messages import UserMessages
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor
from soothsay_index.types import Progress

if TYPE_CHECKING:
    from soothsay.backend.client import OnChange, State
    from soothsay.engine.types import Fault, Replacement
    from soothsay.frontend.documents import Document, EditorWorkspace
    from soothsay_languages.base import Language

logger = logging.getLogger(__name__)

LOADING_PATIENCE = 2.0  # seconds that a completion waits for the model before it is answered with nothing


class EditorSession(Protocol):
    """What the server asks of a session. `soothsay.backend.client.BackendSession` is one, the tests have another."""

    @property
    def warnings(self) -> Sequence[str]: ...
    @property
    def evaluated(self) -> int: ...
    def listen(self, on_change: OnChange) -> None: ...
    def load_model(self) -> None: ...
    def complete(
        self,
        request: CompletionRequest,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] = ...,
    ) -> Completion: ...
    def speculate(self, request: CompletionRequest, cancel: Cancellation | None = None) -> Completion: ...
    def prepare(self, request: CompletionRequest, cancel: Cancellation | None = None) -> None: ...
    def find_faults(
        self, path: Path, text: str, cancel: Cancellation | None = None, *, typed: bool = False
    ) -> Sequence[Fault]: ...
    def repair(
        self, path: Path, text: str, fault: Fault, cancel: Cancellation | None = None
    ) -> Replacement | None: ...
    def mirror(self, path: Path, text: str) -> None: ...
    def forget(self, path: Path) -> None: ...
    def build_index(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> object: ...
    def reindex(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> object: ...
    def update_files(self, paths: Sequence[Path]) -> object: ...
    def remove_files(self, paths: Sequence[Path]) -> object: ...
    def close(self) -> None: ...


def describe(at: Progress, left: float | None) -> str:
    """``"embedding 120/500 botocore · 12 s left"``; ``left`` in seconds."""
    count = f"{at.stage} {at.done:,}/{at.total:,}" if at.total else at.stage
    return " · ".join(part for part in (f"{count} {at.detail}".strip(), describe_remaining(left)) if part)


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """Replace the call at ``fault`` in ``text``."""

    path: Path
    text: str
    fault: Fault


SessionFactory = Callable[[Settings, Path], EditorSession]


def open_session(settings: Settings, workspace: Path) -> EditorSession:
    """Open a session in the backend process. Imported late: `initialize` has been answered long before."""
    # what is typed through is looked at on the event loop, which must not wait for the parser to be imported then
    import soothsay.engine.postfilter  # noqa: F401
    from soothsay.backend.client import BackendSession
    from soothsay_languages.registry import languages

    languages()
    return BackendSession(settings, workspace, name=editor_name())


def editor_name() -> str:
    """Return the name of the program that has started this process, for ``soothsay status``."""
    import psutil

    try:
        parent = psutil.Process().parent()
        return parent.name() if parent else "editor"
    except psutil.Error:
        return "editor"


def empty_workspace() -> Path:
    """An empty folder: the workspace of a document that was never saved, in an editor without a workspace."""
    from soothsay.model.files.cache import models_folder

    return models_folder().parent / "empty_workspace"


class SessionManager:
    """Keeps one session. Everything here runs on the event loop and blocks nobody, except `complete`, `repair` and
    `find_faults`.

    The work is done in the backend process; the threads here wait for its answers, one for each kind of request. A
    session is opened, loaded, asked and closed on the model's thread.
    ``opened`` are the open documents; ``news`` is called when what is known may have changed.
    """

    def __init__(
        self,
        factory: SessionFactory,
        messages: UserMessages,
        bar: Callable[..., ProgressBar],
        status: StatusPublisher,
        opened: Callable[[], Iterable[tuple[Path, str]]] = tuple,
        news: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings: Settings | None = None
        self.workspace: Path | None = None
        self.model_worker = SerialExecutor("soothsay-model")
        self.background_worker = SerialExecutor("soothsay-ahead")
        self._index_worker = SerialExecutor("soothsay-index")
        self._files_worker = SerialExecutor("soothsay-files")  # a saved file does not wait for a build
        self._factory = factory
        self._messages = messages
        self._bar = bar
        self._status = status
        self._opened = opened
        self._news = news
        self._session: EditorSession | None = None
        self._loaded = False
        self._problem = ""  # why the model could not be loaded
        self._settled = asyncio.Event()  # loading has ended, well or badly
        self._opening: asyncio.Task[None] | None = None
        self._stop_index = Cancellation()
        self._changed: dict[Path, bool] = {}  # True: updated, False: removed
        self._applying: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # -- the session's life ------------------------------------------------------------------------

    def configure(self, settings: Settings) -> None:
        """Take new settings; the session is opened anew unless only the method or the hints differ."""
        before, self.settings = self.settings, settings
        if (
            before is None
            or replace(before, method=settings.method, diagnostics=settings.diagnostics) != settings
        ):
            self.reopen()
        elif before.diagnostics != settings.diagnostics:
            self._news()

    def serve(self, workspace: Path | None) -> None:
        """Take a workspace (None: the next document's folder)."""
        if workspace != self.workspace:
            self.workspace = workspace
            self.reopen()

    @property
    def method(self) -> Method:
        """The method that completions are made with."""
        return (self.settings or Settings()).method

    @property
    def _disabled(self) -> Collection[str]:
        return self.settings.languages.disabled if self.settings else ()

    def language(self, document: Document) -> Language | None:
        """Return the language that ``document`` is completed as; None where it is not completed."""
        return enabled_language(document, self._disabled)

    def refusal(self, document: Document) -> str:
        """Return in a sentence why ``document`` is not completed, "" where it is."""
        return refusal(document, self._disabled)

    def serve_document(self, file: Path) -> None:
        """Without a workspace, the folder of the first document is the workspace."""
        if self.workspace is None or self.workspace == empty_workspace():
            self.serve(file.parent)

    def folder(self, opened: EditorWorkspace) -> Path:
        """Where documents that were never saved belong; also before the workspace that was ``opened`` is served."""
        return opened.first_folder() or self.workspace or empty_workspace()

    def retry(self) -> None:
        """Try again to load a model that could not be loaded."""
        if self._settled.is_set() and not self._loaded:
            self.reopen()

    def use_pulled(self, name: str) -> None:
        """A model has come that was not here before: load it, if it is one that was missing."""
        from soothsay.model.files.registry import EMBEDDING_MODEL

        if name == EMBEDDING_MODEL:
            self.reopen()
        elif self.settings is not None and name == self.settings.model.name:
            self.retry()

    def reopen(self) -> None:
        self._settled.clear()
        self._loaded = False
        self._stop_index.set()
        if self.settings is not None and self.workspace is not None:
            self._opening = self._spawn(self._open(self.settings, self.workspace, self._opening))

    async def ready(self) -> bool:
        """True when the model is loaded; waits for it, but not for long."""
        try:
            async with asyncio.timeout(LOADING_PATIENCE):
                await self._settled.wait()
        except TimeoutError:
            return False
        return self._loaded

    def interrupt(self) -> None:
        """Stop indexing, now and for good."""
        self._stop_index.set()
        self._changed.clear()
        self._opening = None

    def stop(self, timeout: float) -> bool:
        """Close the session and end the threads; works without a running loop. False when one is stuck."""
        self.interrupt()
        deadline = time.monotonic() + timeout
        stopped = self._index_worker.stop(timeout) & self._files_worker.stop(timeout)
        stopped &= self.background_worker.stop(max(0.1, deadline - time.monotonic()))
        self.model_worker.submit(lambda: self._close(self._detach()))
        return self.model_worker.stop(max(0.1, deadline - time.monotonic())) and stopped

    def _listen(self, session: EditorSession, loop: asyncio.AbstractEventLoop) -> None:
        """Have changes of the backend come to the event loop."""

        def on_change(state: State, message: str) -> None:
            with suppress(RuntimeError):  # the loop has been closed: the server is going down
                loop.call_soon_threadsafe(self._backend_changed, session, state, message)

        session.listen(on_change)

    def _backend_changed(self, session: EditorSession, state: State, message: str) -> None:
        """The backend process has died, was started again, or cannot be."""
        if session is not self._session:
            return
        if message:
            self._messages.error(f"soothsay: {message}")
        if state == "ready":
            self._loaded = True
            self._settled.set()
            self._status.update(state="ready", message="")
            self._news()
            return
        if state == "opened":  # the model could not be loaded before either
            self._settled.set()
            self._status.update(state="error", message=self._problem)
            return
        self._loaded = False
        if state == "failed":
            self._settled.set()  # nothing is waited for
        else:
            self._settled.clear()
        self._status.update(
            state="error" if message else "loading",
            message=message or "the model's process ended; it is started again",
        )

    async def _open(self, settings: Settings, workspace: Path, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        if self._opening is not asyncio.current_task():  # settings have changed once more meanwhile
            return
        await self._files_worker.run(lambda: None)  # what uses the session has returned then
        old = await self._index_worker.run(self._detach)
        await self.background_worker.run(lambda: None)
        await self.model_worker.run(self._close, old)
        name = Path(settings.model.path).name or settings.model.name
        bar = self._bar(f"Loading {name}")
        self._status.update(state="loading", message=f"loading {name}", model=name)
        try:
            await self.model_worker.run(self._load, settings, workspace, asyncio.get_running_loop())
        except SoothsayError as error:
            self._fail(str(error))
        except Exception:
            logger.exception("the model could not be loaded")
            self._fail("soothsay: the model could not be loaded; the log says why")
        else:
            self._loaded = True
            self._status.update(state="ready", message="")
            self._news()
        finally:
            bar.end()
        for path, text in self._opened():  # opened before there was a session
            self.mirror(path, text)
        if self._opening is asyncio.current_task():
            self._settled.set()
            self.show_warnings()
            if settings.index.enabled:
                self._spawn(self._index(rebuild=False))

    def _fail(self, message: str) -> None:
        """No model. A client that shows the status shows the message with it, and perhaps offers to pull the model."""
        (self._messages.log if self._status.enabled else self._messages.error)(message)
        self._problem = message
        self._status.update(state="error", message=message)

    def _load(self, settings: Settings, workspace: Path, loop: asyncio.AbstractEventLoop) -> None:
        if workspace == empty_workspace():
            with suppress(OSError):  # opening the session says what is wrong with the cache
                workspace.mkdir(parents=True, exist_ok=True)
        session = self._session = self._factory(settings, workspace)
        self._listen(session, loop)
        session.load_model()

    def _detach(self) -> EditorSession | None:
        session, self._session = self._session, None
        return session

    @staticmethod
    def _close(session: EditorSession | None) -> None:
        if session is not None:
            try:
                session.close()
            except Exception:
                logger.exception("the session could not be closed")

    # -- completions -------------------------------------------------------------------------------

    def complete(
        self,
        request: CompletionRequest,
        cancel: Cancellation,
        on_text: Callable[[str], None] = lambda _: None,
    ) -> Completion:
        """Blocking; runs on the model's threads. A request without a method gets the setting of this moment."""
        session, request = self._asked(request)
        return session.complete(request, cancel, on_text)

    def speculate(self, request: CompletionRequest, cancel: Cancellation) -> Completion:
        """Blocking; what a completion will have to answer when the one that is shown was accepted."""
        session, request = self._asked(request)
        return session.speculate(request, cancel)

    def _asked(self, request: CompletionRequest) -> tuple[EditorSession, CompletionRequest]:
        """Return the session, and ``request`` with a method. Raises `Cancelled` where there is no session."""
        session = self._session
        if session is None or self.settings is None:
            raise Cancelled
        return session, replace(request, method=request.method or self.settings.method)

    def prepare(self, request: CompletionRequest, cancel: Cancellation) -> None:
        """Blocking; runs on the model's threads."""
        session = self._session
        if session is not None and self._loaded:
            session.prepare(request, cancel)

    @property
    def speculates(self) -> bool:
        return self.settings is not None and self.settings.completion.speculate

    @property
    def evaluated(self) -> int:
        """Tokens that the model has evaluated, whatever for."""
        return self._session.evaluated if self._session is not None else 0

    def show_warnings(self) -> None:
        warnings = list(self._session.warnings) if self._session else []
        for warning in warnings:
            (self._messages.log if self._status.enabled else self._messages.warning)(warning)
        if self._loaded:
            self._status.update(message="; ".join(warnings))

    # -- written text ------------------------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """The editor shows ``text`` for ``path``."""
        if self._session is not None:
            self._session.mirror(path, text)

    def forget(self, path: Path) -> None:
        """The editor has closed ``path``."""
        if self._session is not None:
            self._session.forget(path)

    def find_faults(self, path: Path, text: str, cancel: Cancellation) -> Sequence[Fault]:
        """Blocking; runs on the hints' thread."""
        session, settings = self._session, self.settings
        if session is None or settings is None or not self._loaded or settings.diagnostics.enabled == "off":
            return ()
        return session.find_faults(path, text, cancel, typed=settings.diagnostics.enabled == "all")

    def repair(self, request: RepairRequest, cancel: Cancellation) -> Sequence[Replacement]:
        """Blocking; runs on the model's thread. Empty: nothing could be verified."""
        if self._session is None:
            raise Cancelled
        replacement = self._session.repair(request.path, request.text, request.fault, cancel)
        return () if replacement is None else (replacement,)

    # -- the index ---------------------------------------------------------------------------------

    def reindex(self) -> bool:
        """Build the index anew, stopping a build that runs. False when there is nothing to index yet."""
        if self._session is None:
            return False
        self._spawn(self._index(rebuild=True))
        return True

    def files_changed(self, updated: Iterable[Path], removed: Iterable[Path] = ()) -> None:
        """Bring the index up to date with these files; bursts (a git checkout) are taken together."""
        if self.settings is None or not self.settings.index.enabled:
            return
        self._changed.update(dict.fromkeys(updated, True) | dict.fromkeys(removed, False))
        if self._applying is None or self._applying.done():
            self._applying = self._spawn(self._apply_changes())

    async def _index(self, rebuild: bool) -> None:
        self._stop_index.set()
        self._stop_index = cancel = Cancellation()
        session = self._session
        if session is None:
            return
        bar = self._bar("Indexing", measured=True, cancel=cancel)
        pace = RemainingTime()

        def show(at: Progress) -> None:
            left = pace.left(at, time.monotonic())
            bar.report(describe(at, left), at.done, at.total)
            if not cancel.is_set():
                self._status.update(index=IndexingProgress(at.stage, at.done, at.total, at.detail, left))

        self._status.update(
            index=IndexingProgress("waiting", 0, 0, "", None)
        )  # for its turn, for the worker to start
        build = session.reindex if rebuild else session.build_index
        try:
            await self._guard(self._index_worker.run(self._unless, cancel, build, ProgressThrottle(show)))
        finally:
            bar.end("cancelled" if cancel.is_set() else None)
            if self._stop_index is cancel:  # no other build has begun
                self._status.update(index=None)
        self.show_warnings()
        self._news()

    @staticmethod
    def _unless(
        cancel: Cancellation,
        build: Callable[[Callable[[Progress], None], Cancellation], object],
        step: Callable[[Progress], None],
    ) -> None:
        if not cancel.is_set():
            build(step, cancel)

    async def _apply_changes(self) -> None:
        while self._changed:
            changed, self._changed = self._changed, {}
            await self._guard(self._files_worker.run(self._update_index, changed))
        self._news()

    def _update_index(self, changed: dict[Path, bool]) -> None:
        session = self._session
        updated = [path for path, exists in changed.items() if exists]
        removed = [path for path, exists in changed.items() if not exists]
        if session is not None and updated:
            session.update_files(updated)
        if session is not None and removed:
            session.remove_files(removed)

    async def _guard(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Cancelled:
            pass
        except SoothsayError as error:
            self._messages.error(error)
        except Exception:
            logger.exception("the index could not be brought up to date")
            self._messages.warning("soothsay: the index could not be brought up to date; the log says why")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
