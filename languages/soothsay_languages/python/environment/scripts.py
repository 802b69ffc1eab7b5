"""Environments of single files: uv, Hatch, PDM and pipx make one for a script that names its dependencies (PEP 723)."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from soothsay_languages.python.environment.layout import (
    is_local,
    listed,
    plain_name,
    read_layout,
    read_settings,
)
from soothsay_languages.python.environment.tools import (
    hatch_home,
    pdm_home,
    short_digest,
    user_home,
    variable_folder,
)

_HEAD = 64_000  # characters in which a script says what it needs
_OPENING, _CLOSING = "# /// script", "# ///"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_INFO = re.compile(r"(.+?)-[^-]+\.(?:dist|egg)-info")


def script_metadata(text: str) -> Mapping[str, Any] | None:
    """Return what the script ``text`` says it needs; None where it says nothing, or nothing that can be read."""
    lines = iter(text.splitlines())
    if not any(line.rstrip() == _OPENING for line in lines):
        return None
    block: list[str] = []
    closed = False
    for line in lines:
        if not (line == "#" or line.startswith("# ")):
            break
        closed = closed or line.rstrip() == _CLOSING
        if not closed:
            block.append(line[2:])
    try:
        return tomllib.loads("\n".join(block)) if closed else None
    except ValueError:
        return None


def script_environments(script: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the environments that have been made for ``script``, if it says what it needs: the last one first."""
    needs = script_metadata(_head(script))
    if needs is None:
        return
    wanted = {
        plain_name(found[0])
        for each in _listed(needs, "dependencies")
        if (found := _NAME.match(each.strip()))
    }
    own = [*_of_uv(script, environ), _of_hatch(script, environ), _of_pdm(script, environ)]
    shared = _of_pipx(environ) if wanted else ()
    for folder in (*_latest_first(own), *_latest_first(shared)):
        if (folder / "pyvenv.cfg").is_file() and wanted <= _installed(folder):
            yield folder


def _of_uv(script: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders of environments that uv may have made for a script of this name; newer versions note the name."""
    given = environ.get("UV_CACHE_DIR", "")
    local = environ.get("LOCALAPPDATA", "")
    if is_local(given):
        cache = Path(given)
    elif os.name == "nt" and local:
        cache = Path(local) / "uv" / "cache"
    else:
        cache = variable_folder(environ, "XDG_CACHE_HOME", ".cache") / "uv"
    stem = re.sub(r"[^a-z0-9]+", "-", script.stem.lower()).strip("-")
    named = re.compile(rf"{re.escape(stem)}-[0-9a-f]{{16}}")
    for kept in listed(cache):
        for folder in listed(kept) if kept.name.startswith("environments-v") else ():
            prompt = read_settings(folder / "pyvenv.cfg").get("prompt", script.name)
            if named.fullmatch(folder.name) and prompt in {script.name, script.stem}:
                yield folder


def _of_hatch(script: Path, environ: Mapping[str, str]) -> Path:
    return hatch_home(environ) / ".scripts" / short_digest(str(script).encode("utf-8", "surrogateescape"))


def _of_pdm(script: Path, environ: Mapping[str, str]) -> Path:
    place = os.path.realpath(script).encode("utf-8", "surrogateescape")
    return pdm_home(environ) / hashlib.md5(place, usedforsecurity=False).hexdigest()


def _of_pipx(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the environments that pipx keeps for some days: their names do not tell what they were made for."""
    given = environ.get("PIPX_HOME", "")
    home, cache = user_home(environ), variable_folder(environ, "XDG_CACHE_HOME", ".cache")
    homes = [Path(given)] if is_local(given) else [home / ".local/share/pipx", home / ".local/pipx"]
    for folder in (*(each / ".cache" for each in homes), cache / "pipx"):
        yield from listed(folder)


def _latest_first(folders: Iterable[Path]) -> list[Path]:
    return sorted(folders, key=_changed_at, reverse=True)


def _head(script: Path) -> str:
    try:
        if not script.is_file():
            return ""
        with script.open(encoding="utf-8", errors="replace") as file:
            return file.read(_HEAD)
    except (OSError, ValueError):
        return ""


def _installed(folder: Path) -> set[str]:
    """Return the plain names of the distributions in an environment."""
    infos = (info.name for site in read_layout(folder).site_packages for info in listed(site))
    return {plain_name(match[1]) for info in infos if (match := _INFO.fullmatch(info))}


def _listed(values: Mapping[str, Any], name: str) -> list[str]:
    found = values.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _changed_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
