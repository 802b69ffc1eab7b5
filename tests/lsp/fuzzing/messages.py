"""Messages: valid ones of every kind that the server takes, and what is done to them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from fuzzing.wire import frame_body

LARGEST = 2**31 - 1  # LSP's largest number

PIECES = (
    *("a", "x = ", "client.cr", "    ", "(", "ä", "漢", "😀", "𝒙", "\U0010ffff", "e\u0301", "\ufeff", "\x00"),
    *("\n", "\r\n", "\r", "\n\r", "\x0c", "\x85", "\u2028", "\x0b", "\x1c"),
    *("\ud83d", "\ude00", "\udc00", "\ud800"),
    *("SLOW ", "ERROR ", "NOTHING ", "VALUES ", "client.wrong()", "import boto3\n"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
numbers = st.one_of(
    st.integers(0, 9), st.integers(0, 60), st.sampled_from((1_000_000, LARGEST, 2**32 - 1, 2**53))
)
positions = st.tuples(numbers, numbers)
edits = st.tuples(positions, positions, texts)

JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, LARGEST, 2**31, 2**53, 2**64, -(2**70), 1.5, 1e300, "", "x", "1"),
    *("\ud800", "\x00", [], {}, [[]], [None], {"x": []}, {"uri": 3}, {"line": -1, "character": "a"}),
    *("../../../etc/passwd", "file:///", [{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]),
    *(
        {"jsonrpc": "2.0", "id": 77, "method": "initialize"},
        {"jsonrpc": "2.0"},
        {"type_name": "1 x", "class": 1},
    ),
)
junk = st.sampled_from(JUNK).map(copy.deepcopy)  # what is drawn is changed further

COMMANDS = (
    *("soothsay.stats", "soothsay.explain", "soothsay.explainLast", "soothsay.accepted", "soothsay.models"),
    *("soothsay.snooze", "soothsay.pause", "soothsay.toggle", "soothsay.pullModel", "soothsay.no such"),
)


def place(position: tuple[int, int]) -> dict[str, int]:
    """Return a position as LSP writes it."""
    return {"line": position[0], "character": position[1]}


def span(start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    """Return a range as LSP writes it."""
    return {"start": place(start), "end": place(end)}


def document(uri: str, text: str, version: int = 1, language: str = "python") -> dict[str, Any]:
    """Return a document as LSP writes it."""
    return {"uri": uri, "languageId": language, "version": version, "text": text}


def partial(edit: tuple[tuple[int, int], tuple[int, int], str]) -> dict[str, Any]:
    """Return an edit of a range as LSP writes it."""
    return {"range": span(edit[0], edit[1]), "text": edit[2]}


def at(uri: str, position: tuple[int, int], **more: Any) -> dict[str, Any]:
    """Return the parameters of a request at a position."""
    return {"textDocument": {"uri": uri}, "position": place(position), **more}


def requests(uri: str, position: tuple[int, int]) -> Iterator[tuple[str, Any]]:
    """Yield method and parameters of each request that the server takes."""
    chosen = {"range": span(position, position), "text": "create"}
    yield "textDocument/inlineCompletion", at(uri, position, context={"triggerKind": 2})
    yield (
        "textDocument/inlineCompletion",
        at(uri, position, context={"triggerKind": 1, "selectedCompletionInfo": chosen}),
    )
    yield "textDocument/completion", at(uri, position, context={"triggerKind": 2, "triggerCharacter": "."})
    yield "textDocument/completion", at(uri, position)
    yield (
        "textDocument/codeAction",
        {
            "textDocument": {"uri": uri},
            "range": span((0, 0), position),
            "context": {"diagnostics": [], "triggerKind": 2},
        },
    )
    yield "completionItem/resolve", {"label": "x", "data": {"id": 1}, "textEditText": "y"}
    for command in COMMANDS:
        yield "workspace/executeCommand", {"command": command, "arguments": [None], "workDoneToken": "mine"}
    yield "fuzzing/unknown", {"anything": [1]}


def notifications(uri: str, text: str, position: tuple[int, int]) -> Iterator[tuple[str, Any]]:
    """Yield method and parameters of each notification that the server takes, all about the document ``uri``."""
    notebook = {"uri": f"{uri}.ipynb", "version": 2}
    cell = f"{uri}#cell"
    identifier = {"uri": uri, "version": 2}
    yield "textDocument/didOpen", {"textDocument": document(uri, text)}
    yield (
        "textDocument/didChange",
        {"textDocument": identifier, "contentChanges": [partial((position, position, text)), {"text": text}]},
    )
    yield "textDocument/didSave", {"textDocument": {"uri": uri}, "text": text}
    yield "textDocument/didClose", {"textDocument": {"uri": uri}}
    yield (
        "notebookDocument/didOpen",
        {
            "notebookDocument": {
                **notebook,
                "notebookType": "jupyter-notebook",
                "cells": [{"kind": 2, "document": cell, "metadata": {"a": 1}}],
            },
            "cellTextDocuments": [document(cell, text)],
        },
    )
    structure = {
        "array": {"start": 1, "deleteCount": 0, "cells": [{"kind": 2, "document": f"{cell}2"}]},
        "didOpen": [document(f"{cell}2", text)],
        "didClose": [],
    }
    changed = [{"document": {"uri": cell, "version": 2}, "changes": [partial((position, position, text))]}]
    yield (
        "notebookDocument/didChange",
        {
            "notebookDocument": notebook,
            "change": {"cells": {"structure": structure, "textContent": changed}},
        },
    )
    yield "notebookDocument/didSave", {"notebookDocument": {"uri": notebook["uri"]}}
    yield (
        "notebookDocument/didClose",
        {"notebookDocument": {"uri": notebook["uri"]}, "cellTextDocuments": [{"uri": cell}]},
    )
    yield "workspace/didChangeConfiguration", {"settings": {"soothsay": {"completion": {"automatic": True}}}}
    yield "workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 2}, {"uri": uri, "type": 3}]}
    yield "workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": []}}
    yield "window/workDoneProgress/cancel", {"token": "mine"}
    yield "$/setTrace", {"value": "verbose"}
    yield "$/cancelRequest", {"id": 1_000_000}
    yield "$/progress", {"token": 1, "value": {}}
    yield "soothsay/didMoveCursor", at(uri, position)
    yield "soothsay/didShow", {"id": 1}
    yield "soothsay/didPartiallyAccept", {"id": 1, "acceptedLength": 2}
    yield "fuzzing/unknown", {"anything": [1]}


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where the values are in a JSON value, below its top."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*here, key)
        yield from paths(inner, (*here, key))


@st.composite
def broken(draw: st.DrawFn, message: dict[str, Any], kept: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return ``message`` with one to three of its values replaced, missing or more; not those at its top in ``kept``."""
    spoilt = copy.deepcopy(message)
    for _ in range(draw(st.integers(1, 3))):
        found = [each for each in paths(spoilt) if each[0] not in kept]
        if not found:
            break
        *above, key = draw(st.sampled_from(found))
        inside = spoilt
        for step in above:
            inside = inside[step]
        match draw(st.integers(0, 5)):
            case 0:
                del inside[key]
            case 1 if isinstance(inside, dict):
                inside["more"] = draw(junk)
            case 2 if isinstance(inside, list):
                inside.append(draw(junk))
            case _:
                inside[key] = draw(junk)
    return spoilt


