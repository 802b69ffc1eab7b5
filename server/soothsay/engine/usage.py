"""What the project uses already: evidence for a member that no source of knowledge lists."""

from __future__ import annotations

import re

from soothsay.engine.site import Site
from soothsay_index.types import Query
from soothsay_languages.scopes import NamesAt

_RECEIVER = re.compile(r"([\w.]+)\s*\.\s*\Z")
_ASSIGNED = r"\s*(?::[^=\n]+)?=(?!=)"
_HITS = 10
_LOOK_BACK = 200  # characters


def is_used(site: Site, text: str, start: int, end: int) -> bool:
    """Return whether the member at ``start`` to ``end`` of ``text`` is used on the same receiver elsewhere."""
    return _is_found(site, text, start, end, "")


def is_assigned(site: Site, text: str, start: int, end: int) -> bool:
    """Return whether the member at ``start`` to ``end`` of ``text`` is assigned to elsewhere: then it exists."""
    return _is_found(site, text, start, end, _ASSIGNED)


def _is_found(site: Site, text: str, start: int, end: int, behind: str) -> bool:
    """Look in this file outside of the statement, and in other files where the receiver is an imported name."""
    found = _RECEIVER.search(text[max(0, start - _LOOK_BACK) : start])
    if found is None:
        return False
    receiver, name = found.group(1), text[start:end]
    use = re.compile(rf"(?<![\w.]){re.escape(receiver)}\s*\.\s*{re.escape(name)}\b{behind}")
    word = receiver.partition(".")[0]
    if any(_is_same(site, word, at) for at in _matches(site, use)):
        return True
    if word not in site.imports:
        return False
    query = Query(f"{receiver}.{name}", path=site.relative_path, limit=_HITS)
    return any(hit.chunk is not None and use.search(hit.chunk.text) for hit in site.index.search(query))


def _matches(site: Site, use: re.Pattern[str]) -> list[int]:
    """Return where ``use`` ends in the document, outside of the statement that is being completed."""
    request = site.request
    before = request.text[: request.offset - len(site.rule.before)]
    after = request.text[request.offset :]
    return [
        *(match.start() for match in use.finditer(before)),
        *(request.offset + match.start() for match in use.finditer(after)),
    ]


def _is_same(site: Site, word: str, offset: int) -> bool:
    """Return whether ``word`` is a name at ``offset``, and stands there for what it stands for at the cursor."""
    analysis, here = site.analysis, site.names_here
    if analysis.in_string_or_comment(offset):
        return False
    if analysis.scopes is None or analysis.parsed is None or here is None:
        return True
    byte = analysis.lines.to_bytes(offset)
    node = analysis.parsed.tree.root_node.descendant_for_byte_range(byte, byte + 1)
    scope = analysis.scopes.root if node is None else analysis.scopes.of(node)
    one, other = NamesAt(scope, byte).find(word), here.find(word)
    if one is None or other is None:
        return one is other
    return (one.kind, one.byte) == (other.kind, other.byte)
