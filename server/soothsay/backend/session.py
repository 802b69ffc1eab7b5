"""One workspace being served: the model, the index and the engine, opened once and shared by CLI and LSP."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread
from typing import Protocol

from soothsay.align.adapters import AdapterRegistry, adapters_folder
from soothsay.align.adapters_active import NONE_IN_USE, ActiveAdapters, InUse, used
from soothsay.config import Settings
from soothsay.engine.analyses import Analyses
from soothsay.engine.draft import OnText, ignore_text
from soothsay.engine.pipeline import Engine
from soothsay.engine.repair import find_faults, repair
from soothsay.engine.types import AdapterUse, Completion, CompletionRequest, Fault, Replacement
from soothsay.errors import Cancelled, SoothsayError
from soothsay.feedback.rows import logged_folders, model_label, workspace_key
from soothsay.feedback.thresholds import learned_threshold, thresholds_path
from soothsay.model.factory import OwnWeights, WeightsStore, open_model
from soothsay.model.files.cache import is_pulled, model_path
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay.model.files.resolve import source_sha256
from soothsay.model.files.thresholds import measured_here
from soothsay.model.types import OwnedModel
from soothsay.oracle.commands import read_commands
from soothsay.oracle.null import NullOracle
from soothsay.oracle.opening import open_workspace_oracle
from soothsay.oracle.types import Oracle
from soothsay.paths import cache_folder
from soothsay_common.cancellation import Cancellation
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.boundaries import is_too_wide
from soothsay_index.runtime.environment import locate_environment
from soothsay_index.types import Hit, Index, IndexSummary, PackageState, Progress, Query, Symbol
from soothsay_languages.registry import languages

log = logging.getLogger(__name__)

OnProgress = Callable[[Progress], None]


class WritableIndex(Index, Protocol):
    """An index that can also be brought up to date."""

    def start(self) -> None:
        """Prepare for the first question in the background. Returns at once."""
        ...

    def build(
        self,
        on_progress: OnProgress | None = None,
        cancel: Cancellation | None = None,
        interpreter: str | Path | None = None,
        all_packages: bool = False,
        embed: bool = True,
        awaited: bool = False,
        file: Path | None = None,
    ) -> IndexSummary:
        """Bring the index up to date (blocking). Raises `SoothsayIndexError` when that fails.

        ``cancel`` ends the build between two steps; the next build continues from there.
        ``interpreter`` is that of the environment whose packages are indexed; None: the one found for the workspace.
        ``all_packages``: those that the workspace does not import, too. ``embed``: compute vectors as well.
        ``awaited``: somebody waits for it. ``file``: of packages, only what this file needs.
        """
        ...

    def mirror(self, path: Path, text: str) -> None:
        """Index ``text`` as the content of the open document ``path``, saved or not."""
        ...

    def forget(self, path: Path) -> None:
        """Note that ``path`` was closed: the file on disk counts again."""
        ...

    def update(self, paths: Sequence[Path]) -> int:
        """Index changed files again and remove deleted ones (blocking); return how many were rewritten."""
        ...

    def remove(self, paths: Sequence[Path]) -> int:
        """Remove files from the index (blocking); return how many were in it."""
        ...

    def status(self) -> IndexSummary:
        """Return how much is indexed."""
        ...

    def close(self) -> None:
        """Free what the index holds: its process, or its right to write."""
        ...


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """Where an index is and what it is made of: ``root`` is the folder of all indexes, ``embedding`` the embedding
    model's folder (None: full text only), ``docs`` are folders of documentation outside the workspace, ``uri`` is a
    shared index that builds take from, ``warn`` gets what the person should know. Without ``subfolders`` only the files in ``workspace`` itself are indexed. ``variant``
    tells several indexes of one folder apart. ``help_texts``: programs are run for what they say of their options."""

    root: Path
    workspace: Path
    embedding: Path | None
    docs: tuple[Path, ...] = ()
    uri: str = ""
    environ: Mapping[str, str] | None = None
    subfolders: bool = True
    variant: str = ""
    help_texts: bool = False
    warn: Callable[[str], object] = log.warning


OpenIndex = Callable[[IndexPlace], WritableIndex]


def index_folder() -> Path:
    """Return where the indexes of all workspaces lie."""
    return cache_folder() / "index"


def open_in_process(place: IndexPlace) -> WritableIndex:
    """Open the index in this process, for a command that ends soon."""
    from soothsay_index.worker.local import LocalIndex

    return LocalIndex.open(
        place.root,
        place.workspace,
        place.embedding,
        docs=place.docs,
        uri=place.uri,
        subfolders=place.subfolders,
        variant=place.variant,
        help_texts=place.help_texts,
    )


def open_in_worker(place: IndexPlace) -> WritableIndex:
    """Open the index in a worker process, for a server."""
    from soothsay_index.worker.client import IndexClient

    return IndexClient(
        place.root,
        place.workspace,
        place.embedding,
        log_file=place.root / "index.log",
        docs=place.docs,
        uri=place.uri,
        environ=place.environ,
        subfolders=place.subfolders,
        variant=place.variant,
        help_texts=place.help_texts,
        on_warning=place.warn,
    )


class Lane(Protocol):
    """Schedules one session's evaluations among those of other sessions."""

    def working(self, *, urgent: bool) -> AbstractContextManager[object]:
        """Mark evaluations within the block as ``urgent`` (a user waits for them), or as work ahead of need."""
        ...

    def turn(self) -> AbstractContextManager[object]:
        """Wait until no other session evaluates, and keep the others waiting within the block."""
        ...

    def clock(self) -> float:
        """Return a time in seconds that stands still while this session waits for another one."""
        ...


