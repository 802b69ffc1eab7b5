"""Names that a file beside the code writes and a file of another language defines: found by their spelling alone.

Neither the index nor the queries of languages are asked: they are what the benchmark is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from soothsay_languages.registry import language_of_file

BESIDE = ("dockerfile", "makefile", "shellscript", "yaml")
PATH = re.compile(r"(?<![\w./-])((?:[\w-]+/)*[\w-]+\.(?:py|txt|toml|sh|cfg|ini|conf|ya?ml|json))(?![\w/])")
_WRITTEN = {
    "target": re.compile(r"\bmake\s+(?:-\S+\s+)*([a-z][\w-]{2,})"),
    "script": re.compile(r"\b(?:npm|yarn|pnpm)\s+run\s+([a-z][\w:-]{2,})"),
    "stage": re.compile(r"(?:--from=|\btarget:\s*)([a-z][\w-]{2,})"),
    "service": re.compile(r"\bcompose\s+(?:\S+\s+)*?(?:up|run|exec|logs|build)\s+(?:-\S+\s+)*([a-z][\w-]{2,})"),
    "variable": re.compile(r"(?:\$\{?|\b(?:export|ENV|ARG)\s+|^\s*(?:-\s+)?)([A-Z][A-Z0-9_]{3,})(?![\w.])"),
    "option": re.compile(r"(?<!\S)(--[a-z][a-z0-9-]{3,})"),
    "file": PATH,
}  # fmt: skip
_PROSE = re.compile(r"#|\becho\b|\bname:")  # nobody can guess a message
_LARGEST = 60_000  # bytes
_SKIPPED = frozenset({"node_modules", "vendor", "components", "static", ".git"})


@dataclass(frozen=True, slots=True)
class SharedSite:
    """Where the name ``answer``, of a ``kind``, is to be written. Offsets are code points."""

    path: str
    offset: int
    answer: str
    kind: str


def read(root: Path) -> dict[str, str]:
    """Return the texts of a repository, by path."""
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if _SKIPPED.isdisjoint(name.parts) and path.is_file() and path.stat().st_size <= _LARGEST:
            try:
                found[name.as_posix()] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


def sites(texts: Mapping[str, str]) -> Iterator[SharedSite]:
    """Yield the names in files beside the code that stand nowhere else in their file, and in one of another language."""
    words: dict[str, set[str]] = {}
    for path, text in texts.items():
        language = _language(path)
        for word in set(re.findall(r"-{0,2}[\w:-]+", text)):
            words.setdefault(word, set()).add(language)
    for path, text in texts.items():
        language = _language(path)
        if language not in BESIDE:
            continue
        for kind, pattern in _WRITTEN.items():
            for match in re.finditer(pattern.pattern, text, re.MULTILINE):
                name = match[1]
                line = text[text.rfind("\n", 0, match.start(1)) + 1 : match.start(1)]
                if _PROSE.search(line) or not line.strip() or _count(name, text) != 1:
                    continue
                elsewhere = name in texts if kind == "file" else words.get(name, set()) - {language, ""}
                if elsewhere:
                    yield SharedSite(path, match.start(1), name, kind)


def _language(path: str) -> str:
    language = language_of_file(PurePosixPath(path))
    return "" if language is None else language.id


def _count(name: str, text: str) -> int:
    return len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))
