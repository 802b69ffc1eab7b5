"""What the tasks are about: the environment with the cloud SDKs, what its clients can do, and its index."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from bench.environments import environment
from platformdirs import user_cache_path

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("soothsay-bench") / "cloudapi"
OLD = "botocore==1.35.0"  # of August 2024: what came later, the models cannot have seen
CloudApis = Mapping[str, Set[str]]


def interpreter() -> Path:
    """The Python that has the cloud SDKs."""
    return environment(CACHE / "venv", HERE / "requirements.txt")


def clients() -> dict[str, Any]:
    """Every client of the SDKs: how it is made, what it can do. Kept in the cache."""
    return _asked("clients", (HERE / "requirements.txt").read_text(encoding="utf-8"), {})


def old_clients() -> dict[str, Any]:
    """The same of botocore 1.35.0."""
    folder = CACHE / "old"
    if not (folder / "botocore").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", str(folder), OLD], check=True)
    return _asked("old", OLD, {"PYTHONPATH": str(folder)})


def cloud_apis() -> dict[str, set[str]]:
    """The names that each client has."""
    return {name: set(client["apis"]) for name, client in clients().items()}


def _asked(name: str, versions: str, variables: Mapping[str, str]) -> dict[str, Any]:
    code = (HERE / "apis.py").read_bytes()
    kept = CACHE / f"{name}-{hashlib.sha256(code + versions.encode()).hexdigest()[:12]}.json.gz"
    if not kept.exists():
        answer = subprocess.run(
            [str(interpreter()), "-W", "ignore", str(HERE / "apis.py")],
            check=True, stdout=subprocess.PIPE, env={**os.environ, **variables},
        )  # fmt: skip
        kept.write_bytes(gzip.compress(answer.stdout))
    return json.loads(gzip.decompress(kept.read_bytes()))
