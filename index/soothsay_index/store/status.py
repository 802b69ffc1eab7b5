"""Figures of an index for display."""

from __future__ import annotations

from soothsay_index.sources.base import is_help_text
from soothsay_index.store.skipped import read_skipped, summarize
from soothsay_index.store.store import Store
from soothsay_index.types import IndexSummary


def status_of(store: Store) -> IndexSummary:
    """Return how much ``store`` has for its workspace."""
    visible = store.releases_in_use()
    states = {key: state for key, state in store.packages.manifest().releases.items() if key in visible}
    read = {key: state for key, state in states.items() if not is_help_text(key)}
    packages = {
        key.split("/", 1)[0]
        for key, state in read.items()
        if state.origin == "package" and (state.symbols or state.chunks)
    }
    return IndexSummary(
        files=store.local.count("files"),
        chunks=store.local.count("chunks"),
        symbols=sum(state.symbols for state in states.values()) + store.local.count("symbols"),
        packages=len(packages),
        services=sum(state.origin == "service" for state in states.values()),
        embedded=sum(state.embedded for state in read.values()),
        releases=len(read),
        vectors=store.packages.count("vectors") + store.local.count("vectors"),
        environment=store.environment(),
        folder=str(store.packages.folder.parent),
        skipped=summarize(read_skipped(store.local.folder)),
    )
