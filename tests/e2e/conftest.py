"""Fixtures: the real 0.5B model, the real LanceDB, the real embeddings, on a copy of the examples."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from soothsay.backend.session import Session, open_in_process
from soothsay.config import PATIENT, IndexSettings, Settings
from soothsay_common.cancellation import Cancellation

EXAMPLES = Path(__file__).parents[2] / "examples"
# the tests judge what is written, not how fast: a busy machine must not cut a completion short
SETTINGS = Settings(
    index=IndexSettings(interpreter=sys.executable),
    completion=PATIENT,
)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples, so that what a test writes stays out of the project."""
    return Path(shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("workspace") / "examples"))


@contextmanager
def _opened(workspace: Path) -> Iterator[Session]:
    opened = Session(replace(SETTINGS), workspace, open_in_process)
    opened.load_model()
    opened.build_index(lambda _: None, Cancellation())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def open_session() -> Callable[[Path], AbstractContextManager[Session]]:
    """Open a session in a folder, whose index is built, vectors included."""
    return _opened


@pytest.fixture(scope="session")
def session(workspace: Path) -> Iterator[Session]:
    """An open session whose index is built, vectors included."""
    with _opened(workspace) as opened:
        yield opened
