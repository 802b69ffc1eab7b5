"""Members that the type checker alone knows, ranked by what is asked for."""

from __future__ import annotations

from dataclasses import replace

from soothsay.engine.listed_members import hits_among
from soothsay.oracle.types import Member

MEMBERS = [
    Member("empty", "method", "bool", "Returns whether nothing is in the basket."),
    Member("clear", "method", "void", "Takes everything out. Iterators become invalid."),
    Member("total", "value", "int", ""),
    Member("removeItem", "method", "void", ""),
]


def detailed(member: Member) -> Member:
    return replace(member, documentation=member.documentation or f"About {member.name}.")


def names(text: str, limit: int = 5) -> list[str]:
    hits = hits_among(MEMBERS, text, limit, detailed)
    return [hit.symbol.name for hit in hits if hit.symbol is not None]


def test_documentation_and_names_are_compared() -> None:
    assert names("take everything out of the basket")[0] == "clear"
    assert names("is the basket empty")[0] == "empty"
    assert names("remove one item")[0] == "removeItem"


def test_what_shares_no_word_is_no_answer() -> None:
    assert names("compile the kernel") == []
    assert hits_among([], "clear", 5, detailed) == []


def test_no_more_than_asked_for() -> None:
    assert len(names("take the total, clear it, remove the item: empty", 2)) == 2


def test_details_are_asked_of_what_is_shown_alone() -> None:
    asked: list[str] = []

    def details(member: Member) -> Member | None:
        asked.append(member.name)
        return None

    (hit,) = hits_among(MEMBERS, "remove one item", 1, details)
    assert asked == ["removeItem"] and hit.symbol is not None
    (hit,) = hits_among(MEMBERS, "remove one item", 1, detailed)
    assert hit.symbol is not None and hit.symbol.summary == "void About removeItem."
