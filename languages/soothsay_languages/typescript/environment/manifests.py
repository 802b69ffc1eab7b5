"""``package.json`` and the files beside it, read as data: nothing of a package is run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from soothsay_index.sources.texts import read_text

_MOST_BYTES = 2_000_000
_LISTS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
# a name that npm allows, which leaves no folder of packages
_NAME = re.compile(r"(?:@[a-z0-9~_][\w.~-]*/)?[a-z0-9~_][\w.~-]*", re.IGNORECASE)
_LISTED_FOLDER = re.compile(r"""^[ \t]*-[ \t]*['"]?([^'"#\n]+?)['"]?[ \t]*(?:#.*)?$""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PackageManifest:
    """One ``package.json``: the ``fields`` that it has, {} for one that cannot be read."""

    folder: Path
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The package's name, "" for none."""
        return self.text("name")

    @property
    def version(self) -> str:
        """The version, "" for none."""
        return self.text("version")

    def text(self, name: str) -> str:
        """Return the value of the field ``name``, "" where it is none or no string."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def dependencies(self) -> tuple[str, ...]:
        """Return the names of the packages that it depends on directly, each once."""
        found: dict[str, None] = {}
        for each in _LISTS:
            listed = self.fields.get(each)
            names = cast("dict[str, Any]", listed) if isinstance(listed, dict) else {}
            found.update(dict.fromkeys(filter(is_package_name, names)))
        return tuple(found)

    def workspaces(self) -> tuple[str, ...]:
        """Return the patterns of the folders that hold the packages of a monorepo."""
        listed: Any = self.fields.get("workspaces")
        if isinstance(listed, dict):  # yarn 1
            listed = cast("dict[str, Any]", listed).get("packages")
        patterns = cast("list[Any]", listed) if isinstance(listed, list) else []
        own = tuple(each for each in patterns if isinstance(each, str))
        return own or _listed_by_pnpm(self.folder)


def read_manifest(folder: Path) -> PackageManifest | None:
    """Return the manifest of the package in ``folder``; None where there is none that can be read."""
    text = read_text(folder / "package.json", _MOST_BYTES)
    try:
        fields = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return PackageManifest(folder, cast("dict[str, Any]", fields)) if isinstance(fields, dict) else None


def is_package_name(name: str) -> bool:
    """Return whether npm allows ``name`` as that of a package."""
    return _NAME.fullmatch(name) is not None


def workspace_folders(manifest: PackageManifest, most: int) -> Iterator[Path]:
    """Yield the folders of a monorepo's packages, at most ``most``; folders of installed packages are none."""
    found: dict[Path, None] = {}
    for pattern in manifest.workspaces():
        plain = pattern.strip("./").replace("**", "*")
        if pattern.startswith("!") or not plain or ".." in plain or ":" in plain:
            continue
        for folder in sorted(manifest.folder.glob(plain)):
            if len(found) >= most:
                break
            if "node_modules" not in folder.parts and (folder / "package.json").is_file():
                found[folder] = None
    yield from found


def _listed_by_pnpm(folder: Path) -> tuple[str, ...]:
    text = read_text(folder / "pnpm-workspace.yaml", _MOST_BYTES) or ""
    head, _, rest = text.partition("packages:")
    if head and not head.endswith("\n"):
        return ()
    listed = re.split(r"^\S", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return tuple(_LISTED_FOLDER.findall(listed))
