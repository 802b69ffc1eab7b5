"""A shared index: releases that a team has read and embedded once, in a folder or an object store.

It is never searched: each machine copies what it needs into its own database once. A release's key is its content
(package, version, part), so it is valid for every environment.

Tables have the version of the schema in their names, and vectors the model's: another version of soothsay, or another
model, puts its tables beside these. Rows carry the ``stamp`` of the publication that wrote them, and the table of
releases, which is written last, names the stamp that counts: publishers may be killed, and several may work at once.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import lancedb
import pyarrow as pa
from lancedb.index import BTree

from soothsay_index.errors import SoothsayIndexError
from soothsay_index.shared.locations import to_local_uris
from soothsay_index.sources.base import Release
from soothsay_index.store.database import one_of, quote
from soothsay_index.store.releases import ReleaseTables
from soothsay_index.store.rows import CHUNKS, OWNERS, SCHEMA_VERSION, SYMBOLS, vectors_schema
from soothsay_languages.environment import Environment

T = TypeVar("T")

SHARED = "shared"  # the source of releases that are published workspaces
ROWS: Mapping[str, pa.Schema] = {"symbols": SYMBOLS, "owners": OWNERS, "chunks": CHUNKS}

_TEXT = pa.string()
_RELEASES = pa.schema(
    [
        ("key", _TEXT),
        ("stamp", _TEXT),
        ("published", pa.float64()),
        ("project", _TEXT),
        ("symbols", pa.int64()),
        ("chunks", pa.int64()),
    ]
)
_INDICES = {"symbols": "release", "owners": "release", "chunks": "release", "vectors": "package"}
_ALL = 1_000_000_000
_IN_LIST = 400
_FILTERS = 100
_CLIENT_OPTIONS = {
    "connect_timeout": "3s",
    "timeout": "60s",
    "client_max_retries": "2",
    "client_retry_timeout": "10",
}


@dataclass(frozen=True, slots=True)
class Published:
    """A release in a shared index. ``published`` is in seconds of the epoch.

    ``project`` is the name of the workspace that it is, and empty for a package's release.
    """

    key: str
    stamp: str
    published: float
    project: str
    symbols: int
    chunks: int

    def release(self) -> Release:
        """Return the release of a published workspace."""
        return Release(self.project, self.key.split("@", 1)[1].split("/", 1)[0], self.project, source=SHARED)


class SharedIndex:
    """The tables of a shared index. Every method asks the store, may take long, and raises
    :class:`SoothsayIndexError` with one line that says what to do."""

    def __init__(self, uri: str, model: str = "", dimension: int = 0) -> None:
        """``uri`` is a folder or an address such as ``s3://bucket/folder``; credentials come from the environment."""
        self.uri = uri if "://" in uri else str(Path(uri).expanduser())
        self._schemas = {**ROWS, "releases": _RELEASES, "vectors": vectors_schema(dimension)}
        plain_model = re.sub(r"[^\w.-]", "-", model)
        self._vectors = f"vectors_{SCHEMA_VERSION}_{plain_model}_{dimension}" if model else ""
        self._db: Any = None
        self._tables: dict[str, Any] = {}
        self._lock = threading.Lock()

    # -- reading -------------------------------------------------------------------------------------------

    def releases(self) -> dict[str, Published]:
        """Return the published releases by key; of duplicates, the later."""
        with self._errors():
            rows = self._rows("releases").to_pylist()
        found = sorted((Published(**row) for row in rows), key=lambda each: (each.published, each.stamp))
        return {each.key: each for each in found}

    def read(self, releases: Mapping[Release, Published], environment: Environment) -> ReleaseTables:
        """Return the rows of the completely published ones of ``releases``, with addresses in ``environment``."""
        stamps = {release.key: published.stamp for release, published in releases.items()}
        tables: dict[str, pa.Table] = {}
        with self._errors():
            for name in ROWS:
                parts = [self._rows(name, one_of("release", keys)) for keys in slices(list(stamps), _IN_LIST)]
                table = _of_publications(pa.concat_tables(parts), stamps)
                table = with_column(table, "stamp", pa.array([""] * len(table), _TEXT))
                if "uri" in table.column_names:
                    table = with_column(table, "uri", to_local_uris(table.column("uri"), environment))
                tables[name] = table
        symbols, chunks = (counts(tables[name], "release") for name in ("symbols", "chunks"))
        # One that was replaced while it was read is not complete.
        complete = [
            release
            for release, published in releases.items()
            if (symbols.get(release.key, 0), chunks.get(release.key, 0))
            == (published.symbols, published.chunks)
        ]
        return ReleaseTables(
            {release: symbols.get(release.key, 0) for release in complete},
            {release: chunks.get(release.key, 0) for release in complete},
            tables,
        )

    def paths(self, release: str) -> set[str]:
        """Return the files that the rows of ``release`` were cut from."""
        found: set[str] = set()
        with self._errors():
            for name in ("symbols", "chunks"):
                rows = self._rows(name, f"release = {quote(release)}", ["path"])
                found.update(rows.column("path").unique().to_pylist())
        return found

    def vector_keys(self, package: str) -> dict[str, int]:
        """Return the keys of the vectors of ``package``, each with its address in the table as it is seen now."""
        with self._errors():
            table = self._table("vectors")
            if table is None:
                return {}
            query = table.search().where(f"package = {quote(package)}").select(["key"]).limit(_ALL)
            found = query.with_row_id(True).to_arrow()
        return dict(zip(found.column("key").to_pylist(), found.column("_rowid").to_pylist(), strict=True))

    def vectors(self, addresses: Sequence[int]) -> pa.Table:
        """Return the vectors at ``addresses``, which :meth:`vector_keys` gave last, in any order."""
        columns = self._schemas["vectors"].names
        with self._errors():
            # The table as it was seen then: a compaction since has given other addresses.
            return self._tables[self._vectors].take_row_ids(list(addresses)).select(columns).to_arrow()

    def explain_empty(self) -> str:
        """Return a message that explains why there are no releases; empty while the first are being published."""
        with self._errors():
            names = self._names()
        if self._name("releases") in names:
            return ""
        versions = sorted({match[1] for name in names if (match := re.fullmatch(r"releases_(\d+)", name))})
        if versions:
            return (
                f"The shared index {self.uri} is of another version of soothsay (schema {', '.join(versions)}, "
                f"here {SCHEMA_VERSION}): publish it again with this one."
            )
        return f"Nothing has been published in {self.uri}: run `soothsay index publish --to {self.uri}`."

    def has_vectors(self) -> bool:
        """Return True when there are vectors of this model."""
        with self._errors():
            return self._table("vectors") is not None

    # -- writing -------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Create the missing tables. Fails early where nothing can be written."""
        with self._errors("write"):
            for name in self._schemas:
                if name != "vectors" or self._vectors:
                    self._created(name)

    def add(self, name: str, rows: pa.Table) -> None:
        """Append rows, all of them or none."""
        if len(rows):
            with self._errors("write"):
                self._created(name).add(rows)

    def announce(self, releases: Iterable[Published]) -> None:
        """List releases whose rows are completely written."""
        rows = [{name: getattr(each, name) for name in _RELEASES.names} for each in releases]
        self.add("releases", pa.Table.from_pylist(rows, schema=_RELEASES))

    def publications(self, name: str) -> set[tuple[str, str]]:
        """Return the (release, stamp) of which the table has rows."""
        key = _key_of(name)
        with self._errors():
            rows = self._rows(name, columns=[key, "stamp"])
        return {(row[key], row["stamp"]) for row in rows.group_by([key, "stamp"]).aggregate([]).to_pylist()}

    def withdraw(self, name: str, publications: Iterable[tuple[str, str]]) -> None:
        """Remove the rows of these (release, stamp)."""
        column = _key_of(name)
        filters = [f"({column} = {quote(key)} AND stamp = {quote(stamp)})" for key, stamp in publications]
        with self._errors("write"):
            table = self._table(name)
            for some in slices(filters, _FILTERS):
                if table is not None:
                    table.delete(" OR ".join(some))

    def compact(self, leave: timedelta) -> None:
        """Compact and index the tables. Versions that readers have opened are kept for ``leave``."""
        with self._errors("write"):
            for name in self._schemas:
                table = self._table(name)
                if table is None or not len(table):
                    continue
                if name in _INDICES and not table.list_indices():
                    table.create_index(_INDICES[name], config=BTree())
                table.optimize(cleanup_older_than=leave)

    # -- the store -----------------------------------------------------------------------------------------

    def _connect(self) -> Any:
        with self._lock:
            if self._db is None:
                self._db = lancedb.connect(self.uri, storage_options=storage_options(self.uri, os.environ))
            return self._db

    def _names(self) -> list[str]:
        if "://" not in self.uri and not Path(self.uri).is_dir():
            return []  # connecting would make it
        names, page = [], None
        while True:
            listed = self._connect().list_tables(page_token=page)
            names += listed.tables
            page = listed.page_token
            if not page:
                return names

    def _name(self, name: str) -> str:
        return self._vectors if name == "vectors" else f"{name}_{SCHEMA_VERSION}"

    def _table(self, name: str) -> Any | None:
        stored = self._name(name)
        if not stored or ("://" not in self.uri and not Path(self.uri).is_dir()):
            return None
        if stored not in self._tables:
            try:
                self._tables[stored] = self._connect().open_table(stored)
            except (ValueError, FileNotFoundError) as error:
                if "was not found" not in str(error):
                    raise
                return None
        else:
            self._tables[stored].checkout_latest()
        return self._tables[stored]

    def _created(self, name: str) -> Any:
        table = self._table(name)
        if table is None:
            stored = self._name(name)
            try:
                table = self._connect().create_table(stored, schema=self._schemas[name], exist_ok=True)
            except (ValueError, RuntimeError, OSError):
                table = self._table(name)  # another publisher made it in this moment
                if table is None:
                    raise
            self._tables[stored] = table
        return table

    def _rows(self, name: str, where: str = "", columns: Sequence[str] | None = None) -> pa.Table:
        table = self._table(name)
        wanted = list(columns or self._schemas[name].names)
        if table is None:
            return pa.schema([self._schemas[name].field(column) for column in wanted]).empty_table()
        query = table.search().select(wanted).limit(_ALL)
        return (query.where(where) if where else query).to_arrow()

    @contextmanager
    def _errors(self, doing: str = "read") -> Iterator[None]:
        try:
            yield
        except SoothsayIndexError:
            raise
        except Exception as error:  # what comes out of the store's client has no common type
            raise SoothsayIndexError(explain(self.uri, doing, error)) from error


