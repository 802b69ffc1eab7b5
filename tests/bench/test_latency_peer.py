"""llama.vim's behaviour in front of a server: what is asked, when, and what is seen of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bench.latency.client import Client, LspError
from bench.latency.peer import Peer, PeerSetup, command, http
from bench.latency.trace import Buffer, Edit

SETUP = PeerSetup(Path("llama-server"), Path("a.gguf"), 4096, 2, Path("log"))


class Server:
    """Answers `/infill` from a table of what stands before the cursor, in chunks, after a while."""

    def __init__(self, answers: dict[str, str], delay: float) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.refuses = "too long"
        self._answers, self._delay = answers, delay

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].split()[0])
        body = json.loads(await reader.readexactly(length))
        self.bodies.append(body)
        await asyncio.sleep(self._delay)
        if body["prompt"] == self.refuses:
            writer.write(b'HTTP/1.1 400 Bad Request\r\n\r\n{"error": {"type": "exceed_context_size_error"}}')
            writer.close()
            return
        content = self._answers.get(body["prompt"], "")
        answer = json.dumps({"content": content, "timings/prompt_n": 7, "timings/predicted_n": 3}).encode()
        half = len(answer) // 2
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (answer[:half], answer[half:], b""))
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        writer.close()


@pytest.fixture
async def world() -> AsyncIterator[tuple[Peer, Buffer, Server]]:
    served = Server({"x": " = f()", "x =": " g()", "x = f()": "\ny"}, 0.05)
    listener = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    peer, buffer = Peer(SETUP), Buffer("a\nb\nc\n\n", 6)
    peer.port = listener.sockets[0].getsockname()[1]
    await peer.open(buffer)
    yield peer, buffer, served
    await peer.close()
    listener.close()


def press(peer: Peer, buffer: Buffer, text: str) -> None:
    peer.watch.begin(asyncio.get_running_loop().time())
    edit = Edit(buffer.offset, buffer.offset, text, "type")
    place = buffer.position()
    buffer.apply(edit)
    peer.edited(edit, place, place)


async def test_what_is_refused_shows_nothing_and_the_typing_goes_on(
    world: tuple[Peer, Buffer, Server],
) -> None:
    peer, buffer, served = world
    served.refuses = "x"
    press(peer, buffer, "x")
    await asyncio.sleep(0.3)
    assert (peer.ghost(), peer.pending(), peer.watch.refused) == ("", False, 1)
    assert peer.watch.whole is not None
    served.refuses = ""
    press(peer, buffer, " =")
    await asyncio.sleep(0.5)
    assert peer.ghost() == " g()"


async def test_an_answer_is_shown_and_the_next_is_asked_for(world: tuple[Peer, Buffer, Server]) -> None:
    peer, buffer, served = world
    press(peer, buffer, "x")
    assert peer.pending()
    assert peer.watch.first is None
    await asyncio.sleep(0.1)
    assert peer.ghost() == " = f()"
    assert peer.watch.first is not None
    assert peer.watch.whole is not None
    await asyncio.sleep(0.2)  # 100 ms later, because the first was still under way when its answer was shown
    assert [(body["prompt"], body["t_max_predict_ms"]) for body in served.bodies] == [
        ("x", 250),
        ("x = f()", 1000),
    ]
    assert [(each.why, each.evaluated, each.generated) for each in peer.take_requests()] == [
        ("first", 7, 3),
        ("speculative", 7, 3),
    ]


async def test_what_is_typed_as_foreseen_is_answered_at_once(world: tuple[Peer, Buffer, Server]) -> None:
    peer, buffer, _ = world
    press(peer, buffer, "x")
    await asyncio.sleep(0.3)
    for key in " = ":
        press(peer, buffer, key)
    assert peer.ghost() == "f()"
    assert peer.watch.whole is not None
    assert peer.watch.asked is None


async def test_a_request_under_way_is_not_cancelled_and_the_next_waits(
    world: tuple[Peer, Buffer, Server],
) -> None:
    peer, buffer, served = world
    press(peer, buffer, "x")
    await asyncio.sleep(0.01)
    press(peer, buffer, "y")
    await asyncio.sleep(0.01)
    press(peer, buffer, "z")
    assert [body["prompt"] for body in served.bodies] == ["x"]
    await asyncio.sleep(0.2)
    assert [body["prompt"] for body in served.bodies] == ["x", "xyz"]  # "xy" was never asked for


async def test_nothing_is_asked_before_much_text(world: tuple[Peer, Buffer, Server]) -> None:
    peer, buffer, served = world
    buffer.text, buffer.offset = "a\nb\nc\n = something\n", 6
    await peer.open(buffer)
    press(peer, buffer, "x")
    assert not peer.pending()
    await asyncio.sleep(0.02)
    assert served.bodies == []


async def test_after_a_jump_nothing_is_shown(world: tuple[Peer, Buffer, Server]) -> None:
    peer, buffer, _ = world
    press(peer, buffer, "x")
    await asyncio.sleep(0.3)
    buffer.offset = 1
    peer.jumped()
    assert peer.ghost() == ""


async def test_several_lines_are_edited_as_in_the_buffer(world: tuple[Peer, Buffer, Server]) -> None:
    peer, buffer, served = world
    edit = Edit(1, 5, "1\n2", "cut")
    before, until = buffer.position(edit.start), buffer.position(edit.end)
    buffer.apply(edit)
    peer.edited(edit, before, until)
    await asyncio.sleep(0.02)
    assert buffer.text == "a1\n2\n\n"
    (body,) = served.bodies
    assert (body["input_prefix"], body["prompt"], body["input_suffix"]) == ("a1\n", "2", "\n\n\n")


def test_both_sides_are_given_the_same_context_and_threads() -> None:
    words = command(SETUP, 8012)
    for name, value in (
        ("--ctx-size", "4096"),
        ("--threads", "2"),
        ("--cache-reuse", "256"),
        ("--parallel", "1"),
    ):
        assert words[words.index(name) + 1] == value


async def test_a_server_that_is_gone_is_an_error() -> None:
    with pytest.raises(OSError):
        await http(1, "GET", "/health")


# -- the other side's client -----------------------------------------------------------------------------

ECHO = """
import json, sys
def send(body):
    data = json.dumps({"jsonrpc": "2.0", **body}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(data) + data)
    sys.stdout.buffer.flush()
