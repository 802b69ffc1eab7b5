"""Which files each installed distribution brought, as its RECORD says; nothing is imported and no package is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from soothsay_languages.python.environment.layout import plain_name

_MOST_LISTED = 30_000_000  # characters of RECORD; torch has 2 million
_HEAD = 4_000  # characters of METADATA in which name and version surely stand
_FIELD = re.compile(r"^(Name|Version): *(\S+)", re.MULTILINE)
_PACKAGE = re.compile(r"^((?:\w+/)+)__init__\.py,", re.MULTILINE)
_MODULE = re.compile(r"^(\w+)\.(?:py|pyd|[\w.-]+\.(?:so|pyd)),", re.MULTILINE)
_NAMESPACE = ("extend_path", "declare_namespace")


@dataclass(frozen=True, slots=True)
class Listed:
    """An installed distribution. ``files`` is its RECORD: one file a line, relative to ``site``, before a comma."""

    package: str
    version: str
    site: Path
    info: Path  # its .dist-info folder
    files: str

    def matching(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Return the matches of a multi-line ``pattern`` in the list of files."""
        return pattern.finditer(self.files)


def listed(site_packages: Sequence[Path]) -> Iterator[Listed]:
    """Yield all distributions that say what they brought. The first of a name wins, as it does for imports."""
    seen: set[str] = set()
    for site in site_packages:
        for info in sorted(site.glob("*.dist-info")):
            found = _read(site, info)
            name = plain_name(found.package) if found else ""
            if found and name not in seen:
                seen.add(name)
                yield found


def _read(site: Path, info: Path) -> Listed | None:
    try:
        with (info / "METADATA").open(encoding="utf-8", errors="replace") as file:
            fields = {match[1]: match[2] for match in _FIELD.finditer(file.read(_HEAD))}
        with (info / "RECORD").open(encoding="utf-8", errors="replace") as file:
            files = file.read(_MOST_LISTED)
    except OSError:
        return None
    return Listed(fields["Name"], fields.get("Version", ""), site, info, files) if "Name" in fields else None


def is_namespace(root: str, site_packages: Sequence[Path]) -> bool:
    """Return whether ``root`` is only a folder that several distributions share (``azure``, ``google``)."""
    folders = [site / root for site in site_packages if (site / root).is_dir()]
    return bool(folders) and all(_is_shared(folder) for folder in folders)


def stubbed_roots(site_packages: Sequence[Path]) -> frozenset[str]:
    """Return the import names that stub-only distributions describe as a whole (``requests-stubs``)."""
    return frozenset(
        init.parent.name.removesuffix("-stubs")
        for site in site_packages
        for init in site.glob("*-stubs/__init__.pyi")
    )


def namespace_parts(found: Listed, root: str) -> Iterator[str]:
    """Yield the packages of a distribution below the namespace ``root``: ``azure.storage.blob``."""
    pattern = re.compile(rf"^({re.escape(root)}(?:/\w+)+)/__init__\.pyi?,", re.MULTILINE)
    taken: list[str] = []
    for folder in sorted({match[1] for match in found.matching(pattern)}):  # parents before their children
        if any(folder.startswith(f"{above}/") for above in taken) or _is_shared(found.site / folder):
            continue
        taken.append(folder)
        yield folder.replace("/", ".")


def _is_shared(folder: Path) -> bool:
    """Return whether ``folder`` has no ``__init__``, or one that only says that the package goes on in other folders."""
    for name in ("__init__.py", "__init__.pyi"):
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return len(text) < 2_000 and any(way in text for way in _NAMESPACE)
    return True


def main_package(found: Listed) -> str:
    """Return the name by which a distribution is imported, the most telling where it has several; empty when it has none."""
    folders = {match[1].rstrip("/") for match in found.matching(_PACKAGE)}
    taken: list[str] = []
    for folder in sorted(folders, key=lambda name: (name.count("/"), name)):
        if not any(folder.startswith(f"{above}/") for above in taken) and not _is_shared(found.site / folder):
            taken.append(folder)
    names = [folder.replace("/", ".") for folder in taken] + [match[1] for match in found.matching(_MODULE)]
    called = re.sub(r"[-.]", "_", found.package).lower()
    same = [name for name in names if name.replace(".", "_").lower() == called]
    public = [name for name in names if not name.startswith("_")]
    return next(iter((*same, *public)), "")
