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


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where the server keeps models; empty."""
    return tmp_path / "cache"


@pytest.fixture
def arguments() -> list[str]:
    """More of them for the fake server."""
    return []


@pytest_asyncio.fixture
async def editor(tmp_path: Path, journal: Path, cache: Path, arguments: list[str]) -> AsyncIterator[Editor]:
    """An editor with a server that has been spawned, but not initialized."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    client = make_test_lsp_client()
    folders = {"SOOTHSAY_CACHE": str(cache), "SOOTHSAY_STATE": str(tmp_path / "state")}
    environment = {**os.environ, "FAKE_JOURNAL": str(journal), **folders}
    await client.start_io(sys.executable, str(FAKE_SERVER), "--stdio", *arguments, env=environment)
    opened = Editor(client, workspace, journal)
    yield opened
    opened.release()
    if client._server is not None and client._server.returncode is None:
        await client.shutdown_session()
    await client.stop()
