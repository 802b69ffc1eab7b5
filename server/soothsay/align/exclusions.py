"""What no row may come from, or be about: the test splits of benchmarks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pathspec import GitIgnoreSpec

from soothsay.errors import SoothsayError
from soothsay_index.sources.gitignore import read_patterns

_SEPARATORS = re.compile(r"[-_]+")
_COPIES = re.compile(r"(?:^|\.)_?(?:vendor|vendored|extern|external|externals|third_party|thirdparty)\.")
"""The folders in which packages carry copies of others."""
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """``packages`` are import names, names of distributions, modules, classes and owners (``scipy.stats``, ``botocore:s3``),
    each with all that is in it; ``files`` are patterns of a `.gitignore`."""

    packages: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, packages: Iterable[str], files: Iterable[str] = ()) -> Exclusions:
        """Return the exclusions of what is named in any spelling."""
        return cls(frozenset(map(plain_name, packages)), tuple(files))

    @classmethod
    def read(cls, path: Path) -> Exclusions:
        """Read a JSON file ``{"packages": […], "files": […]}``. Raises `SoothsayError`."""
        try:
            found: object = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SoothsayError(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:
            raise SoothsayError(f"{path} is not JSON: {error}") from error
        data = cast("dict[str, object]", found) if isinstance(found, dict) else None
        if data is None or not set(data) <= {"packages", "files"}:
            raise SoothsayError(f'{path}: expected {{"packages": [names], "files": [patterns]}}')
        return cls.of(_names(path, data.get("packages", [])), _names(path, data.get("files", [])))

    def cover(self, name: str) -> bool:
        """Return whether ``name``, a dotted path or an owner, is one of the packages or in one, or in a copy that another carries."""
        if not self.packages or not name:
            return False
        name = plain_name(name)
        return self._cover(name) or self._cover(_copied(name))

    def _cover(self, name: str) -> bool:
        ends = [at for at, sign in enumerate(name) if sign in ".:"]
        return any(name[:end] in self.packages for end in (*ends, len(name)))

    def cover_any(self, names: Iterable[str]) -> bool:
        """Return whether one of ``names`` is covered."""
        return any(map(self.cover, names))

    def cover_file(self, file: str) -> bool:
        """Return whether ``file``, a path with forward slashes, matches one of the patterns, or is in a copy of a package."""
        path = file.lstrip("/")
        is_named = bool(self.files) and self._patterns.match_file(path)
        return is_named or self._cover(_copied(plain_name(path.rpartition(".")[0].replace("/", "."))))

    def are_told_by(self, text: str) -> bool:
        """Return whether ``text`` holds a dotted path that is covered, such as ``scipy.stats.norm``."""
        return bool(self.packages) and any(
            self.cover(found) for found in _DOTTED.findall(text) if "." in found
        )

    @property
    def _patterns(self) -> GitIgnoreSpec:
        return read_patterns(self.files)


def plain_name(name: str) -> str:
    """Return a package's name in one spelling: lower case, with underscores."""
    return _SEPARATORS.sub("_", name.strip().lower())


def _copied(name: str) -> str:
    """Return the path, below the folder that holds copies of packages, of what is called ``name``; "" for what is no copy."""
    found = _COPIES.search(name)
    return name[found.end() :] if found else ""


def _names(path: Path, found: object) -> list[str]:
    names = cast("list[object]", found) if isinstance(found, list) else None
    if names is None or not all(isinstance(each, str) for each in names):
        raise SoothsayError(f"{path}: packages and files are lists of texts")
    return cast("list[str]", names)
