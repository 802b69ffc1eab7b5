"""Workspaces to index, made of real code: files of this interpreter's site-packages, in packages of their own."""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

_LARGEST = 60_000  # bytes: people's own files are seldom larger


def real_code(folder: Path, files: int, seed: int = 1) -> list[Path]:
    """Fill ``folder`` with ``files`` Python files, the same ones for the same seed; returns where they are."""
    site = Path(sysconfig.get_paths()["purelib"])
    found = [path for path in sorted(site.rglob("*.py")) if 500 < path.stat().st_size < _LARGEST]
    random.Random(seed).shuffle(found)
    if len(found) < files:
        raise SystemExit(f"only {len(found)} files in {site}, {files} are needed")
    made: list[Path] = []
    for number, source in enumerate(found[:files]):
        package = folder / f"area_{number % 40}"
        package.mkdir(parents=True, exist_ok=True)
        path = package / f"m{number}_{source.stem.strip('_')}.py"
        path.write_bytes(source.read_bytes())
        made.append(path)
    (folder / "main.py").write_text("import boto3\nimport numpy as np\n\nclient = boto3.client('s3')\n")
    return made
