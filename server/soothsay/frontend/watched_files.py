"""File watching by the client, and its file events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from soothsay.frontend.documents import path_of_uri

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)

_TIMEOUT_S = 5.0  # for the answer to client/registerCapability

WATCHED_GLOB = "**/*.{py,pyi,ipynb,md,rst,txt,toml,yml,yaml}"


async def watch_files(server: LanguageServer) -> None:
    """Ask the client to watch files, if it supports the request. Other clients use their own configuration."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace else None
    if watching is None or not watching.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions(
        [types.FileSystemWatcher(glob_pattern=WATCHED_GLOB)]
    )
    registration = types.Registration(
        id="soothsay-files", method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES, register_options=options
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):  # completions wait for it, and a client may never answer
            await server.client_register_capability_async(types.RegistrationParams([registration]))
    except Exception as error:
        logger.warning("the client does not watch files: %r", error)


def updated_and_removed(events: Iterable[types.FileEvent]) -> tuple[list[Path], list[Path]]:
    """Return the files to index again and those to remove. The last event of a file counts."""
    exists = {
        path: event.type != types.FileChangeType.Deleted
        for event in events
        if (path := path_of_uri(event.uri))
    }
    return [path for path in exists if exists[path]], [path for path in exists if not exists[path]]
