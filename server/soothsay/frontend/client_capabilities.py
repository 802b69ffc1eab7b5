"""What a client has announced that it can do, beyond what pygls looks at."""

from __future__ import annotations

from lsprotocol.types import ClientCapabilities, ClientCompletionItemOptions


def announces(capabilities: ClientCapabilities, ability: str) -> bool:
    """Return whether ``capabilities.experimental.soothsay`` says true to ``ability``, which LSP has no capability for."""
    experimental = capabilities.experimental
    ours = experimental.get("soothsay") if isinstance(experimental, dict) else None
    return isinstance(ours, dict) and ours.get(ability) is True


def keeps_settings_apart(capabilities: ClientCapabilities) -> bool:
    """Return whether the client keeps the files of a workspace that is not trusted from setting what is run or loaded."""
    return announces(capabilities, "settingsTrusted")


def can_resolve(capabilities: ClientCapabilities) -> bool:
    """Return whether the client requests a list item's documentation when it shows the item."""
    item = _list_items(capabilities)
    support = item.resolve_support if item else None
    return support is not None and "documentation" in support.properties


def takes_list_snippets(capabilities: ClientCapabilities) -> bool:
    """Return whether list items may be snippets."""
    item = _list_items(capabilities)
    return item is not None and item.snippet_support is True


def takes_inline_snippets(capabilities: ClientCapabilities) -> bool:
    """Return whether ghost text may be a snippet."""
    return announces(capabilities, "snippets")


def _list_items(capabilities: ClientCapabilities) -> ClientCompletionItemOptions | None:
    document = capabilities.text_document
    return document.completion.completion_item if document and document.completion else None
