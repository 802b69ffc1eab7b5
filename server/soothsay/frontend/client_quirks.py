"""What some clients send that LSP does not allow, and that can only mean one thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsprotocol import types

_WITH_POSITIONS = ("textDocument/", "notebookDocument/")
_LARGEST = 2**31 - 1  # LSP's largest number


CHANGES = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
)
"""The methods that set or change the text of documents."""


def normalize_params(message: dict[str, Any]) -> dict[str, Any]:
    """Return ``message`` with parameters that can be decoded; what cannot be mended stays as it is.

    Raises `ValueError` for a text that is none: it would be decoded as the text ``None``.
    """
    message.setdefault("params", None)
    params = message["params"]
    if isinstance(params, dict):
        if message["method"] == types.TEXT_DOCUMENT_INLINE_COMPLETION:
            _fix_trigger_kind(params.get("context"))
        if message["method"].startswith(_WITH_POSITIONS):
            for position in _with(params, "line", "character"):
                _clamp(position)
        if message["method"] in CHANGES and not all(
            isinstance(each["text"], str) for each in _with(params, "text")
        ):
            raise ValueError("a text is no string")
    return message


def _fix_trigger_kind(context: object) -> None:
    """Treat an unknown trigger kind as automatic: vscode-languageclient 9 counts from 0, LSP 3.18 from 1."""
    if isinstance(context, dict) and context.get("triggerKind") not in (1, 2):
        context["triggerKind"] = 2


def _clamp(position: dict[str, Any]) -> None:
    """Lower numbers beyond LSP's largest, such as 2**32 - 1 for the end of a line."""
    for key in ("line", "character"):
        number = position.get(key)
        if isinstance(number, int | float) and number > _LARGEST:
            position[key] = _LARGEST


def _with(value: object, *keys: str) -> Iterator[dict[str, Any]]:
    """Yield the objects in ``value``, at any depth, that have ``keys``."""
    if isinstance(value, dict):
        if all(key in value for key in keys):
            yield value
        for key, inner in value.items():
            if key != "metadata":  # of a notebook: anything
                yield from _with(inner, *keys)
    elif isinstance(value, list):
        for inner in value:
            yield from _with(inner, *keys)
