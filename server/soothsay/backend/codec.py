"""Encoding of messages: a line of JSON, then the document's text as UTF-8.

The text is not part of the JSON because escaping a long file would take milliseconds at every key.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args

import cattrs

from soothsay.backend import messages
from soothsay.backend.messages import Message
from soothsay.engine.types import Completion, Fault, Replacement
from soothsay_index.types import IndexSummary

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Message)}

RESULTS: dict[type[Any], Any] = {
    messages.Open: NoneType,
    messages.Load: NoneType,
    messages.Complete: Completion,
    messages.Prepare: NoneType,
    messages.FindFaults: tuple[Fault, ...],
    messages.Repair: Replacement | None,
    messages.BuildIndex: IndexSummary,
    messages.UpdateFiles: int,
    messages.IndexStatus: IndexSummary,
    messages.Describe: messages.BackendStatus,
    messages.Close: NoneType,
    messages.Stop: NoneType,
}
"""The type of the result in the `Done` of each request."""


class CodecError(Exception):
    """The bytes are not a message of this version."""


@lru_cache(maxsize=1)
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_unstructure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, Path), str
    )
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    # tokens are bytes that may not be valid UTF-8: one character per byte
    converter.register_unstructure_hook(bytes, lambda data: data.decode("latin-1"))
    converter.register_structure_hook(bytes, lambda text, _: text.encode("latin-1"))
    return converter


def encode(message: Message, text: str | None = None) -> bytes:
    """Return the bytes of ``message`` and its document ``text``. Raises `TypeError`, `ValueError` if it is not JSON."""
    plain = {"is": type(message).__name__, **_converter().unstructure(message)}
    head = json.dumps(plain, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return head if text is None else head + b"\n" + text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> tuple[Message, str]:
    """Return the message in ``data`` and its text (empty without one). Raises `CodecError`."""
    head, _, body = data.partition(b"\n")
    try:
        plain = json.loads(head)
        kind = _KINDS[plain.pop("is")]
        return _converter().structure(plain, kind), body.decode("utf-8", "surrogatepass")
    except Exception as error:  # cattrs raises exception groups of any types
        raise CodecError(f"not a message of this version: {type(error).__name__}") from error


def result_to_plain(result: Any) -> Any:
    """Return ``result`` as plain JSON values."""
    return _converter().unstructure(result)


def result_from_plain(request: type[Any], plain: Any) -> Any:
    """Return the result of a request of type ``request`` from its plain JSON values."""
    kind = RESULTS[request]
    if kind is NoneType or (isinstance(kind, UnionType) and plain is None):
        return None
    if isinstance(kind, UnionType):
        kind = next(each for each in get_args(kind) if each is not NoneType)
    return _converter().structure(plain, kind)
