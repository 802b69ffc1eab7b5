import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_common.backoff import Backoff
from soothsay_index.codec import from_plain, pack_hit, to_plain, unpack_hit
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.pipes import decode_line, encode_line
from soothsay_index.types import Chunk, Hit, Parameter, Query, Symbol
from soothsay_index.worker.client import IndexClient

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("worker")
    (root / "shop" / "billing").mkdir(parents=True)
    (root / "shop" / "billing" / "ledger.py").write_text(
        'def post_entry(a, *, b):\n    """Post an entry."""\n'
    )
    return root


@pytest.fixture(scope="module")
def client(folder: Path):
    with IndexClient(folder / "index", folder / "shop", timeout=20.0, log_file=folder / "log") as made:
        yield made


def build(client: IndexClient, **more):
    # A Python without packages: the workspace is what this is about.
    return client.build(interpreter="/no/such/python", **more)


def test_build_and_ask_over_a_real_pipe(client):
    seen = []
    status = build(client, on_progress=seen.append)
    assert status.files == 1
    assert any("does not exist" in progress.detail for progress in seen)
    assert [symbol.name for symbol in client.members("billing.ledger") if symbol.uri] == ["post_entry"]
    assert client.is_closed("billing.ledger") and client.has_name("post_entry")
    found = client.lookup("billing.ledger.post_entry")
    assert found is not None and [p.name for p in found.parameters or ()] == ["a", "b"]
    hits = client.search(Query("post an entry"))
    assert hits[0].kind == "cross_file" and hits[0].chunk is not None
    assert client.status().chunks == 1


@pytest.mark.timeout(100)  # less than the answers would be waited for
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows cannot stop a process")
def test_a_question_that_was_cancelled_does_not_wait_for_the_worker(client, monkeypatch):
    build(client)
    monkeypatch.setattr(client, "_timeout", 300.0)
    cancel = threading.Event()
    index = client.until(cancel)
    assert index.search(Query("post an entry"))
    os.kill(client.process_id, signal.SIGSTOP)
    try:
        threading.Timer(0.05, cancel.set).start()
        assert index.search(Query("post an entry")) == []
        assert index.members("billing.ledger") == ()
        assert index.lookup("billing.ledger.post_entry") is None
        assert not index.is_closed("billing.ledger") and not index.has_name("post_entry")
    finally:
        os.kill(client.process_id, signal.SIGCONT)
    assert client.search(Query("post an entry"))
    assert client.members("billing.ledger"), "what was not waited for is not remembered"


def test_what_is_remembered_is_not_asked_again(client):
    build(client)
    assert client.members("billing.ledger") and client.members("nowhere") == ()
    asked = client.lookup("billing.ledger.post_entry")
    os.kill(client.process_id, signal.SIGSTOP)
    try:
        assert asked is not None
        assert client.lookup("billing.ledger.post_entry") == asked
        assert client.lookup("billing.ledger.nothing") is None
        assert client.members("nowhere") == ()
    finally:
        os.kill(client.process_id, signal.SIGCONT)


def test_updates_are_seen_at_once(client, folder):
    build(client)
    path = folder / "shop" / "billing" / "tax.py"
    path.write_text("def vat(rate): ...\n")
    assert client.members("billing.tax") == ()
    assert client.update([path]) == 1
    assert client.has_name("vat")
    assert [symbol.name for symbol in client.members("billing.tax") if symbol.uri] == ["vat"]
    path.unlink()
    assert client.remove([path]) == 1
    assert client.members("billing.tax") == ()


def kill(client: IndexClient) -> None:
    assert client._process is not None
    client._process.kill()
    client._process.wait()


def test_a_worker_that_keeps_dying_is_started_again_after_a_pause(client):
    build(client)
    now = 0.0
    client._backoff = Backoff(lambda: now)
    kill(client)
    assert client.has_name("post_entry"), "at once"
    kill(client)
    assert client.has_name("post_entry") is False  # it degrades, it does not raise
    assert client.members("billing.ledger") == () and client.search(Query("post")) == []
    with pytest.raises(SoothsayIndexError, match=r"is started again in 1 s: see .*log, or run"):
        client.build()
    now = 1.1
    assert client.has_name("post_entry") and client.search(Query("post an entry"))


def test_the_pauses_grow_up_to_a_minute():
    now = 0.0
    backoff = Backoff(lambda: now)
    pauses = []
    for _ in range(9):
        backoff.died(lived=5.0)
        pauses.append(backoff.left)
        now += backoff.left
        assert not backoff.left
    assert pauses == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    backoff.died(lived=61.0)
    assert not backoff.left, "one that has lived for a minute is trusted again"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows cannot stop a process")
def test_what_a_dead_worker_was_asked_is_not_waited_for(folder):
    """Though a new one is there before anybody has noticed that the old one ended."""
    with IndexClient(folder / "index3", folder / "shop", timeout=20.0) as client:
        build(client)
        assert client.process_id is not None
        os.kill(client.process_id, signal.SIGSTOP)
        asked = client._send("status", {})
        with client._lock:  # its answers' reader has to wait
            kill(client)
            client._running()
        with pytest.raises(SoothsayIndexError, match="has ended"):
            asked.result(20)


