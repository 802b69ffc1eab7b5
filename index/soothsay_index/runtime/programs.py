"""Programs whose help texts are read: an allow-list, and where they are installed.

A program is on the list when printing its help and its version changes nothing, and asks no network. It is taken from
``PATH``, never from the workspace, and only where no other user could have put or changed it. Of scripts that a shell runs it
is not known what they start: they are passed over, like those of an interpreter that imports what lies in the workspace.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from soothsay_index.runtime.boundaries import Boundaries
from soothsay_index.runtime.executables import executables
from soothsay_languages.registry import languages

_SHEBANG_SIZE = 256  # bytes
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "fish"))
_ADMINISTRATORS = frozenset((0, 80)) if sys.platform == "darwin" else frozenset((0,))  # groups


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and how it prints its help.

    ``help`` are the arguments that make it do so, ``of_subcommand`` those that do it behind a subcommand; () where it has none,
    or they are not read. ``subcommands`` are those whose help is read; empty: all that its help lists. ``for_all`` make it print
    options that all subcommands take. ``partial`` names the subcommands whose help does not tell all options that they take,
    "" for the program itself. ``negates``: what is an option is one with ``--no-`` before it, too, whether its help says so or not.
    """

    name: str
    help: tuple[str, ...] = ("--help",)
    of_subcommand: tuple[str, ...] = ()
    subcommands: tuple[str, ...] = ()
    for_all: tuple[str, ...] = ()
    partial: frozenset[str] = frozenset()
    negates: bool = False


def _plain(*names: str) -> Iterator[Program]:
    return (Program(name) for name in names)


def _with_subcommands(*names: str) -> Iterator[Program]:
    return (Program(name, of_subcommand=("--help",)) for name in names)


_GIT = (
    "add", "am", "apply", "archive", "bisect", "blame", "branch", "checkout", "cherry-pick", "clean", "clone", "commit",
    "config", "describe", "diff", "fetch", "format-patch", "gc", "grep", "init", "log", "ls-files", "ls-remote", "ls-tree",
    "merge", "mv", "notes", "pull", "push", "rebase", "reflog", "remote", "reset", "restore", "rev-list", "rev-parse",
    "revert", "rm", "shortlog", "show", "sparse-checkout", "stash", "status", "submodule", "switch", "tag", "worktree",
)  # fmt: skip
# these take the options of `git log` and `git diff` as well, or have subcommands of their own
_GIT_PARTIAL = frozenset((
    "archive", "bisect", "blame", "diff", "format-patch", "log", "notes", "reflog", "rev-list", "rev-parse", "shortlog",
    "show", "stash", "submodule", "worktree", "sparse-checkout",
))  # fmt: skip

PROGRAMS: Mapping[str, Program] = {
    each.name: each
    for each in (
        Program("git", ("-h",), ("-h",), _GIT, partial=_GIT_PARTIAL, negates=True),
        *(Program(name, of_subcommand=("--help",), for_all=("options",)) for name in ("kubectl", "minikube")),
        Program("cargo", ("-h",), ("-h",)),
        Program("go", ("help",)),
        Program("curl", ("--help", "all"), negates=True),
        Program("rsync", negates=True),
        *(Program(name, partial=frozenset(("",))) for name in ("cmake", "find", "flake8", "g++", "gcc", "jq", "node", "npm", "npx", "pylint", "pytest", "scp", "ssh", "tsc")),
        *_with_subcommands(
            "pip", "pip3", "docker", "docker-compose", "podman", "gh", "glab", "helm", "kustomize", "kind", "ruff",
            "uv", "pre-commit", "pipx", "flask", "maturin",
        ),
        *_plain(
            "base64", "basename", "black", "cat", "chgrp", "chmod", "chown", "cmp", "comm", "cp", "csplit",
            "ctest", "cut", "date", "df", "diff", "dirname", "du", "egrep", "env", "expand", "fgrep", "fmt",
            "fold", "gawk", "grep", "gunzip", "gzip", "head", "id", "install", "isort", "join", "ln", "ls", "make",
            "md5sum", "mkdir", "mktemp", "mv", "mypy", "ninja", "nl", "nproc", "numfmt", "od", "paste", "patch", "python", "python3", "readlink", "realpath", "rg", "rm", "rmdir", "sed", "seq", "sha1sum", "sha256sum",
            "sha512sum", "shellcheck", "shfmt", "shuf", "sort", "split", "stat", "sudo", "tac", "tail", "tar", "tee", "timeout",
            "touch", "tr", "truncate", "twine", "uniq", "unxz", "wc", "wget", "xargs", "xz", "yamllint", "zcat", "zstd",
        ),
    )
}  # fmt: skip
"""The programs by name."""


