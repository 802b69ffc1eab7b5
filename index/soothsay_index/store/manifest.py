"""The manifest of a database: which releases are completely written, and what they were made with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from soothsay_index.store.rows import SCHEMA_VERSION

_FILE = "manifest.json"
_PREVIOUS = "manifest.previous.json"


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """A release that is completely written; ``embedded`` once its vectors are there too.

    ``used`` is when a workspace last had it in its environment, in seconds of the epoch.
    """

    symbols: int
    origin: str
    embedded: bool = False
    chunks: int = 0
    used: float = 0.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a database contains and what it was made with."""

    schema: int = SCHEMA_VERSION
    model: str = ""
    dimension: int = 0
    releases: Mapping[str, ReleaseState] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of the database in ``folder``, or the one before it where that is damaged; None without either.

    Of a schema of another version, only the number is read. Raises `OSError` where a file may not be read.
    """
    return _read(folder / _FILE) or _read(folder / _PREVIOUS)


def restore_previous(folder: Path) -> bool:
    """Put the manifest before it in the place of a damaged one; return whether that was needed, and could be done."""
    previous = _read(folder / _PREVIOUS)
    if previous is None or _read(folder / _FILE) is not None:
        return False
    (folder / _FILE).unlink(missing_ok=True)
    write_manifest(folder, previous)
    return True


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest atomically and keep the one before it. Raises `OSError`."""
    path = folder / _FILE
    if path.exists():
        _replace(folder / _PREVIOUS, path.read_bytes())
    _replace(path, json.dumps(asdict(manifest), separators=(",", ":")).encode())


def _read(path: Path) -> Manifest | None:
    try:
        return _manifest_of(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)  # on a full disk, it would take what is left
        raise


def _manifest_of(plain: Mapping[str, Any]) -> Manifest:
    if plain["schema"] != SCHEMA_VERSION:
        return Manifest(int(plain["schema"]))
    releases = {key: ReleaseState(**state) for key, state in plain["releases"].items()}
    return Manifest(plain["schema"], plain["model"], plain["dimension"], releases)
