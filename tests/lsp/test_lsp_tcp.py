"""The same server over TCP, for one client on this machine."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from fake_editor import Editor, capabilities
from lsprotocol import types
from pytest_lsp import make_test_lsp_client

FAKE_SERVER = Path(__file__).with_name("fake_server.py")


async def test_one_client_over_tcp(tmp_path: Path, journal: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(FAKE_SERVER),
        "--tcp",
        env={**os.environ, "FAKE_JOURNAL": str(journal)},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    banner = (await asyncio.wait_for(process.stderr.readline(), 10)).decode()
    assert banner.startswith("soothsay: listening on 127.0.0.1:")
    port = int(banner.rsplit(":", 1)[1])

    client = make_test_lsp_client()
    await client.start_tcp("127.0.0.1", port)
    client.capabilities = capabilities()
    await client.initialize_async(types.InitializeParams(capabilities=capabilities()))
    client.initialized(types.InitializedParams())
    editor = Editor(client, tmp_path, journal)
    editor.open("text")
    assert len(await editor.inline(0, 4)) == 1

    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)

    await client.shutdown_async(None)
    client.exit(None)
    assert await asyncio.wait_for(process.wait(), 5) == 0
    await client.stop()
