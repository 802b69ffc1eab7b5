"""The messages between an editor's process (a window) and the backend. `codec.py` encodes them.

The first message is `Hello`, answered with `Welcome` or `Refused`. A message with an ``id`` is a request: it is answered with
one `Done` or `Failed` of the same id, which several `Wrote` or `Progressed` may precede. All others are notifications. The text
of a document is sent beside the message, not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from soothsay.config import Settings
from soothsay.engine.types import AdapterUse, CompletionRequest, Fault
from soothsay_index.types import Progress


@dataclass(frozen=True, slots=True)
class Hello:
    """A window introduces itself. ``build`` is its `address.build_id`, ``name`` is for ``soothsay status``."""

    token: str
    build: str
    pid: int
    name: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The backend accepts the window; it is of the same build."""

    pid: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The backend is of another build, or the token is wrong."""

    reason: str


# -- requests ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """Serve ``workspace`` with ``settings``. Notifications before the answer have no effect.

    Without ``subfolders`` only the files in ``workspace`` itself belong to it.
    """

    id: int
    settings: Settings
    workspace: Path
    environ: dict[str, str]
    subfolders: bool = True


@dataclass(frozen=True, slots=True)
class Load:
    """Load the model."""

    id: int


@dataclass(frozen=True, slots=True)
class Complete:
    """Complete; `Wrote` carries the text so far. ``urgent``: the user waits for it."""

    id: int
    request: CompletionRequest
    urgent: bool


@dataclass(frozen=True, slots=True)
class Prepare:
    """Evaluate the prompt of a completion."""

    id: int
    request: CompletionRequest


@dataclass(frozen=True, slots=True)
class FindFaults:
    """Find the wrong calls in the text; with ``typed``, also those that a type checker reports."""

    id: int
    path: Path
    typed: bool


@dataclass(frozen=True, slots=True)
class Repair:
    """Generate a verified call to replace a wrong one in the text."""

    id: int
    path: Path
    fault: Fault


@dataclass(frozen=True, slots=True)
class BuildIndex:
    """Bring the index up to date, with vectors if ``embed``; `Progressed` carries the progress.

    ``awaited``: somebody waits for it. ``file``: of packages, only what this file needs.
    """

    id: int
    embed: bool
    awaited: bool = False
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class UpdateFiles:
    """Index ``updated`` again and remove ``removed`` from the index."""

    id: int
    updated: tuple[Path, ...]
    removed: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """Return how much is indexed."""

    id: int


@dataclass(frozen=True, slots=True)
class Describe:
    """Return a `BackendStatus`."""

    id: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the session of this window; answered when its index and model are closed."""

    id: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End the backend, also if other windows use it."""

    id: int


# -- notifications from a window -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mirror:
    """Use the text as the content of ``path``, saved or not."""

    path: Path


@dataclass(frozen=True, slots=True)
class Forget:
    """Use the saved content of ``path`` again: the editor has closed it."""

    path: Path


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel request ``id``."""

    id: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Check that the backend runs: answered with `Pong` at once."""

    number: int


# -- from the backend ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a `Ping`."""

    number: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """The text of this message is what completion ``id`` has generated so far."""

    id: int


@dataclass(frozen=True, slots=True)
class Progressed:
    """The progress of index build ``id``."""

    id: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning for the user about this window's session."""

    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """The result of request ``id`` as plain JSON values (`codec.RESULTS` holds the types).

    ``evaluated`` is the number of tokens that the model has evaluated for this window so far.
    """

    id: int
    result: Any
    evaluated: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """Request ``id`` has no result. ``kind``: an error that the user can fix, a cancellation, or a defect (logged)."""

    id: int
    kind: Literal["error", "cancelled", "defect"]
    message: str = ""


# -- the answer to `Describe` --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WindowStatus:
    """One window: the editor's process, what it serves, and the processes that the backend started for it."""

    pid: int
    name: str
    workspace: str
    model: str
    processes: dict[str, int] = field(default_factory=dict)  # process id by name
    adapters: tuple[AdapterUse, ...] = ()  # of its last completion


@dataclass(frozen=True, slots=True)
class LoadedModelStatus:
    """One model in memory."""

    path: str
    bytes: int
    windows: int
    threads: str
    way: str


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """One backend process."""

    pid: int
    version: str
    build: str
    seconds: float  # since it was started
    windows: tuple[WindowStatus, ...] = ()
    models: tuple[LoadedModelStatus, ...] = ()


Message = (
    Hello | Welcome | Refused | Open | Load | Complete | Prepare | FindFaults | Repair | BuildIndex | UpdateFiles
    | IndexStatus | Describe | Close | Stop | Mirror | Forget | Cancel | Ping | Pong | Wrote | Progressed | Warned | Done
    | Failed
)  # fmt: skip
Request = (
    Open | Load | Complete | Prepare | FindFaults | Repair | BuildIndex | UpdateFiles | IndexStatus | Describe | Close
    | Stop
)  # fmt: skip
