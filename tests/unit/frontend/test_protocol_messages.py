"""Every request is answered, whatever is wrong with it; what is no request changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from lsprotocol.types import RegistrationParams

from soothsay.frontend.editor_session import open_session
from soothsay.frontend.server import SoothsayServer, create_server

PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, NOT_FOUND = -32700, -32600, -32602, -32601
URI = "file:///w/a.py"
OPEN = {"uri": URI, "languageId": "plaintext", "version": 1, "text": "old"}
EDIT = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}}, "text": "new"}


class Editor:
    """A server in this process, and what it has sent."""

    def __init__(self) -> None:
        self.server: SoothsayServer = create_server(open_session)
        self.server.protocol.set_writer(self, include_headers=False)
        self.sent: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.sent.append(json.loads(data))

    def close(self) -> None:
        """Nothing is open."""

    def send(self, message: object) -> None:
        self.server.protocol.receive(json.dumps(message).encode())

    def notify(self, method: str, params: object) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def change(self, *changes: object) -> None:
        document = {"uri": URI, "version": 2}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    @property
    def text(self) -> str | None:
        document = self.server.document(URI)
        return None if document is None else document.source

    @property
    def errors(self) -> list[tuple[object, int]]:
        return [(each["id"], each["error"]["code"]) for each in self.sent if "error" in each]


def run(use: Callable[[Editor], None]) -> Editor:
    """Call ``use`` with an editor that is initialized and has a document open."""

    async def in_loop() -> Editor:
        editor = Editor()
        params = {"capabilities": {}, "processId": None, "rootUri": None}
        editor.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
        editor.notify("textDocument/didOpen", {"textDocument": OPEN})
        use(editor)
        for _ in range(5):
            await asyncio.sleep(0)
        return editor

    return asyncio.run(in_loop())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", (None, PARSE_ERROR)),
        (b"", (None, PARSE_ERROR)),
        (b"\xff", (None, PARSE_ERROR)),
        (b"[" * 100_000, (None, PARSE_ERROR)),
        (b'{"jsonrpc":"2.0","id":1,"method":"x","params":NaN}', (None, PARSE_ERROR)),
        (b'{"jsonrpc":"2.0","id":1,"method":"x","params":1e999}', (None, PARSE_ERROR)),
        (b"[]", (None, INVALID_REQUEST)),
        (b"{}", (None, INVALID_REQUEST)),
        (b'{"id":7,"method":"x"}', (7, INVALID_REQUEST)),
        (b'{"jsonrpc":"1.0","id":7,"method":"x"}', (7, INVALID_REQUEST)),
        (b'{"jsonrpc":"2.0","id":7,"method":[]}', (7, INVALID_REQUEST)),
        (b'{"jsonrpc":"2.0","id":[7],"method":"x"}', (None, INVALID_REQUEST)),
        (b'{"jsonrpc":"2.0","id":7,"method":"x"}', (7, NOT_FOUND)),
        (b'{"jsonrpc":"2.0","id":7,"method":"textDocument/didOpen","params":{}}', (7, INVALID_REQUEST)),
        (b'{"jsonrpc":"2.0","id":7,"method":"textDocument/completion","params":{}}', (7, INVALID_PARAMS)),
        (
            b'{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"capabilities":{}}}',
            (7, INVALID_REQUEST),
        ),
    ],
    ids=lambda value: repr(value)[:70],
)
def test_what_cannot_be_done_is_answered_with_an_error(body: bytes, error: tuple[object, int]) -> None:
    editor = run(lambda editor: editor.server.protocol.receive(body))
    assert editor.errors == [error]
    assert editor.text == "old"


def test_a_message_inside_of_a_message_is_data() -> None:
    inner = {"jsonrpc": "2.0", "id": [], "method": "shutdown"}
    command = {"command": "soothsay.explain", "arguments": [inner]}
    request = {"jsonrpc": "2.0", "id": 7, "method": "workspace/executeCommand", "params": command}
    editor = run(lambda editor: editor.send(request))
    assert editor.sent[-1] == {"jsonrpc": "2.0", "id": 7, "result": None}


def test_answers_that_nobody_waits_for_are_ignored() -> None:
    def use(editor: Editor) -> None:
        editor.send({"jsonrpc": "2.0", "id": 5, "result": 1})
        editor.send({"jsonrpc": "2.0", "id": {}, "error": {"code": 1, "message": ""}})

    assert len(run(use).sent) == 1


def test_an_answer_that_does_not_fit_is_an_error_to_who_waits() -> None:
    async def ask() -> BaseException | None:
        editor = Editor()
        editor.send(
            {
                "jsonrpc": "2.0",
                "id": 0,
                "method": "initialize",
                "params": {"capabilities": {}, "processId": None},
            }
        )
        asked = editor.server.protocol.send_request(
            "client/registerCapability", RegistrationParams([]), msg_id="x"
        )
        editor.send({"jsonrpc": "2.0", "id": "x", "error": {"code": "no number"}})
        return asked.exception(timeout=5)

    assert asyncio.run(ask()) is not None


def test_an_edit_that_cannot_be_read_leaves_no_text_that_is_not_the_client_s() -> None:
    def use(editor: Editor) -> None:
        editor.change({"text": "half"}, {"range": {"start": {"line": -1}}, "text": ""})
        assert editor.text is None
        editor.change(EDIT)
        assert editor.text is None
        editor.change({"text": "whole"})
        assert editor.text == "whole"

    run(use)


@pytest.mark.parametrize("text", [None, 5, ["x"], True])
def test_a_text_that_is_none_is_no_text(text: object) -> None:
    assert run(lambda editor: editor.change({**EDIT, "text": text})).text is None
    opened = {"textDocument": {**OPEN, "text": text}}
    assert run(lambda editor: editor.notify("textDocument/didOpen", opened)).text is None


def test_positions_beyond_the_largest_number_are_the_end() -> None:
    beyond = {"line": 2**32 - 1, "character": 1e300}
    editor = run(lambda editor: editor.change({"range": {"start": beyond, "end": beyond}, "text": "!"}))
    assert editor.text == "old!"


def test_an_edit_of_a_document_that_is_not_open_is_ignored() -> None:
    def use(editor: Editor) -> None:
        params = {"textDocument": {"uri": "file:///w/b.py", "version": 2}, "contentChanges": [EDIT]}
        editor.notify("textDocument/didChange", params)

    editor = run(use)
    assert editor.text == "old"
    assert len(editor.server.documents()) == 1


def test_nothing_is_kept_of_notifications() -> None:
    def use(editor: Editor) -> None:
        for _ in range(50):
            editor.change(EDIT)
            editor.notify("workspace/didChangeConfiguration", {"settings": None})

    editor = run(use)
    assert len(editor.server.protocol._request_futures) <= 1


@pytest.mark.parametrize("number", [[1], {}, None, 1.5])
def test_what_is_no_id_cancels_nothing(number: object, caplog: pytest.LogCaptureFixture) -> None:
    run(lambda editor: editor.notify("$/cancelRequest", {"id": number}))
    assert not any(record.levelname == "ERROR" for record in caplog.records)


def test_shutdown_cancels_what_runs() -> None:
    def use(editor: Editor) -> None:
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        editor.send({"jsonrpc": "2.0", "id": 9, "method": "shutdown"})

    assert run(use).sent[-1] == {"jsonrpc": "2.0", "id": 9, "result": None}
