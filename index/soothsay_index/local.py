"""The index in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from .embedding import Embedder, SentenceTransformerEmbedder
from .environment import Environment
from .errors import SoothsayIndexError
from .members import MemberViews
from .search import Searcher
from .store import Store
from .sync import Builder, OnProgress, Status, status_of
from .types import Hit, Query, Symbol


class LocalIndex:
    """The :class:`~soothsay_index.types.Index` over a store on disk. Reading is thread-safe and quick."""

    def __init__(self, store: Store, embedder: Embedder | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._views = MemberViews(store)
        self._searcher = Searcher(store, self._views, embedder)
        self._builder: Builder | None = None

    @classmethod
    def open(
        cls,
        root: Path,
        workspace: Path,
        model_folder: Path | None = None,
        model_id: str = "all-MiniLM-L6-v2",
        threads: int | None = None,
    ) -> LocalIndex:
        """Open (or create) the index of ``workspace`` under the folder ``root``.

        ``model_folder`` is the embedding model; without one the index works by full text alone.
        """
        if not workspace.is_dir():
            raise SoothsayIndexError(f"No folder {workspace}: give the workspace's root folder.")
        embedder = (
            SentenceTransformerEmbedder(model_folder, model_id, threads=threads) if model_folder else None
        )
        return cls(Store(root, workspace, model_id if embedder else ""), embedder)

    @property
    def store(self) -> Store:
        """The tables behind this index."""
        return self._store

    def load_model(self) -> None:
        """Load the embedding model now; until it is loaded, searches do without vectors."""
        if isinstance(self._embedder, SentenceTransformerEmbedder):
            self._embedder.load()

    def members(self, owner: str) -> Sequence[Symbol]:
        """All members of ``owner``, documented ones first; empty when it is not known."""
        return self._views.view(owner).members

    def is_closed(self, owner: str) -> bool:
        """True when a name that is missing in ``members(owner)`` does not exist."""
        return self._views.view(owner).closed

    def lookup(self, qualified: str) -> Symbol | None:
        """The symbol at ``owner + "." + name``, or None."""
        owner, _, name = qualified.rpartition(".")
        return self._views.view(owner).by_name.get(name) if owner and name else None

    def has_name(self, name: str) -> bool:
        """True when some indexed symbol has this bare name."""
        return self._views.has_name(name)

    def search(self, query: Query) -> Sequence[Hit]:
        """The best ``query.limit`` hits, best first."""
        return self._searcher.search(query)

    def status(self) -> Status:
        """How much is indexed."""
        return status_of(self._store)

    def close(self) -> None:
        """Nothing to free: it is there so that an index in a worker process can be closed alike."""

    def build(
        self,
        environment: Environment | None,
        progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        all_packages: bool = False,
        embed: bool = True,
        done: Callable[[Status], None] | None = None,
    ) -> Status:
        """Bring the index up to date; see :meth:`Builder.build`."""
        self._builder = Builder(self._store.workspace, self._store, environment, self._embedder)
        status = self._builder.build(progress or (lambda _: None), cancel, all_packages, embed)
        if done:
            done(status)
        return status

    def update(self, paths: Iterable[Path], texts: Mapping[Path, str] | None = None) -> int:
        """Index changed files again (``texts``: unsaved contents); returns how many were rewritten."""
        return self._files_builder().update_files(paths, texts)

    def remove(self, paths: Iterable[Path]) -> int:
        """Forget files."""
        return self._files_builder().remove_files(paths)

    def _files_builder(self) -> Builder:
        return Builder(self._store.workspace, self._store, None, self._embedder)
