"""The service clients that a file makes: operations of other services are not offered."""

from __future__ import annotations

from collections.abc import Sequence

from soothsay.engine.site import Site
from soothsay_index.types import Hit


def of_known_services(hits: Sequence[Hit], site: Site) -> list[Hit]:
    """Return ``hits`` without the operations of services that the file at ``site`` makes no client of.

    A client library brings hundreds of services; that it is installed says nothing of what a receiver is.
    """
    if not any(_is_operation(hit) for hit in hits):
        return list(hits)
    known = client_owners(site)
    return [hit for hit in hits if not _is_operation(hit) or (hit.symbol and hit.symbol.owner in known)]


def client_owners(site: Site) -> frozenset[str]:
    """Return the owners of the operations of all clients that are made anywhere in the file at ``site``."""
    names = site.names_here
    if site.language.resolver is None or names is None:
        return frozenset()
    resolver = site.language.resolver()
    made = (call.node for call in site.analysis.calls if resolver.makes_client(call.node))
    return frozenset(resolver.owner_of(node, names, site.analysis.module, site.index) for node in made)


def _is_operation(hit: Hit) -> bool:
    return hit.symbol is not None and hit.symbol.origin == "service"
