"""Reading of what installed programs say of their options, each program once for all workspaces."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path

from soothsay_index.build.careful_pool import TaskDiedError
from soothsay_index.build.packages import note_use, write_releases
from soothsay_index.progress import OnProgress
from soothsay_index.runtime.boundaries import boundaries_of
from soothsay_index.runtime.help_runs import RunPlace
from soothsay_index.runtime.programs import find_program, fingerprint, is_guarded, safe_path
from soothsay_index.sources.base import HELP_TEXTS, PROGRAM_MARK, Release, Used
from soothsay_index.store.database import Database
from soothsay_index.store.programs import harvest_program
from soothsay_index.store.releases import ReleaseTables
from soothsay_index.types import Progress

log = logging.getLogger(__name__)


class ProgramSync:
    """Write what the help texts of programs say that the files of a workspace call."""

    def __init__(self, workspace: Path, database: Database, environ: Mapping[str, str] | None = None) -> None:
        """``environ`` tells where programs are installed; None: this process's."""
        self._environ = os.environ if environ is None else environ
        self._boundaries = boundaries_of(workspace, self._environ)
        self._database = database

    def installed(self, used: Used) -> dict[Release, Path]:
        """Return the programs that ``used`` names, are on the allow-list and may be run, with where they are."""
        found: dict[Release, Path] = {}
        for module in used.modules:
            name = module.removeprefix(PROGRAM_MARK)
            if name == module or (path := find_program(name, self._environ, self._boundaries)) is None:
                continue
            found[Release(name, fingerprint(path), name, source=HELP_TEXTS)] = path
        return found

    def write(
        self, used: Used, executor: Executor, progress: OnProgress, stop: threading.Event
    ) -> frozenset[str]:
        """Read the programs of ``used`` that are not stored; return the keys of those that are stored then."""
        programs = self.installed(used)
        known = self._database.manifest().releases
        note_use(self._database, [release for release in programs if release.key in known])
        missing = [release for release in programs if release.key not in known]
        place = self._place() if missing else None
        futures = (
            {executor.submit(harvest_program, each, programs[each], place): each for each in missing}
            if place is not None
            else {}
        )
        for done, future in enumerate(as_completed(futures)):
            if stop.is_set():
                for waiting in futures:
                    waiting.cancel()
                break
            progress(Progress("programs", done, len(missing), futures[future].part))
            harvested = _outcome(future, futures[future])
            if harvested is not None:
                write_releases(self._database, harvested)
        known = self._database.manifest().releases
        return frozenset(release.key for release in programs if release.key in known)

    def _place(self) -> RunPlace | None:
        """Return where programs are run; None where files of the workspace or of other users lie there, which they might read."""
        folder = self._database.folder / "help"
        if self._boundaries.contain(folder / "x") or not is_guarded(self._database.folder):
            log.warning("no help texts are read: %s is not this user's alone, or in the workspace", folder)
            return None
        return RunPlace(safe_path(self._environ, self._boundaries), folder)


def _outcome(future: Future[ReleaseTables | None], release: Release) -> ReleaseTables | None:
    try:
        return future.result()
    except TaskDiedError as error:
        log.warning("the options of %s are not known: %s", release.part, error)
        return None
