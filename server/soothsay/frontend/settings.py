"""Where settings come from: initialization options below, what the client's configuration says above."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol.types import ConfigurationItem, ConfigurationParams

from soothsay.config import Settings, decode_settings

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)

SECTION = "soothsay"
_PATIENCE = 5.0  # seconds for a client to answer workspace/configuration


class Configuration:
    """The layers of raw settings, and the typed settings they make."""

    def __init__(self) -> None:
        self.initial: object = None
        self.current: object = None

    def decode(self) -> tuple[Settings, list[str]]:
        return decode_settings(merge(unwrap(self.initial), unwrap(self.current)))

    async def pull(self, server: LanguageServer) -> None:
        """Ask the client, when it can be asked. What was known stays when it does not answer."""
        workspace = server.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return
        params = ConfigurationParams(items=[ConfigurationItem(section=SECTION)])
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await server.workspace_configuration_async(params)
        except Exception as error:
            logger.warning("the client did not tell its configuration: %r", error)
        else:
            self.current = answer[0] if answer else None


def unwrap(raw: object) -> object:
    """``{"soothsay": {…}}`` and ``{…}`` mean the same."""
    if isinstance(raw, Mapping) and isinstance(inner := raw.get(SECTION), Mapping):
        return inner
    return raw


def merge(below: object, above: object) -> object:
    """``above`` laid over ``below``, branch by branch; None is transparent."""
    if above is None:
        return below
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    merged: dict[Any, object] = dict(below)
    for key, value in above.items():
        merged[key] = merge(merged.pop(key, None), value)  # popped, so that what is above also comes last
    return merged
