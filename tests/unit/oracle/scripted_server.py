"""A language server that does as its first argument says. Standard library only.

It knows a little Python: classes with methods, and variables of such a class. The first argument is a list of words with
commas between: `push` publishes diagnostics (else they are asked for), `A=B` calls the error A B, and the others are looked
for below.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

WORDS = set(sys.argv[1].split(","))
NOTES = Path(sys.argv[2])  # what it was told, one line each
CODES = dict(
    word.split("=") for word in WORDS if "=" in word
)  # what it calls its errors, by ty's names of them
ENCODING = "utf-16" if "utf16" in WORDS else "utf-32"


def read() -> dict[str, Any] | None:
    length = 0
    while (line := sys.stdin.buffer.readline()).strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def write(message: dict[str, Any]) -> None:
    if "string-ids" in WORDS and isinstance(message.get("id"), int):
        message = {**message, "id": str(message["id"])}
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    sys.stdout.buffer.flush()


def note(line: str) -> None:
    with NOTES.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def position(text: str, offset: int) -> dict[str, int]:
    before = text[:offset].rpartition("\n")[2]
    units = len(before.encode("utf-16-le")) // 2 if ENCODING == "utf-16" else len(before)
    return {"line": text.count("\n", 0, offset), "character": units}


def offset_of(text: str, at: dict[str, int]) -> int:
    return sum(len(line) + 1 for line in text.split("\n")[: at["line"]]) + at["character"]


def span(text: str, start: int, end: int) -> dict[str, Any]:
    return {"start": position(text, start), "end": position(text, end)}


def methods(text: str, name: str) -> dict[str, str]:
    """The methods of the class that the variable ``name`` is of, with their parameters; none if it is not known."""
    made = re.search(rf"^{name} = (\w+)\(\)", text, re.MULTILINE)
    body = re.search(rf"^class {made[1]}:\n((?:    .*\n)+)", text, re.MULTILINE) if made else None
    found = re.findall(r"^    def (\w+)\(self(?:, )?([^)]*)\)", body[1], re.MULTILINE) if body else []
    return dict(found)


def diagnostics(text: str) -> list[dict[str, Any]]:
    """The word `bad`, what a canary holds, and members that a variable's class has not."""
    found = []
    for match in re.finditer(r"\bbad\b|^zz_soothsay_zz", text, re.MULTILINE):
        found.append((match.start(), match.end(), "unresolved-reference"))
    for match in re.finditer(r"\b(\w+)\.(\w+)", text):
        known = methods(text, match[1])
        if known and match[2] not in known:
            found.append((match.start(), match.end(), "missing-attribute"))
    return [
        {
            "range": span(text, start, end),
            "severity": 1,
            "code": CODES.get(code, code),
            "message": f"{code}: {text[start:end]}",
        }
        for start, end, code in found
    ]


def word_at(text: str, offset: int) -> tuple[str, str]:
    """The receiver, "" for none, and the name at an offset."""
    for match in re.finditer(r"(?:(\w+)\.)?(\w+)", text):
        if match.start(2) <= offset <= match.end(2):
            return match[1] or "", match[2]
    return "", ""


def answer(method: str, uri: str, text: str, at: int) -> Any:
    before = text[:at]
    if method == "textDocument/completion":
        receiver = re.search(r"(\w+)\.$", before)
        listed = methods(text, receiver[1]) if receiver else re.findall(r"(?:class|def) (\w+)|^(\w+) =", text)
        names = listed if isinstance(listed, dict) else [one or other for one, other in listed]
        return {"items": [{"label": name, "kind": 2, "data": {"of": uri}} for name in names]}
    if method == "textDocument/signatureHelp":
        call = re.search(r"(\w+)\.(\w+)\([^()]*$", before)
        parameters = methods(text, call[1]).get(call[2]) if call else None
        if parameters is None:
            return None
        parts = [{"label": part} for part in parameters.split(", ") if part]
        return {"signatures": [{"label": f"({parameters})", "parameters": parts}], "activeParameter": 0}
    receiver, name = word_at(text, at)
    if method == "textDocument/hover":
        if receiver and name in methods(text, receiver):
            return {"contents": {"kind": "plaintext", "value": f"bound method {name}"}}
        return None
    if method == "textDocument/definition":
        defined = re.search(rf"\bdef ({name})\b", text)
        return [{"uri": uri, "range": span(text, *defined.span(1))}] if defined and name else None
    return None


PROVIDED = {
    "positionEncoding": ENCODING,
    "completionProvider": {"resolveProvider": True},
    "signatureHelpProvider": {},
    "hoverProvider": True,
    "definitionProvider": True,
    **({} if WORDS & {"push", "register"} else {"diagnosticProvider": {"interFileDependencies": True}}),
}