def find_program(name: str, environ: Mapping[str, str], boundaries: Boundaries) -> Path | None:
    """Return where the program ``name`` of the allow-list is installed; None where it is not, or may not be run."""
    if name not in PROGRAMS:
        return None
    found = executables(name, environ, boundaries)
    return next((path for path in found if may_run(path, environ, boundaries)), None)


def safe_path(environ: Mapping[str, str], boundaries: Boundaries) -> str:
    """Return ``PATH`` without folders that are relative, in the workspace, or that other users may write to."""
    entries = environ.get("PATH", "").split(os.pathsep)
    kept = (
        each
        for each in entries
        if each
        and Path(each).is_absolute()
        and not boundaries.contain(Path(each) / "x")
        and is_guarded(Path(each))
    )
    return os.pathsep.join(dict.fromkeys(kept))


def may_run(path: Path, environ: Mapping[str, str], boundaries: Boundaries) -> bool:
    """Return whether nobody but this user and the administrators decides what the program at ``path`` does."""
    if boundaries.contain(path) or not (is_guarded(path) and is_guarded(path.resolve())):
        return False
    interpreter = _interpreter(path)
    if interpreter is None:
        return True
    if Path(interpreter).is_absolute():
        runs = Path(interpreter)
    else:
        runs = next(executables(interpreter, environ, boundaries), None)
    if runs is None or runs.name in _SHELLS or runs.resolve().name in _SHELLS:
        return False
    is_safe = not boundaries.contain(runs) and is_guarded(runs) and is_guarded(runs.resolve())
    return is_safe and not _imports_workspace(runs, boundaries)


def fingerprint(path: Path) -> str:
    """Return what stands for an installed program: its path, size and time of change."""
    seen = path.stat()
    plain = f"{path}\0{path.resolve()}\0{seen.st_size}\0{seen.st_mtime_ns}"
    return hashlib.blake2b(plain.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def is_guarded(path: Path) -> bool:
    """Return whether no other user may write to ``path`` or replace it. Always, where files have no owners."""
    if not hasattr(os, "geteuid"):
        return True
    for place in (path, *path.parents):
        try:
            seen = place.stat()
        except OSError:
            return False
        if seen.st_uid not in (0, os.geteuid()):
            return False
        is_open = bool(seen.st_mode & stat.S_IWOTH)
        is_open |= bool(seen.st_mode & stat.S_IWGRP) and seen.st_gid not in {*_ADMINISTRATORS, os.getegid()}
        if is_open and not (stat.S_ISDIR(seen.st_mode) and seen.st_mode & stat.S_ISVTX):
            return False
    return True


def _interpreter(path: Path) -> str | None:
    """Return the path or the name of the program that runs the script at ``path``; None where it is no script."""
    with path.open("rb") as file:
        first = file.read(_SHEBANG_SIZE).split(b"\n", 1)[0]
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode("utf-8", "surrogateescape").split()
    if not words:
        return ""
    if Path(words[0]).name != "env":
        return words[0]
    return next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")


def _imports_workspace(interpreter: Path, boundaries: Boundaries) -> bool:
    """Return whether an interpreter imports from the workspace: what is installed editable is code of it."""
    for language in languages():
        paths = language.start_up_paths(interpreter) if language.start_up_paths is not None else ()
        if any(boundaries.contain(path / "x") for path in paths):
            return True
    return False
