"""The oracle that asks a language server: any that speaks LSP, told apart by its `Adapter`."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cachetools import FIFOCache

from soothsay.oracle.adapters import Adapter
from soothsay.oracle.child import Child, NoAnswer
from soothsay.oracle.keeper import Budget, Keeper
from soothsay.oracle.positions import OFFERED, Encoding, Positions
from soothsay.oracle.reading import hover_text, identifier, read_findings, read_members
from soothsay.oracle.signatures import callee_offset, definition_source, read_signatures, without_extra
from soothsay.oracle.types import Finding, Member, Question, Signature
from soothsay.paths import cache_folder
from soothsay_common.deadlines import result_of, wait_until

log = logging.getLogger(__name__)

_PROBE = "zz_soothsay_zz"  # a name that nothing has: who accepts it accepts anything
_TEXTS_REMEMBERED = 16
_CREATED, _CHANGED, _DELETED = 1, 2, 3  # FileChangeType

T = TypeVar("T")


class _Server:
    """One initialized child and what it has been told."""

    def __init__(
        self,
        adapter: Adapter,
        command: Sequence[str],
        workspace: Path,
        python: Path | None,
        environ: Mapping[str, str] | None,
    ) -> None:
        self._settings = adapter.settings(python)
        folder = cache_folder()  # not the workspace: nothing of it may be found as a program or a module
        folder.mkdir(parents=True, exist_ok=True)
        self._child = Child(command, folder, self._answer, environ)
        self._workspace = workspace
        self._language = adapter.language
        self._versions: dict[Path, int] = {}
        self.shown: dict[Path, str] = {}  # what it takes for the content of open documents
        self.judged: dict[
            tuple[Path, int], bool
        ] = {}  # whether it looks at a file, under its nth configuration
        self.asked: set[str] = set()  # kinds of questions: the first of its kind may take longer
        self.encoding: Encoding = "utf-16"

    @property
    def alive(self) -> bool:
        return self._child.alive

    @property
    def pid(self) -> int:
        return self._child.pid

    def initialize(self, seconds: float) -> None:
        """Shake hands (blocking). Raises `NoAnswer`."""
        root = self._workspace.as_uri()
        answer = self._child.request("initialize", {
            "processId": os.getpid(),
            "rootUri": root,
            "workspaceFolders": [{"uri": root, "name": self._workspace.name}],
            "capabilities": _CAPABILITIES,
            "initializationOptions": self._settings,
        })  # fmt: skip
        try:
            result = answer.result(seconds)
        except FutureTimeout:
            raise NoAnswer(f"no answer to initialize within {seconds:g} s") from None
        capabilities = result.get("capabilities", {}) if isinstance(result, Mapping) else {}
        if capabilities.get("positionEncoding") in OFFERED:
            self.encoding = capabilities["positionEncoding"]
        self._child.notify("initialized", {})

    def show(self, path: Path, text: str) -> None:
        """Let ``text`` be the content of ``path``."""
        if self.shown.get(path) == text:
            return
        version = self._versions[path] = self._versions.get(path, 0) + 1
        document = {"uri": path.as_uri(), "version": version}
        if path in self.shown:
            # whole, not as a difference: finding one in 100 kB costs more here than the server needs to read it
            change = {"textDocument": document, "contentChanges": [{"text": text}]}
            self._child.notify("textDocument/didChange", change)
        else:
            opened = {**document, "languageId": self._language, "text": text}
            self._child.notify("textDocument/didOpen", {"textDocument": opened})
        self.shown[path] = text

    def hide(self, path: Path) -> None:
        """Let what is on disk be the content of ``path``."""
        if self.shown.pop(path, None) is not None:
            self._child.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def files_changed(self, paths: Sequence[Path]) -> None:
        # whether a file is new nobody here knows, and it must be said first: ty takes only one word for a file
        changes = [
            {"uri": path.as_uri(), "type": kind}
            for path in paths
            for kind in ((_CREATED, _CHANGED) if path.exists() else (_DELETED,))
        ]
        self._child.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    def request(self, method: str, params: Any) -> Any:
        return self._child.request(method, params)

    def kill(self) -> None:
        self._child.kill()

    def close(self) -> None:
        self._child.close()

    def _answer(self, method: str, params: Any) -> Any:
        """A request of the server: the settings are all we have to tell."""
        if method != "workspace/configuration" or not isinstance(params, Mapping):
            return None
        return [self._section(item.get("section") or "") for item in params.get("items", ())]

    def _section(self, dotted: str) -> Any:
        found: Any = self._settings
        for key in filter(None, dotted.split(".")):
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks in a thread."""

    asked: list[Question]
    cancel: threading.Event | None


