"""The oracle that asks a language server: any that speaks LSP, described by its `ServerSpec`."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from cachetools import FIFOCache

from soothsay.oracle.conversion import hover_text, identifier, read_findings, read_members, with_details
from soothsay.oracle.diagnostics import PULL, Items
from soothsay.oracle.documents import Documents
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.locations import Location, read_locations
from soothsay.oracle.positions import Positions
from soothsay.oracle.process import NoAnswer
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.session import ServerSession
from soothsay.oracle.signatures import callee_offset, read_signatures
from soothsay.oracle.supervisor import Supervisor
from soothsay.oracle.types import Finding, Member, Question, Signature
from soothsay_common.deadlines import result_of, wait_until
from soothsay_languages.lines import LineTable
from soothsay_languages.oracle import ANY_NAME, ReadsOrigins, ReadsSignatures, ServerSpec
from soothsay_languages.parameters import Parameter

log = logging.getLogger(__name__)

_PROBE = "zz_soothsay_zz"  # a name that nothing has: a receiver that accepts it accepts any
_TEXTS_REMEMBERED = 16
_DEFINITION_LINES = 40
_HOOK_LINES = 60
_MOST_ORIGINS = 24  # classes and modules that are read to tell whether one makes names

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
        self._workspace = workspace.absolute()
        self._runtime = runtime
        self._limits = limits or TimeLimits()
        self._environ = environ
        self._supervisor: Supervisor[ServerSession] = Supervisor(self._launch, self._limits, spec.name)
        # held for a whole question; the documents have a lock of their own, so that the editor's thread never waits
        self._asking = threading.Lock()
        self._documents = Documents(spec)
        self._reports: FIFOCache[tuple[Path, str], tuple[int, tuple[Finding, ...]]] = FIFOCache(
            _TEXTS_REMEMBERED
        )
        self._questions = questions or QuestionLog()

    # what the editor and the disk do ------------------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """Note that the editor shows ``text`` for ``path``."""
        if self._looks_at(path):
            self._documents.show(path.absolute(), text)

    def forget(self, path: Path) -> None:
        """Note that the editor has closed ``path``."""
        self._documents.close(path.absolute())

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Note that these files were written, made or deleted on disk."""
        self._documents.files_changed(paths)

    # questions ----------------------------------------------------------------------------------------------

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        """Return what the server finds wrong in ``text``."""
        return self._question("findings", path, lambda: self._findings(path, text))

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        """Return the members of the receiver before ``offset``, when its type is known for certain."""
        start, end = identifier(text, offset)
        receiver = text[max(0, start - 40) : start].rpartition("\n")[2].strip()
        return self._question(
            f"members of {receiver.rstrip('.')}", path, lambda: self._members(path, text, start, end, dunders)
        )

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        """Return the names that the server proposes at ``offset``."""
        return self._question("names in scope", path, lambda: self._listed(path, text, offset, dunders=True))

    def details(self, member: Member) -> Member | None:
        """Return ``member`` with what the server says of it when asked to resolve the completion item."""
        return self._answered(f"details of {member.name}", lambda: self._details(member))

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the identifier at ``offset`` exists."""
        start, end = identifier(text, offset)
        if start == end:
            return None
        return self._question(
            f"resolves {text[start:end]}", path, lambda: self._resolves(path, text, start, end)
        )

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether what the name at ``offset`` is a member of makes names while the program runs."""
        return self._question("made names", path, lambda: self._makes_names(path, text, offset))

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        """Return whether what is wrong at ``spans`` would be found: a name that nothing defines is put there."""
        return self._question("reachable", path, lambda: self._reaches(path, text, spans))

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        """Return the overloads of what is being called at ``offset``."""
        return self._question("signature", path, lambda: self._signature(path, text, offset))

    def hover(self, path: Path, text: str, offset: int) -> str | None:
        """Return what the server shows about ``offset``."""
        return self._question("hover", path, lambda: self._hover(path, text, offset) or None)

    def definition(self, path: Path, text: str, offset: int) -> Sequence[Location] | None:
        """Return where the identifier at ``offset`` is defined."""
        return self._question("definition", path, lambda: self._definition(path, text, offset) or None)

    def asking(self, cancel: threading.Event | None = None) -> AbstractContextManager[list[Question]]:
        """Collect the questions that this thread asks inside the ``with`` block."""
        return self._questions.asking(cancel)

    # its life -----------------------------------------------------------------------------------------------

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

    def _launch(self) -> ServerSession:
        command = self._spec.find_command()
        if command is None:
            raise NoAnswer("it is not installed")
        server = ServerSession(self._spec, command, self._workspace, self._runtime, self._environ)
        try:
            server.initialize(self._limits.start / 1000)
        except BaseException:
            server.kill()
            raise
        self._documents.server_started()
        return server

    # how they are answered ----------------------------------------------------------------------------------

    def _looks_at(self, path: Path) -> bool:
        return path.suffix in self._spec.language_ids

    def _question(self, what: str, path: Path, answer: Callable[[], T | None]) -> T | None:
        return self._answered(what, answer) if self._looks_at(path) else None

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

    def _findings(self, path: Path, text: str) -> tuple[Finding, ...]:
        path = path.absolute()
        known = self._reports.get((path, text))
        if known is not None and known[0] == self._documents.world(path):
            return known[1]
        if not self._is_judged(path):
            raise NoAnswer(f"{path} is excluded, or lies outside of the workspace")
        server, positions, world = self._show(path, text)
        items = self._diagnostics(server, path, world)
        found = read_findings(items, text, positions, self._spec.kinds, self._spec.name)
        found = tuple(finding for finding in found if not self._is_of_unsaved_module(finding, text))
        self._reports[path, text] = (world, found)
        return found

    def _is_judged(self, path: Path) -> bool:
        """Return whether the server looks at ``path``: where it is excluded, silence would look like praise."""
        if not self._spec.canary:
            return True
        key = path, self._documents.configured
        server = self._supervisor.server(self._questions.cancel)
        if server is not None and key in server.judged:
            return server.judged[key]
        server, _, world = self._show(path, self._spec.canary)
        judged = server.judged[key] = bool(self._diagnostics(server, path, world))
        return judged

    def _members(self, path: Path, text: str, start: int, end: int, dunders: bool) -> list[Member] | None:
        # Asking for a name that cannot exist tells more than any hover text: no complaint means that the
        # receiver is unknown, has an unknown base or a `__getattr__`, and its members are not all there is.
        probe = text[:start] + _PROBE + text[end:]
        at = start + len(_PROBE)
        refusal = next(
            (f for f in self._findings(path, probe) if f.kind == "not_a_member" and f.end == at), None
        )
        # of a union, servers list only what all of its types have
        if refusal is None or self._spec.tells_of_union(refusal.message):
            return None
        if self._makes_names(path, probe, start):
            return None
        # servers filter by the name that stands there, so none may
        return self._listed(path, text[:start] + text[end:], start, dunders)

    def _listed(self, path: Path, text: str, offset: int, dunders: bool) -> list[Member] | None:
        """Return what the server proposes at ``offset``."""
        answer = self._ask("textDocument/completion", path, text, offset)
        return read_members(answer, dunders, self._spec.name) or None

    def _details(self, member: Member) -> Member | None:
        server = self._server()
        if member.source != self._spec.name or not server.provides("completionItem/resolve"):
            return None
        return with_details(member, self._request(server, "completionItem/resolve", member.item))

    def _resolves(self, path: Path, text: str, start: int, end: int) -> bool | None:
        for finding in self._findings(path, text):
            if finding.kind in ("unknown_name", "not_a_member") and finding.end == end:
                return False
            if finding.kind == "unresolved_import" and finding.start <= start < finding.end:
                return False
        shown = self._hover(path, text, start)
        if not shown or self._spec.is_unknown(shown):
            return self._is_called_data(path, text, start, end)
        if self._spec.is_anything(shown):
            # a member declared as anything is real; a member of something that is anything may not be
            if not text[:start].rstrip().endswith(self._spec.member_operators):
                return None
            return bool(self._definition(path, text, start)) or None
        if self._has_source(path, text, start, end):
            return True
        is_refused = any(
            finding.kind == "not_callable" and finding.start <= start and end <= finding.end
            for finding in self._findings(path, text)
        )
        return False if is_refused and text[end:].lstrip(" ").startswith("(") else None

    def _has_source(self, path: Path, text: str, start: int, end: int) -> bool:
        """Return whether the name at ``start``, which has a type, is one that is written somewhere.

        A class or a module may answer to any name, and its answer have a type.
        """
        if self._spec.hooks is None:
            return True
        if text[:start].rstrip().endswith(self._spec.member_operators):
            defined = self._other_member(path, text, start, end)
            return not defined(self._spec.hooks().name) or defined(text[start:end]) != defined(_PROBE)
        places = self._definition(path, text, start)
        if not places or any(place.path != path.absolute() for place in places):
            return True
        return any(self._is_defined_at(path, text, place.line, text[start:end]) for place in places)

    def _is_defined_at(self, path: Path, text: str, line: int, name: str) -> bool:
        """Return whether ``name`` is defined at ``line`` of ``text``; an import of what nobody wrote defines nothing."""
        lines = LineTable(text)
        begin = lines.offset(line, 0)
        hooks = self._spec.hooks() if self._spec.hooks is not None else None
        at = hooks.bound(text[begin : lines.offset(line + 1, 0)], name) if hooks is not None else None
        return at is None or bool(self._definition(path, text, begin + at))

    def _is_called_data(self, path: Path, text: str, start: int, end: int) -> bool | None:
        """Return False where a class answers to the name at ``start`` only with its own data, and it is called; else None."""
        is_member = text[:start].rstrip().endswith(self._spec.member_operators)
        if self._spec.hooks is None or not is_member or not text[end:].lstrip(" ").startswith("("):
            return None
        hooks = self._spec.hooks()
        defined = self._other_member(path, text, start, end)
        places = defined(hooks.name)
        if len(places) != 1:
            return None
        own = places[0].path == path.absolute()  # what it holds is not on disk
        lines = text.split("\n")[places[0].line :] if own else places[0].lines(_HOOK_LINES)
        if not hooks.gives_items_only(lines[:_HOOK_LINES]):
            return None
        is_declared = defined(text[start:end]) != defined(_PROBE)
        return None if is_declared or defined(hooks.mapping_member) else False

    def _other_member(
        self, path: Path, text: str, start: int, end: int
    ) -> Callable[[str], Sequence[Location]]:
        """Return what tells where another member of the receiver is defined, one with the name that it is given."""
        return lambda name: self._definition(path, text[:start] + name + text[end:], start)

    def _makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        if self._spec.origins is None:
            return None
        reader = self._spec.origins()
        start, _ = identifier(text, offset)
        receiver = reader.receiver(text, start)
        if receiver is None:
            return None
        places = self._places("textDocument/typeDefinition", path, text, receiver)
        if not places:
            return None
        end = identifier(text, offset)[1]
        name = text[start:end]
        return any(re.fullmatch(each, name) for each in self._made(reader, places, path, text))

    def _made(self, reader: ReadsOrigins, places: Sequence[Location], path: Path, text: str) -> Iterator[str]:
        """Yield patterns of the names that ``places``, or what they are made by, make. ``text`` is that of ``path``, not saved."""
        seen: set[Location] = set()
        todo = list(places)
        while todo and len(seen) < _MOST_ORIGINS:
            place = todo.pop()
            if place in seen:
                continue
            seen.add(place)
            if place.path.suffix in self._spec.declarations:
                continue  # what declares names, and makes none
            source = text if place.path == path.absolute() else place.source
            if source is None:
                yield ANY_NAME
                continue
            origin = reader.read(source, place.line, place.whole)
            yield from origin.made
            for each in origin.made_by:
                todo += self._places("textDocument/typeDefinition", place.path, source, each)
        if todo:
            yield ANY_NAME

    def _reaches(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool:
        if "unknown_name" not in self._spec.kinds.values():
            return True  # it never complains of a name: whether it looks there cannot be told
        places: list[int] = []
        written, last = "", 0
        for start, end in spans:
            written += text[last:start]
            places.append(len(written))
            written, last = written + _PROBE, end
        found = {f.start for f in self._findings(path, written + text[last:]) if f.kind == "unknown_name"}
        return found.issuperset(places)

    def _signature(self, path: Path, text: str, offset: int) -> list[Signature] | None:
        reader = self._spec.signatures
        if reader is None:
            return None
        signatures = read_signatures(self._ask("textDocument/signatureHelp", path, text, offset), reader)
        if not signatures or not any(reader.needs_definition(each.parameters) for each in signatures):
            return signatures
        callee = callee_offset(text, offset)
        if callee is None:
            return signatures
        # one place for each overload, and before them the variable that holds the callable
        sources = [place.lines(_DEFINITION_LINES) for place in self._definition(path, text, callee)]
        return [
            replace(each, parameters=_as_defined(reader, each.parameters, sources)) for each in signatures
        ]

    def _hover(self, path: Path, text: str, offset: int) -> str:
        return hover_text(self._ask("textDocument/hover", path, text, offset))

    def _definition(self, path: Path, text: str, offset: int) -> list[Location]:
        return self._places("textDocument/definition", path, text, offset)

    def _places(self, method: str, path: Path, text: str, offset: int) -> list[Location]:
        if not self._server().provides(method):
            return []
        return read_locations(self._ask(method, path, text, offset))

    def _show(self, path: Path, text: str) -> tuple[ServerSession, Positions, int]:
        """Bring the server to the state in which ``path`` holds ``text``; the number is the document's world.

        Raises `NoAnswer`.
        """
        server = self._server()
        state = self._documents.snapshot(path, text)
        for other in [other for other in server.shown if other not in state.texts]:
            server.hide(other)
        if state.changed:
            server.files_changed(state.changed)
        for document, content in state.texts.items():
            server.show(document, content, state.world)
        return server, Positions(text, server.encoding), state.world

    def _server(self) -> ServerSession:
        server = self._supervisor.server(self._questions.cancel)
        if server is None:
            raise NoAnswer("there is no server")
        return server

    def _ask(self, method: str, path: Path, text: str, offset: int) -> Any:
        """Return the server's answer about ``offset``. Raises `NoAnswer`."""
        path = path.absolute()
        server, positions, _ = self._show(path, text)
        if not server.provides(method):
            raise NoAnswer(f"{self._spec.name} does not answer {method}")
        params = {"textDocument": {"uri": path.as_uri()}, "position": positions.position(offset)}
        return self._request(server, method, params)

    def _request(self, server: ServerSession, method: str, params: Any) -> Any:
        limit = self._limits.members if method == "textDocument/completion" else self._limits.question
        answer = server.request(method, params)
        return self._wait(server, method, answer, limit, lambda: answer)

    def _diagnostics(self, server: ServerSession, path: Path, world: int) -> Items:
        source = server.diagnostics
        answer = source.request(path, world)
        limit = self._spec.diagnostics_ms or self._limits.question
        return self._wait(server, PULL, answer, limit, lambda: source.is_late(path, answer))

    def _wait(
        self,
        server: ServerSession,
        method: str,
        answer: Future[T],
        limit: float,
        when_late: Callable[[], Future[Any]],
    ) -> T:
        """Return the result of ``answer`` within ``limit`` ms. Raises `NoAnswer`.

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

    def _is_of_unsaved_module(self, finding: Finding, text: str) -> bool:
        """Return whether an import is unresolved only because its file exists in the editor alone."""
        return finding.kind == "unresolved_import" and self._documents.is_unsaved_module(
            text[finding.start : finding.end]
        )


def _as_defined(
    reader: ReadsSignatures, parameters: tuple[Parameter, ...], sources: Sequence[Sequence[str]]
) -> tuple[Parameter, ...]:
    """Return ``parameters`` as the first of ``sources`` that tells more has them."""
    read = (reader.from_definition(parameters, lines) for lines in sources)
    return next((each for each in read if each != parameters), parameters)
