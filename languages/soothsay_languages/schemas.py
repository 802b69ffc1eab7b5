"""The language server that judges YAML and JSON by the schemas that describe them, of files on this machine alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from soothsay_languages.oracle import (
    DiagnosticKind,
    Schemas,
    ServerPackage,
    ServerSpec,
    not_elsewhere,
    npm_script,
)

_UNREAD = "65536"  # the schema cannot be read
_KINDS: dict[str, DiagnosticKind] = {
    "513": "unknown_argument",  # a key that the schema does not have
    "1": "wrong_type",  # a value that it does not name
    "YAML": "syntax",
}
# of other diagnostics the message alone says what is wrong; that a key is missing is no mistake while a file is written
_WRONG_TYPE = re.compile(r"Incorrect type\. |Value must be ")
# the server brings those of schemas themselves
_BROUGHT = re.compile(r"https?://json-schema\.org/draft")
_ON_A_HOST = re.compile(r"[\\/]{2}")  # Windows asks the network for a path that begins so
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"?|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_NOT_LINE_END = re.compile(r"[^\n]")
_SCRIPT = npm_script("yaml-language-server/bin/yaml-language-server")
_CLASS = 7  # LSP's kind of a proposal of a whole object

_ON_DISK_ONLY: Mapping[str, Any] = {
    "yaml": {
        "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
        "format": {"enable": False},
    }
}
# a schema that is a URL is asked of the client then, which has none
_ASKS_THE_CLIENT = "yaml/registerContentRequest"


def without_comments(text: str) -> str:
    """Return JSON with blanks in place of its comments, which take as much room in UTF-16."""
    return _STRING_OR_COMMENT.sub(lambda match: match[0] if match[0][0] == '"' else _blanks(match[0]), text)


def _blanks(comment: str) -> str:
    return _NOT_LINE_END.sub(lambda match: "  " if match[0] > "\uffff" else " ", comment)


def _settings(_runtime: Path | None) -> Mapping[str, Any]:
    return _ON_DISK_ONLY


def _kind_of(kind: DiagnosticKind, message: str) -> DiagnosticKind:
    return "wrong_type" if kind == "other" and _WRONG_TYPE.match(message) else kind


def _is_at_hand(uri: str) -> bool:
    """Return whether a schema is read without a network, and without waiting: of a pipe or a device it may never be."""
    if _BROUGHT.match(uri):
        return True
    try:
        parts = urlsplit(uri)
        is_here = parts.scheme == "file" and not parts.netloc and not _ON_A_HOST.match(unquote(parts.path))
        return is_here and Path(url2pathname(parts.path)).is_file()
    except (OSError, ValueError):
        return False


SCHEMA_SERVER = ServerSpec(
    name="yaml-language-server",
    find_command=not_elsewhere,
    language_ids={".yml": "yaml", ".yaml": "yaml", ".json": "yaml", ".jsonc": "yaml"},
    kinds=_KINDS,
    kind_of=_kind_of,
    blinding=frozenset({_UNREAD}),
    settings=_settings,
    announced=(_ASKS_THE_CLIENT,),
    schemas=Schemas("yaml/get/jsonSchema", _is_at_hand),
    install="soothsay judges install yaml-language-server",
    canary="# yaml-language-server: $schema=http://json-schema.org/draft-07/schema#\ntype: 1\n",
    # it waits 200 ms before it looks, and publishes once
    quiet_ms=10,
    diagnostics_ms=800,
    opening_ms=1500,
    lists_keys=True,
    tried_key="{}: ",
    proposed=re.compile(r".+"),
    no_names=frozenset({_CLASS}),
    seen=dict.fromkeys((".json", ".jsonc"), without_comments),
    package=ServerPackage(
        "yaml-language-server",
        "1.25.0",
        _SCRIPT,
        ("--stdio",),
        licence="MIT",
        runner="node",
        preload=Path(__file__).with_name("schema_files"),
    ),
)
