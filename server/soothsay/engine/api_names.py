"""The API names in a draft: the calls that it writes."""

from __future__ import annotations

from soothsay.engine.types import ApiName
from soothsay_languages.analysis import read_fragment
from soothsay_languages.base import Language
from soothsay_languages.syntax import text_of


def api_names(before: str, draft: str, language: Language) -> list[ApiName]:
    """Return the calls whose name ``draft`` wrote, at least in part, in source order.

    ``before`` is the text of the current statement up to the cursor. Offsets are bytes in the draft.
    """
    fragment = read_fragment(before + draft, language)
    cursor = fragment.lead + len(before.encode("utf-8"))
    names = [
        ApiName(
            name=text_of(call.name),
            receiver=text_of(call.receiver),
            start=call.name.start_byte - cursor,
            end=call.name.end_byte - cursor,
            arguments=text_of(call.arguments),
            given=call.given,
        )
        for call in fragment.calls
        if call.name.end_byte > cursor
    ]
    return sorted(names, key=lambda name: name.end)
