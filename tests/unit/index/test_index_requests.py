"""What other processes ask of the one that writes."""

from __future__ import annotations

import threading
import time

import pytest

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.sources.base import Used
from soothsay_index.store.store import Store
from soothsay_index.types import Progress
from soothsay_index.worker.local import LocalIndex
from soothsay_index.worker.requests import WriteRequests


def test_a_build_that_takes_long_is_begun_once(tmp_path, workspace, monkeypatch):
    index = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    writer = index.writer
    writer.keep_lease()
    begun: list[str | None] = []
    goes_on = threading.Event()

    def build(options, open_files, progress):
        begun.append(options.interpreter)
        assert goes_on.wait(30)

    monkeypatch.setattr(writer, "build", build)
    requests = WriteRequests(index.store.local.folder / "inbox")
    pending = [
        requests.submit({"do": "build", "interpreter": name, "all_packages": False, "embed": False})
        for name in ("/one", "/two")
    ]
    for _ in range(5):
        writer.serve_requests(Used())
    assert begun == ["/one"]
    assert not pending[0].done and not pending[1].done

    goes_on.set()
    until = time.monotonic() + 30
    while not pending[1].done and time.monotonic() < until:
        writer.serve_requests(Used())
        time.sleep(0.01)
    assert begun == ["/one", "/two"] and all(request.done for request in pending)


def test_the_sender_of_a_request_sees_how_far_it_is(tmp_path):
    """13: a command that waits for another process's build saw nothing."""
    sender, holder = WriteRequests(tmp_path), WriteRequests(tmp_path)
    request = sender.submit({"do": "build"})
    assert request.progress() is None
    (served,) = holder.pending()
    served.report(Progress("packages", 1, 9, "oats"))
    served.report(Progress("packages", 2, 9, "rye"))
    assert request.progress() == Progress("packages", 2, 9, "rye")
    assert request.progress() is None, "it was told"
    served.report(Progress("packages", 3, 9, "rye"))
    holder.finish(served)
    assert request.done and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [{"do": "update", "paths": 5}, {"do": "update", "paths": [None]}, {"do": "remove", "paths": [["a"]]}, {"do": "update", "paths": ["\0"]},
     {}, {"do": "build"}],
)  # fmt: skip
def test_a_request_that_fails_does_not_block_those_behind_it(tmp_path, workspace, monkeypatch, content):
    index = LocalIndex(Store(tmp_path / "index", workspace), open_executor=open_single_thread)
    writer = index.writer
    writer.keep_lease()
    monkeypatch.setattr(writer, "build", fail)
    requests = WriteRequests(index.store.local.folder / "inbox")
    bad = requests.submit(content)
    (workspace / "late.py").write_text("def come_late(): ...\n")
    good = requests.submit({"do": "update", "paths": [str(workspace / "late.py")]})
    until = time.monotonic() + 30
    while not (bad.done and good.done) and time.monotonic() < until:
        writer.serve_requests(Used())
    assert bad.done and good.done
    assert index.has_name("come_late")
    index.close()


def fail(*_: object) -> None:
    raise ValueError("no build in this test")
