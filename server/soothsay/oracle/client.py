"""The oracle that asks a language server: any that speaks LSP, described by its `ServerSpec`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from soothsay.oracle.connection import ServerConnection
from soothsay.oracle.conversion import identifier
from soothsay.oracle.findings import Findings
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.locations import Location
from soothsay.oracle.names import NameQuestions
from soothsay.oracle.origins import NameOrigins
from soothsay.oracle.process import NoAnswer
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.signatures import signatures_at
from soothsay.oracle.types import Finding, Member, Question, Signature
from soothsay_common.deadlines import wait_until
from soothsay_languages.oracle import ServerSpec

log = logging.getLogger(__name__)

T = TypeVar("T")


class LspOracle:
    """Implements `Oracle`. Questions are answered one at a time, in the caller's thread, within the time limits."""

    def __init__(
        self,
        spec: ServerSpec,
        workspace: Path,
        runtime: Path | None = None,
        limits: TimeLimits | None = None,
        environ: Mapping[str, str] | None = None,
        questions: QuestionLog | None = None,
    ) -> None:
        """Nothing is started before `start` or the first question.

        ``runtime`` is the workspace's interpreter or compiler, ``environ`` the environment of the server's process (None:
        this process's), ``questions`` a log that it shares with other oracles.
        """
        self._spec = spec
        self._limits = limits or TimeLimits()
        self._questions = questions or QuestionLog()
        self._connection = ServerConnection(
            spec, workspace.absolute(), runtime, self._limits, environ, self._questions
        )
        self._findings = Findings(self._connection)
        self._origins = NameOrigins(self._connection)
        self._names = NameQuestions(self._connection, self._findings, self._origins)
        self._asking = threading.Lock()  # held for a whole question

    # what the editor and the disk do ------------------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """Note that the editor shows ``text`` for ``path``. A server that runs begins to read what a file rests on that was just opened."""
        if not self._looks_at(path):
            return
        is_new = self._connection.documents.show(path.absolute(), text)
        if is_new and self._connection.pid is not None:
            threading.Thread(target=self._open, args=(path.absolute(), text), daemon=True).start()

    def forget(self, path: Path) -> None:
        """Note that the editor has closed ``path``."""
        self._connection.documents.close(path.absolute())

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Note that these files were written, made or deleted on disk."""
        self._connection.documents.files_changed(paths)

    # questions ----------------------------------------------------------------------------------------------

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        """Return what the server finds wrong in ``text``."""
        return self._question("findings", path, lambda: self._findings.of(path, text))

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        """Return the members of the receiver before ``offset``, when its type is known for certain."""
        start, _ = identifier(text, offset)
        receiver = text[max(0, start - 40) : start].rpartition("\n")[2].strip()
        return self._question(
            f"members of {receiver.rstrip('.')}",
            path,
            lambda: self._names.members(path, text, offset, dunders),
        )

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        """Return the names that the server proposes at ``offset``."""
        return self._question(
            "names in scope",
            path,
            lambda: self._unless_blind(
                path, text, lambda: self._names.proposed(path, text, offset, dunders=True)
            ),
        )

    def keys(self, path: Path, text: str, offset: int, first: int) -> Sequence[Member] | None:
        """Return the keys that may still be written at ``offset``, of an object or an element."""
        if not self._spec.lists_keys:
            return None
        return self._question("keys", path, lambda: self._names.keys(path, text, offset, first))

    def details(self, member: Member) -> Member | None:
        """Return ``member`` with what the server says of it when asked to resolve the completion item."""
        return self._answered(f"details of {member.name}", lambda: self._names.details(member))

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the identifier at ``offset`` exists."""
        start, end = identifier(text, offset)
        if start == end:
            return None
        return self._question(
            f"resolves {text[start:end]}",
            path,
            lambda: self._unless_blind(path, text, lambda: self._names.resolves(path, text, start, end)),
        )

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether what the name at ``offset`` is a member of makes names while the program runs."""
        return self._question("made names", path, lambda: self._origins.is_made(path, text, offset))

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        """Return whether what is wrong at ``spans`` would be found: a name that nothing defines is put there."""
        return self._question("reachable", path, lambda: self._findings.reaches(path, text, spans))

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        """Return the overloads of what is being called at ``offset``."""
        return self._question(
            "signature",
            path,
            lambda: self._unless_blind(
                path, text, lambda: signatures_at(self._connection, path, text, offset)
            ),
        )

    def hover(self, path: Path, text: str, offset: int) -> str | None:
        """Return what the server shows about ``offset``."""
        return self._question("hover", path, lambda: self._names.hover(path, text, offset) or None)

    def definition(self, path: Path, text: str, offset: int) -> Sequence[Location] | None:
        """Return where the identifier at ``offset`` is defined."""
        return self._question(
            "definition", path, lambda: self._connection.definition(path, text, offset) or None
        )

    def asking(self, cancel: threading.Event | None = None) -> AbstractContextManager[list[Question]]:
        """Collect the questions that this thread asks inside the ``with`` block."""
        return self._questions.asking(cancel)

    # its life -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server; returns at once."""
        self._connection.start()

    def close(self) -> None:
        """End the server."""
        self._connection.close()

    @property
    def pid(self) -> int | None:
        """The id of the server's process, None while there is none."""
        return self._connection.pid

    def _open(self, path: Path, text: str) -> None:
        with suppress(NoAnswer, CancelledError), self._turn():
            if (
                self._connection.documents.shown.get(path) == text
            ):  # else the next question shows what it is by now
                self._connection.show(path, text)

    # how they are answered ----------------------------------------------------------------------------------

    def _looks_at(self, path: Path) -> bool:
        return bool(self._spec.language_id(path))

    def _question(self, what: str, path: Path, answer: Callable[[], T | None]) -> T | None:
        return self._answered(what, answer) if self._looks_at(path) else None

    def _unless_blind(self, path: Path, text: str, answer: Callable[[], T | None]) -> T | None:
        return None if self._findings.is_blind(path, text) else answer()

    def _answered(self, what: str, answer: Callable[[], T | None]) -> T | None:
        began = time.perf_counter()
        found: T | None = None
        try:
            with self._turn():
                found = answer()
        except (NoAnswer, CancelledError) as reason:
            log.debug("%s: %s", what, reason)
        except Exception:
            # an answer of a shape that was not foreseen must not cost the completion
            log.exception("the oracle's answer to: %s", what)
        ms = round((time.perf_counter() - began) * 1000, 2)
        self._questions.add(Question(what, ms, found is not None))
        return found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for other threads' questions, no longer than a question may take. Raises `NoAnswer`."""
        if not wait_until(
            lambda left: self._asking.acquire(timeout=left),
            self._limits.first / 1000,
            self._questions.cancel,
        ):
            raise NoAnswer("others are asking")
        try:
            yield
        finally:
            self._asking.release()
