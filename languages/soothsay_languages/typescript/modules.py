"""How the files of a workspace import each other: ``./shop.js``, a folder for its ``index``, and the ``paths`` of a tsconfig.

A module is named by its path in the workspace without its ending. No file that is imported is looked for.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import tree_sitter
import tree_sitter_json
from tree_sitter import Node

from soothsay_index.sources.texts import read_text
from soothsay_languages.scopes import ModuleName
from soothsay_languages.syntax import parse, text_of

SCHEME = "script:"
"""What the names of modules begin with in the index: those of other languages may have the same ones."""

_ENDING = re.compile(r"(?:\.d)?\.[cm]?[jt]sx?$")
_SETTINGS = ("tsconfig.json", "jsconfig.json")
_MOST_BYTES = 200_000
_KEPT = 256
_MOST_EXTENDED = 8  # settings that extend each other

Aliases = tuple[tuple[str, str], ...]


def module_of(root: Path, path: Path) -> ModuleName:
    """Return the module that ``path``, a file under ``root``, is, with the aliases of the settings it is compiled with."""
    plain = _ENDING.sub("", path.relative_to(root).as_posix())
    is_index = posixpath.basename(plain) == "index"
    return ModuleName(
        _owner(posixpath.dirname(plain) if is_index else plain), is_index, _aliases(root, path.parent)
    )


def imported_module(specifier: str, module: ModuleName) -> str:
    """Return the module of the workspace that ``module`` imports as ``specifier``; "" for one of a package."""
    if not module.name.startswith(SCHEME):
        return ""
    if specifier in (".", "..") or specifier.startswith(("./", "../")):
        here = module.name.removeprefix(SCHEME).replace("%2E", ".")
        return _within(posixpath.join(here if module.is_package else posixpath.dirname(here), specifier))
    for pattern, target in module.aliases:
        before, star, after = pattern.partition("*")
        if specifier == pattern:
            return _within(target)
        if (
            star
            and len(specifier) >= len(before + after)
            and specifier.startswith(before)
            and specifier.endswith(after)
        ):
            return _within(target.replace("*", specifier[len(before) : len(specifier) - len(after)]))
    return ""


def _within(path: str) -> str:
    """Return the module at a path in the workspace, "" for one outside of it."""
    plain = _ENDING.sub("", posixpath.normpath(path or "."))
    if plain == ".." or plain.startswith(("../", "/")):
        return ""
    return _owner(posixpath.dirname(plain) if posixpath.basename(plain) == "index" else plain)


def _owner(path: str) -> str:
    """Return the name of a module in the index, where dots separate the parts of names."""
    return SCHEME + ("" if path == "." else path).replace(".", "%2E")


@dataclass(frozen=True, slots=True)
class _Settings:
    """What a tsconfig says of paths: ``aliases`` are None where it says nothing, and those that it ``extends`` may."""

    aliases: Aliases | None = None
    extends: tuple[Path, ...] = ()


def _aliases(root: Path, folder: Path) -> Aliases:
    """Return what the nearest settings above ``folder`` call paths of the workspace."""
    for each in (folder, *folder.parents):
        for name in _SETTINGS:
            settings = _settings(root, each / name)
            if settings is not None:
                return _with_extended(root, settings, _MOST_EXTENDED) or ()
        if each == root:
            break
    return ()


def _with_extended(root: Path, settings: _Settings, left: int) -> Aliases | None:
    """Return the aliases of ``settings``, else those of the last one of what it extends that has any."""
    if settings.aliases is not None or not left:
        return settings.aliases
    others = (_settings(root, path) for path in reversed(settings.extends))
    found = (_with_extended(root, other, left - 1) for other in others if other is not None)
    return next((each for each in found if each is not None), None)


def _settings(root: Path, path: Path) -> _Settings | None:
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    return _read_settings(root, path, changed)


@lru_cache(_KEPT)
def _read_settings(root: Path, path: Path, changed: int) -> _Settings:
    """Return the ``paths`` of settings, each with its first target as seen from ``root``. ``changed`` is when the file was."""
    text = read_text(path, _MOST_BYTES)
    if text is None:
        return _Settings()
    document = parse(
        tree_sitter.Language(tree_sitter_json.language()), text.encode("utf-8", "replace")
    ).root_node
    whole = next((each for each in document.named_children if each.type == "object"), None)
    options, extended = _member(whole, "compilerOptions"), _member(whole, "extends")
    several = extended.named_children if extended is not None and extended.type == "array" else [extended]
    extends = tuple(filter(None, (_extended(root, path.parent, _text(each)) for each in several)))
    base = _text(_member(options, "baseUrl")) or "."
    folder = path.parent.relative_to(root).as_posix()
    paths = _member(options, "paths")
    if paths is None:
        return _Settings(None, extends)
    found: list[tuple[str, str]] = []
    for key, value in _pairs(paths):
        first = next((each for each in value.named_children if each.type == "string"), None)
        if first is not None:
            found.append((key, posixpath.normpath(posixpath.join(folder, base, _text(first)))))
    # of two patterns that fit, the compiler takes the one with more before its star
    return _Settings(tuple(sorted(found, key=lambda pair: -len(pair[0].partition("*")[0]))), extends)


def _extended(root: Path, folder: Path, written: str) -> Path | None:
    """Return the file of the workspace that settings in ``folder`` extend; None for one of a package."""
    if not written.startswith(("./", "../")):
        return None
    path = Path(os.path.normpath(folder / written))
    return (
        (path if path.suffix == ".json" else path.with_name(f"{path.name}.json"))
        if path.is_relative_to(root)
        else None
    )


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    for pair in node.named_children if node is not None and node.type == "object" else ():
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None:
            yield _text(key), value


def _member(node: Node | None, name: str) -> Node | None:
    return next((value for key, value in _pairs(node) if key == name), None)


def _text(node: Node | None) -> str:
    """Return the value of a string, "" for anything else."""
    if node is None or node.type != "string":
        return ""
    try:
        value = cast("object", json.loads(text_of(node)))
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""
