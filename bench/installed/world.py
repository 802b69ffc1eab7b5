"""The environments of the benchmark: the libraries as installed, as they were in February 2024, and their tests."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.environments import environment
from platformdirs import user_cache_path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = user_cache_path("soothsay-bench") / "installed"
REQUIREMENTS = HERE / "requirements.txt"


def interpreter() -> Path:
    """The Python that has the libraries."""
    return environment(CACHE / "venv", REQUIREMENTS)


def old_interpreter() -> Path:
    """The Python that has them as they were before the models' training ended."""
    return environment(CACHE / "venv-old", HERE / "requirements-old.txt")


def sources() -> Path:
    """The folder with the unpacked source distributions of ``sdists.txt``, one a folder."""
    folder = CACHE / "sources"
    for pin in pins(HERE / "sdists.txt"):
        unpacked(pin, CACHE / "sdists", folder)
    return folder


def pins(path: Path) -> list[str]:
    """The lines ``name==version`` of a file."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if "==" in line]


def unpacked(pin: str, downloads: Path, folder: Path) -> Path:
    """The source distribution ``name==version`` in ``folder``; downloaded with pip where it is missing."""
    name, _, version = pin.partition("==")
    place = folder / f"{name}-{version}"
    if not place.exists():
        archive = _archive(name, version, downloads)
        if archive is None:
            print(f"downloading {pin} ...", file=sys.stderr, flush=True)
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--no-deps", "--no-binary", name, "-d", str(downloads), pin], check=True)
            archive = _archive(name, version, downloads)
        if archive is None:
            raise SystemExit(f"{pin} has no source distribution (.tar.gz)")
        _unpack(archive, place)
    return place


def _archive(name: str, version: str, downloads: Path) -> Path | None:
    wanted = f"{name}-{version}.tar.gz".replace("-", "_").lower()
    found = [path for path in downloads.glob("*.tar.gz") if path.name.replace("-", "_").lower() == wanted]
    return found[0] if found else None


def _unpack(archive: Path, place: Path) -> None:
    """Into ``place``, which appears when it is complete."""
    part = place.with_suffix(".part")
    with tarfile.open(archive) as tar:
        tar.extractall(part, filter="data")
    (inside,) = part.iterdir()
    inside.rename(place)
    part.rmdir()


class Referee:
    """:mod:`bench.installed.child` in an environment's interpreter."""

    def __init__(self, python: Path) -> None:
        self._child = subprocess.Popen(
            [str(python), "-W", "ignore", "-m", "bench.installed.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        )  # fmt: skip

    def ask(self, question: Mapping[str, Any]) -> Any:
        """The answer; None when running the code before the call ended in an error."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(question) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"the referee died over {question}")
        return json.loads(line).get("answer")

    def close(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(10)
