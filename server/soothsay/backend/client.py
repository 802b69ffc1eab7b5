"""A session that is served by the backend process, for an editor's process or a command."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from soothsay.backend.launch import BackendConnection, connect_or_start
from soothsay.backend.link import Link, LostError
from soothsay.backend.messages import (
    BuildIndex,
    Complete,
    FindFaults,
    Forget,
    IndexStatus,
    Load,
    Message,
    Mirror,
    Open,
    Prepare,
    Repair,
    UpdateFiles,
)
from soothsay.backend.reconnect import OnChange, ReconnectingClient, State
from soothsay.backend.restart import RestartPolicy, describe_crash
from soothsay.config import Settings
from soothsay.engine.types import Completion, CompletionRequest, Fault, Replacement
from soothsay.errors import SoothsayError
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import IndexSummary, Progress

__all__ = ["BackendSession", "OnChange", "State"]

log = logging.getLogger(__name__)


class BackendSession(ReconnectingClient):
    """Serves one workspace through the backend. Thread-safe.

    Methods block, except `mirror`, `forget` and the properties. While there is no backend, completions are cancelled.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: Path,
        *,
        name: str = "editor",
        environ: Mapping[str, str] | None = None,
        subfolders: bool = True,
        connect: Callable[[str], BackendConnection] = connect_or_start,
    ) -> None:
        """Connect to the backend and open ``workspace``. Raises `SoothsayError`.

        ``name`` is shown by ``soothsay status``; ``environ`` is the user's environment, by default this process's. Without
        ``subfolders`` only the files in ``workspace`` itself belong to it.
        """
        super().__init__(connect, name, RestartPolicy(settings.model))
        self.settings = settings
        self.workspace = workspace
        self._environ = dict(os.environ if environ is None else environ)
        self._subfolders = subfolders
        self._needs_model = False
        self._documents: dict[Path, str] = {}
        self._missed: dict[Path, bool] = {}  # files that changed without a backend; False: removed
        self._connect_first()

    def load_model(self) -> None:
        """Load the weights. Raises `SoothsayError` with the fix."""
        self._needs_model = True
        try:
            self._ask(Load)
        except LostError as lost:
            raise SoothsayError(describe_crash(lost.exit)) from lost
        except SoothsayError:
            self._needs_model = False  # the user must fix the cause first; the index works without the model
            raise

    # -- completions ---------------------------------------------------------------------------------------

    def complete(
        self,
        request: CompletionRequest,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        """Answer ``request``; ``on_text`` gets the text written so far.

        Raises `Cancelled` once ``cancel`` is set or the backend dies, `SoothsayError`.
        """
        text, small = _without_text(request)
        return self._ask_or_cancel(lambda number: Complete(number, small, True), text, cancel, on_text)

    def speculate(self, request: CompletionRequest, cancel: Cancellation | None = None) -> Completion:
        """Answer ``request`` before it is made, with low priority. Raises `Cancelled`, `SoothsayError`."""
        text, small = _without_text(request)
        return self._ask_or_cancel(lambda number: Complete(number, small, False), text, cancel)

    def prepare(self, request: CompletionRequest, cancel: Cancellation | None = None) -> None:
        """Evaluate the prompt of ``request``, with low priority. Raises `Cancelled`, `SoothsayError`."""
        text, small = _without_text(request)
        self._ask_or_cancel(lambda number: Prepare(number, small), text, cancel)

    def find_faults(
        self, path: Path, text: str, cancel: Cancellation | None = None, *, typed: bool = False
    ) -> Sequence[Fault]:
        """Return the wrong calls in ``text``; with ``typed``, also those that a type checker reports. Raises `Cancelled`."""
        return self._ask_or_cancel(lambda number: FindFaults(number, path, typed), text, cancel)

    def repair(
        self, path: Path, text: str, fault: Fault, cancel: Cancellation | None = None
    ) -> Replacement | None:
        """Return a verified call to replace ``fault``, or None. Raises `Cancelled`, `SoothsayError`."""
        return self._ask_or_cancel(lambda number: Repair(number, path, fault), text, cancel)

    # -- documents and index -------------------------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """Use ``text`` as the content of ``path``, saved or not."""
        with self._changed:
            self._documents[path] = text
            if self._link is not None:
                self._link.notify(Mirror(path), text)

    def forget(self, path: Path) -> None:
        """Use the saved content of ``path`` again: the editor has closed it."""
        with self._changed:
            self._documents.pop(path, None)
            if self._link is not None:
                self._link.notify(Forget(path))

    def build_index(
        self,
        on_progress: Callable[[Progress], None],
        cancel: Cancellation,
        *,
        embed: bool = True,
        awaited: bool = False,
        file: Path | None = None,
    ) -> IndexSummary:
        """Bring the index up to date; ``embed``: with vectors, ``awaited``: a user waits for it.

        ``file``: of packages, only what this file needs. If the backend dies, the next one continues. Raises `Cancelled`,
        `SoothsayError`.
        """
        return self._ask_with_retry(
            lambda number: BuildIndex(number, embed, awaited, file), cancel, on_progress
        )

    def reindex(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> IndexSummary:
        """Bring the index up to date at the user's request. Raises `Cancelled`, `SoothsayError`."""
        return self.build_index(on_progress, cancel, awaited=True)

    def update_files(self, paths: Sequence[Path]) -> int:
        """Index these files again, or later if there is no backend; return the number that had changed."""
        return self._update(tuple(paths), ())

    def remove_files(self, paths: Sequence[Path]) -> int:
        """Remove these files from the index, or later if there is no backend; return the number removed."""
        return self._update((), tuple(paths))

    def index_status(self) -> IndexSummary:
        """Return how much is indexed. Raises `Cancelled`, `SoothsayError`."""
        return self._ask_with_retry(IndexStatus, self._closed)

    def _update(self, updated: tuple[Path, ...], removed: tuple[Path, ...]) -> int:
        try:
            return self._ask(lambda number: UpdateFiles(number, updated, removed))
        except LostError:
            with self._changed:
                self._missed |= dict.fromkeys(updated, True) | dict.fromkeys(removed, False)
            return 0

    # -- at each connection --------------------------------------------------------------------------------

    def _open_on(self, link: Link) -> None:
        link.ask(lambda number: Open(number, self.settings, self.workspace, self._environ, self._subfolders))
        if self._needs_model:
            link.ask(Load)

    def _documents_to_send(self) -> list[tuple[Message, str]]:
        return [(Mirror(path), text) for path, text in self._documents.items()]

    def _after_restart(self) -> State:
        return "ready" if self._needs_model else "opened"

    def _catch_up(self) -> None:
        with self._changed:
            missed, self._missed = self._missed, {}
        updated = tuple(path for path, exists in missed.items() if exists)
        removed = tuple(path for path, exists in missed.items() if not exists)
        if missed:
            try:
                self._update(updated, removed)
            except Exception as error:
                log.warning("the index could not be updated: %s", error)


def _without_text(request: CompletionRequest) -> tuple[str, CompletionRequest]:
    """Return the text, which is sent beside the message, and ``request`` without it."""
    return request.text, replace(request, text="")
