"""Throwing away what nobody uses: releases, and vectors of texts that are gone."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

from soothsay_index.store.database import Database
from soothsay_index.store.store import Store

log = logging.getLogger(__name__)

UNUSED_RETENTION = 14 * 24 * 3600.0  # seconds: an environment that is made anew each week finds its packages


def prune_releases(store: Store, keep: float = UNUSED_RETENTION) -> list[str]:
    """Remove the releases that no workspace's environment has, and none had for ``keep`` seconds."""
    database = store.packages
    in_use = _in_use(database.folder.parent / "workspaces")
    with database.writing():
        manifest = database.manifest()
        limit = time.time() - keep
        old = [key for key, state in manifest.releases.items() if key not in in_use and state.used < limit]
        if old:
            # The manifest first: after a sudden death rows of unknown releases are overwritten, not missed.
            database.remove_releases(old)
            for table in ("symbols", "owners", "chunks"):
                database.delete_in(table, "release", old)
            prune_vectors(database)
    return old


def prune_vectors(database: Database) -> int:
    """Remove the vectors that no row refers to; returns how many."""
    with database.writing():
        stored = set(database.arrow("vectors", columns=["key"]).column("key").to_pylist())
        for table in ("symbols", "chunks"):
            stored -= set(database.arrow(table, columns=["vector_key"]).column("vector_key").to_pylist())
        database.delete_in("vectors", "key", sorted(stored))
    return len(stored)


def _in_use(workspaces: Path) -> set[str]:
    """The keys of the releases that the workspaces which still exist have."""
    used: set[str] = set()
    for place in workspaces.glob("*/state.json"):
        try:
            state = json.loads(place.read_text(encoding="utf-8"))
            if Path(state["workspace"]).is_dir():
                used.update(state["releases"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.debug("%s cannot be read: %s", place, error)
    return used
