"""The connection to one language server: which documents it sees, and requests within the time limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from soothsay.oracle.diagnostics import PULL, Items
from soothsay.oracle.documents import Documents
from soothsay.oracle.installed import command_of
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.locations import Location, read_locations
from soothsay.oracle.positions import Positions
from soothsay.oracle.process import NoAnswer
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.session import ServerSession
from soothsay.oracle.supervisor import Supervisor
from soothsay_common.deadlines import result_of
from soothsay_languages.lines import Encoding
from soothsay_languages.oracle import ServerSpec

T = TypeVar("T")


class ServerConnection:
    """A language server that is started when it is needed. Requests raise `NoAnswer`; one thread asks at a time."""

    def __init__(
        self,
        spec: ServerSpec,
        workspace: Path,
        runtime: Path | None,
        limits: TimeLimits,
        environ: Mapping[str, str] | None,
        questions: QuestionLog,
    ) -> None:
        """Nothing is started yet. The arguments are those of `LspOracle`."""
        self.spec = spec
        # they have a lock of their own, so that the editor's thread never waits for a question
        self.documents = Documents(spec)
        self._workspace = workspace
        self._runtime = runtime
        self._limits = limits
        self._environ = environ
        self._questions = questions
        self._supervisor: Supervisor[ServerSession] = Supervisor(
            self._launch, replace(limits, hang=max(limits.hang, spec.hang_ms)), spec.name
        )

    def start(self) -> None:
        """Start the server; returns at once."""
        self._supervisor.start()

    def close(self) -> None:
        """End the server."""
        self._supervisor.close()

    @property
    def pid(self) -> int | None:
        """The id of the server's process, None while there is none."""
        server = self._supervisor.current
        return server.pid if server is not None else None

    def server(self) -> ServerSession:
        """Return the running server."""
        server = self._supervisor.server(self._questions.cancel)
        if server is None:
            raise NoAnswer("there is no server")
        return server

    def show(self, path: Path, text: str) -> tuple[ServerSession, int]:
        """Bring the server to the state in which ``path`` holds ``text``; the number is the document's world."""
        server = self.server()
        state = self.documents.snapshot(path, text)
        for other in [other for other in server.shown if other not in state.texts]:
            server.hide(other)
        if state.changed:
            server.files_changed(state.changed)
        for document, content in state.texts.items():
            self._show(server, document, content, state.world)
        return server, state.world

    def _show(self, server: ServerSession, path: Path, text: str, world: int) -> None:
        server.show(path, self.spec.as_seen(path, text), world)

    def ask(self, method: str, path: Path, text: str, offset: int) -> Any:
        """Return the server's answer about ``offset``."""
        path = path.absolute()
        server, _ = self.show(path, text)
        if not server.provides(method):
            raise NoAnswer(f"{self.spec.name} does not answer {method}")
        position = self.positions(path, text, server.encoding).position(offset)
        return self.request(server, method, {"textDocument": {"uri": path.as_uri()}, "position": position})

    def positions(self, path: Path, text: str, encoding: Encoding) -> Positions:
        """Return the server's positions in ``text``, which is shown for ``path``."""
        return Positions(text, encoding, self.spec.preambles.get(path.suffix, ""))

    def locations(self, method: str, path: Path, text: str, offset: int) -> list[Location]:
        """Return the locations that the server answers about ``offset``, none when it does not know the method."""
        server = self.server()
        if not server.provides(method):
            return []
        found = read_locations(self.ask(method, path, text, offset))
        return [self._without_preamble(each) if each.path in server.shown else each for each in found]

    def _without_preamble(self, location: Location) -> Location:
        above = self.spec.preambles.get(location.path.suffix, "").count("\n")
        return replace(location, line=max(0, location.line - above))

    def definition(self, path: Path, text: str, offset: int) -> list[Location]:
        """Return where the identifier at ``offset`` is defined."""
        return self.locations("textDocument/definition", path, text, offset)

    def request(self, server: ServerSession, method: str, params: Any) -> Any:
        """Return the server's answer to a request."""
        limit = self._limits.members if method == "textDocument/completion" else self._limits.question
        answer = server.request(method, params)
        return self._wait(server, method, answer, limit, lambda: answer)

    def diagnostics(self, server: ServerSession, path: Path, world: int) -> Items:
        """Return the diagnostics of ``path``, as `show` has shown it."""
        source = server.diagnostics
        answer = source.request(path, world)
        limit = self.spec.diagnostics_ms or self._limits.question
        if path not in server.told:
            limit = max(limit, self.spec.opening_ms)
        items = self._wait(server, PULL, answer, limit, lambda: source.is_late(path, answer))
        server.told.add(path)
        return items

    def _wait(
        self,
        server: ServerSession,
        method: str,
        answer: Future[T],
        limit: float,
        when_late: Callable[[], Future[Any]],
    ) -> T:
        """Return the result of ``answer`` within ``limit`` ms.

        A server that is late is asked nothing until the future is done that ``when_late`` returns.
        """
        if method not in server.asked:
            server.asked.add(method)
            limit = max(limit, self._limits.first)
        due = time.monotonic() + limit / 1000
        try:
            return result_of(answer, limit / 1000, self._questions.cancel)
        except (FutureTimeout, CancelledError):
            self._supervisor.note_late(when_late(), due)
            raise NoAnswer(f"{method} took too long") from None

    def _launch(self) -> ServerSession:
        command = command_of(self.spec)
        if command is None:
            raise NoAnswer("it is not installed")
        server = ServerSession(self.spec, command, self._workspace, self._runtime, self._environ)
        try:
            server.initialize(self._limits.start / 1000)
        except BaseException:
            server.kill()
            raise
        self.documents.server_started()
        for path, text in self.documents.shown.items():  # it begins to read what they rest on
            self._show(server, path, text, self.documents.world(path))
        return server
