"""Sessions that are large rather than odd: long documents, many of them, storms, a day of typing, a client that is deaf."""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from client_text import CODECS
from fuzzing import messages
from fuzzing.machine import TALLY, capabilities, peak_memory, start
from fuzzing.server import DOCUMENTS, STATE
from fuzzing.wire import PATIENCE_S, Wire

KEPT_REQUESTS = 3  # those of the server, and the one that asks
_LINES: tuple[str, ...] = (
    "def f():\r\n",
    "    return '😀' + \"ä\"\n",
    "x = 1  # \U0001d499\r\n",
    "\n",
    "漢字 = 2\n",
)


@contextmanager
def session(encoding: str = "utf-16") -> Iterator[Wire]:
    """A server that is initialized; afterwards it must end as it should."""
    with tempfile.TemporaryDirectory(prefix="soothsay-fuzz-") as folder:
        wire = start(Path(folder))
        try:
            root = {"uri": Path(folder).as_uri(), "name": "w"}
            params = {"processId": None, "rootUri": None, "capabilities": capabilities([encoding])}
            wire.ask("initialize", {**params, "workspaceFolders": [root]})
            wire.notify("initialized", {})
            yield wire
            TALLY.peak_bytes = max(TALLY.peak_bytes, peak_memory(wire.process.pid))
            assert wire.end() == 0
            assert "Traceback" not in wire.log.read_text(encoding="utf-8"), wire.tail
        finally:
            TALLY.note(wire)
            wire.kill()


def state_of(wire: Wire) -> dict[str, int]:
    """Return what the server keeps once it has handled everything: what came in one piece is handled in one turn."""
    wire.ask(STATE)
    return wire.ask(STATE)["result"]


def open_document(wire: Wire, uri: str, text: str) -> None:
    """Open a document."""
    wire.notify("textDocument/didOpen", {"textDocument": messages.document(uri, text)})


def insert(wire: Wire, uri: str, version: int, at: tuple[int, int], text: str) -> None:
    """Insert ``text`` into a document."""
    identifier = {"uri": uri, "version": version}
    params = {"textDocument": identifier, "contentChanges": [messages.partial((at, at, text))]}
    wire.notify("textDocument/didChange", params)


def close(wire: Wire, uri: str) -> None:
    """Close a document."""
    wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def long_documents(characters: int = 10_000_000, changes: int = 25) -> None:
    """Edit a document of 10 MB, with all line ends and characters of all sizes, in each encoding."""
    uri, dice = "file:///w/long.py", random.Random(1)
    for encoding, (codec, size) in CODECS.items():
        with session(encoding) as wire:
            lines: list[str] = [*_LINES] * (characters // sum(map(len, _LINES)))
            open_document(wire, uri, "".join(lines))
            for version in range(changes):
                number = dice.randrange(len(lines))
                line = lines[number].rstrip("\r\n")
                column = dice.randint(0, len(line))
                text = dice.choice(("a", "😀", "ä", "漢"))
                units = len(line[:column].encode(codec)) // size
                insert(wire, uri, version, (number, units), text)
                lines[number] = lines[number][:column] + text + lines[number][column:]
                wire.request(
                    "textDocument/inlineCompletion",
                    messages.at(uri, (number, units), context={"triggerKind": 2}),
                )
            assert wire.ask(DOCUMENTS)["result"] == {uri: "".join(lines)}
            TALLY.compared += 1
            TALLY.kinds["long document"] += changes + 1
            close(wire, uri)
            wire.wait(wire.open_requests)


def many_documents(count: int = 3_000) -> None:
    """Open, edit and close thousands of documents; nothing of them is kept."""
    with session() as wire:
        uris = [f"file:///w/{number}.py" for number in range(count)]
        for uri in uris:
            open_document(wire, uri, "import os\n" * 20)
        for uri in uris:
            insert(wire, uri, 2, (1, 0), "x")
        text = "import os\nx" + "import os\n" * 19
        assert wire.ask(DOCUMENTS)["result"] == dict.fromkeys(uris, text)
        TALLY.compared += count
        for uri in uris:
            close(wire, uri)
        TALLY.kinds["many documents"] += 3 * count
        kept = state_of(wire)
        assert kept["requests"] <= KEPT_REQUESTS, kept
        assert [kept[each] for each in ("documents", "checks", "results")] == [0, 0, 0], kept


def storm(count: int = 2_000) -> None:
    """Ask thousands of times for what takes long, and cancel each; all are answered."""
    uri = "file:///w/slow.py"
    with session() as wire:
        open_document(wire, uri, "SLOW x\n" * 50)
        for number in range(count):
            params = messages.at(uri, (number % 50, 6), context={"triggerKind": 2})
            asked = wire.request("textDocument/inlineCompletion", params)
            if number % 3:
                wire.notify("$/cancelRequest", {"id": asked})
        TALLY.kinds["cancel storm"] += count
        for asked in wire.open_requests:
            wire.notify("$/cancelRequest", {"id": asked})
        wire.wait(wire.open_requests)
        kept = state_of(wire)
        assert kept["requests"] <= KEPT_REQUESTS, kept


def typing(keys: int = 4_000) -> None:
    """Type; what is kept of each key is its letter."""
    uri = "file:///w/typed.py"
    with session() as wire:
        open_document(wire, uri, "")
        process, resident = psutil.Process(wire.process.pid), 0
        for number in range(keys):
            insert(wire, uri, number + 2, (0, number), "a")
            if number == keys // 2:
                wire.ask(STATE)
                resident = process.memory_info().rss
        TALLY.kinds["typing"] += keys
        kept = state_of(wire)
        assert kept["requests"] <= KEPT_REQUESTS, kept
        assert process.memory_info().rss < 1.05 * resident, (resident, process.memory_info().rss)


def deaf_client(count: int = 4_000) -> None:
    """Send much before anything is read: neither side may wait for the other."""
    with session() as wire:
        wire.ask(STATE)
        wire.reads.clear()

        def send() -> None:
            for _ in range(count):
                wire.request("workspace/executeCommand", {"command": "soothsay.explain"})

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        sender.join(PATIENCE_S)
        stuck = sender.is_alive()
        wire.reads.set()
        assert not stuck, "the server waits for a client that waits for it"
        TALLY.kinds["deaf client"] += count
        wire.wait(wire.open_requests)


SCENARIOS: tuple[Callable[[], None], ...] = (long_documents, many_documents, storm, typing, deaf_client)
