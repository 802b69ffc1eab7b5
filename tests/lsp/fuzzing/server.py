"""The server under test: that of `soothsay serve`, which also tells the test what it takes for the client's documents.

``--real`` opens sessions in a backend process, as users have them; else the session is the fake of the other tests. The
request is registered here, and not in the server, because no editor may ask for the text of documents.
"""

from __future__ import annotations

import sys
from typing import Any

from fake_server import FakeSession

from soothsay.frontend import transport
from soothsay.frontend.editor_session import open_session
from soothsay.frontend.server import SoothsayServer, create_server

DOCUMENTS = "fuzzing/documents"
STATE = "fuzzing/state"


def create_inspected(*arguments: Any) -> SoothsayServer:
    """Return the server with two requests more."""
    server = create_server(*arguments)

    @server.feature(DOCUMENTS)
    def documents(params: Any) -> dict[str, str]:
        """The text of each document that the server would complete, by its URI without escapes."""
        workspace = server.protocol.workspace
        return {
            uri: found.source for uri in workspace.text_documents if (found := workspace.open_document(uri))
        }

    @server.feature(STATE)
    def state(params: Any) -> dict[str, int]:
        """How much is kept, of everything that could be kept for ever."""
        protocol, workspace = server.protocol, server.protocol.workspace
        return {
            "requests": len(protocol._request_futures),
            "result types": len(protocol._result_types),
            "progress": len(protocol.progress.tokens),
            "documents": len(workspace.text_documents),
            "notebooks": len(workspace.notebook_documents),
            "cells": len(workspace._cell_in_notebook),
            "checks": len(server.diagnostics._tasks),
            "results": len(server.diagnostics._results),
        }

    return server


if __name__ == "__main__":
    transport.create_server = create_inspected
    sys.exit(transport.run_stdio(open_session if "--real" in sys.argv else FakeSession))
