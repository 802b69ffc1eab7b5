"""The LSP protocol class: every request is answered, also malformed, early and late ones that pygls drops."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import math
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, NoReturn, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcRequestCancelled
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    MsgId,
    RPCMessage,
    RPCRequest,
)

from soothsay.errors import Cancelled, SoothsayError
from soothsay.frontend.client_quirks import CHANGES, normalize_params
from soothsay.frontend.documents import EditorWorkspace

logger = logging.getLogger(__name__)

command_token: ContextVar[types.ProgressToken | None] = ContextVar("command_token", default=None)
"""Inside a command: the token for its progress, if the client sent one."""


class LspProtocol(LanguageServerProtocol):
    """pygls' protocol with our documents, and an answer to malformed, early and late requests.

    ``on_lost`` is called with the URI of a document whose text is not known any more.
    """

    workspace: EditorWorkspace  # type: ignore[assignment]
    on_lost: Callable[[str], None] = staticmethod(lambda uri: None)

    # -- what pygls registers --------------------------------------------------------------------------

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

    # -- reading ---------------------------------------------------------------------------------------

    def receive(self, body: bytes) -> None:
        """Handle the message in ``body``. A request that cannot be read is answered with an error."""
        try:
            data = json.loads(body, parse_constant=_refuse_number, parse_float=_finite)
        except (ValueError, RecursionError):
            self._refuse(None, types.ErrorCodes.ParseError, "the message is no JSON")
            return
        if isinstance(data, dict) and "id" in data and "method" not in data:
            self._receive_answer(data)
        elif isinstance(data, dict) and "method" in data and data.get("jsonrpc") == self.VERSION:
            self._receive_call(data)
        else:
            number = data.get("id") if isinstance(data, dict) else None
            self._refuse(number, types.ErrorCodes.InvalidRequest, "this is no message of JSON-RPC 2.0")

    def _receive_call(self, data: dict[str, Any]) -> None:
        """Handle a request or a notification."""
        method, number = data["method"], data.get("id")
        if not isinstance(method, str) or ("id" in data and not _is_id(number)):
            self._refuse(number, types.ErrorCodes.InvalidRequest, "the method or the id is of a wrong type")
            return
        fallback = JsonRPCRequestMessage if "id" in data else JsonRPCNotification
        kind = self.get_message_type(method) or fallback
        if "id" in data and not _has_id(kind):
            self._refuse(number, types.ErrorCodes.InvalidRequest, f"{method} is a notification")
            return
        try:
            message = self._converter.structure(normalize_params(data), kind)
        except Exception as error:  # of any kind: cattrs and the validators of lsprotocol raise many
            self._refuse_params(data, error)
        else:
            self.handle_message(message)

    def _receive_answer(self, data: dict[str, Any]) -> None:
        """Handle the answer to a request of ours; one that does not fit the protocol is an error."""
        number = data["id"]
        if not _is_id(number) or number not in self._result_types:
            logger.warning("ignored an answer to no request")
            return
        result_type = self._result_types.pop(number) or JsonRPCResponseMessage
        kind = types.ResponseErrorMessage if "error" in data else result_type
        try:
            message = self._converter.structure({"result": None, **data}, kind)
        except Exception as error:
            refusal = types.ResponseError(types.ErrorCodes.InvalidParams, _reason(error))
            self._handle_response(number, error=refusal)
        else:
            self.handle_message(cast("RPCMessage", message))

    def _refuse_params(self, data: dict[str, Any], error: Exception) -> None:
        """Refuse a message whose parameters cannot be read: answer it, or forget the documents that it changes."""
        method, params = data["method"], data.get("params")
        problem = f"{method}: the parameters do not fit the protocol"
        if "id" in data:
            self._refuse(data["id"], types.ErrorCodes.InvalidParams, problem)
            return
        logger.warning("%s (%s)", problem, _reason(error))
        if method in CHANGES and self._workspace is not None:
            for uri in self.workspace.lose(params):
                logger.warning(
                    "the text of %s is unknown until it is opened again or changed as a whole", uri
                )
                self.on_lost(uri)

    def _refuse(self, number: object, code: types.ErrorCodes | types.LSPErrorCodes, message: str) -> None:
        """Answer with an error; without an id where there is none that could be sent back."""
        known = number if _is_id(number) else None
        error = {"code": code.value, "message": message}
        self._send_data({"jsonrpc": self.VERSION, "id": known, "error": error})

    # -- handling --------------------------------------------------------------------------------------

    def handle_message(self, message: RPCMessage) -> None:
        """Answer or refuse ``message``."""
        if isinstance(message, RPCRequest) and (refusal := self._untimely(message.method)):
            self._refuse(message.id, *refusal)
        elif self._workspace is None and getattr(message, "method", types.EXIT) not in (
            types.INITIALIZE,
            types.EXIT,
        ):
            logger.warning("ignored a notification before the server is initialized")
        else:
            super().handle_message(message)

    def _untimely(self, method: str) -> tuple[types.ErrorCodes, str] | None:
        """Return why a request is refused at this time."""
        if self._shutdown:
            return types.ErrorCodes.InvalidRequest, "The server is shutting down"
        if self._workspace is None and method != types.INITIALIZE:
            return types.ErrorCodes.ServerNotInitialized, "The server is not initialized"
        if self._workspace is not None and method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, "The server is initialized already"
        return None

    def _execute_handler(
        self,
        msg_id: MsgId,
        handler: Callable[..., Any],
        callback: Callable[[Future[Any]], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Run ``handler``; pygls would keep the futures of notifications, and what they hold, for ever."""

        def done(future: Future[Any]) -> None:
            # later: on shutdown pygls cancels while it goes through them
            asyncio.get_running_loop().call_soon(self._forget, msg_id, future)
            callback(future)

        super()._execute_handler(msg_id, handler, done, args, kwargs)

    def _forget(self, msg_id: MsgId, future: Future[Any]) -> None:
        if self._request_futures.get(msg_id) is future:
            del self._request_futures[msg_id]

    def _send_handler_result(self, future: Future[Any], *, msg_id: MsgId) -> None:
        """Answer with the one-line message of a `SoothsayError`; pygls would answer with a traceback."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, Cancelled):
            refusal = JsonRpcRequestCancelled("cancelled").to_response_error()
        elif isinstance(error, SoothsayError):
            logger.warning("%s", error)
            refusal = types.ResponseError(types.LSPErrorCodes.RequestFailed, str(error))
        elif isinstance(error, JsonRpcException):
            refusal = error.to_response_error()
        else:
            super()._send_handler_result(future, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        self._send_response(msg_id, error=refusal)

    def _handle_cancel_notification(self, msg_id: MsgId) -> None:
        """Cancel a request; ignore one that was answered already, because the two messages crossed."""
        if _is_id(msg_id) and msg_id in self._request_futures and msg_id not in self._result_types:
            super()._handle_cancel_notification(msg_id)

    def _handle_response(
        self, msg_id: MsgId, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.cancelled():  # we sent the request and no longer wait for its answer
            del self._request_futures[msg_id]
        else:
            super()._handle_response(msg_id, result, error)


def _is_id(number: object) -> bool:
    return isinstance(number, int | str) and not isinstance(number, bool)


def _has_id(kind: type[Any]) -> bool:
    return any(field.name == "id" for field in kind.__attrs_attrs__)


def _reason(error: Exception) -> str:
    """Return what kind of error it is: its text may hold the text of documents."""
    return type(error).__name__


def _refuse_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(number: str) -> float:
    """Return a number that can be sent back."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value
