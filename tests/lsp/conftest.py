"""Fixtures: an editor with a real server process over stdio."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fake_editor import Editor
from pytest_lsp import make_test_lsp_client

FAKE_SERVER = Path(__file__).with_name("fake_server.py")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest_asyncio.fixture
async def editor(tmp_path: Path, journal: Path) -> AsyncIterator[Editor]:
    """An editor with a server that has been spawned, but not initialized."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    client = make_test_lsp_client()
    environment = {**os.environ, "FAKE_JOURNAL": str(journal)}
    await client.start_io(sys.executable, str(FAKE_SERVER), "--stdio", env=environment)
    yield Editor(client, workspace, journal)
    if client._server is not None and client._server.returncode is None:
        await client.shutdown_session()
    await client.stop()
