"""Markdown documents, cut at their headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.sections import MAX_TITLE, Heading, HeadingOutline, cut_document, is_legal
from soothsay_index.text import squeeze

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})(.*)$")
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
# Lines that a rule of dashes below them does not make a heading: lists, quotes, tables, indented code.
_NO_PARAGRAPH = re.compile(r"^(\s*([-*+>|]|\d+[.)])(\s|$)|\s{4}|.*\|)")
_LINK = re.compile(r"!?\[([^\]]{0,400})\](\([^)]{0,400}\)|\[[^\]]{0,400}\])")
_MARKUP = re.compile(r"<[^>]+>|\{#[^}]*\}|`+|\*\*|__")


class Markdown:
    """One chunk a section, under the path of its headings; fenced code stays in one piece."""

    @property
    def name(self) -> str:
        """Return ``markdown``."""
        return "markdown"

    def handles(self, path: PurePath) -> bool:
        """Return True for ``.md``, ``.markdown`` and ``.mdx`` files, except licences and the like."""
        return path.suffix.lower() in {".md", ".markdown", ".mdx"} and not is_legal(path)

    def cut(self, text: str, place: IndexedFile) -> FileFacts:
        """Return a chunk for each section with text, more for a long one."""
        return FileFacts(cut_document(text, outline_of(text.split("\n")), place))


def outline_of(lines: Sequence[str]) -> HeadingOutline:
    """Return the headings and fenced blocks of a Markdown document; what stands in comments and fences is no heading."""
    headings: list[Heading] = []
    blocks: list[tuple[int, int]] = []
    first = position = _after_front_matter(lines)
    while position < len(lines):
        line = lines[position]
        fence = _FENCE.match(line)
        if fence and not (fence[1][0] == "`" and "`" in fence[2]):
            end = _after_fence(lines, position, fence[1])
            blocks.append((position, end))
            position = end
            continue
        if line.lstrip().startswith("<!--") and "-->" not in line:
            end = _after_comment(lines, position)
            blocks.append((position, end))
            position = end
            continue
        atx = _HEADING.match(line) if "#" in line else None
        if atx:
            headings.append(Heading(position, position + 1, len(atx[1]), _atx_title(line[atx.end() :])))
        elif position > first and _UNDERLINE.match(line) and _is_title(lines, position - 1, first, headings):
            level = 1 if "=" in line else 2
            headings.append(Heading(position - 1, position + 1, level, _plain(lines[position - 1])))
        position += 1
    return HeadingOutline(tuple(headings), tuple(blocks), first)


def _after_front_matter(lines: Sequence[str]) -> int:
    """Return the first line of the document itself: settings may stand between two rules above it."""
    rule = lines[0].rstrip() if lines else ""
    if rule not in {"---", "+++"}:
        return 0
    for position, line in enumerate(lines[1:], 1):
        if line.rstrip() in {rule, "..."}:
            return position + 1
    return 0


def _after_fence(lines: Sequence[str], start: int, mark: str) -> int:
    for position in range(start + 1, len(lines)):
        closing = lines[position].strip()
        if len(closing) >= len(mark) and not closing.strip(mark[0]):
            return position + 1
    return len(lines)


def _after_comment(lines: Sequence[str], start: int) -> int:
    for position in range(start, len(lines)):
        if "-->" in lines[position]:
            return position + 1
    return start + 1  # never closed: a line like any other


def _is_title(lines: Sequence[str], position: int, first: int, headings: Sequence[Heading]) -> bool:
    """Return whether the line is a paragraph of its own, which an underline makes a heading."""
    above = headings[-1].body if headings else first
    if position < above or not lines[position].strip() or _NO_PARAGRAPH.match(lines[position]):
        return False
    return position == above or not lines[position - 1].strip()


def _atx_title(text: str) -> str:
    """``Title`` of ``# Title ##``: a closing row of ``#`` counts only after a space."""
    text = text.strip()
    bare = text.rstrip("#")
    return _plain(bare if not bare or bare[-1].isspace() else text)


def _plain(title: str) -> str:
    """Return a heading without its markup."""
    return squeeze(_MARKUP.sub("", _LINK.sub(r"\1", title[:MAX_TITLE])))
