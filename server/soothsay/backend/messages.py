"""What an editor's process (a window) and the backend say to each other. Plain values; `codec.py` makes bytes of them.

The first message is `Hello`, answered with `Welcome` or `Refused`. A message with an ``id`` is a request: it is answered
with one `Done` or `Failed` of the same id, and before that perhaps with several `Wrote` or `Progressed`. All others are
notifications. ``text`` of a document is sent beside the message, not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from soothsay.config import Settings
from soothsay.engine.types import CompletionRequest, Fault
from soothsay_index.types import Progress


@dataclass(frozen=True, slots=True)
class Hello:
    """A window introduces itself. ``build`` is what `address.build_id` says of its code."""

    token: str
    build: str
    pid: int
    name: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The backend is of the same build."""

    pid: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The backend is of another build, or the token is wrong."""

    reason: str


# -- requests ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """Serve ``workspace`` with ``settings``. Only notifications that come after the answer have an effect."""

    id: int
    settings: Settings
    workspace: Path
    environ: dict[str, str]


@dataclass(frozen=True, slots=True)
class Load:
    """Load the model."""

    id: int


@dataclass(frozen=True, slots=True)
class Complete:
    """Complete; `Wrote` tells what is being written. ``urgent``: a person waits for it."""

    id: int
    request: CompletionRequest
    urgent: bool


@dataclass(frozen=True, slots=True)
class Prepare:
    """Evaluate what a completion would have to evaluate."""

    id: int
    request: CompletionRequest


@dataclass(frozen=True, slots=True)
class FindFaults:
    """Find the wrong calls in the text; ``typed``: those that a type checker sees, too."""

    id: int
    path: Path
    typed: bool


@dataclass(frozen=True, slots=True)
class Repair:
    """Write a verified call in place of a wrong one in the text."""

    id: int
    path: Path
    fault: Fault


@dataclass(frozen=True, slots=True)
class BuildIndex:
    """Bring the index up to date; `Progressed` tells how far it is."""

    id: int
    embed: bool


@dataclass(frozen=True, slots=True)
class UpdateFiles:
    """Index these files again, or forget them."""

    id: int
    updated: tuple[Path, ...]
    removed: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """Tell how much is indexed."""

    id: int


@dataclass(frozen=True, slots=True)
class Describe:
    """Tell what this backend holds. Answered with a `BackendStatus`."""

    id: int


@dataclass(frozen=True, slots=True)
class Close:
    """Free what this window has; answered when its index and its model are closed."""

    id: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End the backend, whoever uses it."""

    id: int


# -- notifications from a window -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mirror:
    """The editor shows the text for ``path``, saved or not."""

    path: Path


@dataclass(frozen=True, slots=True)
class Forget:
    """The editor has closed ``path``."""

    path: Path


@dataclass(frozen=True, slots=True)
class Cancel:
    """The answer to request ``id`` is no longer wanted."""

    id: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered with `Pong` at once, whatever the models do."""

    number: int


# -- from the backend ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a `Ping`."""

    number: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """What completion ``id`` has written so far is the text beside this message."""

    id: int


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the build ``id`` is."""

    id: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know of this window's session."""

    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """The result of request ``id``, unstructured (`codec.RESULTS` says of which type).

    ``evaluated`` is how many tokens the model has evaluated for this window so far.
    """

    id: int
    result: Any
    evaluated: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """Request ``id`` has no result. ``kind``: a person can mend it, it was cancelled, or it is a defect (logged)."""

    id: int
    kind: Literal["error", "cancelled", "defect"]
    message: str = ""


# -- what `Describe` is answered with --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WindowStatus:
    """One window: the process that the editor started, what it serves, and our processes that serve it."""

    pid: int
    name: str
    workspace: str
    model: str
    processes: dict[str, int] = field(default_factory=dict)  # process id by what it does


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
