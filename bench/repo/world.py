"""The repositories, unpacked from their source distributions, each a workspace of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.environments import environment
from bench.installed.world import pins, unpacked
from platformdirs import user_cache_path

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("soothsay-bench") / "repo"
REPOSITORIES = HERE / "repositories.txt"
# They call everything, in the same words as the lines to be written: with them, copying is enough.
_LEFT_OUT = ("test", "tests", "testing", "docs", "doc", "example", "examples", "scripts", "benchmarks", "node_modules", "vendor", "assets", "environments")  # fmt: skip


def interpreter() -> Path:
    """The Python that the repositories are read with."""
    return environment(CACHE / "venv", HERE / "requirements.txt")


def names() -> list[str]:
    """The repositories."""
    return [pin.partition("==")[0] for pin in pins(REPOSITORIES)]


def workspace(name: str) -> Path:
    """The folder of a repository's packages, made where it is missing."""
    pin = next(pin for pin in pins(REPOSITORIES) if pin.startswith(f"{name}=="))
    place = CACHE / "workspaces" / pin.replace("==", "-")
    if not place.exists():
        source = unpacked(pin, CACHE / "sdists", CACHE / "sources")
        part = place.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for package in packages(source):
            shutil.copytree(package, part / package.name, ignore=shutil.ignore_patterns(*_LEFT_OUT, "__pycache__"))  # fmt: skip
        part.rename(place)
    return place


def packages(source: Path) -> Iterator[Path]:
    """The packages of an unpacked distribution: in ``src``, beside the project file, or beside those for R."""
    for root in (source / "src", source, source / "pkg-py" / "src"):
        found = [each for each in sorted(root.iterdir()) if (each / "__init__.py").exists()] if root.is_dir() else []  # fmt: skip
        found = [each for each in found if each.name not in _LEFT_OUT]
        if found:
            yield from found
            return
