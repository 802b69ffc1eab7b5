"""An index that is read and written in this process."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from soothsay_index.build.process_pool import OpenExecutor, open_process_pool
from soothsay_index.build.programs import ProgramSync
from soothsay_index.build.reading import ParsedFiles
from soothsay_index.embedding.client import ProcessEmbedder
from soothsay_index.embedding.embedder import Embedder, LoadingEmbedder, SentenceTransformerEmbedder
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.progress import OnProgress, ignore_progress
from soothsay_index.runtime.project import read_project
from soothsay_index.search.member_views import MemberViews
from soothsay_index.search.package_states import PackageStates
from soothsay_index.search.search import Searcher
from soothsay_index.shared.index import SharedIndex
from soothsay_index.shared.publishing import Publisher, PublishResult
from soothsay_index.sources.base import FileFacts, Used
from soothsay_index.sources.workspace import Workspace
from soothsay_index.store.overlay import Overlay
from soothsay_index.store.status import status_of
from soothsay_index.store.store import Store
from soothsay_index.types import Hit, IndexSummary, PackageState, Query, Symbol
from soothsay_index.worker.writer import BuildOptions, Writer
from soothsay_languages.environment import Environment

log = logging.getLogger(__name__)

_MAX_PENDING_FILES = 16  # larger updates, such as checking out a branch, are found when they are stored


class LocalIndex:
    """The :class:`~soothsay_index.types.Index` over a store on disk. Reading is thread-safe and fast."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder | None = None,
        open_executor: OpenExecutor = open_process_pool,
        docs: Sequence[Path] = (),
        uri: str = "",
        *,
        subfolders: bool = True,
        help_texts: bool = False,
    ) -> None:
        """``help_texts``: run programs of the allow-list for what they say of their options."""
        self.store = store
        self.workspace = Workspace(store.workspace, docs, subfolders=subfolders)
        programs = ProgramSync(store.workspace, store.packages) if help_texts else None
        self.writer = Writer(store, self.workspace, embedder, open_executor, uri, programs)
        self._embedder = embedder
        self._overlay = Overlay()
        self._views = MemberViews(store, self._overlay)
        self._states = PackageStates(self._views)
        self._searcher = Searcher(store, self._views, embedder, self._overlay)
        self._loading: threading.Thread | None = None
        self.on_use: Callable[[Used], None] = ignore_use  # called with what a shown or saved file imports
        self.on_build: Callable[[Used], None] = ignore_use  # called with what the open documents import
        self.writer.on_environment = lambda: self.on_use(self.open_files())

    @classmethod
    def open(
        cls,
        root: Path,
        workspace: Path,
        model_folder: Path | None = None,
        model_id: str = "all-MiniLM-L6-v2",
        threads: int | None = None,
        docs: Sequence[Path] = (),
        uri: str = "",
        *,
        embed_apart: bool = False,
        subfolders: bool = True,
        variant: str = "",
        help_texts: bool = False,
    ) -> LocalIndex:
        """Open (or create) the index of ``workspace`` under the folder ``root``.

        ``model_folder`` is the embedding model; without one the index works by full text alone. ``docs`` are folders
        of documentation outside the workspace, ``uri`` is a shared index that builds take from. Without ``subfolders``
        only the files in ``workspace`` itself belong to it. ``variant`` tells several indexes of one folder apart. ``embed_apart``: the
        model is loaded in a process that ends when it is idle, for an index that stays. ``help_texts``: run programs that
        the workspace calls, and that are on an allow-list, for what they say of their options.
        """
        if not workspace.is_dir():
            raise SoothsayIndexError(f"No folder {workspace}: give the workspace's root folder.")
        embedder: Embedder | None = None
        if model_folder and embed_apart:
            embedder = ProcessEmbedder(model_folder, model_id, threads=threads, run_in=root)
        elif model_folder:
            embedder = SentenceTransformerEmbedder(model_folder, model_id, threads=threads)
        store = Store(root, workspace, model_id if embedder else "", variant=variant)
        return cls(store, embedder, docs=docs, uri=uri, subfolders=subfolders, help_texts=help_texts)

    def load_model(self) -> None:
        """Load the embedding model now; until it is loaded, searches do without vectors."""
        if isinstance(self._embedder, LoadingEmbedder):
            self._embedder.load()

    def prepare_for_searches(self) -> None:
        """Start loading the embedding model because searches are expected. Returns at once."""
        if isinstance(self._embedder, LoadingEmbedder):
            self._embedder.prepare()

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

    # -- reading -------------------------------------------------------------------------------------------

    def members(self, owner: str) -> Sequence[Symbol]:
        """Return all members of ``owner``, documented ones first; empty when it is not known."""
        return self._views.view(owner).members

    def is_closed(self, owner: str) -> bool:
        """Return whether ``members(owner)`` is complete."""
        return self._views.view(owner).closed

    def lookup(self, qualified: str) -> Symbol | None:
        """Return the symbol at ``owner + "." + name``, or None."""
        owner, _, name = qualified.rpartition(".")
        return self._views.view(owner).by_name.get(name) if owner and name else None

    def has_name(self, name: str) -> bool:
        """Return True when some indexed symbol has this bare name."""
        return self._views.has_name(name)

    def package_state(self, owner: str) -> PackageState:
        """Return whether the package of ``owner`` is indexed, about to be, not installed, or of unknown content."""
        return self._states.state(owner, self.writer.environment, was_sought=self.writer.environment_sought)

    def search(self, query: Query) -> Sequence[Hit]:
        """Return the best ``query.limit`` hits, best first. The open documents count as recent, the last edited first."""
        if self._loading is not None:
            self._loading.join()
        recent = query.recent or tuple(reversed(self._overlay.open_paths()))
        return self._searcher.search(replace(query, recent=recent))

    def until(self, cancel: threading.Event | None) -> LocalIndex:
        """Return this index: its answers cannot be cancelled."""
        return self

    def warm_quietly(self) -> None:
        """Fill the caches that searches use; a failure is logged."""
        try:
            self._searcher.warm()
        except Exception as error:
            log.warning("The index could not be searched: %s", error)

    def status(self) -> IndexSummary:
        """Return how much is indexed."""
        return replace(status_of(self.store), reading=self.writer.reading)

    # -- documents that are open in an editor --------------------------------------------------------------

    def mirror(self, path: Path, text: str) -> None:
        """Index ``text`` as the content of the open document ``path``; it replaces the stored file in answers."""
        name = self.workspace.name_of(path)
        if name is None or not self.workspace.may_show(path):
            return
        key = f"{name} {hashlib.blake2b(text.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"
        if key in self.writer.suspects:
            log.warning("%s is not indexed as it is typed: it may have ended the index's process", name)
            return
        try:
            with self.writer.suspects.noted([key]):
                facts = self.workspace.cut(self.workspace.place(name), text)
        except (RecursionError, ValueError) as error:
            log.warning("%s is not indexed as it is typed: %s", name, error)
            return
        if facts is not None:
            self._overlay.put(name, facts)
            self.on_use(used_by([facts]))

    def forget(self, path: Path) -> None:
        """Remove a closed document; its stored file counts again."""
        name = self.workspace.name_of(path)
        if name is not None:
            self._overlay.drop(name)

    def open_files(self) -> Used:
        """Return what the open documents use."""
        return used_by(self._overlay.snapshot().values())

    # -- writing -------------------------------------------------------------------------------------------

    def build(
        self,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        interpreter: str | Path | None = None,
        all_packages: bool = False,
        embed: bool = True,
        awaited: bool = False,
        file: Path | None = None,
    ) -> IndexSummary:
        """Bring the index up to date with the workspace and the environment of ``interpreter``.

        ``awaited``: somebody waits for it. ``file``: of packages, only what this file needs.
        """
        options = BuildOptions(
            str(interpreter) if interpreter else None,
            all_packages,
            embed,
            awaited,
            str(file) if file else None,
        )
        return self.build_with(options, on_progress, cancel)

    def build_with(
        self,
        options: BuildOptions,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> IndexSummary:
        """Like :meth:`build`."""
        self.writer.build(options, self.open_files(), on_progress or ignore_progress, cancel)
        return self._after_build()

    def build_from(
        self,
        environment: Environment | None,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        all_packages: bool = False,
        embed: bool = True,
    ) -> IndexSummary:
        """Like :meth:`build`, with an environment that was found already."""
        options = BuildOptions(None, all_packages, embed)
        self.writer.build_from(
            environment, options, self.open_files(), on_progress or ignore_progress, cancel
        )
        return self._after_build()

    def _after_build(self) -> IndexSummary:
        self.store.reopen()
        self._views.forget()
        self.on_build(self.open_files())
        return self.status()

    def refresh_environment(self, options: BuildOptions) -> None:
        """Read again what is installed: what the open documents import of it need not wait for a build."""
        self.writer.refresh_environment(options)
        self._views.forget()
        self.on_use(self.open_files())

    def packages_read(self) -> None:
        """See packages that were just read."""
        self._views.forget()

    def update(self, paths: Iterable[Path]) -> int:
        """Index changed files again and remove deleted ones; return how many were rewritten.

        Up to 16 files can be found before they are stored, which may take long while a build runs.
        """
        paths = list(paths)
        ahead: dict[str, FileFacts] = {}

        def show(cut: ParsedFiles) -> None:
            if len(paths) <= _MAX_PENDING_FILES:
                ahead.update(cut.facts())
                self._overlay.add_pending(ahead)
            self.on_use(used_by(cut.facts().values()))

        try:
            return self.writer.update(paths, show)
        finally:
            self._views.add_stored(ahead)
            self._overlay.remove_pending(ahead)

    def remove(self, paths: Iterable[Path]) -> int:
        """Remove files from the index; return how many were known."""
        return self.writer.remove(paths)

    def publish(
        self,
        uri: str,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
        *,
        itself: bool = True,
    ) -> PublishResult:
        """Publish the packages of the last build to the shared index ``uri``; ``itself``: the workspace, too.

        Raises :class:`SoothsayIndexError` where that cannot be written.
        """
        publisher = Publisher(self.store, self._shared(uri), self.writer.environment)
        project = read_project(self.store.workspace) if itself else None
        return publisher.publish(project, on_progress or ignore_progress, cancel or threading.Event())

    def prepare_publishing(self, uri: str) -> None:
        """Create missing tables in the shared index ``uri``. Raises the errors of :meth:`publish` early."""
        self._shared(uri).prepare()

    def _shared(self, uri: str) -> SharedIndex:
        model = self._embedder.model_id if self._embedder is not None else ""
        return SharedIndex(uri, model, self.store.dimension)

    def close(self) -> None:
        """Release the lease, so that another process can write."""
        self.writer.close()


def used_by(files: Iterable[FileFacts]) -> Used:
    """Return what ``files`` import and the services that they make clients of."""
    imports = [file.imports for file in files]
    return Used(
        {module: 1 for each in imports for module in each.modules},
        {service: 1 for each in imports for service in each.services},
    )


def ignore_use(_: Used) -> None:
    """Ignore what a file imports."""