def storage_options(uri: str, environ: Mapping[str, str]) -> dict[str, str] | None:
    """Return options for the object store's client beside the environment, which it reads itself; None for folders."""
    if "://" not in uri or uri.startswith("file:"):
        return None
    options = dict(_CLIENT_OPTIONS)
    if uri.startswith("s3"):
        endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL", "")
        if endpoint:
            options["aws_endpoint"] = endpoint
            # Only Amazon's own store can be asked for a bucket's region.
            options["aws_region"] = (
                environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
            )
        if endpoint.startswith("http://"):
            options["allow_http"] = "true"
    return options


# Patterns of the clients' error messages and remedies. The first match wins.
_CAUSES: Sequence[tuple[str, str]] = (
    (r"NoSuchBucket|ContainerNotFound|bucket does not exist|Bucket '\S+' not found", "there is no such bucket; create it or correct the address"),
    (
        # Before the next: without credentials the metadata service is asked, and may refuse.
        r"Failed to get \w+ credentials|CredentialsNotLoaded|credential provider|169\.254\.169\.254|metadata\.google",
        "no credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|Forbidden|Unauthorized|\b40[13]\b|InvalidToken|ExpiredToken",
        "the store refuses these credentials; check AWS_PROFILE or AWS_ACCESS_KEY_ID, and what they may do there",
    ),
    (r"allow_http|scheme is not allowed", "AWS_ENDPOINT_URL is no address that can be used"),
    (
        r"Failed to resolve region|dns error|ConnectError|[Cc]onnection|error sending request|timed? ?out|HttpError|Connect",
        "it cannot be reached; check the network and AWS_ENDPOINT_URL",
    ),
    (r"[Pp]ermission denied|[Rr]ead-only", "permission denied; make it writable, or name another place"),
    (r"[Nn]o space left|StorageFull", "no space is left there"),
    (r"scheme|No object store provider|InvalidUrl", "this is no folder, s3://, gs:// or az:// address"),
    (r"Not a directory|File exists|AlreadyExists", "there is a file in the way; name a folder"),
)  # fmt: skip


