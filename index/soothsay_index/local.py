"""The index in this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .embedding import Embedder, SentenceTransformerEmbedder
from .environment import Environment, find_environment
from .errors import SoothsayIndexError
from .members import MemberViews
from .search import Searcher
from .store import Store
from .sync import Builder, OnProgress, Status, status_of
from .types import Hit, Progress, Query, Symbol

log = logging.getLogger(__name__)


class LocalIndex:
    """The :class:`~soothsay_index.types.Index` over a store on disk. Reading is thread-safe and quick."""

    def __init__(self, store: Store, embedder: Embedder | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._views = MemberViews(store)
        self._searcher = Searcher(store, self._views, embedder)
        self._loading: threading.Thread | None = None

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

    def start(self) -> None:
        """Load the embedding model in the background; the first search waits for it."""
        if self._loading is None:
            self._loading = threading.Thread(target=self.load_quietly, name="load", daemon=True)
            self._loading.start()

    def load_quietly(self) -> None:
        """Load the embedding model; a failure is logged, and searches go on by full text."""
        try:
            self.load_model()
        except Exception as error:
            log.warning("The embedding model does not load, search goes on without it: %s", error)

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
        if self._loading is not None:
            self._loading.join()
        return self._searcher.search(query)

    def status(self) -> Status:
        """How much is indexed."""
        return status_of(self._store)

    def close(self) -> None:
        """Nothing to free: it is there so that an index in a worker process can be closed alike."""

    def build(
        self,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        interpreter: str | Path | None = None,
        all_packages: bool = False,
        embed: bool = True,
    ) -> Status:
        """Bring the index up to date with the workspace and the environment of ``interpreter``.

        Where no environment is found, that is reported as progress of stage ``environment`` and the workspace alone
        is indexed.
        """
        report = on_progress or (lambda _: None)
        environment = None
        try:
            environment = find_environment(self._store.workspace, interpreter)
        except SoothsayIndexError as error:
            report(Progress("environment", 0, 0, str(error)))
        return self.build_from(environment, report, cancel, all_packages, embed)

    def build_from(
        self,
        environment: Environment | None,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        all_packages: bool = False,
        embed: bool = True,
    ) -> Status:
        """Like :meth:`build`, with an environment that was found already; see :meth:`Builder.build`."""
        builder = Builder(self._store.workspace, self._store, environment, self._embedder)
        return builder.build(on_progress or (lambda _: None), cancel, all_packages, embed)

    def update(self, paths: Iterable[Path], texts: Mapping[Path, str] | None = None) -> int:
        """Index changed files again (``texts``: unsaved contents); returns how many were rewritten."""
        return self._files_builder().update_files(paths, texts)

    def remove(self, paths: Iterable[Path]) -> int:
        """Forget files."""
        return self._files_builder().remove_files(paths)

    def _files_builder(self) -> Builder:
        return Builder(self._store.workspace, self._store, None, self._embedder)
