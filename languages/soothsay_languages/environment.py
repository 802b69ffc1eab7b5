"""Environments: where the packages of a project are installed, and what finds and reads them.

An interpreter with its packages is one (Python), a folder of packages beside the project another (Node). A language
names what finds its own in ``Language.environments``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

IN_PLACE = "+editable."
"""What the version of a package whose code is edited in place has after the one that it states, before a digest."""


class EnvironmentNotFoundError(Exception):
    """There is no environment, or the one that the user has configured cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class EnvironmentKind:
    """What all environments of a language have in common.

    ``language`` is the language's id, which is the package of its standard library as well, and ``title`` its name for
    people. ``packages`` and ``library`` stand for the folders of packages and of the standard library in addresses that
    are the same on every machine. ``has_interpreter``: a user may configure an interpreter, which tells the environment.
    """

    language: str
    title: str
    packages: str = "packages"
    library: str = "library"
    has_interpreter: bool = True


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """One import name of an installed package."""

    import_name: str
    package: str  # the name by which a person installs it
    version: str
    folder: Path  # the folder of packages that it is found in


@dataclass(frozen=True, slots=True)
class LocatedEnvironment:
    """An environment that was found and not read yet.

    ``folder`` is the environment's; None where the interpreter belongs to none. ``project`` is the folder whose files use
    it: packages that are installed from there are part of the workspace. ``origin`` says what led to it, for people
    (``VIRTUAL_ENV``, the path of a file). ``is_default`` says that nothing did, and it is the system's. ``refused`` says
    of environments that were passed over why, a line each. ``language`` is that of its kind; ``others`` are those of other
    languages that the same files use.
    """

    interpreter: Path
    folder: Path | None = None
    project: Path | None = None
    origin: str = ""
    is_default: bool = False
    refused: tuple[str, ...] = ()
    language: str = ""
    others: tuple[LocatedEnvironment, ...] = ()

    def all(self) -> Iterator[LocatedEnvironment]:
        """Yield this one and the others."""
        yield self
        yield from self.others

    def alone(self) -> LocatedEnvironment:
        """Return this one without the others, for what is of one language."""
        return replace(self, others=())


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment: its interpreter, where its packages lie, and what they are.

    ``fingerprint`` is that of :meth:`EnvironmentFinder.fingerprint`, taken before ``packages`` were read. ``others`` are
    those of other languages that the same files use.
    """

    kind: EnvironmentKind
    interpreter: Path
    version: str
    package_folders: tuple[Path, ...]
    library: Path  # the standard library
    packages: Mapping[str, InstalledPackage] = field(default_factory=dict)  # by import name
    library_names: frozenset[str] = frozenset()
    fingerprint: tuple[int, ...] = ()
    others: tuple[Environment, ...] = ()

    def all(self) -> Iterator[Environment]:
        """Yield this one and the others."""
        yield self
        yield from self.others

    def package_of(self, import_name: str) -> InstalledPackage | None:
        """Return what an import of ``import_name`` loads: a package, a part of the standard library, or None."""
        root = import_name.split(".", 1)[0]
        if root in self.packages:
            return self.packages[root]
        if root in self.library_names:
            return InstalledPackage(root, self.kind.language, self.version, self.library)
        return None

    def find_folder(self, relative: str) -> Path | None:
        """Return the folder ``relative`` (``botocore/data``) in the first folder of packages that has it."""
        for folder in self.package_folders:
            if (folder / relative).is_dir():
                return folder / relative
        return None

    def labelled_folders(self) -> Iterator[tuple[str, Path]]:
        """Yield the folders with the names that they have on every machine.

        Packages come first: they often lie in a folder of the standard library.
        """
        for each in self.all():
            for folder in each.package_folders:
                yield each.kind.packages, folder
            yield each.kind.library, each.library

    def describe(self) -> str:
        """Return the kind, version and interpreter in one line, of the others as well."""
        parts = (
            f"{each.kind.title} {each.version}".strip() + f" ({each.interpreter})" for each in self.all()
        )
        return "; ".join(parts)


class EnvironmentFinder(Protocol):
    """Finds and reads the environments of a language. Nothing that lies in a workspace is run."""

    @property
    def kind(self) -> EnvironmentKind:
        """What the environments have in common."""
        ...

    def locate(self, folder: Path, interpreter: str, environ: Mapping[str, str]) -> LocatedEnvironment:
        """Return the environment of the files in ``folder``.

        ``interpreter`` is what the user has configured ("" for nothing), ``environ`` are the environment variables of the
        user's editor. Raises `EnvironmentNotFoundError`.
        """
        ...

    def has_own(self, folder: Path, environ: Mapping[str, str]) -> bool:
        """Return whether ``folder`` has an environment of its own, in it or kept for it elsewhere."""
        ...

    def of_file(self, path: Path, environ: Mapping[str, str]) -> LocatedEnvironment | None:
        """Return the environment that was made for the file ``path`` alone; None where there is none."""
        ...

    def read(self, located: LocatedEnvironment, timeout: float) -> Environment:
        """Return the environment with its packages. Raises `EnvironmentNotFoundError`.

        An interpreter that has to be asked gets ``timeout`` seconds.
        """
        ...

    def fingerprint(self, package_folders: tuple[Path, ...]) -> tuple[int, ...]:
        """Return numbers that change when a package is installed, upgraded or removed."""
        ...
