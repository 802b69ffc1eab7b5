"""Removal of unused releases, and of vectors whose texts are gone."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from pathlib import Path

from soothsay_index.store.database import Database
from soothsay_index.store.manifest import read_manifest
from soothsay_index.store.rows import SCHEMA_VERSION
from soothsay_index.store.store import Store

log = logging.getLogger(__name__)

UNUSED_RETENTION = 14 * 24 * 3600.0  # seconds; long enough for environments that are recreated weekly


def prune_releases(store: Store, keep: float = UNUSED_RETENTION) -> list[str]:
    """Remove the releases that no workspace has used for ``keep`` seconds; return their keys."""
    database = store.packages
    in_use = _in_use(database.folder.parent / "workspaces")
    with database.writing():
        manifest = database.manifest()
        limit = time.time() - keep
        old = [key for key, state in manifest.releases.items() if key not in in_use and state.used < limit]
        if old:
            # The manifest first: if the process dies in between, orphaned rows are overwritten later.
            database.remove_releases(old)
            for table in ("symbols", "owners", "chunks"):
                database.delete_in(table, "release", old)
            prune_vectors(database)
    return old


def prune_vectors(database: Database) -> int:
    """Remove the vectors that no row refers to; return their number."""
    with database.writing():
        stored = set(database.arrow("vectors", columns=["key"]).column("key").to_pylist())
        for table in ("symbols", "chunks"):
            stored -= set(database.arrow(table, columns=["vector_key"]).column("vector_key").to_pylist())
        database.delete_in("vectors", "key", sorted(stored))
    return len(stored)


def prune_other_versions(database: Database, keep: float = UNUSED_RETENTION) -> None:
    """Remove the databases beside ``database`` that other versions of soothsay wrote, and have not used for ``keep`` seconds."""
    own = database.folder
    for folder in own.parent.glob(f"{own.name.partition('-schema')[0]}*"):
        with contextlib.suppress(OSError):
            found = read_manifest(folder)
            if found is None or found.schema == SCHEMA_VERSION:
                continue
            if max(file.stat().st_mtime for file in folder.iterdir()) < time.time() - keep:
                shutil.rmtree(folder)
                log.info("the index %s of another version of soothsay was removed", folder)


def _in_use(workspaces: Path) -> set[str]:
    """Return the keys of the releases that existing workspaces use."""
    used: set[str] = set()
    for place in workspaces.glob("*/state.json"):
        try:
            state = json.loads(place.read_text(encoding="utf-8"))
            if Path(state["workspace"]).is_dir():
                used.update(state["releases"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.debug("%s cannot be read: %s", place, error)
    return used
