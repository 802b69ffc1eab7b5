"""Table schemas, and conversion between rows and symbols, owners and chunks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from soothsay_index.codec import pack_parameters, unpack_parameters
from soothsay_index.sources.base import Harvest, OwnerFacts, Release
from soothsay_index.text import search_text, split_identifier
from soothsay_index.types import Chunk, Symbol

# ``stamp`` is the hash of the file that a row was cut from: a file is rewritten by adding the new rows before the old
# ones go, so that at no moment, a sudden death included, it is missing. Rows of packages have none.

# Raise this when a column, or what is written into one, changes: everything stored is then rebuilt.
SCHEMA_VERSION = 9

_TEXT = pa.string()
SYMBOLS = pa.schema(
    [
        ("id", _TEXT),
        ("release", _TEXT),
        ("path", _TEXT),
        ("stamp", _TEXT),
        ("package", _TEXT),
        ("version", _TEXT),
        ("origin", _TEXT),
        ("kind", _TEXT),
        ("owner", _TEXT),
        ("name", _TEXT),
        ("qualified_name", _TEXT),
        ("uri", _TEXT),
        ("line", pa.int32()),
        ("parameters", _TEXT),
        ("returns", _TEXT),
        ("summary", _TEXT),
        ("doc", _TEXT),
        ("vector_key", _TEXT),
        ("search_text", _TEXT),
    ]
)
OWNERS = pa.schema(
    [
        ("owner", _TEXT),
        ("release", _TEXT),
        ("path", _TEXT),
        ("stamp", _TEXT),
        ("closed", pa.bool_()),
        ("hidden", _TEXT),
    ]
)
CHUNKS = pa.schema(
    [
        ("id", _TEXT),
        ("release", _TEXT),
        ("path", _TEXT),
        ("stamp", _TEXT),
        ("uri", _TEXT),
        ("module", _TEXT),
        ("start_line", pa.int32()),
        ("end_line", pa.int32()),
        ("kind", _TEXT),
        ("title", _TEXT),
        ("text", _TEXT),
        ("symbol_id", _TEXT),
        ("vector_key", _TEXT),
        ("embedding_text", _TEXT),
        ("search_text", _TEXT),
    ]
)
FILES = pa.schema(
    [
        ("path", _TEXT),
        ("uri", _TEXT),
        ("stamp", _TEXT),
        ("size", pa.int64()),
        ("mtime", pa.int64()),
        ("module", _TEXT),
        ("is_package", pa.bool_()),
        ("modules", _TEXT),
        ("services", _TEXT),
    ]
)


def vectors_schema(dimension: int) -> pa.Schema:
    """Return the schema of the vectors table, which is separate so that adding vectors rewrites no rows.

    The key is a hash of package and text, so inherited methods are embedded once.
    """
    return pa.schema([("key", _TEXT), ("package", _TEXT), ("vector", pa.list_(pa.float32(), dimension))])


def embedding_text(symbol: Symbol) -> str:
    """Return the text of a symbol to embed: the words of its name and its first sentence."""
    words = " ".join(split_identifier(symbol.name))
    return f"{words}. {symbol.summary}" if symbol.summary else words


def chunk_embedding_text(chunk: Chunk) -> str:
    """Return the text of a chunk to embed: a definition's name and summary, else the start of its text."""
    if chunk.symbol is not None and chunk.symbol.summary:
        return embedding_text(chunk.symbol)
    return " ".join(split_identifier(f"{chunk.title} {chunk.text[:600]}"))[:300]


def vector_key(package: str, text: str) -> str:
    """Return the name under which the vector of ``text`` is kept."""
    return hashlib.blake2b(f"{package}\0{text}".encode(), digest_size=12).hexdigest()


def has_vector(symbol: Symbol) -> bool:
    """Return whether ``symbol`` is embedded: bare attributes and modules are found by name alone."""
    return _is_searched(symbol) and (symbol.kind not in {"attribute", "module"} or bool(symbol.summary))


def _is_searched(symbol: Symbol) -> bool:
    """Return whether code can name ``symbol``: what has a blank in its name is asked for by its owner alone."""
    return " " not in symbol.name


