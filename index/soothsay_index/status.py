"""How much is indexed, for people."""

from __future__ import annotations

from dataclasses import dataclass

from .store import Store


@dataclass(frozen=True, slots=True)
class Status:
    """What the index of one workspace has."""

    files: int = 0
    chunks: int = 0
    symbols: int = 0  # of packages and services this workspace sees, and of the workspace itself
    packages: int = 0
    services: int = 0
    embedded: int = 0  # releases with vectors
    releases: int = 0
    vectors: int = 0
    python: str = ""
    folder: str = ""

    def describe(self) -> str:
        """A look at the index in one line."""
        return (
            f"{self.files} files ({self.chunks} chunks), {self.packages} packages, {self.services} services, "
            f"{self.symbols} symbols; vectors for {self.embedded} of {self.releases} releases ({self.vectors}); "
            f"Python {self.python or 'not found'}; in {self.folder}"
        )


def status_of(store: Store) -> Status:
    """How much ``store`` has for its workspace."""
    visible = store.releases_in_use()
    states = {key: state for key, state in store.packages.manifest().releases.items() if key in visible}
    packages = {
        key.split("/", 1)[0]
        for key, state in states.items()
        if state.origin == "package" and (state.symbols or state.chunks)
    }
    return Status(
        files=store.local.count("files"),
        chunks=store.local.count("chunks"),
        symbols=sum(state.symbols for state in states.values()) + store.local.count("symbols"),
        packages=len(packages),
        services=sum(state.origin == "service" for state in states.values()),
        embedded=sum(state.embedded for state in states.values()),
        releases=len(states),
        vectors=store.packages.count("vectors") + store.local.count("vectors"),
        python=store.python(),
        folder=str(store.packages.folder.parent),
    )
