"""The LSP protocol class: every request is answered, also malformed, early and late ones that pygls drops."""

from __future__ import annotations

import inspect
import logging
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcRequestCancelled
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import MsgId, RPCMessage, RPCRequest

from soothsay.errors import Cancelled, SoothsayError
from soothsay.frontend.documents import EditorWorkspace

logger = logging.getLogger(__name__)

command_token: ContextVar[types.ProgressToken | None] = ContextVar("command_token", default=None)
"""Inside a command: the token for its progress, if the client sent one."""


@dataclass(frozen=True)
class _Malformed:
    """A request that could not be decoded."""

    id: MsgId
    error: types.ResponseError


class LspProtocol(LanguageServerProtocol):
    """pygls' protocol with our documents, and an answer to malformed, early and late requests."""

    workspace: EditorWorkspace  # type: ignore[assignment]

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Any:
        """Initialize as pygls does, with an `EditorWorkspace`."""
        result = yield from super().lsp_initialize(params)
        plain = super().workspace
        self._workspace = EditorWorkspace(
            plain.root_uri,
            workspace_folders=list(plain.folders.values()),
            position_encoding=plain.position_encoding,
        )
        return result

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]
        """Run a command in a task of its own, so that cancelling the request cancels the command."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r}")
        command_token.set(params.work_done_token)
        result = handler(*params.arguments or ())
        return await result if inspect.isawaitable(result) else result

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Decode a message. A request that cannot be decoded becomes a `_Malformed`, which is answered with an error."""
        _fix_trigger_kind(data)
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                invalid = JsonRpcInvalidParams(f"{data['method']}: the parameters do not fit the protocol")
                return _Malformed(data["id"], invalid.to_response_error())
            raise error

    def handle_message(self, message: RPCMessage | _Malformed) -> None:
        """Answer or refuse ``message``."""
        if isinstance(message, _Malformed):
            self._send_response(message.id, error=message.error)
        elif isinstance(message, RPCRequest) and (refusal := self._refuse(message.method)):
            self._send_response(message.id, error=refusal)
        else:
            super().handle_message(message)

    def _send_handler_result(self, future: Future[Any], *, msg_id: MsgId) -> None:
        """Answer with the one-line message of a `SoothsayError`; pygls would answer with a traceback."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, Cancelled):
            refusal = JsonRpcRequestCancelled("cancelled").to_response_error()
        elif isinstance(error, SoothsayError):
            logger.warning("%s", error)
            refusal = types.ResponseError(types.LSPErrorCodes.RequestFailed, str(error))
        else:
            super()._send_handler_result(future, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        self._send_response(msg_id, error=refusal)

    def _handle_cancel_notification(self, msg_id: MsgId) -> None:
        """Cancel a request; ignore one that was answered already, because the two messages crossed."""
        if msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)

    def _handle_response(
        self, msg_id: MsgId, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.cancelled():  # we sent the request and no longer wait for its answer
            del self._request_futures[msg_id]
        else:
            super()._handle_response(msg_id, result, error)

    def _refuse(self, method: str) -> types.ResponseError | None:
        if self._shutdown:
            return types.ResponseError(types.ErrorCodes.InvalidRequest, "The server is shutting down")
        if self._workspace is None and method != types.INITIALIZE:
            return types.ResponseError(types.ErrorCodes.ServerNotInitialized, "The server is not initialized")
        return None


def _fix_trigger_kind(data: dict[str, Any]) -> None:
    """Treat an unknown trigger kind as automatic: vscode-languageclient 9 counts from 0, LSP 3.18 from 1."""
    if data.get("method") == types.TEXT_DOCUMENT_INLINE_COMPLETION:
        params = data.get("params")
        context = params.get("context") if isinstance(params, dict) else None
        if isinstance(context, dict) and context.get("triggerKind") not in (1, 2):
            context["triggerKind"] = 2