def symbol_row(symbol: Symbol, release: str, path: str = "", stamp: str = "") -> dict[str, Any]:
    """Return one row of the symbols table."""
    key = vector_key(symbol.package, embedding_text(symbol)) if has_vector(symbol) else ""
    first_parameters = " ".join(p.name for p in (symbol.parameters or ())[:8])
    return {
        "id": f"{path or release}|{symbol.owner}.{symbol.name}",
        "release": release,
        "path": path,
        "stamp": stamp,
        "package": symbol.package,
        "version": symbol.version,
        "origin": symbol.origin,
        "kind": symbol.kind,
        "owner": symbol.owner,
        "name": symbol.name,
        "qualified_name": symbol.qualified_name,
        "uri": symbol.uri,
        "line": symbol.line,
        "parameters": pack_parameters(symbol.parameters),
        "returns": symbol.returns,
        "summary": symbol.summary,
        "doc": symbol.doc,
        "vector_key": key,
        "search_text": search_text(symbol.name, symbol.summary, (symbol.owner, first_parameters))
        if _is_searched(symbol)
        else "",
    }


def symbol_of(row: Mapping[str, Any]) -> Symbol:
    """Return the symbol a row of the symbols table stands for."""
    return Symbol(
        qualified_name=row["qualified_name"],
        name=row["name"],
        owner=row["owner"],
        kind=row["kind"],
        origin=row["origin"],
        package=row["package"],
        version=row["version"],
        uri=row["uri"],
        line=row["line"],
        parameters=unpack_parameters(row["parameters"]),
        returns=row["returns"],
        summary=row["summary"],
        doc=row["doc"],
    )


def owner_row(facts: OwnerFacts, release: str, path: str = "", stamp: str = "") -> dict[str, Any]:
    """Return one row of the owners table."""
    return {
        "owner": facts.owner,
        "release": release,
        "path": path,
        "stamp": stamp,
        "closed": facts.closed,
        "hidden": " ".join(facts.hidden),
    }


def owner_of(row: Mapping[str, Any]) -> OwnerFacts:
    """Return the facts a row of the owners table stands for."""
    return OwnerFacts(row["owner"], row["closed"], tuple(row["hidden"].split()))


def chunk_row(
    chunk: Chunk, module: str, package: str, release: str = "", stamp: str = "", position: int = 0
) -> dict[str, Any]:
    """Return one row of the chunks table; ``position`` tells apart the chunks of a file that begin in one line."""
    symbol = chunk.symbol
    name = symbol.name if symbol else chunk.title
    summary = symbol.summary if symbol else ""
    embedded = chunk_embedding_text(chunk)
    return {
        "id": f"{release or chunk.path}:{chunk.start_line}:{chunk.end_line}:{position}",
        "release": release,
        "path": chunk.path,
        "stamp": stamp,
        "uri": chunk.uri,
        "module": module,
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
        "kind": chunk.kind,
        "title": chunk.title,
        "text": chunk.text,
        "symbol_id": f"{chunk.path}|{symbol.owner}.{symbol.name}" if symbol else "",
        "vector_key": vector_key(package, embedded),
        "embedding_text": embedded,
        "search_text": search_text(name, summary, (module, chunk.text)),
    }


def chunk_of(row: Mapping[str, Any], symbol: Symbol | None) -> Chunk:
    """Return the chunk a row of the chunks table stands for."""
    return Chunk(
        row["path"],
        row["uri"],
        row["start_line"],
        row["end_line"],
        row["text"],
        symbol,
        row["title"],
        row["kind"],
    )


def harvest_tables(harvests: Iterable[tuple[Release, Harvest]]) -> dict[str, pa.Table]:
    """Return some releases as tables (symbols, owners, chunks), each qualified name once a release."""
    symbols: dict[str, dict[str, Any]] = {}
    owners: list[dict[str, Any]] = []
    chunks: list[dict[str, Any]] = []
    for release, harvest in harvests:
        for symbol in harvest.symbols:
            row = symbol_row(symbol, release.key)
            symbols.setdefault(row["id"], row)
        owners += [owner_row(facts, release.key) for facts in harvest.owners]
        chunks += [
            chunk_row(chunk, release.part, release.package, release.key, position=position)
            for position, chunk in enumerate(harvest.chunks)
        ]
    return {
        "symbols": table_of(list(symbols.values()), SYMBOLS),
        "owners": table_of(owners, OWNERS),
        "chunks": table_of(chunks, CHUNKS),
    }


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as an Arrow table of ``schema``."""
    columns = {name: _column([row[name] for row in rows], schema.field(name).type) for name in schema.names}
    return pa.table(columns, schema=schema)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, type=kind)
    except UnicodeEncodeError:  # an escape such as "\ud800" in a docstring stands for no character
        return pa.array([value.encode("utf-8", "replace").decode("utf-8") for value in values], type=kind)


def rows_with(table: pa.Table, column: str, values: Sequence[str]) -> pa.Table:
    """Return the rows whose ``column`` is one of ``values``."""
    wanted = set(values)
    return table.filter(pa.array([value in wanted for value in table.column(column).to_pylist()], pa.bool_()))
