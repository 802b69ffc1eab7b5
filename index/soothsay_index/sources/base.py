"""What the sources give: releases of packages that can be harvested, files of the workspace that can be cut.

A source is one small file. Those of this and of other distributions are found by entry points, and a language names those
of its own. To add one, put a class like this into a package of your own ::

    class Recipes:
        name = "recipes"

        def handles(self, path):
            return path.suffix == ".recipe"  # the name alone, relative to the workspace; nothing is read

        def cut(self, text, place):
            title, _, steps = text.partition("\\n")
            end = text.count("\\n") + 1
            chunk = Chunk(place.path, place.uri, 1, end, steps, title=title, kind="prose")
            return FileFacts((chunk,))  # None: not a recipe after all, another source may have it

and name it in its ``pyproject.toml`` ::

    [project.entry-points."soothsay_index.files"]
    recipes = "kitchen.recipes:Recipes"

``soothsay_index.files`` names functions ``() -> FileSource``, ``soothsay_index.packages`` functions
``(Environment) -> PackageSource | None``. Both run in the server's environment, not in the user's. Files arrive as
text, without what git ignores, secrets, and what is larger than :data:`soothsay_index.sources.texts.MAX_BYTES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Protocol

from soothsay_index.types import Chunk, Origin, Symbol

HELP_TEXTS = "help"
"""The source of what installed programs say of their options: a release of them is known on this machine alone."""
PROGRAM_MARK = "command:"
"""What the name of a program begins with among the modules that a file uses: no module is called so."""


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """The unit of package documentation that is built once and shared: a part of a package at a version.

    ``part`` is the import name (``numpy``, ``azure.storage.blob``) or the service (``bedrock``). ``source`` is the name
    of the source that harvests it. ``is_plain``: nothing but the code itself says it, so its key needs no mark.
    """

    package: str
    version: str
    part: str
    origin: Origin = "package"
    source: str = ""
    is_plain: bool = False

    @property
    def key(self) -> str:
        """The name of the release in the store, marked with its source unless it is plain."""
        plain = f"{self.package}@{self.version}/{self.part}"
        return plain if self.is_plain or not self.source else f"{plain}#{self.source}"


def package_of(key: str) -> str:
    """Return the package of the release of this key; its name may begin with ``@``."""
    return key[: key.index("@", 1)]


def is_help_text(key: str) -> bool:
    """Return whether the release of this key is what a program says of its options."""
    return key.endswith(f"#{HELP_TEXTS}")


def part_of(key: str) -> str:
    """Return the part of the release of this key."""
    return key[len(package_of(key)) :].partition("/")[2].split("#", 1)[0]


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What is known of an owner beside its symbols.

    ``hidden`` are names that exist there but are not worth documenting: private ones, and names that were
    only imported. Without them a closed owner would deny what exists.
    """

    owner: str
    closed: bool = False
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Harvest:
    """The symbols and pieces of text of a release, and what is known of the symbols' owners."""

    symbols: tuple[Symbol, ...] = ()
    owners: tuple[OwnerFacts, ...] = ()
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Used:
    """What the workspace uses, and in how many files: imported dotted names, and services it makes clients of."""

    modules: Mapping[str, int] = field(default_factory=dict)
    services: Mapping[str, int] = field(default_factory=dict)

    def roots(self) -> dict[str, int]:
        """Return the top-level packages, most used first."""
        counts: dict[str, int] = {}
        for module, count in self.modules.items():
            root = module.split(".", 1)[0]
            counts[root] = max(counts.get(root, 0), count)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def mentions(self, part: str) -> bool:
        """Return whether the package ``part``, or something in it, is imported."""
        return any(module == part or module.startswith(f"{part}.") for module in self.modules)


@dataclass(frozen=True, slots=True)
class Relevant:
    """Releases a workspace needs, in the order in which they are worth building."""

    now: tuple[Release, ...] = ()  # what its files use
    next: tuple[Release, ...] = ()  # what they are likely to use: the other services of a client library


class PackageSource(Protocol):
    """Documentation that comes with what is installed."""

    @property
    def name(self) -> str:
        """The value of :attr:`Release.source`."""
        ...

    def releases(self) -> Sequence[Release]:
        """Return all there is to harvest, cheaply."""
        ...

    def relevant(self, used: Used) -> Relevant:
        """Return the releases among them that matter to a workspace which uses ``used``."""
        ...

    def harvest(self, release: Release) -> Harvest:
        """Read one release. May take seconds, and may raise on broken packages."""
        ...


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """Where a file of the workspace is, under its names in the index and in imports."""

    path: str  # relative to the workspace, with forward slashes; absolute for folders outside it
    uri: str
    package: str  # the workspace's name, which stands where other symbols have their package
    module: str = ""
    is_package: bool = False


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports of one file.

    ``aliases`` maps each local name to what it stands for (``np`` -> ``numpy``, ``u`` -> ``numpy.unstack``).
    ``modules`` are the dotted names that may be modules; ``stars`` those imported with ``*``; ``services`` the
    service clients it makes (``bedrock``).
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    stars: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def roots(self) -> tuple[str, ...]:
        """The top-level packages, each once, in order."""
        return tuple(dict.fromkeys(module.split(".", 1)[0] for module in self.modules))


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything the index keeps of one file."""

    chunks: tuple[Chunk, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    owners: tuple[OwnerFacts, ...] = ()
    imports: Imports = field(default_factory=Imports)


class FileSource(Protocol):
    """Cuts one kind of workspace file. Stateless, quick, and content with broken files."""

    @property
    def name(self) -> str:
        """What the kind is called in messages: ``markdown``."""
        ...

    def handles(self, path: PurePath) -> bool:
        """Return whether a file of this name may be of this kind. Judged by the name alone, nothing is read."""
        ...

    def cut(self, text: str, place: IndexedFile) -> FileFacts | None:
        """Return the chunks and symbols of ``text``; None when it is not of this kind after all (any YAML file is no OpenAPI)."""
        ...
