"""A session as a state machine: an editor that sends anything, in any order, and knows what its documents hold."""

from __future__ import annotations

import functools
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from hypothesis import stateful
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, invariant

from client_text import ClientText, joined
from fuzzing import messages
from fuzzing.messages import edits, odd_frames, positions, texts
from fuzzing.server import DOCUMENTS
from fuzzing.wire import PATIENCE_S, Message, Wire, accept, frame, frame_body

SERVER = Path(__file__).with_name("server.py")
INTERNAL_ERROR = -32603

NAMES = (
    *("file:///w/a.py", "file:///w/a%20b.py", "file:///w/%F0%9F%98%80.py", "file:///w/sub/./a.py"),
    *("file://localhost/w/a.py", "FILE:///w/a.py", "untitled:Untitled-1", "untitled:..", "untitled:"),
    *(
        "git:/w/a.py?%7B%22ref%22%3A%22~%22%7D",
        "vscode-vfs://github/w/a.py",
        "inmemory://model/1",
        "http://x/y.py",
    ),
    *(
        "zip:///w/x.zip!/a.py",
        "",
        "no uri",
        "file://[",
        "http://[::1",
        "file:",
        "file:///",
        "file:///w/nul%00.py",
    ),
    *(
        "file:///w/" + "x" * 300 + ".py",
        "file:///w/\ud800.py",
        "file:///w/a.py#1",
        "file:///w/a.py?1",
        "/w/a.py",
    ),
    *(
        "vscode-notebook-cell:/w/n.ipynb#W1sZmlsZQ%3D%3D",
        "file:///C:/w/a.py",
        "file:///c%3A/w/a.py",
        "a" * 5_000,
    ),
)
VICTIMS = ("file:///w/victim.py", "untitled:victim", "git:/w/victim.py")
CELLS = tuple(f"vscode-notebook-cell:/w/book.ipynb#{number}" for number in range(4))
BOOK = "file:///w/book.ipynb"

# a broken message may name these: it says anything of them
_SPOILT = {each for each in messages.JUNK if isinstance(each, str)}
_COMPARED = {unquote(uri) for uri in (*NAMES, *CELLS)} - _SPOILT

names = st.sampled_from(NAMES)
victims = st.sampled_from(VICTIMS)


@dataclass
class Tally:
    """What has been sent and what came back, of all sessions."""

    kinds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    messages: int = 0
    compared: int = 0
    peak_bytes: int = 0
    failures: list[str] = field(
        default_factory=list
    )  # hypothesis repeats a failure, which may not come again

    def note(self, wire: Wire) -> None:
        """Add what a session that is over has sent and heard."""
        self.sessions += 1
        self.messages += wire.sent
        self.answers["errors without id"] += len(wire.unaddressed)
        for heard in wire.answers.values():
            for answer in heard:
                self.answers["errors" if "error" in answer else "results"] += 1


TALLY = Tally()


@contextmanager
def _recorded() -> Iterator[None]:
    try:
        yield
    except HypothesisException:
        raise
    except Exception as error:
        TALLY.failures.append(f"{type(error).__name__}: {error}")
        raise


Step = Callable[..., None]


def _recording(step: Step) -> Step:
    @functools.wraps(step)
    def recorded(*args: Any, **arguments: Any) -> None:
        with _recorded():
            step(*args, **arguments)

    return recorded


def rule(**arguments: Any) -> Callable[[Step], Step]:
    """Make a step a rule; what fails in it is kept, for it may not fail again."""
    return lambda step: stateful.rule(**arguments)(_recording(step))


def initialize(**arguments: Any) -> Callable[[Step], Step]:
    """Make a step the first one; what fails in it is kept."""
    return lambda step: stateful.initialize(**arguments)(_recording(step))


