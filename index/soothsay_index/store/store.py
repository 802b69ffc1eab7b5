"""The databases on disk: one of packages, shared by all workspaces, and one per workspace."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from soothsay_common.file_identity import file_identity
from soothsay_index.store.database import Database
from soothsay_index.store.rows import CHUNKS, FILES, OWNERS, SYMBOLS, vectors_schema

_ENVIRONMENT = "python"  # the key in the state, as older versions have it


class Store:
    """The database of one workspace (``local``) and the shared one of packages (``packages``)."""

    def __init__(
        self, root: Path, workspace: Path, model: str = "", dimension: int = 384, variant: str = ""
    ) -> None:
        vectors = vectors_schema(dimension)
        self.workspace = workspace.resolve()
        self.dimension = dimension
        self.packages = Database(
            root / "packages",
            {"symbols": SYMBOLS, "owners": OWNERS, "chunks": CHUNKS, "vectors": vectors},
            model,
            dimension,
        )
        self.local = Database(
            root / "workspaces" / _slug(self.workspace, variant),
            {"symbols": SYMBOLS, "owners": OWNERS, "chunks": CHUNKS, "files": FILES, "vectors": vectors},
            model,
            dimension,
        )

    @property
    def name(self) -> str:
        """Return the workspace's name, which stands where other symbols have their package."""
        return self.workspace.name or "workspace"

    def reopen(self) -> None:
        """Reopen both databases after large writes: see :meth:`Database.reopen`."""
        self.packages.reopen()
        self.local.reopen()

    # -- which releases this workspace sees ----------------------------------------------------------------

    def releases_in_use(self) -> frozenset[str]:
        """Return the keys of the releases that this workspace's environment has; other versions are hidden from it."""
        return frozenset(self._state().get("releases", ()))

    def releases_stamp(self) -> object:
        """Return a value that changes when a release is stored, or when another one is in use."""
        files = self.packages.folder / "manifest.json", self.local.folder / "state.json"
        return tuple(file_identity(file) for file in files)

    def write_state(self, releases: Iterable[str], environment: str) -> None:
        """Store the environment's releases, and its description, for readers."""
        path = self.local.folder / "state.json"
        temporary = path.with_suffix(f".{os.getpid()}")
        plain = {"workspace": str(self.workspace), _ENVIRONMENT: environment, "releases": sorted(releases)}
        temporary.write_text(json.dumps(plain), encoding="utf-8")
        temporary.replace(path)

    def environment(self) -> str:
        """Return the description of the last build's environment."""
        return str(self._state().get(_ENVIRONMENT, ""))

    def _state(self) -> dict[str, Any]:
        try:
            plain = json.loads((self.local.folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return plain if isinstance(plain, dict) else {}


def _slug(workspace: Path, variant: str) -> str:
    digest = hashlib.blake2b(
        f"{workspace}{variant and f' {variant}'}".encode("utf-8", "replace"), digest_size=6
    ).hexdigest()
    name = "".join(char if char.isalnum() else "-" for char in workspace.name)[:40]
    return f"{name or 'root'}-{digest}"
