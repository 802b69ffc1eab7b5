"""From what was written to what may be shown: less what repeats, and only what leaves the file whole."""

from __future__ import annotations

from soothsay.engine.draft import Written
from soothsay.engine.gate import Passed, pass_gate
from soothsay.engine.postfilter import tidy
from soothsay.engine.site import Site
from soothsay.engine.types import Ending
from soothsay.engine.withhold import shown_length
from soothsay_common.visible import visible_length


def finish(site: Site, written: Written, documentation: str = "") -> tuple[Passed, Ending]:
    """Return what may be shown of ``written``, and why it is less than all of it.

    ``documentation`` are comment lines that were in the prompt.
    """
    if not written.text.strip():
        return Passed(""), Ending("silent" if written.complete else "unfinished")
    request, place = site.request, site.nearby.place
    text = tidy(written.text, place.before, request.text[request.offset :])
    if not text:
        return Passed(""), Ending("repeats", written.text)
    length = min(visible_length(text), shown_length(text, place.before, site.language, documentation))
    if not text[:length].strip():
        return Passed(""), Ending("withheld", text)
    passed = pass_gate(site.nearby, text[:length], complete=written.complete)
    if length < len(text) and not passed.dropped:
        return passed, Ending("withheld", text[length:])
    if passed.dropped:
        return passed, Ending("breaks" if written.complete else "unfinished", passed.dropped)
    return passed, Ending()
