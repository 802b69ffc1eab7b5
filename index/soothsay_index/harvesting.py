"""Releases of packages, read into rows. Needs no database, so that child processes can do it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from .environment import Environment
from .rows import harvest_tables
from .sources.base import Harvest, Release
from .sources.registry import package_sources

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Harvested:
    """Some releases as rows, and how many symbols and chunks each of them has."""

    symbols: Mapping[Release, int]
    chunks: Mapping[Release, int]
    tables: Mapping[str, pa.Table]


def harvest_releases(environment: Environment, releases: Sequence[Release]) -> Harvested:
    """Read ``releases`` from where they are installed. A broken one is logged and counts as empty."""
    sources = package_sources(environment)
    harvests: dict[Release, Harvest] = {}
    for release in releases:
        try:
            harvests[release] = sources[release.source].harvest(release)
        except Exception as error:  # one broken package must not stop the run
            log.warning("%s %s is not indexed: %s", release.package, release.version, error)
            harvests[release] = Harvest()
    return Harvested(
        {release: len(harvest.symbols) for release, harvest in harvests.items()},
        {release: len(harvest.chunks) for release, harvest in harvests.items()},
        harvest_tables(harvests.items()),
    )
