"""Machine-independent addresses of a package's files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pyarrow as pa

from soothsay_languages.environment import Environment


def to_portable_uris(uris: pa.ChunkedArray, environment: Environment) -> pa.Array:
    """Return addresses relative to ``environment``'s folders; other addresses become empty."""
    prefixes = [(folder.as_uri() + "/", f"{label}:") for label, folder in environment.labelled_folders()]

    def shorten(uri: str) -> str:
        for prefix, name in prefixes:
            if uri.startswith(prefix):
                return name + uri[len(prefix) :]
        return ""

    return _each(uris, shorten)


def to_local_uris(uris: pa.ChunkedArray, environment: Environment) -> pa.Array:
    """Return the addresses in ``environment`` of what :func:`to_portable_uris` returned."""

    def complete(uri: str) -> str:
        name, _, rest = uri.partition(":")
        found = [
            folder.as_uri() + "/" + rest for label, folder in environment.labelled_folders() if label == name
        ]
        if len(found) > 1:
            found = [each for each in found if _path(each).exists()] or found
        return found[0] if found else ""

    return _each(uris, complete)


def _each(values: pa.ChunkedArray, change: Callable[[str], str]) -> pa.Array:
    """Return ``values`` with ``change`` applied once per distinct value."""
    encoded = values.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    changed = pa.array([change(value or "") for value in encoded.dictionary.to_pylist()], pa.string())
    return changed.take(encoded.indices)


def _path(uri: str) -> Path:
    return Path(url2pathname(unquote(urlsplit(uri).path)))
