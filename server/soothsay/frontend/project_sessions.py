"""A session for each project that is edited: the one of the workspace, and others that are opened when they are needed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from soothsay.config import Settings
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.errors import Cancelled, SoothsayError
from soothsay.frontend.editor_session import EditorSession
from soothsay_common.cancellation import Cancellation
from soothsay_common.threads import SerialExecutor
from soothsay_index.runtime.projects import Project
from soothsay_index.types import Progress

if TYPE_CHECKING:
    from soothsay.backend.client import OnChange
    from soothsay.engine.types import Fault, Replacement

log = logging.getLogger(__name__)

_MOST_OTHERS = (
    3  # sessions beside the workspace's; each has an index worker, a type checker and a context of the model
)


def with_interpreter(settings: Settings, interpreter: str) -> Settings:
    """Return ``settings`` with the interpreter of a project; "" where the settings and the project's folder tell it."""
    return (
        replace(settings, index=replace(settings.index, interpreter=interpreter)) if interpreter else settings
    )


class ProjectSessions:
    """An `EditorSession` that passes each file on to the session of its project. Thread-safe.

    The session of the workspace, ``main``, is open from the start. That of another project is opened in the background when
    a document of it is shown, while there are few, else by the first completion in it; then the one that was asked longest
    ago is closed when there are too many. ``on_open`` is called on the thread that has opened another one, whose index has
    to be built.
    """

    def __init__(
        self,
        open_session: Callable[[Project], EditorSession],
        main: Project,
        project_of: Callable[[Path], Project],
        on_open: Callable[[], None] = lambda: None,
    ) -> None:
        """Open the session of ``main``. Raises `SoothsayError`."""
        self._open_session = open_session
        self._main = main
        self._project_of = project_of
        self._on_open = on_open
        self._sessions: dict[Project, EditorSession] = {main: open_session(main)}  # asked last comes last
        self._unbuilt: set[Project] = {main}
        self._documents: dict[Path, str] = {}
        self._listener: OnChange | None = None
        self._lock = threading.RLock()  # held for a moment
        self._opening = threading.Lock()
        self._closed = False
        self._is_loaded = False
        self._ahead = SerialExecutor("soothsay-projects")
        self._shown: set[Project] = set()  # were opened, or are being opened, because a document was shown

    # -- completions ---------------------------------------------------------------------------------------

    def load_model(self) -> None:
        """Load the weights for the workspace. Raises `SoothsayError` with the fix."""
        self._sessions[self._main].load_model()
        self._is_loaded = True

    def complete(
        self,
        request: CompletionRequest,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] = lambda _: None,
    ) -> Completion:
        """Answer ``request`` in the project of its file, which is opened first. Raises `Cancelled`, `SoothsayError`."""
        project = self._project_of(request.path)
        session = self._open(project)
        return session.complete(replace(request, workspace=project.folder), cancel, on_text)

    def speculate(self, request: CompletionRequest, cancel: Cancellation | None = None) -> Completion:
        """Answer ``request`` before it is made. Raises `Cancelled`, also where its project is not open."""
        project, session = self._require(request.path)
        return session.speculate(replace(request, workspace=project.folder), cancel)

    def prepare(self, request: CompletionRequest, cancel: Cancellation | None = None) -> None:
        """Evaluate the prompt of ``request``, if its project is open. Raises `Cancelled`, `SoothsayError`."""
        project, session = self._of(request.path)
        if session is not None:
            session.prepare(replace(request, workspace=project.folder), cancel)

    def find_faults(
        self, path: Path, text: str, cancel: Cancellation | None = None, *, typed: bool = False
    ) -> Sequence[Fault]:
        """Return the wrong calls in ``text``; none where the file's project is not open. Raises `Cancelled`."""
        _, session = self._of(path)
        return () if session is None else session.find_faults(path, text, cancel, typed=typed)

    def repair(
        self, path: Path, text: str, fault: Fault, cancel: Cancellation | None = None
    ) -> Replacement | None:
        """Return a verified call to replace ``fault``, or None. Raises `Cancelled`, `SoothsayError`."""
        return self._require(path)[1].repair(path, text, fault, cancel)

    @property
    def evaluated(self) -> int:
        """Number of tokens that the model has evaluated for all projects."""
        return sum(session.evaluated for session in self._all())

    @property
    def warnings(self) -> Sequence[str]:
        """Warnings for the user, each once."""
        return list(dict.fromkeys(warning for session in self._all() for warning in session.warnings))

    def listen(self, on_change: OnChange) -> None:
        """Call ``on_change(state, message)``, on any thread, when a session's backend is lost, ready or not available."""
        with self._lock:
            self._listener = on_change
            sessions = list(self._sessions.values())
        for session in sessions:
            session.listen(on_change)

    # -- documents and index -------------------------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """Use ``text`` as the content of ``path``, saved or not. Its project is opened soon. Returns at once."""
        with self._lock:
            self._documents[path] = text
            project, session = self._of(path)
            if session is not None:
                session.mirror(path, text)
            elif self._is_worth_opening(project):
                self._shown.add(project)
                self._ahead.submit(self._open_ahead, project)

    def forget(self, path: Path) -> None:
        """Use the saved content of ``path`` again: the editor has closed it."""
        with self._lock:
            self._documents.pop(path, None)
            _, session = self._of(path)
            if session is not None:
                session.forget(path)

    def build_index(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> None:
        """Bring the indexes up to date that have not been built yet. Raises `Cancelled`, `SoothsayError`."""
        with self._lock:
            waiting = [
                (project, self._sessions[project]) for project in self._sessions if project in self._unbuilt
            ]
        for project, session in waiting:
            session.build_index(on_progress, cancel)
            if cancel.is_set():
                return
            with self._lock:
                self._unbuilt.discard(project)

    def reindex(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> None:
        """Bring all indexes up to date at the user's request. Raises `Cancelled`, `SoothsayError`."""
        for session in self._all():
            session.reindex(on_progress, cancel)

    def update_files(self, paths: Sequence[Path]) -> None:
        """Index ``paths`` again. Raises `SoothsayError`."""
        for session, own in self._by_session(paths):
            session.update_files(own)

    def remove_files(self, paths: Sequence[Path]) -> None:
        """Remove ``paths`` from the indexes. Raises `SoothsayError`."""
        for session, own in self._by_session(paths):
            session.remove_files(own)

    def close(self) -> None:
        """Free all models and indexes. A second call has no effect."""
        with self._opening, self._lock:
            self._closed = True
            self._ahead.stop(0.0)
            sessions = list(self._sessions.values())
        for session in sessions:
            session.close()

    # -- sessions ------------------------------------------------------------------------------------------

    def _open(self, project: Project) -> EditorSession:
        """Return the session of ``project``, which is opened and loaded first where it is not. Raises `SoothsayError`."""
        with self._lock:
            known = self._sessions.pop(project, None)
            if known is not None:
                self._sessions[project] = known
                return known
        with self._opening:
            if self._closed:
                raise Cancelled
            if project in self._sessions:  # another thread was quicker
                return self._sessions[project]
            self._close_oldest()
            session = self._open_session(project)
            try:
                session.load_model()
            except BaseException:
                session.close()
                raise
            with self._lock:
                self._sessions[project] = session
                self._unbuilt.add(project)
                own = [path for path in self._documents if self._project_of(path) == project]
                for path in own:
                    session.mirror(path, self._documents[path])
                listener = self._listener
        if listener is not None:
            session.listen(listener)
        log.info("opened %s", project.folder)
        self._on_open()
        return session

    def _is_worth_opening(self, project: Project) -> bool:
        """Return whether to open a project that was not asked for yet: once, at the cost of no other.

        A folder outside of all projects is often one that a person only looks into, such as a library's.
        """
        is_new = project not in self._shown and len(self._shown) < _MOST_OTHERS
        is_project = project.subfolders or bool(project.interpreter)
        return self._is_loaded and not self._closed and is_project and is_new

    def _open_ahead(self, project: Project) -> None:
        with self._lock:
            is_full = len(self._sessions) > _MOST_OTHERS
        if is_full:
            return
        try:
            self._open(project)
        except Cancelled:
            pass
        except SoothsayError as error:
            log.warning("%s is not opened yet: %s", project.folder, error)

    def _close_oldest(self) -> None:
        """Close the session that was asked longest ago, if there are too many."""
        with self._lock:
            others = [project for project in self._sessions if project != self._main]
            closing = [self._sessions.pop(project) for project in others[: len(others) + 1 - _MOST_OTHERS]]
            self._unbuilt &= self._sessions.keys()
        for session in closing:
            session.close()

    def _of(self, path: Path) -> tuple[Project, EditorSession | None]:
        project = self._project_of(path)
        with self._lock:
            return project, self._sessions.get(project)

    def _require(self, path: Path) -> tuple[Project, EditorSession]:
        project, session = self._of(path)
        if session is None:
            raise Cancelled
        return project, session

    def _all(self) -> list[EditorSession]:
        with self._lock:
            return list(self._sessions.values())

    def _by_session(self, paths: Iterable[Path]) -> list[tuple[EditorSession, list[Path]]]:
        found: dict[Project, tuple[EditorSession, list[Path]]] = {}
        for path in paths:
            project, session = self._of(path)
            if session is not None:
                found.setdefault(project, (session, []))[1].append(path)
        return list(found.values())
