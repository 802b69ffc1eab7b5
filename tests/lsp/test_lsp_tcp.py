"""The same server over TCP, for one client on this machine that knows the token."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_editor import Editor, capabilities
from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

FAKE_SERVER = Path(__file__).with_name("fake_server.py")
GIVEN = "a token of the environment"


@asynccontextmanager
async def serving(
    folder: Path, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int, str]]:
    """The server's process, its port, and where it says that the token is."""
    environment = {"FAKE_JOURNAL": str(folder / "journal.jsonl"), **environment}
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(FAKE_SERVER),
        "--tcp",
        env={**os.environ, "SOOTHSAY_RUNTIME": str(runtime), **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        banner = (await asyncio.wait_for(process.stderr.readline(), 10)).decode()
        assert banner.startswith("soothsay: listening on 127.0.0.1:")
        told = (await asyncio.wait_for(process.stderr.readline(), 10)).decode()
        yield process, int(banner.rsplit(":", 1)[1]), told.strip().rpartition(" ")[2]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def connected(port: int, options: Any) -> LanguageClient:
    client = make_test_lsp_client()
    await client.start_tcp("127.0.0.1", port)
    client.capabilities = capabilities()
    params = types.InitializeParams(capabilities=capabilities(), initialization_options=options)
    await client.initialize_async(params)
    client.initialized(types.InitializedParams())
    return client


async def ended(process: asyncio.subprocess.Process, client: LanguageClient) -> int:
    await client.shutdown_async(None)
    client.exit(None)
    code = await asyncio.wait_for(process.wait(), 5)
    await client.stop()
    return code


def message(method: str, **params: Any) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def answer(port: int, sent: bytes) -> bytes:
    """What the server says to ``sent`` before it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    heard = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return heard


async def test_one_client_over_tcp(tmp_path: Path) -> None:
    async with serving(tmp_path) as (process, port, where):
        file = Path(where)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        client = await connected(port, {"token": file.read_text().strip()})
        editor = Editor(client, tmp_path, tmp_path / "journal.jsonl")
        editor.open("text")
        assert len(await editor.inline(0, 4)) == 1
        assert not client.messages  # the token is no unknown setting
        assert not file.exists()

        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)
        assert await ended(process, client) == 0


WRONG = [
    message("initialize", capabilities={}),
    message("initialize", capabilities={}, initializationOptions={"token": "a token of somebody else"}),
    message("initialize", capabilities={}, initializationOptions={"token": None}),
    message("initialize", capabilities={}, initializationOptions={"token": "\ud800" * 20}),
    message("workspace/executeCommand", command="soothsay.models", initializationOptions={"token": GIVEN}),
    message("shutdown") + message("initialize", capabilities={}, initializationOptions={"token": GIVEN}),
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    + message("initialize", capabilities={}),  # a web page can do that
    b"Content-Length: 6\r\n\r\n[1, 2]",
    b"Content-Length: 9000\r\n\r\n" + b"[" * 9000,
    b"Content-Length: 999999999\r\n\r\n",
    b"Content-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"x" * 100_000,
]


async def test_whoever_does_not_know_the_token_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, SOOTHSAY_TOKEN=GIVEN) as (process, port, where):
        assert where == "SOOTHSAY_TOKEN"
        for sent in WRONG:
            heard = await answer(port, sent)
            assert b"the token is missing or wrong" in heard, sent[:200]
            assert b"result" not in heard
        client = await connected(port, {"soothsay": {"token": GIVEN}})  # the next one is served
        assert await ended(process, client) == 0


async def test_a_client_that_says_nothing_keeps_nobody_out(tmp_path: Path) -> None:
    async with serving(tmp_path, SOOTHSAY_TOKEN=GIVEN) as (process, port, _):
        _, silent = await asyncio.open_connection("127.0.0.1", port)
        client = await connected(port, {"token": GIVEN})
        assert await ended(process, client) == 0
        silent.close()
