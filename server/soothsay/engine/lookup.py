"""What is looked up for a call: the question to the index, as early as it is known, and how the answer is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from soothsay.engine.query import comment_above, intent, lines_before, masked, nearest, without_target
from soothsay.engine.site import Site
from soothsay.engine.types import ApiName
from soothsay.model.types import Token
from soothsay_index.search.similarity import WINDOW
from soothsay_index.types import Hit, Query, Symbol

_WIDER = 5  # times as many hits are asked for where those of other receivers and services are left out
_ANY = "_("  # a call of no name yet
_BRACKET = b"("


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question to the index for a call of a member of ``receiver``, with what stands behind that; its ``owner`` is known or "".

    ``draftless``: it does not depend on what is drafted of the name, nor on what follows.
    """

    query: Query
    receiver: str = ""
    owner: str = ""
    draftless: bool = False
    access: str = "."

    def spell(self, site: Site, symbol: Symbol) -> str:
        """Return what was found as the file at ``site`` would write it."""
        return site.spell(symbol, self.receiver, self.owner)

    def ordered(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return ``hits``, of those that are equally good the drafted receiver's first."""
        if len(self.query.owners) < 2:
            return list(hits)
        return sorted(
            hits, key=lambda hit: (-hit.score, hit.symbol is None or hit.symbol.owner != self.owner)
        )


def lookup(site: Site, name: ApiName | None, tokens: Sequence[Token], typed: int, limit: int) -> Lookup:
    """Return what is looked up for the drafted ``name`` (None: for the draft as a whole).

    ``tokens`` are those of the draft, which begin with ``typed`` bytes of what was typed.
    """
    owner = site.resolve(name).owner if name else ""
    receiver = name.receiver if name else ""
    owners = [owner] if owner and site.index.members(owner) else []
    if owners and name and name.start > len(receiver):
        # the model chose the receiver as well: what else the file could call is a candidate, too
        at_hand = site.owners()
        owners = at_hand if owner in at_hand else [owner, *at_hand]
    drafted = nearest(site.rule.before) + masked(_to_bracket(tokens), typed)
    return _lookup(site, name, owners, drafted, limit, receiver, owner)


def lookup_begun(site: Site, text: str, tokens: Sequence[Token], typed: int, limit: int) -> Lookup | None:
    """Return what will be looked up for the call whose name ``text``, the draft so far, ends with.

    None where there is none, or where that depends on tokens that are still to come.
    """
    names = site.names(f"{text}(")
    name = names[-1] if names else None
    if name is None or name.end != len(text.encode("utf-8")):
        return None
    found = lookup(site, name, (*tokens, Token(_BRACKET, 1.0)), typed, limit)
    is_masked = masked((tokens[-1],), 0) != tokens[-1].text
    return found if found.draftless or is_masked else None


def lookup_at(site: Site, limit: int) -> Lookup | None:
    """Return what will be looked up at the cursor before anything is drafted; None where that cannot be told."""
    names = [name for name in site.names(_ANY) if name.end == len(_ANY) - 1]
    name = names[-1] if names else None
    if name is not None and name.receiver:
        typed = replace(name, name=name.name[:-1])
        owner = site.resolve(typed).owner
        owners = [owner] if owner and site.index.members(owner) else []
        found = _lookup(site, typed, owners, "", limit, name.receiver, owner)
    else:
        found = _lookup(site, None, site.owners(), "", limit)
    return found if found.draftless else None


def _lookup(
    site: Site,
    name: ApiName | None,
    owners: Sequence[str],
    drafted: str,
    limit: int,
    receiver: str = "",
    owner: str = "",
) -> Lookup:
    request, mark = site.request, site.language.lexis.line_comment
    comment = comment_above(request.text, request.offset, mark)
    draftless = bool(comment and owners)
    wanted = intent(request.text, request.offset, mark)
    said = without_target(drafted) if wanted else drafted
    statement = _typed_name(name) if draftless else said
    modules = tuple(dict.fromkeys(site.imports.values()))
    query = Query(
        text=f"{wanted}\n{' '.join(statement.split())}",
        owners=tuple(owners),
        packages=tuple(dict.fromkeys(module.partition(".")[0] for module in modules)),
        modules=modules,
        path=site.relative_path,
        limit=limit if owners else _WIDER * limit,
        # members are not ranked by the code around: with it, every key would be another question
        code="" if owners else lines_before(request.text, request.offset, WINDOW),
    )
    return Lookup(query, receiver, owner, draftless, "." if name is None else name.access)


def _typed_name(name: ApiName | None) -> str:
    """Return what was typed of ``name``, "" for nothing."""
    if name is None or name.start >= 0:
        return ""
    return name.name.encode("utf-8")[: -name.start].decode("utf-8", errors="ignore")


def _to_bracket(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return ``tokens`` up to the bracket in the last one, which a draft that is doubted ends with."""
    if not tokens or _BRACKET not in tokens[-1].data:
        return tokens
    last = tokens[-1]
    head = last.data[: last.data.index(_BRACKET) + 1]
    return (*tokens[:-1], replace(last, data=head))
