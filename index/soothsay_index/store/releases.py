"""Reading of package releases into rows. Uses no database, so that child processes can run it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from soothsay_common.garbage import release_memory, without_garbage_collection
from soothsay_index.sources.base import Harvest, Release
from soothsay_index.sources.registry import package_sources
from soothsay_index.store.rows import harvest_tables
from soothsay_languages.environment import Environment

log = logging.getLogger(__name__)

_PIECE_SIZE = 5_000  # symbols


@dataclass(frozen=True, slots=True)
class ReleaseTables:
    """Releases as tables of rows, with the number of symbols and chunks of each."""

    symbols: Mapping[Release, int]
    chunks: Mapping[Release, int]
    tables: Mapping[str, pa.Table]


def harvest_releases(environment: Environment, releases: Sequence[Release]) -> ReleaseTables:
    """Read ``releases`` from where they are installed. A broken one is logged and counts as empty."""
    sources = package_sources(environment)
    harvests: dict[Release, Harvest] = {}
    for release in releases:
        try:
            with without_garbage_collection():
                harvests[release] = sources[release.source].harvest(release)
        except Exception as error:  # one broken package must not stop the run
            log.warning("%s %s is not indexed: %s", release.package, release.version, error)
            harvests[release] = Harvest()
    release_memory()
    return ReleaseTables(
        {release: len(harvest.symbols) for release, harvest in harvests.items()},
        {release: len(harvest.chunks) for release, harvest in harvests.items()},
        _tables(harvests),
    )


def nothing_of(releases: Sequence[Release]) -> ReleaseTables:
    """Return tables that say of ``releases`` that nothing is known of them."""
    none = dict.fromkeys(releases, 0)
    return ReleaseTables(none, none, _tables({release: Harvest() for release in releases}))


def _tables(harvests: Mapping[Release, Harvest]) -> dict[str, pa.Table]:
    """Return all harvests as tables, built in pieces to bound memory: a row takes ten times as much before."""
    pieces = [
        harvest_tables([(release, piece)])
        for release, harvest in harvests.items()
        for piece in _pieces(harvest)
    ] or [harvest_tables([])]
    return {name: pa.concat_tables([piece[name] for piece in pieces]) for name in pieces[0]}


def _pieces(harvest: Harvest) -> Iterator[Harvest]:
    """Split a harvest into pieces; of symbols with the same owner and name the first is kept."""
    symbols = {(symbol.owner, symbol.name): symbol for symbol in reversed(harvest.symbols)}
    kept = list(reversed(symbols.values()))
    yield Harvest(chunks=harvest.chunks)
    for start in range(0, max(len(kept), len(harvest.owners)), _PIECE_SIZE):
        piece = slice(start, start + _PIECE_SIZE)
        yield Harvest(tuple(kept[piece]), harvest.owners[piece])
