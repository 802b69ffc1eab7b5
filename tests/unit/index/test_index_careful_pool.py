"""14: one file or package that ends the process which reads it does not keep the others out of the index."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import pytest
from fragile_tasks import fragile_file_rows, fragile_harvest, square
from index_fakes import write

from soothsay_index.build import files, packages
from soothsay_index.build.careful_pool import TaskDiedError
from soothsay_index.build.process_pool import open_process_pool
from soothsay_index.runtime import environment as finding
from soothsay_index.store.store import Store
from soothsay_index.worker.local import LocalIndex

pytestmark = pytest.mark.process


def test_only_the_task_that_ends_its_process_fails() -> None:
    with open_process_pool(0) as pool:
        futures = [pool.submit(square, number) for number in range(7)]
        for number, future in enumerate(futures):
            if number == 3:
                with pytest.raises(TaskDiedError):
                    future.result(300)
            elif number == 4:
                with pytest.raises(KeyError):
                    future.result(300)
            else:
                assert future.result(300) == number * number
        assert pool.submit(square, 9).result(300) == 81, "afterwards, too"


@pytest.fixture
def index(tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> LocalIndex:
    @contextmanager
    def one_pool(niceness: int) -> Iterator[Executor]:
        with open_process_pool(niceness) as pool:
            yield pool

    monkeypatch.setattr(finding, "_finders", list)
    return LocalIndex(Store(tmp_path / "index", workspace), None, one_pool)


def test_a_file(index: LocalIndex, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(workspace, {"deadly.py": "x = 1\n", "fine.py": "def fine(): ...\n"})
    monkeypatch.setattr(files, "file_rows", fragile_file_rows)
    summary = index.build()
    assert index.has_name("fine") and index.has_name("post_entry")
    assert summary.describe_skipped() == (
        "1 files or folders are not indexed (ends the process that reads it: deadly.py)"
    )


def test_a_package(index: LocalIndex, environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "harvest_releases", fragile_harvest)
    summary = index.build_from(environment)
    assert index.members("botocore:kitchen") and summary.services == 1
    assert index.package_state("shapes") == "unknown"
