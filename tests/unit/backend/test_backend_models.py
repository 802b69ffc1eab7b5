"""The weights in memory: loaded once, shared, and freed when there is need."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from soothsay.backend import models as module
from soothsay.backend.models import ModelPool
from soothsay.errors import SoothsayError
from soothsay.model.local.tuning import Threads, Tuning

MEGABYTE = 1_000_000


class StandInWeights:
    """Weights of the file's size."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = path.stat().st_size
        self.way = SimpleNamespace(name="plain")
        self.closed = 0
        self.is_outdated = False

    def close(self) -> None:
        self.closed += 1
        self.bytes = 0


class Loader:
    """Loads stand-ins, one at a time."""

    def __init__(self) -> None:
        self.loaded: list[StandInWeights] = []
        self.error: Exception | None = None
        self.may_load = threading.Event()
        self.may_load.set()
        self.is_loading = threading.Event()

    def load(self, path: Path) -> StandInWeights:
        self.is_loading.set()
        assert self.may_load.wait(60)
        if self.error is not None:
            raise self.error
        weights = StandInWeights(path)
        self.loaded.append(weights)
        return weights


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> Loader:
    loader = Loader()
    monkeypatch.setattr(module, "Weights", loader)
    monkeypatch.setattr(
        module, "ThreadTuner", lambda path: SimpleNamespace(tuning=lambda: Tuning(Threads(2, 3)))
    )
    return loader


@pytest.fixture
def pool(loader: Loader) -> ModelPool:
    return ModelPool()


def model(folder: Path, name: str, megabytes: int) -> Path:
    """A file of that size without content."""
    path = folder / name
    with path.open("wb") as file:
        file.truncate(megabytes * MEGABYTE)
    return path


def test_windows_share_a_model(pool: ModelPool, loader: Loader, tmp_path: Path) -> None:
    path = model(tmp_path, "a.gguf", 1)
    (tmp_path / "link.gguf").symlink_to(path)
    one, two = pool.within(10), pool.within(0)
    weights = one.acquire(path)
    assert two.acquire(tmp_path / "link.gguf") is weights
    assert two.threads(path) == Threads(2, 3)
    assert len(loader.loaded) == 1
    (status,) = pool.status()
    assert (status.path, status.bytes, status.windows, status.way) == (str(path), MEGABYTE, 2, "plain")
    one.release(weights)
    assert pool.status()[0].windows == 1


def test_too_much_for_the_limit_says_what_to_do(pool: ModelPool, loader: Loader, tmp_path: Path) -> None:
    share = pool.within(10)
    share.acquire(model(tmp_path, "a.gguf", 6))
    with pytest.raises(
        SoothsayError, match=r"b\.gguf needs 5 MB beside the 6 MB .*limit is 10 MB.*backend\.memoryMb"
    ):
        share.acquire(model(tmp_path, "b.gguf", 5))
    assert len(pool.status()) == 1
    share.acquire(model(tmp_path, "c.gguf", 4))  # it fits
    assert len(loader.loaded) == 2


def test_a_window_may_have_one_model_of_any_size(pool: ModelPool, tmp_path: Path) -> None:
    pool.within(1).acquire(model(tmp_path, "a.gguf", 50))  # a limit is for several
    assert len(pool.status()) == 1


def test_a_file_that_has_changed_is_loaded_beside_what_others_use(
    pool: ModelPool, loader: Loader, tmp_path: Path
) -> None:
    share, path = pool.within(10), model(tmp_path, "a.gguf", 1)
    old = share.acquire(path)
    loader.loaded[0].is_outdated = True
    new = share.acquire(path)
    assert new is not old and not loader.loaded[0].closed
    share.release(old)
    assert [weights.closed for weights in loader.loaded] == [1, 0], "with its last window"
    assert pool.status()[0].windows == 1
    share.release(new)
    loader.loaded[1].is_outdated = True
    share.acquire(path)
    assert [weights.closed for weights in loader.loaded] == [1, 1, 0]


