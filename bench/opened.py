"""A workspace as the engine's benchmarks open it: its index, built first, and its language server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from soothsay.backend.session import Session, index_folder, open_in_process
from soothsay.config import IndexSettings, Settings
from soothsay.model.files.cache import model_path
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay.oracle.client import LspOracle
from soothsay_common.cancellation import Cancellation
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.python.oracle import TY


@dataclass(frozen=True, slots=True)
class OpenedWorkspace:
    """The folder of a workspace, its index and its oracle."""

    root: Path
    index: LocalIndex
    oracle: LspOracle


def built_index(workspace: Path, python: Path) -> LocalIndex:
    """Return the index of ``workspace`` and of the packages of ``python``, up to date, its model loaded."""
    _build(workspace, python, embed=True)
    index = LocalIndex.open(index_folder(), workspace, model_path(EMBEDDING_MODEL))
    index.load_model()
    return index


def index_of_words(workspace: Path, python: Path) -> LocalIndex:
    """Return the same index without vectors, which take most of the time to make."""
    _build(workspace, python, embed=False)
    return LocalIndex.open(index_folder(), workspace, None)


def _build(workspace: Path, python: Path, *, embed: bool) -> None:
    session = Session(Settings(index=IndexSettings(interpreter=str(python))), workspace, open_in_process)
    built = session.build_index(lambda _: None, Cancellation(), embed=embed)
    print(f"{workspace.name}: {built.describe()}", flush=True)
    session.close()


@contextmanager
def opened(
    workspace: Path, python: Path, indexed: Callable[[Path, Path], LocalIndex] = built_index
) -> Iterator[OpenedWorkspace]:
    """Open a workspace with the packages of ``python``, and close it after the block.

    ``indexed`` makes its index.
    """
    index = indexed(workspace, python)
    oracle = LspOracle(TY, workspace, python)
    oracle.start()
    try:
        yield OpenedWorkspace(workspace, index, oracle)
    finally:
        oracle.close()
        index.close()