class Alone:
    """A `Lane` for the only session of a process."""

    def working(self, *, urgent: bool) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def turn(self) -> AbstractContextManager[object]:
        """Do nothing: there is no other session to wait for."""
        return nullcontext()

    def clock(self) -> float:
        """Return `time.monotonic`."""
        return time.monotonic()


class Session:
    """Loads the model when it is first asked to. Completions are answered one at a time, in the caller's thread."""

    def __init__(
        self,
        settings: Settings,
        workspace: Path,
        open_index: OpenIndex = open_in_worker,
        weights: WeightsStore | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        lane: Lane | None = None,
        subfolders: bool = True,
    ) -> None:
        """Open the index of ``workspace``. Raises `SoothsayError` when it cannot be had.

        ``weights`` are where a local model's come from, which other sessions may share. ``environ`` is the environment
        of the person's editor, where it is not this process's. ``lane`` is where the
        model's evaluations wait for those of other sessions. Without ``subfolders`` only the files in ``workspace`` itself
        belong to it; the home folder and those above it are never more than that.
        """
        self.settings = settings
        self.workspace = workspace
        self._weights = weights or OwnWeights()
        self._environ = environ
        self._lane = lane or Alone()
        self._subfolders = subfolders
        self.last: Completion | None = None
        self.warnings: list[str] = []
        self._analyses = Analyses()  # of hints and completions, which are asked for on several threads
        self._lock = Lock()
        self._closed = False
        self._shown_kinds: set[str] = set()  # the suffixes of documents
        self._model: OwnedModel | None = None
        self._evaluated_before = 0  # tokens, by models that were loaded before
        self._engine: Engine | None = None
        self._adapters = ActiveAdapters(
            AdapterRegistry(adapters_folder()),
            workspace,
            lambda: source_sha256(settings.model.name, settings.model.path),
        )
        self._applied = NONE_IN_USE
        self.oracle = _open_oracle(settings, workspace, environ)
        self._index = self._open_index(open_index) if settings.index.enabled else None

    @property
    def index(self) -> WritableIndex:
        """The index. Raises `SoothsayError` when the settings have switched it off."""
        if self._index is None:
            raise SoothsayError("the index is switched off: set index.enabled to true")
        return self._index

    def load_model(self) -> None:
        """Load the weights (blocking, about a second; a few more at the first start, which proves that they work).

        Raises `SoothsayError` with the fix.
        """
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._model is not None and self._model.is_outdated:
                self._warn("the file of the model has changed: it is loaded again")
                self._free_model()
            if self._engine is not None:
                return
            if self._index is not None:
                self._index.start()
            self.oracle.start()
            self._model = open_model(self.settings.model, self._weights, self._lane.turn)
            try:
                if not self._model.capabilities.fill_in_the_middle:
                    self._warn(
                        "this model has no fill-in-the-middle tokens: what stands after the cursor is not read"
                    )
                # what is loaded now stays: no search for garbage needs to look at it, 50 to 150 ms long
                gc.freeze()
                self._engine = Engine(
                    self._model,
                    self._index or NoIndex(),
                    self.settings,
                    self.oracle,
                    self._lane.clock,
                    self._analyses,
                    measured_here(Path(self.settings.model.path)) if self.settings.model.path else None,
                    self._learned_certainty(),
                )
            except BaseException:
                self._free_model()
                raise

    def complete(
        self, request: CompletionRequest, cancel: Cancellation | None = None, on_text: OnText = ignore_text
    ) -> Completion:
        """Answer one request (blocking). Raises `Cancelled` once ``cancel`` is set, `SoothsayError` on bad input."""
        with self._working(request.adapters) as engine:
            self.last = replace(engine.complete(request, cancel, on_text), adapters=self.adapters)
            return self.last

    def speculate(self, request: CompletionRequest, cancel: Cancellation | None = None) -> Completion:
        """Answer ``request`` before it is made (blocking, like `complete`)."""
        with self._working(request.adapters, urgent=False) as engine:
            return replace(engine.complete(request, cancel), adapters=self.adapters)

    def prepare(self, request: CompletionRequest, cancel: Cancellation | None = None) -> None:
        """Read what a completion at this place would have to read (blocking). Raises `Cancelled` once ``cancel`` is set."""
        with self._working(request.adapters, urgent=False) as engine:
            engine.prepare(request, cancel)

    @property
    def adapters(self) -> tuple[AdapterUse, ...]:
        """The adapters that the last request was answered with."""
        return used(self._applied.adapters)

    @property
    def evaluated(self) -> int:
        """How many tokens the model has evaluated in all."""
        return self._evaluated_before + (self._model.evaluated_in_all if self._model else 0)

    def processes(self) -> dict[str, int]:
        """Return the ids of this session's own processes, by what they do."""
        found = {
            "type checker": getattr(self.oracle, "pid", None),
            "index": getattr(self._index, "process_id", None),
        }
        return {name: pid for name, pid in found.items() if pid is not None}

    def find_faults(
        self, path: Path, text: str, cancel: Cancellation | None = None, *, typed: bool = False
    ) -> Sequence[Fault]:
        """Return the wrong calls in ``text`` (blocking, without the model); ``typed``: with those that a type checker finds."""
        index = (self._index or NoIndex()).until(cancel)
        with self.oracle.asking(cancel):
            return find_faults(
                text,
                path,
                self.workspace,
                index,
                self.oracle,
                typed=typed,
                cancel=cancel,
                analyses=self._analyses,
            )

    def repair(
        self, path: Path, text: str, fault: Fault, cancel: Cancellation | None = None
    ) -> Replacement | None:
        """Return a verified call to put in place of a wrong one (blocking, like `complete`)."""
        index = (self._index or NoIndex()).until(cancel)
        with self._working() as engine, self.oracle.asking(cancel):
            return repair(fault, text, path, self.workspace, engine.complete, index, self.oracle, cancel)

    def build_index(
        self,
        on_progress: OnProgress,
        cancel: Cancellation,
        *,
        embed: bool = True,
        awaited: bool = False,
        file: Path | None = None,
    ) -> IndexSummary:
        """Bring the index up to date (blocking): the workspace, what it imports, then the rest.

        ``awaited``: a user waits for it, so it has the priority of other programs. ``file``: of packages, only what this
        file needs.
        """
        settings = self.settings.index

        def report(at: Progress) -> None:
            if at.stage == "environment":
                self._warn(f"only the workspace is indexed: {at.detail}")
            elif at.stage == "warning":
                self._warn(at.detail)
            else:
                on_progress(at)

        with _index_errors():
            if settings.interpreter:
                # a wrong setting is an error, not a warning
                locate_environment(self.workspace, settings.interpreter, self._environ)
            return self.index.build(
                report, cancel, settings.interpreter or None, settings.all_packages, embed, awaited, file
            )

    def reindex(self, on_progress: OnProgress, cancel: Cancellation) -> IndexSummary:
        """Build the index as `build_index` does, for a user who waits for it."""
        return self.build_index(on_progress, cancel, awaited=True)

    def mirror(self, path: Path, text: str) -> None:
        """Note that the editor shows ``text`` for ``path``, saved or not. Returns at once.

        The type checker is asked about the first one of a kind now: what that imports it would else read when somebody waits.
        """
        self.oracle.mirror(path, text)
        if self._index is not None:
            self._index.mirror(path, text)
        if path.suffix not in self._shown_kinds:
            self._shown_kinds.add(path.suffix)
            Thread(target=self.oracle.findings, args=(path, text), name="first-look", daemon=True).start()

    def forget(self, path: Path) -> None:
        """Note that the editor has closed ``path``. Returns at once."""
        self.oracle.forget(path)
        if self._index is not None:
            self._index.forget(path)

    def update_files(self, paths: Sequence[Path]) -> int:
        """Index these files again; returns how many had changed."""
        with _index_errors():
            self.oracle.files_changed(paths)
            return self.index.update(paths)

    def remove_files(self, paths: Sequence[Path]) -> int:
        """Forget these files."""
        with _index_errors():
            self.oracle.files_changed(paths)
            return self.index.remove(paths)

    def close(self) -> None:
        """Free the model and the index. Calling it twice is harmless."""
        try:
            with self._lock:
                self._closed = True
                self._free_model()
                index, self._index = self._index, None
                if index is not None:
                    index.close()
        finally:
            self.oracle.close()

    def _learned_certainty(self) -> float:
        """Return the threshold that the log of this workspace has taught, 0.0 where there is none or it is not to be used."""
        feedback, model = self.settings.feedback, self.settings.model
        is_logged = any(self.workspace.is_relative_to(folder) for folder in logged_folders(feedback))
        if not (feedback.gate and is_logged):
            return 0.0
        label = model_label(model.name, model.path)
        return learned_threshold(thresholds_path(), workspace_key(self.workspace), label)

    def _free_model(self) -> None:
        model, self._model, self._engine = self._model, None, None
        if model is not None:
            self._evaluated_before += model.evaluated_in_all
            model.close()

    @contextmanager
    def _working(
        self, adapters: Sequence[AdapterUse] | None = None, *, urgent: bool = True
    ) -> Iterator[Engine]:
        """Load the model, and yield the engine to one caller at a time.

        The model runs with ``adapters``, None: with those that are active for the workspace.
        """
        self.load_model()
        with self._lock, self._lane.working(urgent=urgent):
            if self._engine is None:
                raise Cancelled  # closed meanwhile
            self._apply(adapters)
            yield self._engine

    def _apply(self, asked: Sequence[AdapterUse] | None) -> None:
        """Have the model run with adapters. Raises `SoothsayError` for those that are asked for; others are left out then."""
        assert self._model is not None
        if asked is not None:
            wanted = self._adapters.asked(asked)
            self._model.apply(wanted.adapters)
        else:
            wanted = self._adapters.active()
            try:
                self._model.apply(wanted.adapters)
            except SoothsayError as error:
                wanted = InUse(problems=(*wanted.problems, str(error)))
                self._model.apply(())
        for problem in wanted.problems:
            if problem not in self.warnings:
                self._warn(problem)
        self._applied = wanted

    def _open_index(self, open_index: OpenIndex) -> WritableIndex:
        embedding = model_path(EMBEDDING_MODEL) if is_pulled(EMBEDDING_MODEL) else None
        if embedding is None:
            self._warn(f"searching by text alone; for vectors run: soothsay models pull {EMBEDDING_MODEL}")
        if self._subfolders and is_too_wide(
            self.workspace, os.environ if self._environ is None else self._environ
        ):
            self._subfolders = False
            self._warn(f"{self.workspace} is no project: only the files in it are indexed, not those below")
        try:
            with _index_errors():
                place = IndexPlace(
                    index_folder(),
                    self.workspace,
                    embedding,
                    self._docs(),
                    self._shared_index(),
                    self._environ,
                    self._subfolders,
                    # files of one folder that belong to no project may have different environments
                    "" if self._subfolders else self.settings.index.interpreter,
                    self.settings.index.help_texts,
                    self._warn,
                )
                return open_index(place)
        except OSError as error:
            raise SoothsayError(f"cannot write the index in {index_folder()} ({error.strerror}): "
                                "free the folder or set SOOTHSAY_CACHE") from error  # fmt: skip

    def _docs(self) -> tuple[Path, ...]:
        found: list[Path] = []
        for given in self.settings.index.docs:
            folder = (self.workspace / Path(given).expanduser()).resolve()
            if folder.is_dir():
                found.append(folder)
            else:
                self._warn(f"index.docs: there is no folder {folder}; it is left out")
        return tuple(found)

    def _shared_index(self) -> str:
        """Return the address of the shared index; a folder is taken from the workspace, like all paths in settings."""
        uri = self.settings.index.uri.strip()
        return uri if not uri or "://" in uri else str(self.workspace / Path(uri).expanduser())

    def _warn(self, message: str) -> None:
        log.warning(message)
        self.warnings.append(message)