def test_starting_does_not_wait_for_who_is_writing(folder):
    with IndexClient(folder / "index3", folder / "shop") as client:
        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            with client._lock:
                held.set()
                release.wait(60)

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(30)
        client.start()
        assert holder.is_alive()  # the lock is still held
        release.set()
        holder.join()
        assert client.process_id is not None


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with IndexClient(tmp_path / "file" / "index", tmp_path) as client:
        client.start()
        assert client.process_id is None and not client.has_name("x")
        with pytest.raises(SoothsayIndexError, match="does not start") as caught:
            client.build()
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="a virtual environment looks different there")
def test_the_environment_of_the_editor_counts(folder, tmp_path, monkeypatch):
    """Its VIRTUAL_ENV is indexed, and relative paths mean the folder of whoever made the client."""
    write(tmp_path / "env", {"pyvenv.cfg": "version = 3.12.7\n", "lib/python3.12/site-packages/oats.py": ""})
    monkeypatch.chdir(tmp_path)
    environ = {**os.environ, "VIRTUAL_ENV": str(tmp_path / "env")}
    with IndexClient(Path("index"), folder / "shop", timeout=20.0, environ=environ) as client:
        assert "3.12.7" in client.build().environment
    assert (tmp_path / "index" / "packages").is_dir()


def test_the_worker_ends_with_its_parent_and_prints_cannot_break_the_protocol(folder):
    command = [sys.executable, "-c", (
        "import sys, soothsay_index.worker.__main__ as w, soothsay_index.worker.local as l\n"
        "old = l.LocalIndex.has_name\n"
        "l.LocalIndex.has_name = lambda self, name: (print('noise'), old(self, name))[1]\n"
        f"w.main(['--root', {str(folder / 'index2')!r}, '--workspace', {str(folder / 'shop')!r}])"
    )]  # fmt: skip
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin and process.stdout
    process.stdin.write(b"garbage\n" + encode_line({"id": 7, "method": "has_name", "params": {"name": "x"}}))
    process.stdin.write(encode_line({"id": 8, "method": "no_such"}))
    process.stdin.flush()
    answers = {m["id"]: m for m in (decode_line(process.stdout.readline()) for _ in range(2)) if m}
    assert answers[7] == {"id": 7, "result": False}
    assert "unknown method" in answers[8]["error"]
    process.stdin.close()
    assert process.wait(30) == 0


def test_values_survive_the_codec():
    symbol = Symbol(
        "a.b", "b", "a", "function", "package", "p", "1", "u", 2, (Parameter("x", "keyword_only", True),)
    )
    chunk = Chunk("p.py", "u", 1, 2, "text", symbol)
    for hit in (Hit("symbol", 0.5, symbol, scores={"text": 1.0}), Hit("cross_file", 0.1, None, chunk)):
        assert unpack_hit(pack_hit(hit)) == hit
    query = Query("text", ("a",), ("b",), limit=2)
    assert from_plain(Query, to_plain(query)) == query


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows cannot stop a process")
def test_a_worker_that_has_stopped_reading_holds_nobody_up(client, folder, monkeypatch):
    build(client)
    monkeypatch.setattr(client, "_timeout", 0.5)
    monkeypatch.setattr(client, "_started", 1.0)
    pid = client.process_id
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        for number in range(3):  # more than a pipe holds
            client.mirror(folder / "shop" / f"big{number}.py", "x = 1\n" * 100_000)
        time.sleep(0.3)
        began = time.monotonic()
        for _ in range(4):
            assert client.search(Query("post " * 20_000)) == []
        assert time.monotonic() - began < 10
    finally:
        os.kill(pid, signal.SIGCONT)
    monkeypatch.setattr(client, "_timeout", 30.0)
    assert client.process_id == pid
    while not client.has_name("post_entry"):  # what is late is waited for first
        time.sleep(0.1)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows cannot stop a process")
def test_a_worker_that_stays_silent_is_ended_and_started_again(client, folder, monkeypatch):
    build(client)
    monkeypatch.setattr(client, "_timeout", 0.5)
    monkeypatch.setattr(client, "_started", 1.0)
    monkeypatch.setattr("soothsay_index.worker.patience._SILENT", 3.0)
    pid = client.process_id
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(30):
        assert not client.is_closed("billing.ledger")
    assert time.monotonic() - began < 2.5, "only the first is waited for"
    while not client.is_closed("billing.ledger"):
        time.sleep(0.1)
    assert client.process_id not in {None, pid}
    assert client.has_name("post_entry"), "nothing was lost"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_what_a_worker_says_goes_to_a_log_that_only_its_user_may_read(client, folder):
    build(client)
    assert (folder / "log").stat().st_mode & 0o077 == 0
    assert (folder / "index").stat().st_mode & 0o077 == 0