class LspOracle:
    """Implements `Oracle`. Questions are answered one at a time, in the caller's thread, within the budget."""

    def __init__(
        self,
        adapter: Adapter,
        workspace: Path,
        python: Path | None = None,
        budget: Budget | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is started before `start` or the first question. ``python``: the workspace's interpreter; ``environ``
        is the environment of the server's process (None: this process's)."""
        self._environ = environ
        self._adapter = adapter
        self._workspace = workspace.absolute()
        self._python = python
        self._budget = budget or Budget()
        self._keeper: Keeper[_Server] = Keeper(self._launch, self._budget, adapter.name)
        # the first is held for a whole question, the second for a moment: the editor's thread must never wait
        self._asking = threading.Lock()
        self._state = threading.Lock()
        self._mirrored: dict[Path, str] = {}
        self._changed: list[Path] = []
        self._configured = 0  # how often the server's own configuration has changed
        self._edits: Counter[Path | None] = Counter()  # of the mirrored files; None: everything else
        self._reports: FIFOCache[tuple[Path, str], tuple[int, tuple[Finding, ...]]] = FIFOCache(
            _TEXTS_REMEMBERED
        )
        self._askers = threading.local()

    # what the editor and the disk do ------------------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        path = path.absolute()
        if path.suffix not in self._adapter.suffixes:
            return
        with self._state:
            if self._mirrored.get(path) != text:
                self._mirrored[path] = text
                self._edits[path] += 1

    def forget(self, path: Path) -> None:
        path = path.absolute()
        with self._state:
            if self._mirrored.pop(path, None) is not None:
                self._edits[path] += 1

    def files_changed(self, paths: Sequence[Path]) -> None:
        adapter = self._adapter
        ours = [
            p.absolute() for p in paths if p.suffix in adapter.suffixes or p.name in adapter.project_files
        ]
        if ours:
            with self._state:
                self._changed += ours
                self._edits[None] += 1
                self._configured += any(path.name in adapter.project_files for path in ours)

    # questions ----------------------------------------------------------------------------------------------

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        return self._question("findings", path, lambda: self._findings(path, text))

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        start, end = identifier(text, offset)
        receiver = text[max(0, start - 40) : start].rpartition("\n")[2].strip()
        return self._question(
            f"members of {receiver.rstrip('.')}", path, lambda: self._members(path, text, start, end, dunders)
        )

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        return self._question("names in scope", path, lambda: self._listed(path, text, offset, dunders=True))

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        start, end = identifier(text, offset)
        if start == end:
            return None
        return self._question(
            f"resolves {text[start:end]}", path, lambda: self._resolves(path, text, start, end)
        )

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        return self._question("signature", path, lambda: self._signature(path, text, offset))

    @contextmanager
    def asking(self, cancel: threading.Event | None = None) -> Iterator[list[Question]]:
        stack = self._askers.__dict__.setdefault("stack", [])
        asked: list[Question] = []
        stack.append(_Asker(asked, cancel))
        try:
            yield asked
        finally:
            stack.pop()

    # its life -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._keeper.start()

    def close(self) -> None:
        self._keeper.close()

    @property
    def pid(self) -> int | None:
        """Of the running server, for tests and for `soothsay doctor`."""
        server = self._keeper.current
        return server.pid if server is not None else None

    def _launch(self) -> _Server:
        command = self._adapter.find_command()
        if command is None:
            raise NoAnswer("it is not installed")
        server = _Server(self._adapter, command, self._workspace, self._python, self._environ)
        try:
            server.initialize(self._budget.start / 1000)
        except BaseException:
            server.kill()
            raise
        with self._state:
            self._edits[None] += 1
        return server

    # how they are answered ----------------------------------------------------------------------------------

    def _question(self, what: str, path: Path, answer: Callable[[], T | None]) -> T | None:
        if path.suffix not in self._adapter.suffixes:
            return None
        began = time.perf_counter()
        found: T | None = None
        try:
            with self._turn():
                found = answer()
        except (NoAnswer, CancelledError) as reason:
            log.debug("%s: %s", what, reason)
        except Exception:
            # an answer of a shape that nobody foresaw must not cost the completion
            log.exception("the oracle's answer to: %s", what)
        ms = round((time.perf_counter() - began) * 1000, 2)
        for asker in self._askers.__dict__.get("stack", ()):
            asker.asked.append(Question(what, ms, found is not None))
        return found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Another thread's question is waited for no longer than a question may take. Raises `NoAnswer`."""
        if not wait_until(
            lambda left: self._asking.acquire(timeout=left), self._budget.first / 1000, self._cancel
        ):
            raise NoAnswer("others are asking")
        try:
            yield
        finally:
            self._asking.release()

    @property
    def _cancel(self) -> threading.Event | None:
        """Once it is set, nothing is waited for in this thread."""
        stack = self._askers.__dict__.get("stack")
        return stack[-1].cancel if stack else None

    def _findings(self, path: Path, text: str) -> tuple[Finding, ...]:
        path = path.absolute()
        known = self._reports.get((path, text))
        if known is not None and known[0] == self._world_around(path):
            return known[1]
        if not self._is_judged(path):
            raise NoAnswer(f"{path} is excluded, or lies outside of the workspace")
        server, positions, world = self._show(path, text)
        report = self._ask(server, "textDocument/diagnostic", path)
        found = read_findings(report, text, positions, self._adapter.kinds)
        found = tuple(finding for finding in found if not self._is_unsaved_module(finding, text))
        self._reports[path, text] = (world, found)
        return found

    def _is_judged(self, path: Path) -> bool:
        """Whether the server looks at ``path`` at all: where it is excluded, silence would look like praise."""
        key = path, self._configured
        server = self._keeper.server(self._cancel)
        if server is not None and key in server.judged:
            return server.judged[key]
        server, _, _ = self._show(path, self._adapter.canary)
        report = self._ask(server, "textDocument/diagnostic", path)
        judged = server.judged[key] = bool(isinstance(report, Mapping) and report.get("items"))
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
        if refusal is None or self._adapter.tells_of_union(refusal.message):
            return None
        # servers filter by the name that stands there, so none may
        return self._listed(path, text[:start] + text[end:], start, dunders)

    def _listed(self, path: Path, text: str, offset: int, dunders: bool) -> list[Member] | None:
        """What the server proposes at ``offset``."""
        server, positions, _ = self._show(path.absolute(), text)
        answer = self._ask(server, "textDocument/completion", path.absolute(), positions.position(offset))
        return read_members(answer, dunders) or None

    def _resolves(self, path: Path, text: str, start: int, end: int) -> bool | None:
        for finding in self._findings(path, text):
            if finding.kind in ("unknown_name", "not_a_member") and finding.end == end:
                return False
            if finding.kind == "unresolved_import" and finding.start <= start < finding.end:
                return False
        server, positions, _ = self._show(path.absolute(), text)
        position = positions.position(start)
        shown = hover_text(self._ask(server, "textDocument/hover", path.absolute(), position))
        if not shown or self._adapter.is_unknown(shown):
            return None
        if self._adapter.is_anything(shown):
            # a member declared as anything is real; a member of something that is anything may not be
            if not text[:start].rstrip().endswith("."):
                return None
            return bool(self._ask(server, "textDocument/definition", path.absolute(), position)) or None
        return True

    def _signature(self, path: Path, text: str, offset: int) -> list[Signature] | None:
        path = path.absolute()
        server, positions, _ = self._show(path, text)
        help_ = self._ask(server, "textDocument/signatureHelp", path, positions.position(offset))
        signatures = read_signatures(help_, self._adapter.anything_label)
        extra = self._adapter.unpacked_extra
        if not signatures or not any(extra in signature.parameters for signature in signatures):
            return signatures
        callee = callee_offset(text, offset)
        if callee is None:
            return signatures
        places = self._ask(server, "textDocument/definition", path, positions.position(callee))
        source = definition_source(places)
        return (
            [without_extra(s, extra) for s in signatures]
            if self._adapter.unpacked_source in source
            else signatures
        )

    def _show(self, path: Path, text: str) -> tuple[_Server, Positions, int]:
        """Bring the server to the state of the world in which ``path`` holds ``text``, and say which world that is.

        Raises `NoAnswer`.
        """
        server = self._keeper.server(self._cancel)
        if server is None:
            raise NoAnswer("no server to ask")
        with self._state:
            wanted = {**self._mirrored, path: text}
            changed, self._changed = self._changed, []
            world = self._count_around(path)
        for other in [other for other in server.shown if other not in wanted]:
            server.hide(other)
        if changed:
            server.files_changed(changed)
        for document, content in wanted.items():
            server.show(document, content)
        return server, Positions(text, server.encoding), world

    def _ask(self, server: _Server, method: str, path: Path, position: dict[str, int] | None = None) -> Any:
        params: dict[str, Any] = {"textDocument": {"uri": path.as_uri()}}
        if position is not None:
            params["position"] = position
        budget = self._budget.members if method == "textDocument/completion" else self._budget.question
        if method not in server.asked:
            server.asked.add(method)
            budget = self._budget.first
        due = time.monotonic() + budget / 1000
        answer = server.request(method, params)
        try:
            return result_of(answer, budget / 1000, self._cancel)
        except (FutureTimeout, CancelledError):
            self._keeper.is_awaited(answer, due)
            raise NoAnswer(f"{method} took too long") from None

    def _world_around(self, path: Path) -> int:
        """A number that changes with anything but ``path`` itself."""
        with self._state:
            return self._count_around(path)

    def _count_around(self, path: Path) -> int:
        return self._edits.total() - self._edits[path]

    def _is_unsaved_module(self, finding: Finding, text: str) -> bool:
        """Whether an import is unresolved only because its file exists in the editor alone."""
        if finding.kind != "unresolved_import":
            return False
        module = text[finding.start : finding.end].rpartition(".")[2].strip()
        with self._state:
            paths = list(self._mirrored)
        return any(
            module == (path.parent.name if path.stem == "__init__" else path.stem) and not path.exists()
            for path in paths
        )


_CAPABILITIES = {
    "general": {"positionEncodings": list(OFFERED)},
    "workspace": {"configuration": True, "workspaceFolders": True, "didChangeWatchedFiles": {}},
    "textDocument": {
        "synchronization": {},
        "diagnostic": {},
        "definition": {},
        "hover": {"contentFormat": ["plaintext"]},
        "completion": {"completionItem": {"snippetSupport": False, "documentationFormat": ["plaintext"]}},
        "signatureHelp": {
            "signatureInformation": {
                "documentationFormat": ["plaintext"],
                "parameterInformation": {"labelOffsetSupport": True},
                "activeParameterSupport": True,
            }
        },
    },
}
