"""Write ``requirements-dev.lock``: the development environment, every package at one version with its hash.

``python -m tests.lockfile`` (``make lock``) locks what this environment has installed, so that what was tested is what is
locked. pip's own resolver says which file of each package it would install, and names the SHA-256 of that file; the file's
address stays out of the lock.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-dev.lock"
_HEAD = """\
# The development environment: Python 3.11 on Linux (x86_64). `make lock` writes this file; `make install LOCKED=1` uses it.
#
# Each hash is that of the one file that pip takes for this platform; on another, install without the lock. torch is the
# build for processors, which has a local version (+cpu): it comes from an index or a folder that pip is configured with
# (extra-index-url, find-links). llama-cpp-python is the hash of its source: it is compiled, or taken from pip's cache.
# What builds packages (hatchling, scikit-build-core) is not locked: pip fetches it into environments of its own.
"""
_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)")


def direct_requirements(pyproject: str) -> list[Requirement]:
    """Return the requirements of the distribution and of its extra ``dev``, from the text of ``pyproject.toml``."""
    project = tomllib.loads(pyproject)["project"]
    return [
        Requirement(each) for each in (*project["dependencies"], *project["optional-dependencies"]["dev"])
    ]


def locked_versions(lock: str) -> dict[str, Version]:
    """Return the version of each package in the text of a lock, by normalised name.

    Raises ValueError for a line that does not pin one version with a hash, and for a package that stands there twice.
    """
    found: dict[str, Version] = {}
    for line in lock.splitlines():
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not one version with its hash: {line}")
        name = canonicalize_name(match["name"])
        if name in found:
            raise ValueError(f"twice: {name}")
        found[name] = Version(match["version"])
    return found


def outside(requirements: Iterable[Requirement], locked: Mapping[str, Version]) -> list[str]:
    """Return the requirements that ``locked`` does not satisfy. Those whose marker excludes this platform are left out."""
    return [
        str(requirement)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
        if (version := locked.get(canonicalize_name(requirement.name))) is None
        or not requirement.specifier.contains(version, prereleases=True)
    ]


def render(report: Mapping[str, Any]) -> str:
    """Return the lock of pip's installation report."""
    lines = sorted(
        f"{canonicalize_name(item['metadata']['name'])}=={item['metadata']['version']}"
        f" --hash=sha256:{item['download_info']['archive_info']['hashes']['sha256']}"
        for item in report["install"]
    )
    return _HEAD + "\n".join(lines) + "\n"


def _resolve(requirements: Iterable[Requirement], installed: Mapping[str, str]) -> dict[str, Any]:
    """Return pip's report on what it would install, at the versions that are ``installed``. Installs nothing."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, constraints, report = (
            Path(folder, name) for name in ("wanted.txt", "constraints.txt", "report.json")
        )
        wanted.write_text("".join(f"{each}\n" for each in requirements))
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in installed.items()))
        command = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--dry-run", "--ignore-installed")  # fmt: skip
        files = ("--report", str(report), "-c", str(constraints), "-r", str(wanted))
        subprocess.run([*command, "--quiet", *files], check=True)
        return json.loads(report.read_text())


def main() -> None:
    """Write the lock."""
    requirements = direct_requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {
        str(canonicalize_name(each.name)): each.version for each in distributions() if each.name != "soothsay"
    }
    lock = render(_resolve(requirements, installed))
    missing = outside(requirements, locked_versions(lock))
    if missing:
        raise SystemExit(f"not in the lock at a version within its bounds: {', '.join(missing)}")
    LOCK.write_text(lock, encoding="utf-8")
    print(f"{LOCK.name}: {len(locked_versions(lock))} packages")


if __name__ == "__main__":
    main()
