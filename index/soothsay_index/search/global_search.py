"""Search of package documentation and the workspace's code, fused by reciprocal rank (Cormack et al. 2009).

The database finds candidates by full text, vectors and names. They are ranked here, stored and unsaved pieces by the
same rules: BM25, cosine, import distance, similarity to the code before the cursor, and how recently the file was
edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from soothsay_index.embedding.embedder import Vectors
from soothsay_index.search.candidates import (
    EXACT,
    Candidate,
    ChunkFeatures,
    discount,
    last_name,
    rank,
    rank_by_facts,
    rank_by_similarity,
)
from soothsay_index.search.graph import ImportReach, ModuleFile, files_by_module, import_reach
from soothsay_index.search.member_views import MemberViews
from soothsay_index.search.preferred import PreferredReleases, preferred_releases
from soothsay_index.search.ranking import RRF_K, embedding_query, parse_query
from soothsay_index.search.similarity import (
    Features,
    bm25,
    stems,
)
from soothsay_index.shared.index import is_shared
from soothsay_index.sources.base import FileFacts
from soothsay_index.store.catalogue import Catalogue, best_ids, nearest_ids
from soothsay_index.store.database import Database, one_of
from soothsay_index.store.overlay import Overlay
from soothsay_index.store.rows import chunk_embedding_text, chunk_of, symbol_of, vector_key
from soothsay_index.store.store import Store
from soothsay_index.text import STOP_WORDS, split_identifier, terms
from soothsay_index.types import Chunk, Hit, Query
from soothsay_languages.registry import may_use

_CANDIDATES = 40
_NEAREST = 12
_PREFERRED = 1.0 / (RRF_K + 1)
_DOCUMENTS = 10
_FOLLOWED = 6  # definitions in import_reach by imports, beside those that are imported by name
_QUERY_WORDS = 24

# What is kept in memory of a chunk; its text is read when it is a candidate.
_CHUNK = (
    "path", "uri", "start_line", "end_line", "title", "kind", "symbol_id", "vector_key", "release",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _GlobalRequest:
    """A query with values that several steps use."""

    query: Query
    words: str  # for full text: the database stems them itself
    terms: tuple[str, ...]
    names: frozenset[str]
    reached: ImportReach
    preferred: PreferredReleases
    overlay: Mapping[str, FileFacts]

    def hides(self, path: str) -> bool:
        """Return True for the edited file, for files with unsaved or pending text, and for those whose code is of no use in it."""
        return path == self.query.path or path in self.overlay or self.is_foreign(path)

    def is_foreign(self, path: str) -> bool:
        """Return whether the code in ``path`` is of no use in the edited file."""
        return not may_use(PurePosixPath(self.query.path), PurePosixPath(path))


class GlobalSearch:
    """Find package symbols and workspace chunks for a query without a known receiver."""

    def __init__(self, store: Store, views: MemberViews, overlay: Overlay | None = None) -> None:
        self._store = store
        self._views = views
        self._overlay = overlay or Overlay()
        # Runs database queries only, which never wait for each other.
        self._pool = ThreadPoolExecutor(8, "search")
        self._chunks = Catalogue(store.local, "chunks", _CHUNK, _piece, ("text",))
        self._own = Catalogue(
            store.local, "symbols", ("id", "name"), lambda row: (row["path"], symbol_of(row))
        )
        self._symbols = Catalogue(
            store.packages, "symbols", ("name", "owner", "release", "vector_key", "path"), symbol_of
        )
        self._documents = Catalogue(store.packages, "chunks", _CHUNK, _piece, ("text",))
        self._vectors = {
            each: Catalogue(each, "vectors", ("key",), dict) for each in (store.local, store.packages)
        }
        self._modules: tuple[int, Mapping[str, ModuleFile]] = (-1, {})
        self._unsaved: dict[str, tuple[FileFacts, tuple[ChunkFeatures, ...]]] = {}

    def search(self, query: Query, vector: Vectors | None) -> list[Hit]:
        """Return the best candidates, best first, a few more than asked; ``vector`` is the query's, if any."""
        for catalogue in (self._chunks, self._own, self._symbols, self._documents):
            if catalogue.is_behind:  # while a build runs, each has something to read
                self._pool.submit(catalogue.columns)
        ask = self._read(query)
        local, packages = self._store.local, self._store.packages
        text = self._text(local, "chunks", ask, _CANDIDATES)
        meaning = self._nearest(local, vector)
        scope = ask.preferred.rows() if ask.preferred else self._in_use()
        package_text = self._text(packages, "symbols", ask, _CANDIDATES, scope)
        package_meaning = self._nearest(packages, vector, ask.preferred.vectors())
        scope = ask.preferred.documents() if ask.preferred else self._in_use()
        documents = self._text(packages, "chunks", ask, _DOCUMENTS, scope)
        found = [
            *self._pieces_of_workspace(ask, text, meaning),
            *self._symbols_of_packages(ask, package_text.result(), package_meaning.result()),
            *self._documents_of_packages(ask, documents.result(), package_meaning.result()),
        ]
        found.sort(key=lambda candidate: -candidate.fused)
        return self._hits(found[: 2 * query.limit + 4], ask)

    # -- the workspace -------------------------------------------------------------------------------------

    def _pieces_of_workspace(
        self, ask: _GlobalRequest, text: Future[dict[int, float]], meaning: Future[dict[str, float]]
    ) -> list[Candidate]:
        unsaved = self._unsaved_pieces(ask)
        ids = self._defining(ask)
        near = meaning.result()
        ids += [*text.result(), *self._chunks.ids("vector_key", near)]
        # While a file is being rewritten, its old rows and its new ones are there for a moment.
        rows = self._shown(ask, ids).values()
        stored = {(each.chunk.path, each.chunk.start_line, each.symbol_id): each for each in rows}.values()
        pieces = [*stored, *unsaved]
        found = [Candidate(piece=piece) for piece in pieces]
        features = [piece.features for piece in pieces]
        rank("text", found, bm25(features, ask.terms))
        if near:
            self._compensate_missing_vectors(found[len(stored) :])
        rank("vector", found, [near.get(piece.vector_key, 0.0) for piece in pieces])
        rank_by_similarity(found, features, ask.query.code, ask.query.path)
        for candidate, piece in zip(found, pieces, strict=True):
            rank_by_facts(candidate, piece, ask.names, ask.reached, ask.query.path)
        # That a file is open makes none of its pieces an answer.
        recency = {path: 1.0 / place for place, path in enumerate(ask.query.recent, 1)}
        answers = [(each, piece) for each, piece in zip(found, pieces, strict=True) if each.scores]
        found = [candidate for candidate, _ in answers]
        rank("recent", found, [recency.get(piece.chunk.path, 0.0) for _, piece in answers])
        return found

    def _shown(self, ask: _GlobalRequest, ids: Sequence[int]) -> Mapping[int, ChunkFeatures]:
        """Return the pieces of these rows, without those of files that read differently now."""
        return self._chunks.rows(
            row_id for row_id, path in self._chunks.values(ids, "path") if not ask.hides(path)
        )

    def _reach(self, query: Query, overlay: Mapping[str, FileFacts]) -> ImportReach:
        modules = [module for module in query.modules if module]
        if not modules:
            return ImportReach()
        unsaved = files_by_module(
            ModuleFile(
                path,
                min((each.owner for each in facts.owners), key=len, default=""),
                " ".join(facts.imports.modules),
                facts.imports.services,
            )
            for path, facts in overlay.items()
        )
        return import_reach(modules, self._files(), unsaved, query.path)

    def _files(self) -> Mapping[str, ModuleFile]:
        """Return the stored files by the names they are imported by."""
        version = self._store.local.version("files")
        known, files = self._modules
        if known != version:
            table = self._store.local.arrow("files", columns=["path", "module", "modules", "services"])
            rows = zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True)
            files = files_by_module(
                ModuleFile(path, module, names, tuple(services.split()))
                for path, module, names, services in rows
            )
            self._modules = (version, files)
        return files

    def _defining(self, ask: _GlobalRequest) -> list[int]:
        """Return the ids of chunks that define what is wanted: what has a name that was asked for, what the file imports by
        name, and what is in import_reach and shares a word with the query."""
        # A name that half the files define says little: not all of them are followed.
        wanted = {symbol_id for _, symbol_id in self._own.select("name", ask.names, "id")[:_CANDIDATES]}
        reached = ask.reached
        wanted |= reached.named
        paths = {symbol_id.partition("|")[0] for symbol_id in wanted} | reached.hops.keys()
        words = frozenset(ask.terms)
        certain: list[int] = []
        likely: list[tuple[int, int, int]] = []
        for row_id, symbol_id in self._chunks.select("path", paths, "symbol_id"):
            if symbol_id in wanted:
                certain.append(row_id)
            elif not words.isdisjoint(named := stems(last_name(symbol_id))):
                hop = reached.hops.get(symbol_id.partition("|")[0])
                if hop:
                    likely.append((hop, -len(words.intersection(named)), row_id))
        return [*certain, *(row_id for *_, row_id in sorted(likely)[:_FOLLOWED])]

    def _unsaved_pieces(self, ask: _GlobalRequest) -> list[ChunkFeatures]:
        """Return the chunks of unsaved documents; where one was edited, only what changed is read anew."""
        known, fresh = self._unsaved, {}
        for path, facts in ask.overlay.items():
            before, pieces = known.get(path, (None, ()))
            if before is not facts:
                same = {piece.chunk: piece for piece in pieces}
                pieces = tuple(same.get(chunk) or self._unsaved_piece(chunk) for chunk in facts.chunks)
            fresh[path] = (facts, pieces)
        self._unsaved = fresh
        shown = [path for path in fresh if path != ask.query.path and not ask.is_foreign(path)]
        return [piece for path in shown for piece in fresh[path][1]]

    def _compensate_missing_vectors(self, unsaved: Sequence[Candidate]) -> None:
        """Double the text rank of unsaved pieces that have no vector yet, in place of a vector rank."""
        keys = {each.piece.vector_key for each in unsaved if each.piece}
        embedded = {key for _, key in self._chunks.select("vector_key", keys, "vector_key")}
        for candidate in unsaved:
            if candidate.piece and candidate.piece.vector_key not in embedded:
                candidate.fused *= 2

    def _unsaved_piece(self, chunk: Chunk) -> ChunkFeatures:
        symbol = chunk.symbol
        return ChunkFeatures(
            chunk,
            f"{chunk.path}|{symbol.owner}.{symbol.name}" if symbol else "",
            # What reads as before has its vector already.
            vector_key(self._store.workspace.name or "workspace", chunk_embedding_text(chunk)),
            Features(chunk.text, symbol.name if symbol else chunk.title),
        )

    # -- packages ------------------------------------------------------------------------------------------

    def _symbols_of_packages(
        self, ask: _GlobalRequest, text: Mapping[int, float], near: Mapping[str, float]
    ) -> list[Candidate]:
        ids = [*text, *self._symbols.ids("vector_key", near)[: 2 * _CANDIDATES]]
        ids += self._symbols.ids("name", ask.names)[: 4 * _CANDIDATES]
        rows = self._visible(self._symbols.values(ids, "name", "owner", "release", "vector_key", "path"))
        found = [Candidate(row_id=row_id) for row_id, *_ in rows]
        rank("text", found, [text.get(row_id, 0.0) for row_id, *_ in rows])
        # Methods that a hundred classes inherit share one vector: what stands nearest to the root comes first.
        rank("vector", found, [near.get(key, 0.0) - 1e-6 * owner.count(".") for _, _, owner, _, key in rows])
        for candidate, (_, name, _, release, _) in zip(found, rows, strict=True):
            if name in ask.names and (not ask.preferred or ask.preferred.contain(release)):
                # Without a receiver a same-named function of some package is only a hint.
                candidate.add("exact", 1.0, EXACT / 2 if ask.preferred else _PREFERRED)
        return [candidate for candidate in found if candidate.scores]

    def _visible(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the rows of releases that this workspace has, without what it defines itself, and without their paths."""
        hidden, local_files = self._views.not_visible(), self._views.local_files
        kept = [row for row in rows if row[3] not in hidden and not local_files.hides(row[3], row[5])]
        names = {row[1] for row in kept if is_shared(row[3])}
        own = {symbol_id.partition("|")[2] for _, symbol_id in self._own.select("name", names, "id")}
        return [row[:5] for row in kept if not (is_shared(row[3]) and f"{row[2]}.{row[1]}" in own)]

    def _documents_of_packages(
        self, ask: _GlobalRequest, text: Mapping[int, float], near: Mapping[str, float]
    ) -> list[Candidate]:
        """Rank prose of packages: release notes, documents of published workspaces."""
        hidden, local_files = self._views.not_visible(), self._views.local_files
        places = self._documents.values([*text, *self._documents.ids("vector_key", near)], "release", "path")
        visible = [
            row_id
            for row_id, release, path in places
            if release not in hidden and not local_files.hides(release, path)
        ]
        pieces = self._documents.rows(visible)
        found = [Candidate(piece=piece) for piece in pieces.values()]
        rank("text", found, [text.get(row_id, 0.0) for row_id in pieces])
        rank("vector", found, [near.get(piece.vector_key, 0.0) for piece in pieces.values()])
        for candidate, piece in zip(found, pieces.values(), strict=True):
            candidate.fused *= discount(piece.chunk, ask.query.path)
        return found

    def _in_use(self) -> str:
        """Return a filter that hides releases of other workspaces only."""
        others = self._views.not_visible()
        return f"NOT ({one_of('release', sorted(others))})" if others else ""

    # -- helpers -------------------------------------------------------------------------------------------

    def _read(self, query: Query) -> _GlobalRequest:
        sentence = embedding_query(query.text)
        words = list(dict.fromkeys(word for word in split_identifier(sentence) if word not in STOP_WORDS))
        stems = tuple(dict.fromkeys(terms(sentence)))
        names = frozenset(name for name in parse_query(query.text).names if len(name) > 2)
        overlay = self._overlay.snapshot()
        reached = self._reach(query, overlay)
        return _GlobalRequest(
            query,
            " ".join(words[:_QUERY_WORDS]),
            stems,
            names,
            reached,
            self._preferred(query, reached),
            overlay,
        )

    def _preferred(self, query: Query, reached: ImportReach) -> PreferredReleases:
        return preferred_releases(self._views.visible(), query.packages, query.modules, reached.services)

    def _text(
        self, database: Database, table: str, ask: _GlobalRequest, limit: int, where: str = ""
    ) -> Future[dict[int, float]]:
        return self._pool.submit(best_ids, database, table, ask.words, limit, where)

    def _nearest(
        self, database: Database, vector: Vectors | None, where: str = ""
    ) -> Future[dict[str, float]]:
        """Return the keys of the nearest vectors, with their similarity."""

        def ask() -> dict[str, float]:
            near = nearest_ids(database, vector, _NEAREST, where) if vector is not None else {}
            return {key: near[row_id] for row_id, key in self._vectors[database].values(near, "key")}

        return self._pool.submit(ask)

    def _hits(self, candidates: Sequence[Candidate], ask: _GlobalRequest) -> list[Hit]:
        """Return hits for the candidates, with the definitions of their chunks."""
        documented = [each.row_id for each in candidates if each.row_id is not None]
        of_packages = self._pool.submit(self._symbols.rows, documented)
        ids = {each.piece.symbol_id for each in candidates if each.piece and not each.piece.chunk.symbol}
        definitions = self._own.rows(self._own.ids("id", ids))
        by_id = {f"{path}|{symbol.owner}.{symbol.name}": symbol for path, symbol in definitions.values()}
        symbols = of_packages.result()
        hits: list[Hit] = []
        for candidate in candidates:
            score = candidate.fused
            scores = {name: round(each, 6) for name, each in candidate.scores.items()}
            piece = candidate.piece
            if piece is not None:
                symbol = piece.chunk.symbol or by_id.get(piece.symbol_id)
                chunk = replace(_focus(piece, ask.terms), symbol=symbol)
                hits.append(
                    Hit("document" if piece.is_document else "cross_file", score, symbol, chunk, scores)
                )
            elif candidate.row_id is not None and candidate.row_id in symbols:
                documented_name = symbols[candidate.row_id]
                if not ask.is_foreign(documented_name.uri):
                    hits.append(Hit("symbol", score, documented_name, scores=scores))
        return hits


def _piece(row: Mapping[str, Any]) -> ChunkFeatures:
    features = Features(row["text"], last_name(row["symbol_id"]) or row["title"])
    return ChunkFeatures(
        chunk_of(row, None), row["symbol_id"], row["vector_key"], features, bool(row["release"])
    )


def _focus(piece: ChunkFeatures, wanted: Sequence[str]) -> Chunk:
    """Return the chunk; of a long one that defines nothing, the part from the lines that match the query best."""
    if piece.symbol_id:
        return piece.chunk
    best = max(piece.features.windows, key=lambda window: len(window.stems & frozenset(wanted)))
    if best.start == 0:
        return piece.chunk
    lines = piece.chunk.text.split("\n")[best.start :]
    return replace(piece.chunk, start_line=piece.chunk.start_line + best.start, text="\n".join(lines))
