"""Documents of members that the index does not know: what the type checker lists behind a receiver, ranked by what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from soothsay.oracle.types import Member
from soothsay_index.search.ranking import MemberRanker, blend, parse_query
from soothsay_index.text import first_sentence
from soothsay_index.types import Hit, Symbol


def hits_among(
    members: Sequence[Member], text: str, limit: int, details: Callable[[Member], Member | None]
) -> list[Hit]:
    """Return at most ``limit`` of ``members`` that share words with ``text``, best first.

    Words alone are compared: what the type checker lists has no vectors. ``details`` adds what is not in the list.
    """
    if not members:
        return []
    scores = MemberRanker([_symbol(each) for each in members]).scores(parse_query(text))
    total = blend(scores)
    best = [int(at) for at in np.argsort(-total, kind="stable")[:limit] if total[at] > 0]
    return [
        Hit(
            "symbol",
            float(total[at]),
            symbol=_symbol(details(members[at]) or members[at]),
            scores={name: round(float(values[at]), 6) for name, values in scores.items()},
        )
        for at in best
    ]


def _symbol(member: Member) -> Symbol:
    said = first_sentence(member.documentation)
    return Symbol(
        qualified_name=member.name,
        name=member.name,
        owner="",
        kind="method" if member.kind in ("method", "function") else "attribute",
        origin="workspace",
        package="",
        version="",
        uri="",
        parameters=member.parameters,
        summary=" ".join((said if member.parameters is not None else f"{member.detail} {said}").split()),
        doc=member.documentation,
    )
