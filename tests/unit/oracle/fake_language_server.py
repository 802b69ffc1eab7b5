"""A language server that misbehaves as its first argument says. Standard library only."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

MODE = sys.argv[1]
NOTES = Path(sys.argv[2])  # what it was told, one line each
ENCODING = "utf-16" if MODE == "utf16" else "utf-32"


def read() -> dict[str, Any] | None:
    length = 0
    while (line := sys.stdin.buffer.readline()).strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def write(message: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    sys.stdout.buffer.flush()


def note(line: str) -> None:
    with NOTES.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def diagnostics(text: str) -> list[dict[str, Any]]:
    """The word `bad` is an unknown name, wherever it stands; so is what must be found fault with."""
    found = []
    for number, line in enumerate(text.split("\n")):
        at = max(line.find("bad"), line.find("zz_soothsay_zz"))
        if at >= 0:
            start = len(line[:at].encode("utf-16-le")) // 2 if ENCODING == "utf-16" else at
            span = {
                "start": {"line": number, "character": start},
                "end": {"line": number, "character": start + 3},
            }
            found.append({"range": span, "severity": 1, "code": "no-name", "message": f"bad: {line}"})
    return found


def main() -> None:
    texts: dict[str, str] = {}
    note("start")
    if MODE == "mute":
        time.sleep(60)
    while (message := read()) is not None:
        method, params = message.get("method"), message.get("params") or {}
        uri = params.get("textDocument", {}).get("uri", "")
        name = uri.rpartition("/")[2]
        if method == "initialize":
            write({"id": message["id"], "result": {"capabilities": {"positionEncoding": ENCODING}}})
            write(
                {"id": "s1", "method": "workspace/configuration", "params": {"items": [{"section": "a.b"}]}}
            )
        elif message.get("id") == "s1":
            note(f"configuration {message['result']}")
        elif method == "textDocument/didOpen":
            texts[uri] = params["textDocument"]["text"]
            note(f"open {name} {params['textDocument']['version']} {texts[uri]}")
        elif method == "textDocument/didChange":
            texts[uri] = params["contentChanges"][0]["text"]
            note(f"change {name} {params['textDocument']['version']} {texts[uri]}")
        elif method == "textDocument/didClose":
            note(f"close {name}")
        elif method == "workspace/didChangeWatchedFiles":
            note("disk " + " ".join(change["uri"].rpartition("/")[2] for change in params["changes"]))
        elif method == "textDocument/diagnostic":
            if MODE == "die" or "die" in texts[uri]:
                sys.exit(1)
            if MODE == "garbage":
                sys.stdout.write("this is no message\n")
                sys.stdout.flush()
                continue
            if MODE == "strange":
                write({"id": message["id"], "result": {"items": [{"range": "nowhere"}]}})
                continue
            if MODE == "refuse":
                write({"id": message["id"], "error": {"code": -32603, "message": "no"}})
                continue
            if MODE == "slow" and "slow" in texts[uri]:
                time.sleep(0.4)
            if MODE == "hang" and "hang" in texts[uri]:
                time.sleep(60)
            write({"id": message["id"], "result": {"kind": "full", "items": diagnostics(texts[uri])}})
        elif method == "exit":
            note("exit")
            return
        elif "id" in message and "method" in message:
            write({"id": message["id"], "result": None})


main()
