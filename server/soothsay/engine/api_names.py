"""The API names in a draft: the calls that it writes."""

from __future__ import annotations

from soothsay.engine.types import ApiName
from soothsay_languages.analysis import Fragment
from soothsay_languages.calls import Call
from soothsay_languages.scopes import NamesAt
from soothsay_languages.syntax import text_of


def api_names(fragment: Fragment, draft: str) -> list[ApiName]:
    """Return the calls whose name ``draft``, the end of ``fragment``, wrote at least in part, in source order.

    Offsets are bytes in the draft.
    """
    cursor = fragment.lead + fragment.size - len(draft.encode("utf-8"))
    names = [
        name_of(call, cursor, fragment.names_at(call.node))
        for call in fragment.calls
        if call.name.end_byte > cursor
    ]
    return sorted(names, key=lambda name: name.end)


def name_of(call: Call, cursor: int, names: NamesAt | None = None) -> ApiName:
    """Return what ``call`` calls, with offsets from the byte ``cursor``; ``names`` are those in scope there."""
    receiver, access = call.owner
    return ApiName(
        name=text_of(call.name),
        receiver=receiver,
        start=call.name.start_byte - cursor,
        end=call.name.end_byte - cursor,
        arguments=text_of(call.arguments),
        call=call,
        names=names,
        access=access or ".",
    )
