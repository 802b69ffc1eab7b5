"""reStructuredText documents, cut at their underlined headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.sections import MAX_TITLE, Heading, HeadingOutline, cut_document, is_legal
from soothsay_index.text import squeeze

_RULE = re.compile(r"""^([!-/:-@[-`{-~])\1{2,}\s*$""")
_ROLE = re.compile(r":[\w:.+-]{1,60}:`\s*+((?:[^`<\s]++(?:\s++(?=[^`<\s]))?+)*+)\s*+(?:<[^>`]{0,400}>)?`")
_MARKUP = re.compile(r"``|`_+|`|\*\*|(?<=\w)_(?=\s|$)")


class ReStructuredText:
    """One chunk a section, under the path of its headings; directives stay in one piece."""

    @property
    def name(self) -> str:
        """Return ``rst``."""
        return "rst"

    def handles(self, path: PurePath) -> bool:
        """Return True for ``.rst`` and ``.rest`` files, except licences and the like."""
        return path.suffix.lower() in {".rst", ".rest"} and not is_legal(path)

    def cut(self, text: str, place: IndexedFile) -> FileFacts:
        """Return a chunk for each section with text, more for a long one."""
        return FileFacts(cut_document(text, outline_of(text.split("\n")), place))


def outline_of(lines: Sequence[str]) -> HeadingOutline:
    """Return the headings of a document, and its indented blocks.

    A heading's level is not in its characters: each new style of line is one level below the ones before it.
    """
    headings: list[Heading] = []
    levels: dict[tuple[str, bool], int] = {}
    position = 1
    while position < len(lines):
        if _RULE.match(lines[position]) and _is_title(lines, position - 1, headings):
            title = lines[position - 1].strip()
            character = lines[position][0]
            over = position >= 2 and lines[position - 2].rstrip() == lines[position].rstrip()
            # an overlined title may be indented, a plain one starts at the margin
            if len(lines[position].rstrip()) >= min(4, len(title)) and (
                over or not lines[position - 1][0].isspace()
            ):
                level = levels.setdefault((character, over), len(levels) + 1)
                headings.append(
                    Heading(position - 2 if over else position - 1, position + 1, level, _plain(title))
                )
        position += 1
    return HeadingOutline(tuple(headings), tuple(_blocks(lines)))


def _is_title(lines: Sequence[str], position: int, headings: Sequence[Heading]) -> bool:
    line = lines[position]
    if not line.strip() or _RULE.match(line):
        return False
    above = headings[-1].body if headings else 0
    if position < above:  # the line above an underline belongs to one heading only
        return False
    before = lines[position - 1] if position > above else ""
    return not before.strip() or bool(_RULE.match(before))


def _blocks(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Directives and literal blocks: the line that ends in ``::`` (or has it) and everything indented below."""
    found: list[tuple[int, int]] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        stripped = line.strip()
        position += 1
        if not (stripped.endswith("::") or (stripped.startswith(".. ") and "::" in stripped)):
            continue
        margin = len(line) - len(line.lstrip())
        end = position
        for after in range(position, len(lines)):
            text = lines[after]
            if text.strip():
                if len(text) - len(text.lstrip()) <= margin:
                    break
                end = after + 1
        if end > position:
            found.append((position - 1, end))
            position = end
    return found


def _plain(title: str) -> str:
    """Return a heading without its markup."""
    return squeeze(_MARKUP.sub("", _ROLE.sub(r"\1", title[:MAX_TITLE])))
