"""The two environments of the benchmark, with and without boto3's stubs, and what is opened in each."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.environments import environment
from bench.opened import built_index
from platformdirs import user_cache_path

from soothsay.oracle.client import LspOracle
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.python.oracle import TY

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("soothsay-bench") / "oracle"


def interpreter(env: str) -> Path:
    """The Python of environment ``env``, made when it is not there or its requirements have changed."""
    every = sorted(HERE.glob("requirements-*.txt"))
    return environment(CACHE / f"venv-{env}", HERE / f"requirements-{env}.txt", every)


class Referee:
    """`judge.py` in a child process of an environment's interpreter."""

    def __init__(self, python: Path) -> None:
        self._child = subprocess.Popen(
            [str(python), "-W", "ignore", str(HERE / "judge.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE / "workspace",
            env={"PYTHONPATH": str(HERE / "workspace"), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    def judge(self, setup: str, prefix: str, shown: str) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        question = {"setup": setup, "prefix": prefix, "shown": shown}
        self._child.stdin.write(json.dumps(question) + "\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        if not answer:
            raise RuntimeError(f"the referee died over {question}")
        return json.loads(answer)

    def close(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(10)


@dataclass
class World:
    """One environment opened: a copy of the workspace, its index, the oracle and the referee."""

    workspace: Path
    index: LocalIndex
    oracle: LspOracle
    referee: Referee

    def close(self) -> None:
        self.oracle.close()
        self.index.close()
        self.referee.close()


def open_world(env: str) -> World:
    """Open environment ``env``, its index built and embedded first."""
    python = interpreter(env)
    workspace = CACHE / f"work-{env}"
    shutil.copytree(
        HERE / "workspace", workspace, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    index = built_index(workspace, python)
    oracle = LspOracle(TY, workspace, python)
    oracle.start()
    return World(workspace, index, oracle, Referee(python))
