"""Where places come from: the files of installed packages, their documentation, and the files of the workspace."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from soothsay.align.exclusions import Exclusions
from soothsay.align.phrasing import VOICES
from soothsay.align.places import CallPlace, CodeFile, call_sites, documented
from soothsay_index.sources.base import Harvest, PackageSource, Release
from soothsay_index.sources.masking import without_secrets
from soothsay_index.sources.registry import package_sources
from soothsay_index.sources.texts import read_text
from soothsay_index.sources.workspace import Workspace
from soothsay_languages.base import Language
from soothsay_languages.environment import Environment, InstalledPackage
from soothsay_languages.registry import language_of_file, language_or_plain

T = TypeVar("T")

log = logging.getLogger(__name__)

_OF_A_FILE, _OF_A_PACKAGE = 3, 12  # places
_OF_THE_WORKSPACES_FILE = 24
_FILES_TRIED = 12  # of a package
_DOCUMENTED = 8  # of a release
_VOICES_OF_A_SYMBOL = 2
_DRAFT = "soothsay_draft"


@dataclass(frozen=True, slots=True)
class Ground:
    """What places are made from. Only ``packages`` are read where some are named."""

    workspace: Path
    environment: Environment | None
    exclusions: Exclusions
    seed: int
    packages: frozenset[str] = frozenset()

    def takes(self, *names: str) -> bool:
        """Return whether a package of these names is read."""
        return not self.exclusions.cover_any(names) and (
            not self.packages or any(each in self.packages for each in names)
        )


Gather = Callable[[Ground], Iterator[CallPlace]]


def from_packages(ground: Ground) -> Iterator[CallPlace]:
    """Yield call sites of installed packages, a few of each, in an order that the seed makes."""
    environment = ground.environment
    if environment is None:
        return
    language = language_or_plain(environment.kind.language)
    for package in _drawn(list(environment.packages.values()), ground.seed, "packages"):
        if ground.takes(package.package, package.import_name):
            yield from _of_package(package, language, ground)


def _of_package(package: InstalledPackage, language: Language, ground: Ground) -> Iterator[CallPlace]:
    root = package.folder / package.import_name
    single = package.folder / f"{package.import_name}{language.suffix}"
    paths = sorted(path for path in root.rglob(f"*{language.suffix}") if path.is_file())
    given = 0
    for path in _drawn(paths or [single], ground.seed, package.import_name)[:_FILES_TRIED]:
        label = path.relative_to(package.folder).as_posix()
        text = None if ground.exclusions.cover_file(label) else read_text(path)
        if text is None or given >= _OF_A_PACKAGE:
            continue
        # judged in the workspace: type checkers say nothing of what is installed
        draft = ground.workspace / f"{_DRAFT}{language.suffix}"
        file = CodeFile(draft, without_secrets(text), language, label, package.package)
        found = call_sites(file, _OF_A_FILE, ground.seed)
        given += len(found)
        yield from found


def from_documentation(ground: Ground) -> Iterator[CallPlace]:
    """Yield beginnings of files that ask for documented symbols of installed packages."""
    environment = ground.environment
    if environment is None:
        return
    language = language_or_plain(environment.kind.language)
    path = ground.workspace / f"{_DRAFT}{language.suffix}"
    sources = package_sources(environment).values()
    releases = [(source, each) for source in sources for each in source.releases()]
    for source, release in _drawn(releases, ground.seed, "documentation"):
        if not ground.takes(release.package, release.part):
            continue
        harvest = _harvested(source, release)
        symbols = tuple(each for each in harvest.symbols if not ground.exclusions.cover(each.owner))
        harvest = replace(harvest, symbols=symbols)
        yield from documented(harvest, release.package, path, language, _DOCUMENTED, ground.seed)


def from_requests(ground: Ground) -> Iterator[CallPlace]:
    """Yield the beginnings of `from_documentation`, each to be asked for in the model's own words, in two voices."""
    chance = random.Random(f"{ground.seed} voices")
    for place in from_documentation(ground):
        for voice in chance.sample(sorted(VOICES), _VOICES_OF_A_SYMBOL):
            yield replace(place, voice=voice)


def _harvested(source: PackageSource, release: Release) -> Harvest:
    try:
        return source.harvest(release)
    except Exception as error:  # a broken package
        log.warning("%s is left out: %s", release.key, error)
        return Harvest()


def from_workspace(ground: Ground) -> Iterator[CallPlace]:
    """Yield call sites of the workspace's own files."""
    workspace = Workspace(ground.workspace)
    paths = [path for folder in workspace.folders() for path in folder.files]
    for path in _drawn(paths, ground.seed, "workspace"):
        language, label = language_of_file(path), workspace.name_of(path)
        if language is None or label is None or language.calls is None or ground.exclusions.cover_file(label):
            continue
        text = read_text(path)
        if text is None:
            continue
        module = language.module_name(ground.workspace, path)
        file = CodeFile(path, without_secrets(text), language, label, "", module)
        yield from call_sites(file, _OF_THE_WORKSPACES_FILE, ground.seed)


def _drawn(found: Sequence[T], seed: int, what: str) -> list[T]:
    return random.Random(f"{seed} {what}").sample(found, len(found))