class Server:
    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}

    def initialize(self, message: dict[str, Any]) -> None:
        capabilities = {"positionEncoding": ENCODING} if "poor" in WORDS else PROVIDED
        write({"id": message["id"], "result": {"capabilities": capabilities}})
        items = [{"section": "a.b"}]
        write({"id": "s1", "method": "workspace/configuration", "params": {"items": items}})
        write({"id": "s2", "method": "soothsay/unheard-of", "params": {}})
        if "register" in WORDS:
            registered = {"id": "r1", "method": "textDocument/diagnostic", "registerOptions": {}}
            registrations = {"registrations": [registered]}
            write({"id": "s3", "method": "client/registerCapability", "params": registrations})
            if "unregister" in WORDS:
                ended = {"unregisterations": [{"id": "r1", "method": "textDocument/diagnostic"}]}
                write({"id": "s4", "method": "client/unregisterCapability", "params": ended})

    def publish(self, uri: str, version: int | None = None, text: str | None = None) -> None:
        if "silent" in WORDS:
            return
        items = [] if "clean" in WORDS else diagnostics(self.texts[uri] if text is None else text)
        params: dict[str, Any] = {"uri": uri, "diagnostics": items}
        if "unversioned" not in WORDS:
            params["version"] = self.versions[uri] if version is None else version
        write({"method": "textDocument/publishDiagnostics", "params": params})

    def changed(self, uri: str, text: str, version: int) -> None:
        before = self.texts.get(uri, "")
        self.texts[uri], self.versions[uri] = text, version
        if "push" not in WORDS:
            return
        if "die" in text:
            sys.exit(1)
        if "hang" in WORDS and "hang" in text:
            time.sleep(60)
        if "slow" in WORDS and "slow" in text:
            time.sleep(0.4)
        if "stale" in WORDS:  # what it had begun before the change is published after it
            self.publish(uri, version - 1, before)
        if "twice" in WORDS:
            write({"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": []}})
        self.publish(uri)

    def diagnose(self, message: dict[str, Any], uri: str) -> None:
        text = self.texts[uri]
        if "die" in WORDS or "die" in text:
            sys.exit(1)
        if "garbage" in WORDS:
            sys.stdout.write("this is no message\n")
            sys.stdout.flush()
            return
        if "strange" in WORDS:
            write({"id": message["id"], "result": {"items": [{"range": "nowhere"}]}})
            return
        if "refuse" in WORDS:
            write({"id": message["id"], "error": {"code": -32603, "message": "no"}})
            return
        if "slow" in WORDS and "slow" in text:
            time.sleep(0.4)
        if "hang" in WORDS and "hang" in text:
            time.sleep(60)
        write({"id": message["id"], "result": {"kind": "full", "items": diagnostics(text)}})

    def take(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params") or {}
        document = params.get("textDocument", {})
        uri = document.get("uri", "")
        name = uri.rpartition("/")[2]
        if method == "initialize":
            self.initialize(message)
        elif message.get("id") == "s1":
            note(f"configuration {message['result']}")
        elif message.get("id") == "s2":
            note(f"unheard-of {message['error']['code']}")
        elif message.get("id") == "s3":
            note(f"registered {message['result']}")
        elif method == "textDocument/didOpen":
            note(f"open {name} {document['version']} {document['text']}")
            self.changed(uri, document["text"], document["version"])
        elif method == "textDocument/didChange":
            text = params["contentChanges"][0]["text"]
            note(f"change {name} {document['version']} {text}")
            self.changed(uri, text, document["version"])
        elif method == "textDocument/didClose":
            note(f"close {name}")
        elif method == "workspace/didChangeWatchedFiles":
            note("disk " + " ".join(change["uri"].rpartition("/")[2] for change in params["changes"]))
        elif method == "textDocument/diagnostic":
            self.diagnose(message, uri)
        elif method == "completionItem/resolve":
            write({"id": message["id"], "result": {**params, "detail": "a method", "documentation": {
                "kind": "plaintext", "value": f"What {params['label']} does."}}})  # fmt: skip
        elif "id" in message and uri:
            text = self.texts[uri]
            at = offset_of(text, params["position"])
            write({"id": message["id"], "result": answer(str(method), uri, text, at)})
        elif "id" in message and method:
            write({"id": message["id"], "result": None})


def main() -> None:
    server = Server()
    note("start")
    if "mute" in WORDS:
        time.sleep(60)
    while (message := read()) is not None:
        if message.get("method") == "exit":
            note("exit")
            return
        server.take(message)


main()