while True:
    length = 0
    while (line := sys.stdin.buffer.readline().strip()):
        length = int(line.split(b":")[1])
    message = json.loads(sys.stdin.buffer.read(length))
    if message.get("method") == "die":
        sys.exit(1)
    if message.get("method") == "fail":
        send({"id": message["id"], "error": {"code": 1, "message": "no"}})
    elif message.get("method") == "slow":
        pass
    elif "id" in message and "method" in message:
        send({"id": 1, "method": "client/registerCapability", "params": {}})
        send({"method": "told", "params": message["params"]})
        send({"id": message["id"], "result": message["params"]})
    else:
        send({"method": "got", "params": message})
"""


@pytest.mark.process
async def test_a_client_asks_is_told_and_answers(tmp_path: Path) -> None:
    import sys

    told: list[tuple[str, Any]] = []
    client = await Client.start(
        [sys.executable, "-c", ECHO], tmp_path / "log", lambda method, params: told.append((method, params))
    )
    assert await client.ask("echo", {"text": "ä"}) == {"text": "ä"}
    with pytest.raises(LspError, match="no"):
        await client.ask("fail", None)
    number, waiting = client.request("slow", None)
    client.cancel(number)
    assert waiting.cancelled()
    await client.ask("echo", 1)
    assert ("told", {"text": "ä"}) in told
    assert ("got", {"jsonrpc": "2.0", "id": 1, "result": None}) in told
    assert any(params.get("method") == "$/cancelRequest" for method, params in told if method == "got")
    _, last = client.request("slow", None)
    client.notify("die", None)
    with pytest.raises(LspError, match="has gone"):
        await asyncio.wait_for(last, 5)
    await client.stop()
