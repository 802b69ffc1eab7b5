"""Which file declares what an import of a package gives: by ``exports``, ``typesVersions``, ``types`` and ``main``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from soothsay_languages.typescript.environment.manifests import PackageManifest

# as the compiler reads them in a project of today
_CONDITIONS = frozenset({"types", "import", "node", "default", "module-sync"})
_OTHERWISE = frozenset({"types", "require", "node", "default"})
_VERSION = (7, 0)  # of the compiler
_RANGE = re.compile(r"(<=|>=|<|>|=)?\s{0,4}v?(\d+)(?:\.(\d+))?")
_ENDINGS = {".mjs": ".d.mts", ".cjs": ".d.cts", ".js": ".d.ts", ".jsx": ".d.ts"}
_SOURCES = {".ts": ".d.ts", ".mts": ".d.mts", ".cts": ".d.cts"}
DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
_MOST_NESTED = 20


def declaration_file(manifest: PackageManifest, subpath: str) -> Path | None:
    """Return the file that declares ``subpath`` ("" for the package itself) of a package; None where it has none."""
    targets = _targets(manifest, subpath)
    found = (beside(manifest.folder / target.removeprefix("./")) for target in targets)
    return next((path for path in found if path is not None and _is_within(path, manifest.folder)), None)


def beside(path: Path) -> Path | None:
    """Return the declarations of the module ``path``: the file itself, one beside it, or the index of a folder."""
    if path.name.endswith(DECLARATIONS):
        return path if path.is_file() else None
    candidates = [path.with_name(path.name + ending) for ending in DECLARATIONS]
    for ending, declared in {**_ENDINGS, **_SOURCES}.items():
        if path.name.endswith(ending):
            candidates.insert(0, path.with_name(path.name.removesuffix(ending) + declared))
    candidates += [path / f"index{ending}" for ending in DECLARATIONS]
    return next((each for each in candidates if each.is_file()), None)


def _targets(manifest: PackageManifest, subpath: str) -> Iterator[str]:
    """Yield the files of a package that may declare ``subpath``, the likeliest first."""
    exports = manifest.fields.get("exports")
    if exports is not None:
        for conditions in (_CONDITIONS, _OTHERWISE):
            yield from _exported(exports, f"./{subpath}" if subpath else ".", conditions)
        return
    wanted = subpath or manifest.text("types") or manifest.text("typings") or manifest.text("main") or "index"
    wanted = wanted.removeprefix("./")
    yield from _of_version(manifest.fields.get("typesVersions"), wanted)
    yield wanted
    if not subpath:
        yield "index"


def _exported(exports: Any, wanted: str, conditions: frozenset[str]) -> Iterator[str]:
    """Yield what ``exports`` names for ``wanted`` (``.``, ``./locale``) where ``conditions`` hold."""
    entries = cast("dict[str, Any]", exports) if isinstance(exports, dict) else {}
    if not any(key.startswith(".") for key in entries):
        entries = {".": exports}
    if wanted in entries:
        yield from _under(entries[wanted], conditions)
        return
    patterns = sorted((key for key in entries if "*" in key), key=len, reverse=True)
    for key in patterns:
        before, _, after = key.partition("*")
        middle = len(wanted) - len(before) - len(after)
        if middle > 0 and wanted.startswith(before) and wanted.endswith(after):
            star = wanted[len(before) : len(before) + middle]
            yield from (target.replace("*", star) for target in _under(entries[key], conditions))
            return


def _under(value: Any, conditions: frozenset[str], nested: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif nested < _MOST_NESTED and isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _under(each, conditions, nested + 1)
    elif nested < _MOST_NESTED and isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            if key in conditions or (key.startswith("types@") and _holds(key.removeprefix("types@"))):
                yield from _under(each, conditions, nested + 1)


def _of_version(versions: Any, wanted: str) -> Iterator[str]:
    """Yield what ``typesVersions`` has in place of ``wanted``."""
    ranges = cast("dict[str, Any]", versions) if isinstance(versions, dict) else {}
    paths = next((each for text, each in ranges.items() if _holds(text)), None)
    mapped: Mapping[str, Any] = cast("dict[str, Any]", paths) if isinstance(paths, dict) else {}
    for pattern, targets in mapped.items():
        before, star, after = pattern.partition("*")
        fits = wanted.startswith(before) and wanted.endswith(after) if star else wanted == pattern
        listed: Sequence[Any] = cast("list[Any]", targets) if fits and isinstance(targets, list) else ()
        within = wanted[len(before) : len(wanted) - len(after)]
        yield from (each.replace("*", within) for each in listed if isinstance(each, str))


def _holds(versions: str) -> bool:
    """Return whether our compiler is in the range ``versions``: ``>=4.2``, ``<=5.6``, ``*``."""
    return all(_fits(match) for match in _RANGE.finditer(versions))


def _fits(match: re.Match[str]) -> bool:
    bound = int(match[2]), int(match[3] or 0)
    match match[1]:
        case "<=":
            return bound >= _VERSION
        case ">=":
            return bound <= _VERSION
        case "<":
            return bound > _VERSION
        case ">":
            return bound < _VERSION
    return bound == _VERSION


def _is_within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