@st.composite
def broken_bytes(draw: st.DrawFn, message: dict[str, Any]) -> bytes:
    """Return the body of ``message`` with bytes changed, cut or doubled."""
    body = bytearray(json.dumps(message).encode())
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, max(0, len(body) - 1)))
        match draw(st.integers(0, 4)):
            case 0:
                del body[where:]
            case 1:
                del body[where : where + draw(st.integers(1, 8))]
            case 2:
                body[where:where] = draw(st.binary(min_size=1, max_size=8))
            case 3:
                body[where:where] = body[where : where + draw(st.integers(1, 30))]
            case _:
                body[where : where + 1] = bytes([draw(st.integers(0, 255))])
    return bytes(body)


ODD_BODIES = (
    *(b"", b"x", b"{", b"[]", b"[1]", b"null", b"1", b'""', b"{}", b"\xff\xfe", b"NaN", b"\xef\xbb\xbf{}"),
    *(b"[" * 100_000, b'{"a":' * 50_000, b"9" * 10_000, b'{"jsonrpc":"2.0","id":1e400,"method":"x"}'),
    *(b'{"jsonrpc":"1.0","id":1,"method":"x"}', b'[{"jsonrpc":"2.0","id":1,"method":"x"}]'),
    *(b'{"jsonrpc":"2.0","id":null,"method":"x"}', b'{"jsonrpc":"2.0","id":[1],"method":"x"}'),
    *(b'{"jsonrpc":"2.0","id":5000001,"result":1}', b'{"jsonrpc":"2.0","id":{},"result":1}'),
    *(b'{"jsonrpc":"2.0","error":{"code":1,"message":"x"}}', b'{"jsonrpc":"2.0","id":null,"error":{}}'),
    *(b'{"jsonrpc":"2.0","method":5}', b'{"jsonrpc":"2.0","method":[]}', b'{"jsonrpc":2,"method":"x"}'),
)
"""Bodies that are no message, or none that may be answered under its id."""

ODD_HEADERS = (
    b"Content-Length: abc\r\n\r\n",
    b"Content-Length: -5\r\n\r\n",
    b"Content-Length:\r\n\r\n",
    b"Content-Length: 1 2\r\n\r\n",
    b"Content-Length: 0\r\n\r\n",
    b"Content-Length: " + b"9" * 20 + b"\r\n\r\n",
    b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    b"Content-Length: \xb2\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"\n",
    b": :\r\n\r\n",
    b"\x00\xff" * 500 + b"\r\n\r\n",
    b"a" * 300_000 + b"\r\n\r\n",
    b"{}\r\n\r\n",
    b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
)
"""Headers without a message behind them."""


def odd_frames(body: bytes) -> tuple[bytes, ...]:
    """Return ``body`` in frames that are written in unusual ways, and can be read."""
    length = len(body)
    return (
        b"content-length: %d\r\n\r\n%b" % (length, body),
        b"CONTENT-LENGTH:%d\r\n\r\n%b" % (length, body),
        b"Content-Length:   %d  \r\n\r\n%b" % (length, body),
        b"Content-Length: %d\n\n%b" % (length, body),
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
        % (length, body),
        b"Content-Length: %d\r\nContent-Type: x\r\nX-More: 1\r\n\r\n%b" % (length, body),
        b"X: " + b"y" * 70_000 + b"\r\nContent-Length: %d\r\n\r\n%b" % (length, body),
        b"\r\n\r\n" + frame_body(body),
    )
