"""A session whose work is done in the backend process: what an editor's process, or a command, has of it."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from soothsay.backend.launch import BackendConnection, connect_or_start
from soothsay.backend.link import Link, LostError
from soothsay.backend.messages import (
    BuildIndex,
    Close,
    Complete,
    FindFaults,
    Forget,
    IndexStatus,
    Load,
    Mirror,
    Open,
    Prepare,
    Repair,
    Request,
    UpdateFiles,
)
from soothsay.config import Settings
from soothsay.engine.types import Completion, CompletionRequest, Fault, Replacement
from soothsay.errors import Cancelled, SoothsayError, raise_if_cancelled
from soothsay_common.cancellation import Cancellation
from soothsay_common.exits import Exit
from soothsay_index.types import IndexSummary, Progress

log = logging.getLogger(__name__)

State = Literal["lost", "ready", "opened", "failed"]
"""The backend has died; serves again, with the model or (it was not loaded before) without; or cannot be had."""
OnChange = Callable[[State, str], None]

_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0  # seconds before the second restart in a row, doubled with each
_GIVES_UP_AFTER = 8  # failures in a row, over four minutes
_STABLE = 60.0  # seconds that a backend must have lived to be restarted at once
_DISTRUSTED_AFTER = 3  # illegal instructions in one session: the way in which it is used cannot be trusted
_TOLD_AFTER = 2  # deaths of the same cause before a person is told
_CLOSES_WITHIN = 5.0  # seconds


class BackendSession:
    """Serves one workspace through the backend, which is started again when it dies. Thread-safe.

    Calls block, except `mirror`, `forget` and the properties. While there is no backend, completions are cancelled.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: Path,
        *,
        name: str = "editor",
        environ: Mapping[str, str] | None = None,
        connect: Callable[[str], BackendConnection] = connect_or_start,
    ) -> None:
        """Reach the backend and open ``workspace``. Raises `SoothsayError`."""
        self.settings = settings
        self.workspace = workspace
        self.warnings: list[str] = []
        self._name = name
        self._environ = dict(os.environ if environ is None else environ)
        self._connect = connect
        self._changed = threading.Condition()
        self._link: Link | None = None
        self._reviving: threading.Thread | None = None
        self._telling = threading.RLock()  # what is told last is how it is
        self._state: State = "ready"
        self._closed = Cancellation()
        self._wants_model = False
        self._gave_up = False
        self._documents: dict[Path, str] = {}
        self._missed: dict[Path, bool] = {}  # files that changed without a backend; False: they are gone
        self._on_change: OnChange = lambda state, message: None
        self._deaths: Counter[str] = Counter()
        self._failures = 0
        self._since = 0.0
        self._evaluated = 0  # by backends before this one
        try:
            self._establish()
        except LostError as lost:
            raise SoothsayError(self._describe(lost.exit)) from lost

    # -- its life ------------------------------------------------------------------------------------------

    def listen(self, on_change: OnChange) -> None:
        """Have ``on_change`` called, on any thread, when the backend is lost, ready again, or cannot be had.

        It is called at once where there is none at the moment. It must not block.
        """
        with self._telling:
            self._on_change = on_change
            if self._state in ("lost", "failed"):
                self._tell(self._state, "")

    def load_model(self) -> None:
        """Load the weights (blocking). Raises `SoothsayError` with the fix."""
        self._wants_model = True
        try:
            self._ask(Load)
        except LostError as lost:
            raise SoothsayError(self._describe(lost.exit)) from lost
        except SoothsayError:
            self._wants_model = False  # what is wrong must be mended first; the index is of use without
            raise

    def close(self) -> None:
        """Leave the backend. Calling it twice is harmless."""
        self._closed.set()
        with self._changed:
            link, self._link = self._link, None
            self._changed.notify_all()
        if link is not None:
            done = threading.Thread(target=_close, args=(link,), name="backend-close", daemon=True)
            done.start()
            done.join(_CLOSES_WITHIN)
            link.close()

    @property
    def evaluated(self) -> int:
        """Tokens that the model has evaluated for this session, whatever for."""
        link = self._link
        return self._evaluated + (link.evaluated if link is not None else 0)

    @property
    def backend_pid(self) -> int | None:
        """The backend's process id, while there is one."""
        link = self._link
        return link.pid if link is not None else None

    # -- completions ---------------------------------------------------------------------------------------

    def complete(
        self,
        request: CompletionRequest,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] = lambda _: None,
    ) -> Completion:
        """Answer one request. Raises `Cancelled` once ``cancel`` is set or the backend dies, `SoothsayError`."""
        text, small = _without_text(request)
        return self._ask_now(lambda number: Complete(number, small, True), text, cancel, on_text)

    def speculate(self, request: CompletionRequest, cancel: Cancellation | None = None) -> Completion:
        """Answer ``request`` before it is made: whatever a person waits for goes first."""
        text, small = _without_text(request)
        return self._ask_now(lambda number: Complete(number, small, False), text, cancel)

    def prepare(self, request: CompletionRequest, cancel: Cancellation | None = None) -> None:
        """Evaluate what a completion at this place would have to evaluate."""
        text, small = _without_text(request)
        self._ask_now(lambda number: Prepare(number, small), text, cancel)

    def find_faults(
        self, path: Path, text: str, cancel: Cancellation | None = None, *, typed: bool = False
    ) -> Sequence[Fault]:
        """Return the wrong calls in ``text``; ``typed``: those that a type checker sees, too."""
        return self._ask_now(lambda number: FindFaults(number, path, typed), text, cancel)

    def repair(
        self, path: Path, text: str, fault: Fault, cancel: Cancellation | None = None
    ) -> Replacement | None:
        """Return a verified call to put in place of a wrong one."""
        return self._ask_now(lambda number: Repair(number, path, fault), text, cancel)

    # -- written text, and the index -----------------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """The editor shows ``text`` for ``path``, saved or not. Returns at once."""
        with self._changed:
            self._documents[path] = text
            if self._link is not None:
                self._link.notify(Mirror(path), text)

    def forget(self, path: Path) -> None:
        """The editor has closed ``path``. Returns at once."""
        with self._changed:
            self._documents.pop(path, None)
            if self._link is not None:
                self._link.notify(Forget(path))

    def build_index(
        self, on_progress: Callable[[Progress], None], cancel: Cancellation, *, embed: bool = True
    ) -> IndexSummary:
        """Bring the index up to date; a build whose backend died goes on in the next one."""
        return self._ask_again(lambda number: BuildIndex(number, embed), cancel, on_progress)

    def reindex(self, on_progress: Callable[[Progress], None], cancel: Cancellation) -> IndexSummary:
        """Bring the index up to date because a person asked for it."""
        return self.build_index(on_progress, cancel)

    def update_files(self, paths: Sequence[Path]) -> int:
        """Index these files again, later if there is no backend; returns how many had changed."""
        return self._update(tuple(paths), ())

    def remove_files(self, paths: Sequence[Path]) -> int:
        """Forget these files, later if there is no backend."""
        return self._update((), tuple(paths))

    def _update(self, updated: tuple[Path, ...], removed: tuple[Path, ...]) -> int:
        try:
            return self._ask(lambda number: UpdateFiles(number, updated, removed))
        except LostError:
            with self._changed:
                self._missed |= dict.fromkeys(updated, True) | dict.fromkeys(removed, False)
            return 0

    def index_status(self) -> IndexSummary:
        """Return how much is indexed."""
        return self._ask_again(IndexStatus, self._closed)

    # -- asking --------------------------------------------------------------------------------------------

    def _ask_now(
        self,
        make: Callable[[int], Request],
        text: str,
        cancel: Cancellation | None,
        on_text: Callable[[str], None] | None = None,
    ) -> Any:
        """Ask what is of no use later: without a backend it is cancelled."""
        raise_if_cancelled(cancel)
        try:
            return self._ask(make, text, cancel, on_text)
        except LostError:
            raise Cancelled from None

    def _ask_again(
        self,
        make: Callable[[int], Request],
        cancel: Cancellation,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Any:
        """Ask, and when the backend dies ask the next one. Raises `Cancelled` when there will be none."""
        while True:
            raise_if_cancelled(cancel)
            link = self._link
            if link is not None:
                with contextlib.suppress(LostError):
                    return link.ask(make, None, cancel, None, on_progress)
            if not self._await_another(link, cancel):
                raise Cancelled

    def _ask(
        self,
        make: Callable[[int], Request],
        text: str | None = None,
        cancel: Cancellation | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Any:
        link = self._link
        if link is None:
            raise LostError(Exit("ended"))
        return link.ask(make, text, cancel, on_text)

    def _await_another(self, link: Link | None, cancel: Cancellation) -> bool:
        """Wait for a link that is not this one (blocking); False when there will be none, or nobody waits any more."""
        with cancel.calling(self._wake), self._changed:
            self._changed.wait_for(
                lambda: (
                    self._link not in (None, link)
                    or cancel.is_set()
                    or self._closed.is_set()
                    or self._gave_up
                )
            )
            return self._link not in (None, link) and not cancel.is_set()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # -- when it dies --------------------------------------------------------------------------------------

    def _establish(self) -> None:
        """Reach a backend and bring it to where the last one was.

        Raises `SoothsayError`, `LostError`, and `Cancelled` when this session was closed meanwhile.
        """
        link = Link(self._connect(self._name), self._warn, self._lost)
        try:
            link.ask(lambda number: Open(number, self.settings, self.workspace, self._environ))
            if self._wants_model:
                link.ask(Load)
            with self._changed:
                raise_if_cancelled(self._closed)
                if link.lost is not None:  # after the last answer: `_lost` did not know it yet
                    raise LostError(link.lost)
                for path, text in self._documents.items():
                    link.notify(Mirror(path), text)
                self._link, self._since = link, time.monotonic()
                self._changed.notify_all()
        except BaseException:
            link.close()
            raise

    def _warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)

    def _lost(self, link: Link, exit_: Exit) -> None:
        with self._changed:
            if self._link is not link:
                return  # it has died while it was being opened: whoever opens it is told
            self._link = None
            self._evaluated += link.evaluated
            if time.monotonic() - self._since > _STABLE:
                self._failures = 0
            self._reviving = threading.Thread(
                target=self._revive, args=(exit_, self._reviving), name="backend-revive", daemon=True
            )
        log.warning("the backend process %d ended: %s", link.pid, exit_.describe())
        self._reviving.start()

    def _revive(self, exit_: Exit, before: threading.Thread | None) -> None:
        """Start a backend until one serves. ``before`` may still have to tell that the one that ended now was ready."""
        if before is not None:
            before.join()
        told: tuple[State, str] = ("lost", self._note(exit_))
        self._tell(*told)
        tries = 0
        while not self._closed.wait(self._delay()):
            self._failures += 1
            tries += 1
            try:
                self._establish()
            except Cancelled:  # closed, as a rule
                continue
            except LostError as lost:
                news: tuple[State, str] = ("lost", self._note(lost.exit))
            except SoothsayError as error:
                news = ("failed", str(error))
            except Exception:
                log.exception("the backend could not be started again")
                news = ("failed", "the backend could not be started again; the log says why")
            else:
                self._tell("ready" if self._wants_model else "opened", "")
                self._catch_up()
                return
            if tries >= _GIVES_UP_AFTER:
                reason = news[1] or "the process of the model keeps ending"
                self._tell(
                    "failed", f"{reason}; it is not tried again until the server or the session is restarted"
                )
                self._gave_up = True
                self._wake()
                return
            if news != told:  # the same is not told at every try
                self._tell(*news)
            told = news

    def _catch_up(self) -> None:
        """Index what has changed while there was no backend."""
        with self._changed:
            missed, self._missed = self._missed, {}
        updated = tuple(path for path, exists in missed.items() if exists)
        removed = tuple(path for path, exists in missed.items() if not exists)
        if missed:
            try:
                self._update(updated, removed)
            except Exception as error:
                log.warning("the index is not brought up to date: %s", error)

    def _tell(self, state: State, message: str) -> None:
        with self._telling:
            self._state = state
            try:
                self._on_change(state, message)
            except Exception:
                log.exception("a listener failed")

    def _delay(self) -> float:
        if self._failures == 0:
            return 0.0
        doubled = min(self._failures - 1, 30)  # after a night of failures the power is no float any more
        return min(_LONGEST_DELAY, _FIRST_DELAY * 2**doubled)

    def _note(self, exit_: Exit) -> str:
        """Count a death; returns what to tell a person, from the second death of the same cause on."""
        self._deaths[exit_.cause] += 1
        if exit_.cause == "illegal_instruction":
            self._prove_again(exit_)
        return self._describe(exit_) if self._deaths[exit_.cause] >= _TOLD_AFTER else ""

    def _prove_again(self, exit_: Exit) -> None:
        """Have the model proved anew before it is loaded; after several deaths in a slower way, if there is one."""
        from soothsay.model.files.resolve import resolve_model
        from soothsay.model.proof import WAYS, distrust, forget, remembered

        with contextlib.suppress(Exception):  # it is a precaution
            model = resolve_model(self.settings.model.name, self.settings.model.path)
            proof = remembered(model)
            slowest = proof is None or proof.way == WAYS[-1]
            if slowest or self._deaths[exit_.cause] < _DISTRUSTED_AFTER:
                forget(model)
            else:
                distrust(model, exit_)

    def _describe(self, exit_: Exit) -> str:
        remedy = {
            "aborted": "often too little memory: close other programs, choose a smaller model (model.name) or a smaller "
            "model.context; else run `soothsay doctor`",
            "illegal_instruction": "run `soothsay doctor`, which says how to mend it",
            "killed": "close other programs, or choose a smaller model (model.name) or a smaller model.context",
            "hung": "if the machine is not overloaded, please report it with the log of `soothsay status`",
        }.get(exit_.cause, "run `soothsay doctor`; `soothsay status` says where the log is")
        return f"the process of the model ended: {exit_.describe()}; {remedy}"


def _close(link: Link) -> None:
    with contextlib.suppress(Exception):
        link.ask(Close)


def _without_text(request: CompletionRequest) -> tuple[str, CompletionRequest]:
    return request.text, replace(request, text="")
