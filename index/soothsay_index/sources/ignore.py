"""Which files of a workspace may be read: never what git ignores, binaries, big files or secrets."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath

from pathspec import GitIgnoreSpec

from soothsay_languages.registry import languages

MAX_BYTES = 1_000_000

# Those of repositories, of tools for several languages, and of secrets; languages add their own.
_SKIPPED_FOLDERS = (".git", ".hg", ".svn", "node_modules", ".aws", ".ssh", ".gnupg")
# Names that usually hold secrets. Reading one into an index, or a prompt, would be unforgivable.
_SECRETS = (
    ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.asc",
    "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "credentials", "credentials.*", "secrets", "secrets.*",
    ".netrc", "_netrc", ".pgpass", ".htpasswd", ".npmrc", ".pypirc", "*.tfvars", "*.tfstate", "service-account*.json",
)  # fmt: skip

_LOCK = re.compile(r"([-_.]lock\.|^pylock\.)", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """True when a file of this name may hold a secret."""
    lowered = name.lower()
    return any(fnmatch.fnmatchcase(lowered, pattern) for pattern in _SECRETS)


def is_lock(name: str) -> bool:
    """Return whether a file of this name lists locked versions: a program has written it, for programs."""
    return bool(_LOCK.search(name))


@dataclass(frozen=True, slots=True)
class _Rules:
    """The ``.gitignore`` of one folder."""

    folder: Path
    spec: GitIgnoreSpec

    def verdict(self, path: Path, is_folder: bool) -> bool | None:
        """True: ignored, False: brought back with ``!``, None: not mentioned."""
        relative = path.relative_to(self.folder).as_posix() + ("/" if is_folder else "")
        return self.spec.check_file(relative).include


Wanted = Callable[[PurePath], bool]
"""Judges a file by its name."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that may be looked into, and the files directly in it that are wanted and may be indexed."""

    path: Path
    files: tuple[Path, ...]


def walk(root: Path, wanted: Wanted, max_bytes: int = MAX_BYTES) -> Iterator[Folder]:
    """Every folder under ``root``, itself included, in a stable order."""
    yield from _walk(root, (), wanted, max_bytes)


def walk_files(root: Path, wanted: Wanted, max_bytes: int = MAX_BYTES) -> Iterator[Path]:
    """Every file under ``root`` that is wanted and may be indexed, in a stable order."""
    for folder in walk(root, wanted, max_bytes):
        yield from folder.files


def may_read(root: Path, path: Path, wanted: Wanted, max_bytes: int = MAX_BYTES) -> bool:
    """The same judgement for a single file: would :func:`walk_files` have found it?"""
    try:
        parts = path.relative_to(root).parts
    except ValueError:
        return False
    rules: tuple[_Rules, ...] = ()
    folder = root
    for part in parts[:-1]:
        rules = _with_own(rules, folder)
        folder = folder / part
        if not _may_enter(folder, rules):
            return False
    return _may_index(path, _with_own(rules, folder), wanted, max_bytes)


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str | None:
    """The text of a file; None when it is gone, binary, too big, or not UTF-8."""
    try:
        if path.stat().st_size > max_bytes:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def _walk(folder: Path, rules: tuple[_Rules, ...], wanted: Wanted, max_bytes: int) -> Iterator[Folder]:
    rules = _with_own(rules, folder)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    files: list[Path] = []
    folders: list[Path] = []
    for entry in entries:
        path = Path(entry.path)
        # Links are not followed: they lead out of the workspace, or round in circles.
        if entry.is_dir(follow_symlinks=False):
            if _may_enter(path, rules):
                folders.append(path)
        elif entry.is_file(follow_symlinks=False) and _may_index(path, rules, wanted, max_bytes):
            files.append(path)
    yield Folder(folder, tuple(files))
    for inner in folders:
        yield from _walk(inner, rules, wanted, max_bytes)


def _with_own(rules: tuple[_Rules, ...], folder: Path) -> tuple[_Rules, ...]:
    try:
        lines = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return rules
    return (*rules, _Rules(folder, GitIgnoreSpec.from_lines(lines)))


@cache
def _skipped_folders() -> re.Pattern[str]:
    """Return a pattern of the names of folders that hold nothing that a person writes."""
    own = [pattern for each in languages() for pattern in each.layout.skipped_folders]
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in (*_SKIPPED_FOLDERS, *own)))


@cache
def _skipped_marks() -> tuple[str, ...]:
    """Return the names of files that mark a folder as an environment."""
    return tuple(mark for each in languages() for mark in each.layout.skipped_marks)


def _may_enter(folder: Path, rules: tuple[_Rules, ...]) -> bool:
    if _skipped_folders().fullmatch(folder.name):
        return False
    if any((folder / mark).exists() for mark in _skipped_marks()):
        return False
    return not _ignored(folder, rules, is_folder=True)


def _may_index(path: Path, rules: tuple[_Rules, ...], wanted: Wanted, max_bytes: int) -> bool:
    if not wanted(path) or is_secret(path.name) or _ignored(path, rules, is_folder=False):
        return False
    try:
        return path.is_file() and path.stat().st_size <= max_bytes
    except OSError:
        return False


def _ignored(path: Path, rules: tuple[_Rules, ...], is_folder: bool) -> bool:
    for rule in reversed(rules):  # the nearest .gitignore that has an opinion decides
        verdict = rule.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False
