"""Logs hold no text of documents, at any level and whatever is wrong with a message, unless they are asked to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

FAKE_SERVER = Path(__file__).with_name("fake_server.py")
MARK = "zanzibar_ledger_9137"
URI = "file:///w/main.py"
DOCUMENT = {"uri": URI}
PLACE = {"textDocument": DOCUMENT, "position": {"line": 0, "character": 3}}
ODD: tuple[Any, ...] = (
    MARK,
    {MARK: MARK},
    [MARK],
    {"line": MARK},
    [{"text": [MARK]}],
    [{"range": MARK, "text": MARK}],
)

pytestmark = pytest.mark.process


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def messages() -> list[dict[str, Any]]:
    """What an editor may send with text in it, also in the wrong places."""

    def opened(text: Any, uri: str = URI) -> dict[str, Any]:
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        return {"method": "textDocument/didOpen", "params": {"textDocument": document}}

    def changed(changes: Any) -> dict[str, Any]:
        parameters = {"textDocument": {**DOCUMENT, "version": 2}, "contentChanges": changes}
        return {"method": "textDocument/didChange", "params": parameters}

    inline = {**PLACE, "context": {"triggerKind": 1}}
    return [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}, "initializationOptions": {"model": {"name": "m"}}}},
        {"method": "initialized", "params": {}},
        opened(f"x = {MARK}\n"),
        *(opened(f"{what} {MARK}", f"file:///w/{what}.py") for what in ("ERROR", "BUG")),
        changed([{"text": f"y = '{MARK}'\nclient.wrong({MARK})\n"}]),
        {"id": 2, "method": "textDocument/inlineCompletion", "params": inline},
        {"id": 3, "method": "textDocument/completion", "params": PLACE},
        *({"id": what, "method": "textDocument/inlineCompletion", "params": {"textDocument": {"uri": f"file:///w/{what}.py"}, "position": {"line": 0, "character": 30}, "context": {"triggerKind": 0}}} for what in ("ERROR", "BUG")),
        {"method": "textDocument/didSave", "params": {"textDocument": DOCUMENT, "text": MARK}},
        *(opened(odd) for odd in ODD),
        *(changed(odd) for odd in ODD),
        *({"id": f"a{at}", "method": "textDocument/inlineCompletion", "params": {**inline, "position": odd}} for at, odd in enumerate(ODD)),
        *({"id": f"b{at}", "method": "workspace/executeCommand", "params": {"command": "soothsay.explain", "arguments": odd}} for at, odd in enumerate(ODD)),
        *({"id": f"c{at}", "method": "textDocument/codeAction", "params": odd} for at, odd in enumerate(ODD)),
        *({"id": f"d{at}", "method": "no/such", "params": odd} for at, odd in enumerate(ODD)),
        *({"method": "$/progress", "params": odd} for odd in ODD),
        *({"id": odd, "result": odd} for odd in ODD),
    ]  # fmt: skip


def log_of(folder: Path, **environment: str) -> str:
    """Return what a server says that is sent all of it, and then what is no message."""
    journal, answers, log = folder / "journal.jsonl", folder / "answers", folder / "log"
    bodies = [framed(json.dumps({"jsonrpc": "2.0", **each}).encode()) for each in messages()]
    broken = [framed(f'{{"text": "{MARK}"'.encode()), f"{MARK}: {MARK}\r\n\r\n{MARK}".encode()]
    last = framed(json.dumps({"jsonrpc": "2.0", "id": 99, "method": "shutdown"}).encode())
    with answers.open("wb") as out, log.open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, str(FAKE_SERVER)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=errors,
            env={**os.environ, "FAKE_JOURNAL": str(journal), "SOOTHSAY_LOG": "debug", **environment},
        )
        with server:
            assert server.stdin is not None
            server.stdin.write(b"".join(bodies[:5]))
            server.stdin.flush()
            wait_for(journal, b'"loaded"')
            server.stdin.write(b"".join(bodies[5:7]))
            server.stdin.flush()
            wait_for(answers, b"create_job")
            server.stdin.write(b"".join((*bodies[7:], *broken, last)))
            server.stdin.flush()
            wait_for(answers, b'"id":99')
            server.stdin.close()
    assert MARK.encode() in journal.read_bytes(), "it has arrived"
    return log.read_text()


def wait_for(file: Path, content: bytes) -> None:
    deadline = time.monotonic() + 60
    while not file.exists() or content not in file.read_bytes().replace(b" ", b""):
        assert time.monotonic() < deadline, f"waited in vain for {content}"
        time.sleep(0.05)


def test_no_text_is_logged_whatever_is_sent(tmp_path: Path):
    log = log_of(tmp_path)
    assert log
    for line in log.splitlines():
        assert MARK not in line and "create_job" not in line, line


def test_text_is_logged_where_that_is_asked_for(tmp_path: Path):
    assert "create_job" in log_of(tmp_path, SOOTHSAY_LOG_CONTENT="1")
