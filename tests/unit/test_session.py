"""A session's model: loaded once, given back once, and not loaded any more when the session is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soothsay.backend import session as module
from soothsay.backend.session import Session
from soothsay.config import IndexSettings, OracleSettings, Settings
from soothsay.engine.types import CompletionRequest
from soothsay.errors import Cancelled, SoothsayError
from soothsay.model import factory
from soothsay.model.files.variants import ChosenWeights
from soothsay.model.local.tuning import Threads
from soothsay.model.types import Capabilities
from soothsay.oracle.null import NullOracle

SETTINGS = Settings(index=IndexSettings(enabled=False), oracle=OracleSettings(enabled=False))


class StandInModels:
    """Counts who uses the weights."""

    def __init__(self) -> None:
        self.users = 0
        self.acquired = 0

    def acquire(self, path: Path) -> Any:
        self.users += 1
        self.acquired += 1
        return SimpleNamespace(path=path)

    def release(self, weights: object) -> None:
        self.users -= 1

    def threads(self, path: Path) -> Threads:
        return Threads(1, 1)

    def note_original(self, name: str) -> None:
        """Nothing is made of these weights."""


REQUEST = CompletionRequest(Path("a.py"), "", 0, Path())


class StandInRuntime:
    """A context that does nothing."""

    fails: Callable[[], None] = staticmethod(lambda: None)

    capabilities = Capabilities(fill_in_the_middle=True)

    def __init__(self, weights: object, *, free: Callable[[], None], **_: object) -> None:
        self.fails()
        self.closed = 0
        self.evaluated_in_all = 0
        self.is_outdated = False
        self.vocab = SimpleNamespace(warm=lambda: None)
        self._free = free

    def apply(self, adapters: object) -> None:
        """There are none."""

    def close(self) -> None:
        self.closed += 1
        self._free()


class StandInEngine:
    def __init__(self, *_: object) -> None:
        self.prepare = lambda request, cancel: None


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> StandInModels:
    monkeypatch.setattr(factory, "LlamaRuntime", StandInRuntime)
    monkeypatch.setattr(module, "Engine", StandInEngine)
    monkeypatch.setattr(factory, "resolve_weights", lambda *_: ChosenWeights(Path("/m.gguf")))
    monkeypatch.setattr(module.gc, "freeze", lambda: None)
    return StandInModels()


@pytest.fixture
def session(models: StandInModels, tmp_path: Path) -> Session:
    return Session(SETTINGS, tmp_path, weights=models)


def test_the_model_is_loaded_once_and_given_back_once(session: Session, models: StandInModels) -> None:
    session.load_model()
    session.load_model()
    session.prepare(REQUEST)
    assert (models.acquired, models.users) == (1, 1)
    session.close()
    session.close()
    assert models.users == 0


def test_a_model_whose_file_has_changed_is_loaded_again(session: Session, models: StandInModels) -> None:
    session.load_model()
    assert session._model is not None
    session._model.is_outdated = True  # type: ignore[misc]
    session.prepare(REQUEST)
    assert (models.acquired, models.users) == (2, 1)
    assert session.warnings == ["the file of the model has changed: it is loaded again"]
    session.close()


@pytest.mark.parametrize("fails", ["runtime", "engine"])
def test_weights_that_cannot_be_used_are_given_back_once(
    session: Session, models: StandInModels, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    others = models.acquire(Path("/m.gguf"))

    def fail(*_: object) -> None:
        raise SoothsayError("no memory")

    with monkeypatch.context() as patch:
        if fails == "runtime":
            patch.setattr(StandInRuntime, "fails", staticmethod(fail))
        else:
            patch.setattr(module, "Engine", fail)
        for _ in range(2):
            with pytest.raises(SoothsayError, match="no memory"):
                session.load_model()
            assert models.users == 1  # those of another window are still there
    session.load_model()
    assert models.users == 2
    session.close()
    assert models.users == 1
    models.release(others)


def test_a_closed_session_loads_nothing(session: Session, models: StandInModels) -> None:
    session.close()
    for ask in (session.load_model, lambda: session.prepare(REQUEST)):
        with pytest.raises(Cancelled):
            ask()
    assert models.acquired == 0


def test_who_waited_while_it_was_closed_loads_nothing(session: Session, models: StandInModels) -> None:
    session.load_model()
    found: list[BaseException] = []

    def prepare() -> None:
        try:
            session.prepare(REQUEST)
        except BaseException as error:
            found.append(error)

    waiting = threading.Thread(target=prepare, daemon=True)
    session._lock.acquire()
    waiting.start()
    closing = threading.Thread(target=session.close, daemon=True)
    closing.start()
    session._lock.release()
    for thread in (waiting, closing):
        thread.join(60)
        assert not thread.is_alive()
    assert all(isinstance(error, Cancelled) for error in found)
    assert (models.acquired, models.users) == (1, 0)


def test_the_type_checker_is_closed_whatever_happens(
    session: Session, models: StandInModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    def fail() -> None:
        closed.append("index")
        raise OSError("it does not end")

    session._index = SimpleNamespace(close=fail)  # type: ignore[assignment]
    monkeypatch.setattr(session.oracle, "close", lambda: closed.append("type checker"))
    with pytest.raises(OSError):
        session.close()
    session.close()
    assert closed == ["index", "type checker", "type checker"]


class Looking(NullOracle):
    """Keeps what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[Path, str]] = []
        self.looked = threading.Semaphore(0)

    def findings(self, path: Path, text: str) -> None:
        self.asked.append((path, text))
        self.looked.release()


def test_the_type_checker_looks_at_the_first_document_before_anybody_waits(tmp_path: Path) -> None:
    session = Session(SETTINGS, tmp_path)
    oracle = session.oracle = Looking()
    for name, text in (("a.py", "import shed"), ("b.py", "import crate"), ("c.sh", "ls")):
        session.mirror(tmp_path / name, text)
        if name != "b.py":
            assert oracle.looked.acquire(timeout=10)
    assert oracle.asked == [(tmp_path / "a.py", "import shed"), (tmp_path / "c.sh", "ls")]
    session.close()
