"""The session of this server: opened when settings and workspace are known, and opened again when they change."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cachetools import TTLCache

from soothsay.config import CompletionSettings, Method, Settings
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.errors import Cancelled, SoothsayError
from soothsay.frontend.editor_session import EditorSession, RepairRequest, SessionFactory, empty_workspace
from soothsay.frontend.exclusion import is_excluded, unusable
from soothsay.frontend.index_updates import IndexUpdates
from soothsay.frontend.languages import enabled_language, language_refusal
from soothsay.frontend.progress import ProgressBar
from soothsay.frontend.project_sessions import ProjectSessions, with_interpreter
from soothsay.frontend.status import StatusPublisher
from soothsay.frontend.user_messages import UserMessages
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor
from soothsay_index.runtime.projects import Project, is_script, project_in, project_of

if TYPE_CHECKING:
    from soothsay.backend.client import State
    from soothsay.engine.types import Fault, Replacement
    from soothsay.frontend.documents import Document, EditorWorkspace
    from soothsay_languages.base import Language

logger = logging.getLogger(__name__)

_KEPT_PROJECTS, _PROJECT_SECONDS = 1_000, 60.0  # an environment may be made while a file is open
LOAD_TIMEOUT_S = 2.0  # a completion waits so long for the model, then it is answered with nothing


class SessionManager:
    """Opens, replaces and closes the session. Runs on the event loop; methods marked as blocking run on threads.

    The work is done in the backend process; the threads wait for its answers, one thread for each kind of request. A
    session is opened, loaded, asked and closed on ``model_worker``. ``open_documents`` returns path and text of the open
    documents; ``on_change`` is called when answers may have changed.
    """

    def __init__(
        self,
        factory: SessionFactory,
        messages: UserMessages,
        progress_bar: Callable[..., ProgressBar],
        status: StatusPublisher,
        open_documents: Callable[[], Iterable[tuple[Path, str]]] = tuple,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings: Settings | None = None
        self._main: Project | None = None
        self._roots: tuple[Path, ...] = ()
        self._projects: TTLCache[Path, Project, float] = TTLCache(  # type: ignore[assignment]
            _KEPT_PROJECTS, _PROJECT_SECONDS
        )  # by file
        self._projects_lock = threading.Lock()  # completions ask on threads of their own
        self.model_worker = SerialExecutor("soothsay-model")
        self.background_worker = SerialExecutor("soothsay-ahead")
        self.index = IndexUpdates(
            lambda: self._session, messages, progress_bar, status, on_change, self.show_warnings
        )
        self._factory = factory
        self._messages = messages
        self._progress_bar = progress_bar
        self._status = status
        self._open_documents = open_documents
        self._on_change = on_change
        self._session: EditorSession | None = None
        self._is_loaded = False
        self._load_error = ""
        self._load_ended = asyncio.Event()  # set when the model is loaded or could not be loaded
        self._opening: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # -- settings and workspace --------------------------------------------------------------------

    def apply_settings(self, settings: Settings) -> None:
        """Use ``settings``; the session is opened again if it depends on what has changed."""
        before, self.settings = self.settings, settings
        for pattern in unusable(settings.completion.exclude):
            self._messages.warning(f"soothsay.completion.exclude: {pattern!r} is not a pattern; ignored")
        if before is None or _of_session(before) != _of_session(settings):
            self.reopen()
        elif replace(before, method=settings.method) != settings:
            self._on_change()

    def set_workspace(self, workspace: Path | None, roots: Sequence[Path] = ()) -> None:
        """Use ``workspace``, the first of the folders ``roots`` that are open. None: use the project of the next document."""
        self._use(None if workspace is None else project_in(workspace, os.environ), roots)

    @property
    def roots(self) -> tuple[Path, ...]:
        """All folders that are open."""
        return self._roots

    def _use(self, main: Project | None, roots: Sequence[Path]) -> None:
        self._roots = tuple(roots)
        with self._projects_lock:
            self._projects.clear()
        if main != self._main:
            self._main = main
            self.reopen()

    @property
    def workspace(self) -> Path | None:
        """The folder of the project that is open from the start."""
        return None if self._main is None else self._main.folder

    def project_of(self, path: Path) -> Project:
        """Return the project of a file: that of the workspace, or another one, which has a session of its own."""
        with self._projects_lock:
            found = self._projects.get(path)
        if found is None:
            is_main = self._main is not None and path.parent == self._main.folder
            if self._main is not None and is_main and not is_script(path, os.environ):
                found = self._main
            else:
                found = project_of(path, self._roots, os.environ)
            with self._projects_lock:
                self._projects[path] = found
        return found

    @property
    def method(self) -> Method:
        """The method of the current settings."""
        return (self.settings or Settings()).method

    @property
    def is_automatic(self) -> bool:
        """Whether completions are given while the user types, not only when they are asked for."""
        return self._completion.automatic

    @property
    def _completion(self) -> CompletionSettings:
        return (self.settings or Settings()).completion

    @property
    def _disabled(self) -> Collection[str]:
        return self.settings.languages.disabled if self.settings else ()

    def language(self, document: Document) -> Language | None:
        """Return the language that ``document`` is completed as; None if it is not completed."""
        return enabled_language(document, self._disabled)

    def refusal(self, document: Document) -> str:
        """Return why ``document`` is not completed, as a sentence; "" if it is completed."""
        if problem := language_refusal(document, self._disabled):
            return problem
        if is_excluded(document.file, self.workspace, self._completion.exclude):
            return f"{document.filename} is excluded by the setting completion.exclude"
        return ""

    def ensure_workspace(self, file: Path) -> None:
        """Use the project of ``file`` as the workspace if there is none yet."""
        if self.workspace is not None and self.workspace != empty_workspace():
            return
        nowhere = file.parent == empty_workspace()
        self._use(Project(file.parent, False) if nowhere else project_of(file, (), os.environ), ())

    def folder_for_unsaved(self, opened: EditorWorkspace) -> Path:
        """Return the folder that unsaved documents belong to: that of ``opened``, else the current workspace."""
        return opened.first_folder() or self.workspace or empty_workspace()

    def retry_load(self) -> None:
        """Try again to load a model that could not be loaded."""
        if self._load_ended.is_set() and not self._is_loaded:
            self.reopen()

    def model_pulled(self, name: str) -> None:
        """Use model ``name``, which has been downloaded, if the current session lacks it."""
        from soothsay.model.files.registry import EMBEDDING_MODEL

        if name == EMBEDDING_MODEL:
            self.reopen()
        elif self.settings is not None and name == self.settings.model.name:
            self.retry_load()

    # -- opening and closing -----------------------------------------------------------------------

    def reopen(self) -> None:
        """Close the session, and open one with the current settings and workspace, if both are known."""
        self._load_ended.clear()
        self._is_loaded = False
        self.index.cancel_build()
        if self.settings is not None and self._main is not None:
            task = asyncio.create_task(self._open(self.settings, self._main, self._opening))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self._opening = task

    async def wait_until_loaded(self) -> bool:
        """Wait up to `LOAD_TIMEOUT_S` for the model to load; return whether it is loaded."""
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                await self._load_ended.wait()
        except TimeoutError:
            return False
        return self._is_loaded

    def interrupt(self) -> None:
        """Cancel index work, and do not open another session."""
        self.index.interrupt()
        self._opening = None

    def stop(self, timeout: float) -> bool:
        """Close the session and end the threads. Needs no running loop. False when one has not ended in ``timeout`` s."""
        self.interrupt()
        deadline = time.monotonic() + timeout
        stopped = self.index.stop(timeout)
        stopped &= self.background_worker.stop(max(0.1, deadline - time.monotonic()))
        self.model_worker.submit(lambda: _close(self._detach()))
        return self.model_worker.stop(max(0.1, deadline - time.monotonic())) and stopped

    async def _open(self, settings: Settings, main: Project, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        if self._opening is not asyncio.current_task():  # settings have changed again
            return
        # close the old session only after the work that uses it has ended
        old = await self.index.call_when_idle(self._detach)
        await self.background_worker.run(lambda: None)
        await self.model_worker.run(_close, old)
        await self._load_model(settings, main)
        if self._opening is asyncio.current_task():
            self._load_ended.set()
            self.show_warnings()
            if settings.index.enabled:
                self.index.start_build(requested=False)

    async def _load_model(self, settings: Settings, main: Project) -> None:
        name = Path(settings.model.path).name or settings.model.name
        bar = self._progress_bar(f"Loading {name}")
        self._status.update(state="loading", message=f"loading {name}", model=name)
        loop = asyncio.get_running_loop()
        try:
            await self.model_worker.run(self._create_session, settings, main, loop)
        except SoothsayError as error:
            self._load_failed(str(error))
        except Exception:
            logger.exception("the model could not be loaded")
            self._load_failed("soothsay: the model could not be loaded; see the log for the reason")
        else:
            self._is_loaded = True
            self._status.update(state="ready", message="")
            self._on_change()
        finally:
            bar.end()

    def _create_session(self, settings: Settings, main: Project, loop: asyncio.AbstractEventLoop) -> None:
        """Open the session and load its model (blocking). Raises `SoothsayError`."""
        if main.folder == empty_workspace():
            with suppress(OSError):  # opening the session reports what is wrong with the cache folder
                main.folder.mkdir(parents=True, exist_ok=True)

        def open_session(project: Project) -> EditorSession:
            return self._factory(
                with_interpreter(settings, project.interpreter), project.folder, subfolders=project.subfolders
            )

        def on_open() -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._project_opened, session)

        session = self._session = ProjectSessions(open_session, main, self.project_of, on_open)

        def on_change(state: State, message: str) -> None:
            with suppress(RuntimeError):  # the loop is closed: the server is stopping
                loop.call_soon_threadsafe(self._backend_changed, session, state, message)

        session.listen(on_change)
        with suppress(RuntimeError):  # the type checker and the index read them while the weights are loaded
            loop.call_soon_threadsafe(self._tell_documents, session)
        session.load_model()

    def _tell_documents(self, session: EditorSession) -> None:
        """Tell a new session of the documents that were opened before it."""
        if session is self._session:
            for path, text in self._open_documents():
                session.mirror(path, text)

    def _project_opened(self, session: EditorSession) -> None:
        """Index a project that has been opened beside the workspace, and check its documents."""
        if session is not self._session or self.settings is None:
            return
        self.show_warnings()
        self._on_change()
        if self.settings.index.enabled:
            self.index.start_build(requested=False)

    def _load_failed(self, message: str) -> None:
        # A client that shows the status shows the message with it, and may offer to pull the model.
        (self._messages.log if self._status.enabled else self._messages.error)(message)
        self._load_error = message
        self._status.update(state="error", message=message)

    def _backend_changed(self, session: EditorSession, state: State, message: str) -> None:
        """Show that the backend process has ended, was started again, or cannot be started."""
        if session is not self._session:
            return
        if message:
            self._messages.error(f"soothsay: {message}")
        if state == "ready":
            self._is_loaded = True
            self._load_ended.set()
            self._status.update(state="ready", message="")
            self._on_change()
            return
        if state == "opened":  # the model could not be loaded before either
            self._load_ended.set()
            self._status.update(state="error", message=self._load_error)
            return
        self._is_loaded = False
        if state == "failed":
            self._load_ended.set()  # completions need not wait
        else:
            self._load_ended.clear()
        self._status.update(
            state="error" if message else "loading",
            message=message or "the model's process ended; it is started again",
        )

    def _detach(self) -> EditorSession | None:
        session, self._session = self._session, None
        return session

    # -- requests ----------------------------------------------------------------------------------

    def complete(
        self,
        request: CompletionRequest,
        cancel: Cancellation,
        on_text: Callable[[str], None] = lambda _: None,
    ) -> Completion:
        """Answer ``request`` (blocking). Without a method it gets that of the current settings. Raises `Cancelled`."""
        session, request = self._with_method(request)
        return session.complete(request, cancel, on_text)

    def speculate(self, request: CompletionRequest, cancel: Cancellation) -> Completion:
        """Answer the request that follows if the shown completion is accepted (blocking). Raises `Cancelled`."""
        session, request = self._with_method(request)
        return session.speculate(request, cancel)

    def prepare(self, request: CompletionRequest, cancel: Cancellation) -> None:
        """Evaluate the prompt of ``request`` (blocking). Raises `Cancelled`."""
        session = self._session
        if session is not None and self._is_loaded:
            session.prepare(request, cancel)

    def find_faults(self, path: Path, text: str, cancel: Cancellation) -> Sequence[Fault]:
        """Return the wrong calls in ``text`` that the settings ask for (blocking). Raises `Cancelled`."""
        session, settings = self._session, self.settings
        if (
            session is None
            or settings is None
            or not self._is_loaded
            or settings.diagnostics.enabled == "off"
        ):
            return ()
        return session.find_faults(path, text, cancel, typed=settings.diagnostics.enabled == "all")

    def repair(self, request: RepairRequest, cancel: Cancellation) -> Sequence[Replacement]:
        """Return the verified replacements of a wrong call (blocking); empty when there is none. Raises `Cancelled`."""
        if self._session is None:
            raise Cancelled
        replacement = self._session.repair(request.path, request.text, request.fault, cancel)
        return () if replacement is None else (replacement,)

    @property
    def speculates(self) -> bool:
        """Whether the settings ask for speculation."""
        return self.settings is not None and self.settings.completion.speculate

    @property
    def evaluated(self) -> int:
        """Number of tokens that the model has evaluated for the current session."""
        return self._session.evaluated if self._session is not None else 0

    def _with_method(self, request: CompletionRequest) -> tuple[EditorSession, CompletionRequest]:
        """Return the session, and ``request`` with a method. Raises `Cancelled` when there is no session."""
        session = self._session
        if session is None or self.settings is None:
            raise Cancelled
        return session, replace(request, method=request.method or self.settings.method)

    # -- documents, files and warnings ---------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """Use ``text`` as the content of ``path``, saved or not."""
        if self._session is not None:
            self._session.mirror(path, text)

    def forget(self, path: Path) -> None:
        """Use the saved content of ``path`` again: the editor has closed it."""
        if self._session is not None:
            self._session.forget(path)

    def files_changed(self, updated: Iterable[Path], removed: Iterable[Path] = ()) -> None:
        """Update the index for these files, if the settings enable it."""
        if self.settings is not None and self.settings.index.enabled:
            self.index.files_changed(updated, removed)

    def reindex(self) -> bool:
        """Start an index build and cancel the running one. False when no session is open."""
        if self._session is None:
            return False
        self.index.start_build(requested=True)
        return True

    def show_warnings(self) -> None:
        """Show the warnings of the session, each once."""
        warnings = list(self._session.warnings) if self._session else []
        for warning in warnings:
            (self._messages.log if self._status.enabled else self._messages.warning)(warning)
        if self._is_loaded:
            self._status.update(message="; ".join(warnings))


def _close(session: EditorSession | None) -> None:
    if session is not None:
        try:
            session.close()
        except Exception:
            logger.exception("the session could not be closed")


def _of_session(settings: Settings) -> Settings:
    """Return ``settings`` with the defaults for what only this process uses, so that a session need not be opened again."""
    default = Settings()
    completion = replace(
        settings.completion,
        automatic=default.completion.automatic,
        exclude=default.completion.exclude,
    )
    return replace(
        settings,
        method=default.method,
        diagnostics=default.diagnostics,
        completion=completion,
        feedback=default.feedback,
    )