def peak_memory(pid: int) -> int:
    """Return the largest resident set that a process has had, in bytes; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def start(folder: Path, *arguments: str, answer: Any = accept) -> Wire:
    """Start the server under test; what it keeps is in ``folder``."""
    environment = {
        **os.environ,
        "FAKE_JOURNAL": os.devnull,
        "SOOTHSAY_CACHE": str(folder / "cache"),
        "SOOTHSAY_RUNTIME": str(folder / "run"),
        "PYTHONPATH": os.pathsep.join([str(SERVER.parents[1]), *sys.path]),
    }
    command = [sys.executable, "-P", str(SERVER), *arguments]
    log = folder / f"server{len(list(folder.glob('server*.log')))}.log"
    return Wire(command, environment, log, answer)


def capabilities(encodings: list[str] | None) -> dict[str, Any]:
    """Return what the editor announces."""
    return {
        "general": {} if encodings is None else {"positionEncodings": encodings},
        "workspace": {"configuration": True, "didChangeWatchedFiles": {"dynamicRegistration": True}},
        "window": {"workDoneProgress": True},
        "experimental": {"soothsay": {"status": True}},
    }


def lost(request: Message) -> Message:
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "no"}}


def nonsense(request: Message) -> Message:
    return {"jsonrpc": "2.0", "id": request["id"], "result": {"jsonrpc": [], "0": 5}}


def silence(request: Message) -> None:
    return None


ANSWERERS = {"as editors do": accept, "with errors": lost, "with nonsense": nonsense, "never": silence}


class Session(RuleBasedStateMachine):
    """One process from start to end. What is broken concerns the documents `VICTIMS` alone, which are not compared."""

    arguments: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="soothsay-fuzz-")
        self.texts: dict[str, ClientText] = {}
        self.cells: list[str] | None = None  # of the notebook, while it is open
        self.encoding = "utf-16"
        self.version = 1
        self.wire: Wire | None = None

    @initialize(
        encodings=st.sampled_from((None, ["utf-8"], ["utf-16"], ["utf-32"], ["utf-32", "utf-8"], ["x"])),
        folders=st.booleans(),
        answers=st.sampled_from(sorted(ANSWERERS)),
        early=st.booleans(),
    )
    def begin(self, encodings: list[str] | None, folders: bool, answers: str, early: bool) -> None:
        """Start and initialize, as one editor or another does."""
        root = Path(self.folder.name)
        (root / "w").mkdir()
        self.wire = wire = start(root, *self.arguments, answer=ANSWERERS[answers])
        TALLY.kinds["start"] += 1
        if early:
            wire.notify("textDocument/didOpen", {"textDocument": messages.document(NAMES[0], "early")})
            wire.request("textDocument/completion", messages.at(NAMES[0], (0, 0)))
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": capabilities(encodings),
            "workspaceFolders": [{"uri": (root / "w").as_uri(), "name": "w"}] if folders else None,
            "initializationOptions": {"index": {"enabled": False}, "model": {"name": "missing"}}
            if self.arguments
            else None,
        }
        result = wire.ask("initialize", params)["result"]
        self.encoding = result["capabilities"]["positionEncoding"]
        wire.notify("initialized", {})
        for uri in NAMES[:4]:
            self.open(uri, "".join(messages.PIECES), "python")

    # -- documents -----------------------------------------------------------------------------------------

    @rule(uri=names, text=texts, language=st.sampled_from(("python", "python", "plaintext", "yaml", "")))
    def open(self, uri: str, text: str, language: str) -> None:
        """Open a document, or open it again."""
        self._note("open")
        self._wire.notify(
            "textDocument/didOpen", {"textDocument": messages.document(uri, text, self.version, language)}
        )
        self.texts[uri] = ClientText.of(text, self.encoding)

    @rule(
        data=st.data(),
        changes=st.lists(edits, min_size=1, max_size=4),
        step=st.sampled_from((1, 1, 1, 0, -3)),
    )
    def change(self, data: st.DataObject, changes: list[Any], step: int) -> None:
        """Edit an open document: in range and out of range, backwards, with versions that go back."""
        self._edit(data, changes, step)

    @rule(data=st.data(), changes=st.lists(edits, min_size=4, max_size=16))
    def type(self, data: st.DataObject, changes: list[Any]) -> None:
        """Edit open documents one edit at a time, and compare."""
        for each in changes:
            self._edit(data, [each], 1)
        self.compare()

    @rule(data=st.data(), text=texts)
    def replace_all(self, data: st.DataObject, text: str) -> None:
        """Change an open document as a whole."""
        if (uri := self._some(data)) is None:
            return
        self._note("change as a whole")
        self._change(uri, [{"text": text}], 1)
        self.texts[uri].replace_all(text)

    @rule(uri=names, edit=edits)
    def change_unknown(self, uri: str, edit: Any) -> None:
        """Edit a document that is not open."""
        if uri not in self.texts:
            self._note("change of an unknown document")
            self._change(uri, [messages.partial(edit)], 1)

    @rule(uri=names)
    def close(self, uri: str) -> None:
        """Close a document, which may not be open."""
        self._note("close")
        self._wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self.texts.pop(uri, None)

    @rule(
        cells=st.lists(st.tuples(st.sampled_from(CELLS), texts), max_size=4, unique_by=lambda each: each[0])
    )
    def open_notebook(self, cells: list[tuple[str, str]]) -> None:
        """Open the notebook, if it is closed."""
        if self.cells is not None:
            return
        self._note("notebook")
        self.cells = [uri for uri, _ in cells]
        book = {
            "uri": BOOK,
            "version": 1,
            "notebookType": "jupyter-notebook",
            "cells": [{"kind": 2, "document": uri} for uri in self.cells],
        }
        opened = [messages.document(uri, text) for uri, text in cells]
        self._wire.notify("notebookDocument/didOpen", {"notebookDocument": book, "cellTextDocuments": opened})
        self.texts |= {uri: ClientText.of(text, self.encoding) for uri, text in cells}

    @rule(data=st.data(), edit=edits, new=st.sampled_from(CELLS), text=texts, start=st.integers(0, 6))
    def change_notebook(self, data: st.DataObject, edit: Any, new: str, text: str, start: int) -> None:
        """Add or edit a cell of the notebook, which may not be open."""
        self._note("notebook")
        book, cells = {"uri": BOOK, "version": 2}, self.cells
        change: dict[str, Any] = {}
        if cells is None or new not in cells:
            array = {"start": start, "deleteCount": 0, "cells": [{"kind": 2, "document": new}]}
            change["structure"] = {"array": array, "didOpen": [messages.document(new, text)], "didClose": []}
        if cells:
            uri = data.draw(st.sampled_from(cells))
            changes = {"document": {"uri": uri, "version": 2}, "changes": [messages.partial(edit)]}
            change["textContent"] = [changes]
            self.texts[uri].replace(*edit)
        self._wire.notify(
            "notebookDocument/didChange", {"notebookDocument": book, "change": {"cells": change}}
        )
        if cells is not None and new not in cells:
            self.texts[new] = ClientText.of(text, self.encoding)
            cells.insert(start, new)

    @rule(named=st.booleans())
    def close_notebook(self, named: bool) -> None:
        """Close the notebook; editors name its cells."""
        self._note("notebook")
        cells = self.cells or []
        self._wire.notify(
            "notebookDocument/didClose",
            {
                "notebookDocument": {"uri": BOOK},
                "cellTextDocuments": [{"uri": uri} for uri in cells] if named else [],
            },
        )
        for uri in cells:
            del self.texts[uri]
        self.cells = None

    # -- requests ------------------------------------------------------------------------------------------

    @rule(uri=names, position=positions, data=st.data())
    def ask(self, uri: str, position: tuple[int, int], data: st.DataObject) -> None:
        """Ask for anything, of any document."""
        self._note("request")
        found = list(messages.requests(uri, position))
        self._wire.request(*data.draw(st.sampled_from(found)))

    @rule(uri=names, at=st.lists(positions, min_size=2, max_size=12), late=st.booleans())
    def storm(self, uri: str, at: list[tuple[int, int]], late: bool) -> None:
        """Ask many times and cancel everything, at once or in the end."""
        self._note("cancel storm")
        asked = []
        for position in at:
            params = messages.at(uri, position, context={"triggerKind": 2})
            asked.append(self._wire.request("textDocument/inlineCompletion", params))
            if not late:
                self._wire.notify("$/cancelRequest", {"id": asked[-1]})
        for number in asked if late else ():
            self._wire.notify("$/cancelRequest", {"id": number})

    @rule(number=st.one_of(st.integers(-5, 300), st.text(max_size=3)))
    def cancel(self, number: object) -> None:
        """Cancel a request that may exist, and may be answered."""
        self._note("cancel")
        self._wire.notify("$/cancelRequest", {"id": number})

    @rule(uri=victims, text=texts, position=positions, data=st.data())
    def say(self, uri: str, text: str, position: tuple[int, int], data: st.DataObject) -> None:
        """Send any notification, as it should be, about a document that is not compared."""
        self._note("notification")
        found = list(messages.notifications(uri, text, position))
        self._wire.notify(*data.draw(st.sampled_from(found)))

    @rule(state=st.sampled_from(("initialize", "twice", "request as notification")))
    def misuse(self, state: str) -> None:
        """Send what is right in itself, and wrong here."""
        self._note("misuse")
        if state == "initialize":
            self._wire.request("initialize", {"capabilities": {}, "processId": None, "rootUri": None})
        elif state == "twice":  # the same id for two requests: each is answered
            data = {"jsonrpc": "2.0", "id": self._wire.next_id(), "method": "workspace/executeCommand"}
            data["params"] = {"command": "soothsay.stats"}
            self._wire.expect(data["id"])
            self._wire.send_bytes(frame(data) * 2, 2)
        else:
            number = self._wire.request(
                "textDocument/didOpen", {"textDocument": messages.document("x:y", "z")}
            )
            self._wire.notify("$/cancelRequest", {"id": number})
            self._wire.notify("textDocument/completion", messages.at(VICTIMS[0], (0, 0)))

    # -- what is broken ------------------------------------------------------------------------------------

    @rule(uri=victims, text=texts, position=positions, data=st.data())
    def broken_request(self, uri: str, text: str, position: tuple[int, int], data: st.DataObject) -> None:
        """Send a request with values of wrong types, which is answered all the same."""
        self._note("wrong types")
        method, params = data.draw(st.sampled_from(list(messages.requests(uri, position))))
        message = {"jsonrpc": "2.0", "id": self._wire.next_id(), "method": method, "params": params}
        spoilt = data.draw(messages.broken(message, kept=("id", "method")))
        self._wire.expect(message["id"])
        self._wire.send_bytes(frame(spoilt))

    @rule(uri=victims, text=texts, position=positions, data=st.data())
    def broken_notification(
        self, uri: str, text: str, position: tuple[int, int], data: st.DataObject
    ) -> None:
        """Send a notification with values of wrong types."""
        self._note("wrong types")
        method, params = data.draw(st.sampled_from(list(messages.notifications(uri, text, position))))
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self._wire.send_bytes(frame(data.draw(messages.broken(message, kept=("method",)))))

    @rule(data=st.data(), edit=edits)
    def broken_change(self, data: st.DataObject, edit: Any) -> None:
        """Send an edit of an open document that cannot be read: nobody knows its text until it is opened again."""
        if (uri := self._some(data)) is None:
            return
        self._note("unreadable change")
        change = messages.partial(edit)
        if data.draw(st.booleans()):
            change["range"]["start"]["line"] = data.draw(st.sampled_from((-1, "x", None, [], {})))
        else:
            change["text"] = data.draw(st.sampled_from((None, 1, True, [], {})))
        self._change(uri, [{"text": "good"}, change], 1)
        del self.texts[uri]

    @rule(uri=victims, text=texts, position=positions, data=st.data())
    def broken_body(self, uri: str, text: str, position: tuple[int, int], data: st.DataObject) -> None:
        """Send a body whose bytes were changed; what is still a request is answered."""
        self._note("changed bytes")
        asked = [(self._wire.next_id(), *each) for each in messages.requests(uri, position)]
        told = [(None, *each) for each in messages.notifications(uri, text, position)]
        number, method, params = data.draw(st.sampled_from(asked + told))
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = data.draw(messages.broken_bytes(message if number is None else {"id": number, **message}))
        if (still := _id_of(body)) is not None:
            self._wire.expect(still)
        self._wire.send_bytes(frame_body(body))

    @rule(
        body=st.sampled_from(messages.ODD_BODIES),
        header=st.sampled_from(messages.ODD_HEADERS),
        cut=st.integers(0, 40),
        which=st.integers(0, 7),
    )
    def odd(self, body: bytes, header: bytes, cut: int, which: int) -> None:
        """Send a body that is no message, a header without a message or too short, and unusual frames."""
        self._note("no message")
        self._wire.send_bytes(frame_body(body))
        self._note("bad headers")
        self._wire.send_bytes(header)
        body = json.dumps({"jsonrpc": "2.0", "method": "fuzzing/cut", "params": None}).encode()
        self._wire.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (max(1, len(body) - cut), body))
        self._wire.send_bytes(b"\r\n\r\n", 0)
        self._note("odd frames")
        number = self._wire.next_id()
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "fuzzing/ping", "params": None}).encode()
        self._wire.expect(number)
        self._wire.send_bytes(odd_frames(body)[which])

    # -- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def lives(self) -> None:
        """No message ends the process."""
        with _recorded():
            assert self.wire is None or self.wire.process.poll() is None, self.wire.tail

    @rule()
    def compare(self) -> None:
        """The server's documents are the client's, and everything that was asked is answered."""
        self._compare()

    def teardown(self) -> None:
        """Compare for the last time, and leave."""
        if self.wire is None:
            return
        try:
            with _recorded():
                self._compare()
                TALLY.peak_bytes = max(TALLY.peak_bytes, peak_memory(self.wire.process.pid))
                assert self.wire.end() == 0
                self._check_answers()
                log = self.wire.log.read_text(encoding="utf-8", errors="replace")
                assert "Traceback" not in log, log[log.index("Traceback") - 300 :][:3000]
        finally:
            TALLY.note(self.wire)
            self.wire.kill()
            self.folder.cleanup()

    def _compare(self) -> None:
        wire = self._wire
        for number in wire.open_requests:
            wire.notify("$/cancelRequest", {"id": number})
        wire.wait(wire.open_requests, PATIENCE_S)
        server = wire.ask(DOCUMENTS)["result"]
        told = {uri: text for uri, text in server.items() if uri in _COMPARED}
        texts = {unquote(uri): client for uri, client in self.texts.items()}
        own = {uri: joined(client.text) for uri, client in texts.items() if uri in _COMPARED}
        differences = {
            uri: (own.get(uri), told.get(uri))
            for uri in own.keys() | told.keys()
            if own.get(uri) != told.get(uri)
        }
        assert not differences, f"{self.encoding}: {differences}"
        TALLY.compared += len(told)
        self._check_answers()

    def _check_answers(self) -> None:
        """No request has failed inside of the server."""
        for heard in self._wire.answers.values():
            for answer in heard:
                assert answer.get("error", {}).get("code") != INTERNAL_ERROR, f"{answer}\n{self._wire.tail}"

    def _edit(self, data: st.DataObject, changes: list[Any], step: int) -> None:
        if (uri := self._some(data)) is None:
            return
        self._note("change")
        self._change(uri, [messages.partial(each) for each in changes], step)
        for each in changes:
            self.texts[uri].replace(*each)

    def _change(self, uri: str, changes: list[Any], step: int) -> None:
        self.version += step
        params = {"textDocument": {"uri": uri, "version": self.version}, "contentChanges": changes}
        self._wire.notify("textDocument/didChange", params)

    def _some(self, data: st.DataObject) -> str | None:
        """Return an open document that is no cell."""
        found = [uri for uri in self.texts if uri not in CELLS]
        return data.draw(st.sampled_from(found)) if found else None

    def _note(self, kind: str) -> None:
        TALLY.kinds[kind] += 1

    @property
    def _wire(self) -> Wire:
        assert self.wire is not None
        return self.wire


class RealSession(Session):
    """A session that is served by a backend process, whose model is missing."""

    arguments = ("--real",)


def _id_of(body: bytes) -> str | int | None:
    """Return the id under which ``body`` must be answered, if it is a request."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or "method" not in message:
        return None
    number = message.get("id")
    return number if isinstance(number, str | int) and not isinstance(number, bool) else None
