"""Which files of a workspace may be read: never what git ignores, binaries, big files or secrets."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath

from soothsay_index.sources.gitignore import IgnoreRules
from soothsay_index.sources.texts import MAX_BYTES, unreadable
from soothsay_languages.registry import languages

# Those of repositories, of tools for several languages, and of secrets; languages add their own.
_SKIPPED_FOLDERS = (".git", ".hg", ".svn", ".aws", ".ssh", ".gnupg")
# Names that usually hold secrets. Reading one into an index, or a prompt, would be unforgivable.
_SECRETS = (
    ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.asc",
    "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "credentials", "credentials.*", "*[-_.]credentials.*",
    "secret", "secrets", "secret.*", "secrets.*", ".secret*", "*[-_.]secrets.*", "passwords.*", "*[-_.]passwords.*",
    "passwd", "shadow", ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".htpasswd", ".npmrc", ".yarnrc.yml", ".pypirc",
    ".git-credentials", ".dockercfg", ".dockerconfigjson", "kubeconfig*", "*.kubeconfig", "*.tfvars", "*.tfvars.json",
    "*.tfstate", "*.tfstate.*", "service-account*.json", "service_account*.json", "client_secret*.json", "*.gpg", "*.age", "vault.y*ml",
)  # fmt: skip

_LOCK = re.compile(r"([-_.]lock\.|^pylock\.)", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Return whether a file of this name may hold a secret."""
    lowered = name.lower()
    return any(fnmatch.fnmatchcase(lowered, pattern) for pattern in _SECRETS)


def is_utf8(name: str) -> bool:
    """Return whether a name can be written as UTF-8; others stand for bytes of another encoding."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str) -> str:
    """Return ``name`` as it can be stored and shown: what is not UTF-8, and line ends, as escapes."""
    try:
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        shown = ascii(name)[1:-1]
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shown)


def is_lock(name: str) -> bool:
    """Return whether a file of this name lists locked versions: a program has written it, for programs."""
    return bool(_LOCK.search(name))


Wanted = Callable[[PurePath], bool]
"""Judges a file by its name."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that would be read if it could; ``reason`` completes the sentence that begins with its name."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, the files directly in it that are wanted and may be indexed, and what would be if it could be read."""

    path: Path
    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...] = ()


def walk(root: Path, wanted: Wanted, max_bytes: int = MAX_BYTES) -> Iterator[Folder]:
    """Yield every folder under ``root``, itself included, in a stable order."""
    waiting = [(root, IgnoreRules())]
    while waiting:  # no recursion: folders may be nested deeper than calls
        folder, outer = waiting.pop()
        rules = outer.within(folder)
        found, inner = _look_into(folder, rules, wanted, max_bytes)
        yield found
        waiting += [(each, rules) for each in reversed(inner)]


def walk_files(root: Path, wanted: Wanted, max_bytes: int = MAX_BYTES) -> Iterator[Path]:
    """Yield every file under ``root`` that is wanted and may be indexed, in a stable order."""
    for folder in walk(root, wanted, max_bytes):
        yield from folder.files


def look_into(folder: Path, wanted: Wanted, most: int, max_bytes: int = MAX_BYTES) -> Folder:
    """Return ``folder`` alone, with up to ``most`` of its files, by name."""
    found, _ = _look_into(folder, IgnoreRules().within(folder), wanted, max_bytes)
    return replace(found, files=found.files[:most], skipped=())


def may_read(root: Path, path: Path, wanted: Wanted, max_bytes: int = MAX_BYTES) -> bool:
    """Return whether :func:`walk_files` would find this file."""
    try:
        parts = path.relative_to(root).parts
    except ValueError:
        return False
    if ".." in parts:
        return False
    rules = IgnoreRules()
    folder = root
    for part in parts[:-1]:
        rules = rules.within(folder)
        folder = folder / part
        if folder.is_symlink() or not _may_enter(folder, rules):
            return False
    return _is_wanted(path, rules.within(folder), wanted) and _is_readable_file(path, max_bytes)


def _look_into(folder: Path, rules: IgnoreRules, wanted: Wanted, max_bytes: int) -> tuple[Folder, list[Path]]:
    """Return ``folder`` and the folders in it that may be looked into, in a stable order."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except FileNotFoundError:
        return Folder(folder, ()), []
    except OSError as error:
        reason = "may not be entered" if isinstance(error, PermissionError) else str(unreadable(error))
        return Folder(folder, (), (Skipped(folder, reason),)), []
    files: list[Path] = []
    folders: list[Path] = []
    skipped: list[Skipped] = []
    for entry in entries:
        path = Path(entry.path)
        is_folder = _is_folder(entry)
        if not (_may_enter(path, rules) if is_folder else _is_wanted(path, rules, wanted)):
            continue
        reason = "" if is_utf8(entry.name) else "has a name that is not UTF-8"
        reason = reason or ("" if is_folder else _refusal(entry, max_bytes))
        if reason:
            skipped.append(Skipped(path, reason))
        else:
            (folders if is_folder else files).append(path)
    return Folder(folder, tuple(files), tuple(skipped)), folders


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _refusal(entry: os.DirEntry[str], max_bytes: int) -> str:
    """Return why a file is not read, "" where it is."""
    try:
        if entry.is_symlink():  # it leads out of the workspace, or round in circles
            return "is a link"
        if not entry.is_file(follow_symlinks=False):
            return "is not a regular file"
        size = entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # just now: whoever reads it sees that, too
        return ""
    except OSError as error:
        return str(unreadable(error))
    return f"is larger than {max_bytes / 1e6:g} MB" if size > max_bytes else ""


@cache
def _skipped_folders() -> re.Pattern[str]:
    """Return a pattern of the names of folders that hold nothing that a person writes."""
    own = [pattern for each in languages() for pattern in each.layout.skipped_folders]
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in (*_SKIPPED_FOLDERS, *own)))


@cache
def _skipped_marks() -> tuple[str, ...]:
    """Return the names of files that mark a folder as an environment."""
    return tuple(mark for each in languages() for mark in each.layout.skipped_marks)


def _may_enter(folder: Path, rules: IgnoreRules) -> bool:
    if _skipped_folders().fullmatch(folder.name):
        return False
    if any(os.path.lexists(folder / mark) for mark in _skipped_marks()):
        return False
    return not rules.ignore(folder, is_folder=True)


def _is_wanted(path: Path, rules: IgnoreRules, wanted: Wanted) -> bool:
    return wanted(path) and not is_secret(path.name) and not rules.ignore(path, is_folder=False)


def _is_readable_file(path: Path, max_bytes: int) -> bool:
    try:
        seen = path.lstat()
        return stat.S_ISREG(seen.st_mode) and seen.st_size <= max_bytes
    except OSError:
        return False
