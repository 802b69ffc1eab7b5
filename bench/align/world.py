"""What adapters are trained on: packages that no benchmark's test split holds, and where all of it lies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.cloudapi.tasks import TASKS as CLOUD_APIS
from bench.environments import environment
from bench.installed.tasks import LIBRARIES
from bench.installed.tasks import TASKS as INSTALLED
from bench.repo.tasks import TASKS as REPO
from bench.retrieval.tasks import read_tasks
from platformdirs import user_cache_path

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("soothsay-bench") / "align"
GENERATIONS = HERE / "generations"
_SDKS = ("boto3", "botocore", "azure")
"""What the tasks of the cloud APIs call."""
_WITH_COPIES = ("pip", "setuptools", "pkg_resources")
"""They bring copies of packages that tasks are about."""


def interpreter() -> Path:
    """The Python that has the packages to train on."""
    return environment(CACHE / "venv", HERE / "requirements.txt")


def workspace() -> Path:
    """An empty folder, in which the type checker judges calls of the packages."""
    folder = CACHE / "workspace"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def excluded(
    cloud_apis: Iterable[Mapping[str, Any]],
    installed: Iterable[Mapping[str, Any]],
    repo: Iterable[Mapping[str, Any]],
) -> list[str]:
    """Return what no row may come from or call: all packages that a task of a test split is about, as wholes."""
    names = {*_SDKS, *_WITH_COPIES, *LIBRARIES}
    names |= {task["client"] for task in cloud_apis if task["split"] == "test"}
    names |= {task["library"] for task in installed if task["split"] == "test"}
    for task in repo:
        names |= {task["repository"], task["symbol"].partition(".")[0]}
    return sorted(names)


def exclusions_file() -> Path:
    """Write what is `excluded` as `soothsay align pairs --exclude` reads it."""
    path = CACHE / "excluded.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = excluded(read_tasks(CLOUD_APIS), read_tasks(INSTALLED), read_tasks(REPO))
    path.write_text(json.dumps({"packages": names, "files": []}, indent=1), encoding="utf-8")
    return path