def test_what_is_unused_makes_room(pool: ModelPool, loader: Loader, tmp_path: Path) -> None:
    share = pool.within(10)
    share.release(share.acquire(model(tmp_path, "a.gguf", 6)))
    share.acquire(model(tmp_path, "b.gguf", 3))
    assert loader.loaded[0].closed == 0  # there is room for both
    share.acquire(model(tmp_path, "c.gguf", 4))
    assert [weights.closed for weights in loader.loaded] == [1, 0, 0]
    assert [Path(status.path).name for status in pool.status()] == ["b.gguf", "c.gguf"]


def test_half_of_the_memory_without_a_setting(
    pool: ModelPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=20 * MEGABYTE))
    assert pool.within(0).limit == 10 * MEGABYTE
    assert pool.within(3).limit == 3 * MEGABYTE


def test_what_is_unused_is_freed_after_the_time(
    pool: ModelPool, loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    share = pool.within(0)
    path = model(tmp_path, "a.gguf", 1)
    weights = share.acquire(path)
    now[0] += 1000
    pool.free_unused(60)
    assert not loader.loaded[0].closed  # in use
    share.release(weights)
    now[0] += 59
    pool.free_unused(60)
    assert not loader.loaded[0].closed
    assert share.acquire(path) is weights  # used again: the time begins anew
    share.release(weights)
    now[0] += 59
    pool.free_unused(60)
    assert not loader.loaded[0].closed
    now[0] += 1
    pool.free_unused(60)
    assert loader.loaded[0].closed == 1
    assert pool.status() == ()
    share.acquire(path)
    assert len(loader.loaded) == 2


def test_two_windows_at_once_load_it_once(pool: ModelPool, loader: Loader, tmp_path: Path) -> None:
    path = model(tmp_path, "a.gguf", 1)
    loader.may_load.clear()
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(pool.acquire(path, 10 * MEGABYTE)), daemon=True)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert loader.is_loading.wait(60)
    pool.free_unused(0)  # the backend's main thread does not wait for it
    loader.may_load.set()
    for thread in threads:
        thread.join(60)
    assert len(loader.loaded) == 1
    assert found == loader.loaded * 4
    assert pool.status()[0].windows == 4


def test_a_model_that_cannot_be_loaded_leaves_nothing(
    pool: ModelPool, loader: Loader, tmp_path: Path
) -> None:
    path = model(tmp_path, "a.gguf", 1)
    loader.error = SoothsayError("cannot load")
    for _ in range(2):
        with pytest.raises(SoothsayError, match="cannot load"):
            pool.acquire(path, MEGABYTE)
    assert pool.status() == ()
    loader.error = None
    pool.acquire(path, MEGABYTE)
    assert pool.status()[0].windows == 1


def test_weights_that_nobody_knows_are_released_without_harm(pool: ModelPool, tmp_path: Path) -> None:
    weights = pool.acquire(model(tmp_path, "a.gguf", 1), MEGABYTE)
    pool.release(StandInWeights(tmp_path / "a.gguf"))  # type: ignore[arg-type]
    assert pool.status()[0].windows == 1
    pool.release(weights)
    assert pool.status()[0].windows == 0


def test_a_model_that_is_measured_stays(pool: ModelPool, loader: Loader, tmp_path: Path) -> None:
    share = pool.within(1)
    with pool.unsettled() as none:
        assert none is None
    path = model(tmp_path, "a.gguf", 1)
    weights = share.acquire(path)
    with pytest.raises(KeyError), pool.unsettled() as measured:
        assert measured is weights
        share.release(weights)  # the last window has gone
        pool.free_unused(0)
        with pytest.raises(SoothsayError):
            share.acquire(model(tmp_path, "b.gguf", 1))  # another one cannot have its room
        assert not loader.loaded[0].closed
        raise KeyError
    pool.free_unused(0)
    assert loader.loaded[0].closed == 1


def test_what_was_measured_is_used_from_then_on(
    pool: ModelPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model(tmp_path, "a.gguf", 1)
    pool.note_tuning(path, Tuning(Threads(9, 9)))  # it is not loaded: nothing to note
    share = pool.within(0)
    share.acquire(path)
    settled = Tuning(Threads(1, 1), Threads(1, 1), 2)
    monkeypatch.setattr(Tuning, "is_settled", property(lambda tuning: tuning.wins >= 2))
    pool.note_tuning(path, settled)
    assert share.threads(path) == Threads(1, 1)
    with pool.unsettled() as measured:
        assert measured is None
