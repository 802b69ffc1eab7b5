"""What changed from version to version, as installed distributions tell it.

Few wheels ship their CHANGELOG, but many repeat it in the description in their METADATA; both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from soothsay_index.sources import markdown, rst
from soothsay_index.sources.base import Harvest, Release, Relevant, Used
from soothsay_index.sources.sections import Heading, HeadingOutline, Section, cut_section, sections_of
from soothsay_index.sources.texts import read_text
from soothsay_index.types import Chunk
from soothsay_languages.environment import Environment
from soothsay_languages.python.sources.distributions import Listed, listed, main_package

_MOST_VERSIONS = 30  # what is older every model has seen

_FILE = re.compile(
    r"^((?:[^/,\n]*/){0,2}(?:change(?:s|log)|history|news|release[-_]?notes|what'?s[-_]?new)(?:\.(?:md|markdown|rst|txt))?),",
    re.IGNORECASE | re.MULTILINE,
)
_HISTORY_WORDS = r"(?:release (?:history|information|notes)|change ?log|changes|history|news|what'?s new)"
_HISTORY = re.compile(rf"^\W*{_HISTORY_WORDS}\b", re.IGNORECASE)
_HISTORY_HEADING = re.compile(rf"^(?:#+ *|=* *){_HISTORY_WORDS}\b", re.IGNORECASE | re.MULTILINE)
_NUMBER = r"v?(\d+(?:\.\d+)+(?:[-.]?(?:a|b|c|rc|alpha|beta|dev|post)[-.]?\d*)?)(?![\w.]*\d)"
_VERSION = re.compile(
    rf"^[\W_]*+(?:(?:version|release|changes in|what'?s new in|new in)\s++)?[\W_]*+{_NUMBER}", re.IGNORECASE
)
_ITEM = re.compile(r"^\s*[-*+] ")
_NUMBERED = re.compile(r"\d+")


def open_source(environment: Environment) -> ReleaseNotes:
    """Return the source of the release notes in ``environment``."""
    return ReleaseNotes(environment)


@dataclass(frozen=True, slots=True)
class _Version:
    """The section about one version."""

    number: str
    section: Section

    @property
    def rank(self) -> tuple[int, ...]:
        return tuple(int(number) for number in _NUMBERED.findall(self.number))


class ReleaseNotes:
    """One release a distribution that has any, under the name it is imported by; chunks only."""

    def __init__(self, environment: Environment) -> None:
        self._sites = environment.package_folders

    @property
    def name(self) -> str:
        """Return ``release_notes``, which the releases have as their ``source``."""
        return "release_notes"

    def releases(self) -> Sequence[Release]:
        """Return one release for each distribution with release notes and an import name."""
        return list(self._distributions)

    def relevant(self, used: Used) -> Relevant:
        """Return the release notes of the packages that the workspace imports."""
        return Relevant(tuple(release for release in self._distributions if used.mentions(release.part)))

    def harvest(self, release: Release) -> Harvest:
        """Return the sections about the newest versions as chunks, of at most 30 versions a document.

        Empty for an unknown release.
        """
        found = self._distributions.get(release)
        return Harvest(chunks=tuple(_chunks(found))) if found is not None else Harvest()

    @cached_property
    def _distributions(self) -> dict[Release, Listed]:
        return {
            Release(found.package, found.version, part, source=self.name): found
            for found in listed(self._sites)
            if (part := main_package(found)) and _has_notes(found)
        }


def _has_notes(found: Listed) -> bool:
    if _FILE.search(found.files):
        return True
    text = read_text(found.info / "METADATA")
    return text is not None and bool(_HISTORY_HEADING.search(text.partition("\n\n")[2]))


def _chunks(found: Listed) -> Iterator[Chunk]:
    """Yield the newest versions, each once: a description often repeats the file."""
    seen: set[str] = set()
    files = [match[1] for match in found.matching(_FILE)]
    for path in (*(found.site / name for name in files), found.info / "METADATA"):
        text = read_text(path)
        if text is None:
            continue
        lines, outline = _document(text, path, found)
        is_description = path.name == "METADATA"
        versions = list(_versions(lines, outline, found.package, is_description))
        if is_description and not versions:
            versions = list(_this_version(lines, outline, found.version))
        versions = [each for each in versions if each.number not in seen]
        kept = sorted(versions, key=lambda each: each.rank, reverse=True)[:_MOST_VERSIONS]
        seen.update(each.number for each in kept)
        for each in kept:
            where = path.relative_to(found.site).as_posix()
            title = f"{found.package} {each.number}"
            yield from cut_section(lines, each.section, dict(outline.blocks), where, path.as_uri(), title)


def _document(text: str, path: Path, found: Listed) -> tuple[list[str], HeadingOutline]:
    """Return the lines of a document and its headings. The fields above a description are blank, so lines keep their numbers."""
    lines = text.split("\n")
    is_markdown = path.suffix.lower() in {".md", ".markdown"}
    if path.name == "METADATA":
        end = lines.index("") if "" in lines else len(lines)
        is_markdown = any(
            "markdown" in line for line in lines[:end] if line.startswith("Description-Content")
        )
        lines = [""] * end + lines[end:]
    outline = markdown.outline_of(lines) if is_markdown else rst.outline_of(lines)
    if path.name != "METADATA" and not any(_version(h.title, found.package) for h in outline.headings):
        outline = replace(outline, headings=tuple(_plain_headings(lines, found.package)))
    return lines, outline


def _plain_headings(lines: Sequence[str], package: str) -> Iterator[Heading]:
    """Lines at the margin that begin with a version, in a file without drawn headings."""
    for position, line in enumerate(lines):
        if line[:1].strip() and len(line) < 80 and _version(line, package):
            yield Heading(position, position + 1, 1, line.strip())


def _versions(
    lines: Sequence[str], outline: HeadingOutline, package: str, after_history: bool
) -> Iterator[_Version]:
    """Yield the sections under a heading that is a version, each with everything below it.

    ``after_history``: only once there was a heading such as "Release history"; the numbers before are chapters.
    """
    current: _Version | None = None
    counts = not after_history
    for section in sections_of(lines, outline):
        counts = counts or any(_HISTORY.match(title) for title in section.path)
        titles = section.path if counts else ()
        number = next((number for title in titles if (number := _version(title, package))), "")
        if current is not None and number == current.number:
            current = replace(current, section=replace(current.section, end=section.end))
            continue
        if current is not None:
            yield current
        current = _Version(number, section) if number else None
    if current is not None:
        yield current


def _this_version(lines: Sequence[str], outline: HeadingOutline, version: str) -> Iterator[_Version]:
    """Yield a list of changes below "Release information": what is new in the very version that is installed."""
    sections = [
        section
        for section in sections_of(lines, outline)
        if any(_HISTORY.match(title) for title in section.path)
    ]
    for first, *rest in [sections] if sections else []:
        whole = replace(first, end=rest[-1].end if rest else first.end)
        if any(_ITEM.match(line) for line in lines[whole.start : whole.end]):
            yield _Version(version, whole)


def _version(title: str, package: str) -> str:
    """Return the version a heading is about: ``1.2.3 (2024-05-05)``, ``[1.2.3] - May``, ``numpy 2.1``, ``What's new in 3.2``."""
    named = re.sub(rf"^\W*{re.escape(package)}\b", "", title, flags=re.IGNORECASE)
    match = _VERSION.match(named)
    return match[1] if match else ""