def _open_oracle(settings: Settings, workspace: Path, environ: Mapping[str, str] | None) -> Oracle:
    """Return the judges of the workspace, with the commands that are set; what is wrong with those is logged."""
    if not settings.oracle.enabled:
        return NullOracle()
    commands = read_commands(settings.oracle.commands)
    for problem in commands.problems:
        log.warning("%s", problem)
    return open_workspace_oracle(workspace, _interpreters(settings), environ=environ, commands=commands)


def _interpreters(settings: Settings) -> dict[str, str]:
    """Return the configured interpreter by the ids of the languages that have one."""
    return {each.id: settings.index.interpreter for each in languages() if each.has_interpreter}


@contextmanager
def _index_errors() -> Iterator[None]:
    """Raise the index's errors as `SoothsayError`."""
    try:
        yield
    except SoothsayIndexError as error:
        raise SoothsayError(str(error)) from error


class NoIndex:
    """What the engine is given when the index is switched off: it knows nothing."""

    def members(self, owner: str) -> Sequence[Symbol]:
        """Return no symbols."""
        return ()

    def is_closed(self, owner: str) -> bool:
        """Return False: the members of ``owner`` are not known."""
        return False

    def lookup(self, qualified: str) -> Symbol | None:
        """Return None: no symbol is known."""
        return None

    def has_name(self, name: str) -> bool:
        """Return True, so that no name counts as missing."""
        return True  # nothing can be said to be missing

    def package_state(self, owner: str) -> PackageState:
        """Return ``"unknown"``, so that no package counts as read."""
        return "unknown"

    def search(self, query: Query) -> Sequence[Hit]:
        """Return no hits."""
        return ()

    def until(self, cancel: Cancellation | None) -> NoIndex:
        """Return this object: its calls return at once."""
        return self
