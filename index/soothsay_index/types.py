"""The index's public values and protocol: symbols, chunks, queries, hits and `Index`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from soothsay_common.cancellation import Cancellation
from soothsay_languages.parameters import Parameter as Parameter
from soothsay_languages.parameters import ParameterKind as ParameterKind

_NAMED = 5  # packages, in a line of status

SymbolKind = Literal["function", "method", "class", "module", "attribute", "operation"]
Origin = Literal["package", "service", "workspace"]
ChunkKind = Literal["code", "prose", "config"]
PackageState = Literal["indexed", "pending", "absent", "unknown"]
"""What can be said of a package: ``indexed``: what it has is known; ``pending``: it is installed, and being read or
about to be; ``absent``: the environment does not have it; ``unknown``: nobody can tell (no environment was found, or
the package has no source to read)."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A documented name, and the package and version it comes from.

    ``owner`` is the unambiguous place the name is a member of: a dotted module or class path
    (``numpy``, ``billing.ledger``, ``pandas.DataFrame``) or, for clients that exist only in a service
    model, ``botocore:<service>``. ``qualified_name`` is what a person reads
    (``numpy.unstack``, ``bedrock.create_model_customization_job``).
    """

    qualified_name: str
    name: str
    owner: str
    kind: SymbolKind
    origin: Origin
    package: str
    version: str
    uri: str
    line: int = 1  # 1-based
    parameters: tuple[Parameter, ...] | None = None  # None: not callable, or the signature is unknown
    returns: str = ""
    summary: str = ""  # first sentence of the documentation
    doc: str = ""  # a longer cut of it


@dataclass(frozen=True, slots=True)
class Chunk:
    """A retrievable piece of text: one tree-sitter node of a file, one section of a document.

    Lines are 1-based and inclusive. ``title`` is what a person calls a piece that defines nothing: the headings above
    a section, the name of a service in a compose file.
    """

    path: str
    uri: str
    start_line: int
    end_line: int
    text: str
    symbol: Symbol | None = None  # the definition this chunk is, when it is one
    title: str = ""
    kind: ChunkKind = "code"


@dataclass(frozen=True, slots=True)
class Query:
    """A search request.

    ``text`` is free text (the comment, the masked draft). ``owners`` are known receivers: only their members are
    returned. Without owners, ``packages`` and ``modules`` narrow or prefer results. ``path`` is the edited file, whose
    chunks are never returned. ``code`` is the text before the cursor, for finding similar code; ``recent`` are the
    files edited or opened last, most recent first.
    """

    text: str
    owners: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    path: str = ""
    limit: int = 5
    code: str = ""
    recent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result. ``scores`` holds the score per ranker (``text``, ``vector``, ``imports`` …).

    ``symbol`` is a definition, ``cross_file`` a piece of the workspace, ``document`` a piece of a package's prose.
    """

    kind: Literal["symbol", "cross_file", "document"]
    score: float
    symbol: Symbol | None = None
    chunk: Chunk | None = None
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress report: ``done`` of ``total`` (0 = unknown) of ``stage``."""

    stage: str
    done: int
    total: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SkippedFiles:
    """Files and folders of the workspace that are not indexed for one ``reason``: how many, and the first few."""

    reason: str  # completes the sentence that begins with the name
    count: int
    first: tuple[str, ...]

    def describe(self) -> str:
        """Return the reason with the names, such as ``"may not be read: a.py, b.py, c.py, … (12)"``."""
        more = f", … ({self.count})" if self.count > len(self.first) else ""
        return f"{self.reason}: {', '.join(self.first)}{more}"


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """How much is indexed for one workspace."""

    files: int = 0
    chunks: int = 0
    symbols: int = 0  # of packages and services this workspace sees, and of the workspace itself
    packages: int = 0
    services: int = 0
    embedded: int = 0  # releases with vectors
    releases: int = 0
    vectors: int = 0
    environment: str = ""  # version and interpreter, "" for none
    folder: str = ""
    skipped: tuple[SkippedFiles, ...] = ()  # of the workspace, by reason
    reading: tuple[str, ...] = ()  # packages and services that are being read now

    def describe_skipped(self) -> str:
        """Return in one line what of the workspace is not indexed, and why; "" for nothing."""
        total = sum(each.count for each in self.skipped)
        reasons = "; ".join(each.describe() for each in self.skipped)
        return f"{total} files or folders are not indexed ({reasons})" if total else ""

    def describe(self) -> str:
        """Return the figures in one line, and what of the workspace is not indexed."""
        reading = f"being read: {', '.join(self.reading[:_NAMED])}" if self.reading else ""
        figures = (
            f"{self.files} files ({self.chunks} chunks), {self.packages} packages, {self.services} services, "
            f"{self.symbols} symbols; vectors for {self.embedded} of {self.releases} releases ({self.vectors}); "
            f"{self.environment or 'no environment'}; in {self.folder}"
        )
        return "; ".join(part for part in (figures, reading, self.describe_skipped()) if part)


class Index(Protocol):
    """The read-only interface that the engine uses. Every method is thread-safe and fast."""

    def members(self, owner: str) -> Sequence[Symbol]:
        """Return all members of ``owner``; empty when it is not known."""
        ...

    def is_closed(self, owner: str) -> bool:
        """Return whether ``members(owner)`` is complete: a name that is missing there does not exist."""
        ...

    def lookup(self, qualified: str) -> Symbol | None:
        """Return the symbol at ``owner + "." + name`` (``numpy.unstack``, ``botocore:s3.list_buckets``), or None."""
        ...

    def has_name(self, name: str) -> bool:
        """Return True when some indexed symbol has this bare name."""
        ...

    def package_state(self, owner: str) -> PackageState:
        """Return whether the package of ``owner`` (``networkx``, ``pandas.DataFrame``, ``botocore:s3``) is indexed.

        That a name is missing from the index says something only where this is ``"indexed"``.
        """
        ...

    def search(self, query: Query) -> Sequence[Hit]:
        """Return the best ``query.limit`` hits, best first."""
        ...

    def until(self, cancel: Cancellation | None) -> Index:
        """Return an index for one request: once ``cancel`` is set, its calls do not wait, and may be empty."""
        ...
