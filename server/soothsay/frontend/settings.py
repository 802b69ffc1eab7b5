"""The settings from the client: initialization options, overridden by its configuration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol.types import ConfigurationItem, ConfigurationParams

from soothsay.config import Settings, decode_settings, keep_own

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)

SECTION = "soothsay"
_NOT_TAKEN = (
    "not taken from the editor's configuration, which files of the workspace may be part of; "
    "set this in the server's initialization options"
)
_TIMEOUT_S = 5.0  # for the answer to workspace/configuration


class Configuration:
    """The raw settings that the client has sent: ``initial`` from initialization, ``current`` from its configuration.

    In many editors a file of the workspace can be part of the configuration. Unless ``trusted``, what decides which
    programs run, and what is loaded or read elsewhere, is taken from ``initial`` alone.
    """

    def __init__(self) -> None:
        self.initial: object = None
        self.current: object = None
        self.trusted = False

    def decode(self) -> tuple[Settings, list[str]]:
        """Return the typed settings, and a message for each setting that is wrong or may not be set there."""
        settings, problems = decode_settings(merge(unwrap(self.initial), unwrap(self.current)))
        if self.trusted:
            return settings, problems
        settings, refused = keep_own(settings, decode_settings(unwrap(self.initial))[0])
        if refused:
            problems.append(f"{', '.join(refused)}: {_NOT_TAKEN}")
        return settings, problems

    async def pull(self, server: LanguageServer) -> None:
        """Request the configuration from a client that supports it; without an answer, keep the last one."""
        workspace = server.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return
        params = ConfigurationParams(items=[ConfigurationItem(section=SECTION)])
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answer = await server.workspace_configuration_async(params)
        except Exception as error:
            logger.warning("the client did not send its configuration: %r", error)
        else:
            self.current = answer[0] if answer else None


def unwrap(raw: object) -> object:
    """Return ``{…}`` for ``{"soothsay": {…}}``; both forms are accepted."""
    if isinstance(raw, Mapping) and isinstance(inner := raw.get(SECTION), Mapping):
        return inner
    return raw


def merge(below: object, above: object) -> object:
    """Return ``below`` with the values of ``above``, merged recursively; None in ``above`` keeps the value."""
    if above is None:
        return below
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    merged: dict[Any, object] = dict(below)
    for key, value in above.items():
        merged[key] = merge(
            merged.pop(key, None), value
        )  # popped, so that the overriding key also comes last
    return merged
