"""The session of one workspace as the frontend uses it: its interface, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from soothsay.config import Settings
from soothsay.engine.types import Completion, CompletionRequest
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Progress

if TYPE_CHECKING:
    from soothsay.backend.client import OnChange
    from soothsay.engine.types import Fault, Replacement


class EditorSession(Protocol):
    """One workspace that is completed. `soothsay.backend.client.BackendSession` implements it; tests use a fake.

    Methods block until they are done, except `listen`, `mirror`, `forget` and the properties.
    """

    @property
    def warnings(self) -> Sequence[str]:
        """Warnings for the user, in the order in which they occurred."""
        ...

    @property
    def evaluated(self) -> int:
        """Number of tokens that the model has evaluated for this session."""
        ...

    def listen(self, on_change: OnChange) -> None:
        """Call ``on_change(state, message)``, on any thread, when the backend is lost, ready again or not available."""
        ...

    def load_model(self) -> None:
        """Load the weights. Raises `SoothsayError` with the fix."""
        ...

    def complete(
        self,
        request: CompletionRequest,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] = ...,
    ) -> Completion:
        """Answer ``request``; ``on_text`` gets the text written so far. Raises `Cancelled`, `SoothsayError`."""
        ...

    def speculate(self, request: CompletionRequest, cancel: Cancellation | None = None) -> Completion:
        """Answer ``request`` before it is made, with low priority. Raises `Cancelled`, `SoothsayError`."""
        ...

    def prepare(self, request: CompletionRequest, cancel: Cancellation | None = None) -> None:
        """Evaluate the prompt of ``request`` with low priority. Raises `Cancelled`, `SoothsayError`."""
        ...

    def find_faults(
        self, path: Path, text: str, cancel: Cancellation | None = None, *, typed: bool = False
    ) -> Sequence[Fault]:
        """Return the wrong calls in ``text``; with ``typed``, also those that a type checker reports. Raises `Cancelled`."""
        ...

    def repair(
        self, path: Path, text: str, fault: Fault, cancel: Cancellation | None = None
    ) -> Replacement | None:
        """Return a verified call to replace ``fault``, or None. Raises `Cancelled`, `SoothsayError`."""
        ...

    def mirror(self, path: Path, text: str) -> None:
        """Use ``text`` as the content of ``path``, saved or not."""
        ...

    def forget(self, path: Path) -> None:
        """Use the saved content of ``path`` again: the editor has closed it."""
        ...

    def build_index(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> object:
        """Bring the index up to date. Raises `Cancelled`, `SoothsayError`."""
        ...

    def reindex(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> object:
        """Bring the index up to date at the user's request. Raises `Cancelled`, `SoothsayError`."""
        ...

    def update_files(self, paths: Sequence[Path]) -> object:
        """Index ``paths`` again. Raises `SoothsayError`."""
        ...

    def remove_files(self, paths: Sequence[Path]) -> object:
        """Remove ``paths`` from the index. Raises `SoothsayError`."""
        ...

    def close(self) -> None:
        """Free the model and the index. A second call has no effect."""
        ...


class SessionFactory(Protocol):
    """Opens the session of a project."""

    def __call__(self, settings: Settings, workspace: Path, *, subfolders: bool = True) -> EditorSession:
        """Open a session. Without ``subfolders`` only files in ``workspace`` itself belong to it. Raises `SoothsayError`."""
        ...


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """Replace the call at ``fault`` in ``text``, the content of ``path``."""

    path: Path
    text: str
    fault: Fault


def open_session(settings: Settings, workspace: Path, *, subfolders: bool = True) -> EditorSession:
    """Open a session in the backend process. Raises `SoothsayError`."""
    # Heavy modules are imported here, after `initialize` was answered. The first is used on the event loop while the user
    # types, which must not wait for its import.
    import soothsay.engine.postfilter  # noqa: F401
    from soothsay.backend.client import BackendSession
    from soothsay_languages.registry import languages

    languages()

    return BackendSession(settings, workspace, name=editor_name(), subfolders=subfolders)


def editor_name() -> str:
    """Return the name of the program that started this process, for ``soothsay status``."""
    import psutil

    try:
        parent = psutil.Process().parent()
        return parent.name() if parent else "editor"
    except psutil.Error:
        return "editor"


def empty_workspace() -> Path:
    """Return an empty folder: the workspace of an unsaved document in an editor without a folder."""
    from soothsay.paths import cache_folder

    return cache_folder() / "nowhere"
