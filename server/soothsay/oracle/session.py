"""One initialized language server: its capabilities, what it takes for the content of documents, its diagnostics."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any

from soothsay.oracle.diagnostics import PULL, DiagnosticsSource, PulledDiagnostics, PushedDiagnostics
from soothsay.oracle.locations import path_of
from soothsay.oracle.positions import OFFERED
from soothsay.oracle.process import NoAnswer, ServerProcess, UnknownMethodError
from soothsay.paths import cache_folder
from soothsay_languages.lines import Encoding
from soothsay_languages.oracle import ServerSpec

_IDLE = "idle"  # the state of a file with which a server is done
_CREATED, _CHANGED, _DELETED = 1, 2, 3  # FileChangeType
_PROVIDERS = {
    "textDocument/completion": "completionProvider",
    "textDocument/signatureHelp": "signatureHelpProvider",
    "textDocument/hover": "hoverProvider",
    "textDocument/definition": "definitionProvider",
    "textDocument/typeDefinition": "typeDefinitionProvider",
    PULL: "diagnosticProvider",
}
_UNUSED_REQUESTS = frozenset(
    {
        "window/workDoneProgress/create",
        "window/showMessageRequest",
        "workspace/diagnostic/refresh",
        "workspace/codeLens/refresh",
        "workspace/inlayHint/refresh",
        "workspace/semanticTokens/refresh",
        "workspace/foldingRange/refresh",
    }
)


class ServerSession:
    """One server and what it has been told. Its documents are changed by one thread at a time."""

    def __init__(
        self,
        spec: ServerSpec,
        command: Sequence[str],
        workspace: Path,
        runtime: Path | None,
        environ: Mapping[str, str] | None,
    ) -> None:
        """Start the process. Raises `OSError`."""
        self._spec = spec
        self._settings = spec.settings(runtime)
        self._options = spec.options(runtime)
        self._workspace = workspace
        self._versions: dict[Path, int] = {}
        self._capabilities: Mapping[str, Any] = {}
        self._registered: dict[str, str] = {}  # methods by the id of their registration
        self.shown: dict[Path, str] = {}  # what it takes for the content of open documents
        self.judged: dict[
            tuple[Path, int], bool
        ] = {}  # whether it looks at a file, under its nth configuration
        self.told: set[Path] = set()  # open documents that it has told the diagnostics of
        self.asked: set[str] = set()  # kinds of questions: the first of its kind may take longer
        self.encoding: Encoding = "utf-16"
        self._pulled = PulledDiagnostics(self.request)
        self._pushed = PushedDiagnostics(
            spec.quiet_ms / 1000, self._touch, self._ping, bool(spec.file_status)
        )
        folder = cache_folder()  # not the workspace: nothing of it may be found as a program or a module
        folder.mkdir(parents=True, exist_ok=True)
        self._process = ServerProcess(command, folder, self, environ)

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.alive

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def diagnostics(self) -> DiagnosticsSource:
        """The way in which this server gives diagnostics."""
        return self._pulled if self.provides(PULL) else self._pushed

    def initialize(self, seconds: float) -> None:
        """Agree on what both sides can (blocking). Raises `NoAnswer`."""
        root = self._folder()
        answer = self._process.request("initialize", {
            "processId": os.getpid(),
            "rootUri": root["uri"],
            "workspaceFolders": [root],
            "capabilities": _capabilities("markdown" if self._spec.markup else "plaintext"),
            "initializationOptions": self._options,
        })  # fmt: skip
        try:
            result = answer.result(seconds)
        except FutureTimeout:
            raise NoAnswer(f"no answer to initialize within {seconds:g} s") from None
        capabilities = result.get("capabilities") if isinstance(result, Mapping) else None
        self._capabilities = capabilities if isinstance(capabilities, Mapping) else {}
        if self._capabilities.get("positionEncoding") in OFFERED:
            self.encoding = self._capabilities["positionEncoding"]
        self._process.notify("initialized", {})
        for method in self._spec.announced:
            self._process.notify(method, {})

    def provides(self, method: str) -> bool:
        """Return whether the server answers requests of this method, and may be asked."""
        if method in self._spec.unasked:
            return False
        if method == "completionItem/resolve":
            completion = self._capabilities.get("completionProvider")
            return isinstance(completion, Mapping) and bool(completion.get("resolveProvider"))
        provider = self._capabilities.get(_PROVIDERS[method])
        return (provider is not None and provider is not False) or method in self._registered.values()

    def show(self, path: Path, text: str, world: int) -> None:
        """Let ``text`` be the content of ``path``; ``world`` is that of the document, see `DiagnosticsSource`."""
        if self.shown.get(path) != text:
            self._send(path, text, world)

    def hide(self, path: Path) -> None:
        """Let what is on disk be the content of ``path``."""
        if self.shown.pop(path, None) is not None:
            self.told.discard(path)
            self._pushed.on_close(path)
            self._process.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Tell the server that files were written, made or deleted."""
        # whether a file is new is not known here, and ty takes only the first change of a file
        changes = [
            {"uri": path.as_uri(), "type": kind}
            for path in paths
            for kind in ((_CREATED, _CHANGED) if path.exists() else (_DELETED,))
        ]
        self._process.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    def request(self, method: str, params: Any) -> Future[Any]:
        """Send a request; returns at once. The future raises `NoAnswer`."""
        return self._process.request(method, params)

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()

    def close(self) -> None:
        """Ask the server to end, and end it."""
        self._process.close()

    def on_notification(self, method: str, params: Any) -> None:
        """Take what the server publishes."""
        if method == "textDocument/publishDiagnostics" and isinstance(params, Mapping):
            self._pushed.on_publish(params)
        elif method == self._spec.file_status and isinstance(params, Mapping):
            path, state = path_of(str(params.get("uri", ""))), params.get("state")
            if state == self._spec.rereading:
                self._pushed.on_rereading(path)
            elif state == _IDLE:
                self._pushed.on_idle(path)

    def on_request(self, method: str, params: Any) -> Any:
        """Answer a request of the server. Raises `UnknownMethodError`."""
        given: Mapping[str, Any] = params if isinstance(params, Mapping) else {}
        match method:
            case "workspace/configuration":
                return [self._section(item.get("section") or "") for item in given.get("items", ())]
            case "workspace/workspaceFolders":
                return [self._folder()]
            case "client/registerCapability":
                for each in given.get("registrations") or ():
                    self._registered[str(each["id"])] = str(each["method"])
                if PULL in self._registered.values():
                    self._pushed.hand_over(self._pulled)
                return None
            case "client/unregisterCapability":
                for each in given.get("unregisterations") or ():  # spelled so in LSP
                    self._registered.pop(str(each["id"]), None)
                return None
            case "workspace/applyEdit":
                return {"applied": False}
            case _ if method in _UNUSED_REQUESTS:
                return None
            case _:
                raise UnknownMethodError(method)

    def _send(self, path: Path, text: str, world: int) -> None:
        version = self._versions[path] = self._versions.get(path, 0) + 1
        self._pushed.on_change(path, version, world)
        document = {"uri": path.as_uri(), "version": version}
        if path in self.shown:
            # whole, not as a difference: finding one in 100 kB costs more here than the server needs to read it
            change = {"textDocument": document, "contentChanges": [{"text": text}], **self._spec.change}
            self._process.notify("textDocument/didChange", change)
        else:
            opened = {**document, "languageId": self._spec.language_id(path), "text": text}
            self._process.notify("textDocument/didOpen", {"textDocument": opened})
        self.shown[path] = text

    def _touch(self, path: Path, world: int) -> None:
        self._send(path, self.shown[path], world)

    def _ping(self, path: Path) -> Future[Any]:
        position = {"line": 0, "character": 0}
        params = {"textDocument": {"uri": path.as_uri()}, "position": position}
        return self.request("textDocument/hover", params)

    def _folder(self) -> dict[str, str]:
        return {"uri": self._workspace.as_uri(), "name": self._workspace.name}

    def _section(self, dotted: str) -> Any:
        found: Any = self._settings
        for key in filter(None, dotted.split(".")):
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


def _capabilities(hover: str) -> dict[str, Any]:
    """Return what this client can; ``hover`` is how it wants hover texts."""
    return {
        "general": {"positionEncodings": list(OFFERED)},
        "workspace": {"configuration": True, "workspaceFolders": True, "didChangeWatchedFiles": {}},
        "textDocument": {
            "synchronization": {},
            "diagnostic": {},
            "publishDiagnostics": {"versionSupport": True},
            "definition": {},
            "hover": {"contentFormat": [hover]},
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