def explain(uri: str, doing: str, error: Exception) -> str:
    """Return a one-line message with a remedy for an error of an object store's client."""
    said = str(error)
    cause = next((fix for pattern, fix in _CAUSES if re.search(pattern, said)), "")
    return f"Cannot {doing} the shared index {uri}: {cause or ' '.join(said.split())[:160]}."


def is_shared(release: str) -> bool:
    """Return whether ``release`` is the key of a published workspace."""
    return release.endswith(f"#{SHARED}")


def _key_of(table: str) -> str:
    return "key" if table == "releases" else "release"


def with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """Return ``table`` with the values of one column replaced."""
    at = table.column_names.index(name)
    return table.set_column(at, table.schema.field(at), values)


def counts(table: pa.Table, column: str) -> dict[str, int]:
    """Return how many rows have each value of ``column``."""
    values = table.column(column).value_counts().to_pylist()
    return {each["values"]: each["counts"] for each in values}


def _of_publications(table: pa.Table, stamps: Mapping[str, str]) -> pa.Table:
    """Return the rows whose stamp is the valid one of their release."""
    pairs = zip(table.column("release").to_pylist(), table.column("stamp").to_pylist(), strict=True)
    return table.filter(pa.array([stamps.get(release) == stamp for release, stamp in pairs], pa.bool_()))


def slices(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield slices of ``values`` of at most ``size`` items."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
