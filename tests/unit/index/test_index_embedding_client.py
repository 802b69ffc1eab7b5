"""The embedding process as its client sees it: a stand-in that dies, hangs and fails on demand."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from soothsay_common.backoff import Backoff
from soothsay_index.embedding import client as embedding_client
from soothsay_index.embedding.client import ProcessEmbedder
from soothsay_index.embedding.embedder import LoadingEmbedder
from soothsay_index.errors import SoothsayIndexError

pytestmark = pytest.mark.process

# Each vector is the text's length, three times. It notes its starts in the folder it runs in.
STAND_IN = """
import json, os, struct, sys, time
open("starts", "a").write("x")
if os.path.exists("broken"):
    print(json.dumps({"failed": "No torch here."}), flush=True)
    sys.exit(1)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    texts = asked["texts"]
    if "die" in texts or ("die once" in texts and len(open("starts").read()) == 1):
        os._exit(9)
    if "hang" in texts:
        while not os.path.exists("go on"):
            time.sleep(0.01)
    if "fail" in texts:
        print(json.dumps({"id": asked["id"], "error": "ValueError: no"}), flush=True)
        continue
    print(json.dumps({"id": asked["id"], "rows": len(texts)}), flush=True)
    vectors = b"".join(struct.pack("=fff", *[float(len(text))] * 3) for text in texts)
    if "die in the middle" in texts:
        os.write(1, vectors[:7])
        os._exit(9)
    sys.stdout.buffer.write(vectors)
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def embedder(tmp_path: Path) -> Iterator[ProcessEmbedder]:
    (tmp_path / "config.json").write_text("{}")
    made = ProcessEmbedder(tmp_path, "stand-in", 3, run_in=tmp_path, idle_seconds=60.0)
    made._command = [sys.executable, "-c", STAND_IN]
    yield made
    made.close()


def starts(folder: Path) -> int:
    file = folder / "starts"
    return len(file.read_text()) if file.exists() else 0


def until_loaded(embedder: ProcessEmbedder) -> None:
    deadline = time.monotonic() + 30
    while not embedder.loaded:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_vectors_come_back_in_order(embedder, tmp_path):
    assert isinstance(embedder, LoadingEmbedder)
    assert starts(tmp_path) == 0
    assert embedder.encode(["a", "", "ünï"]).tolist() == [[1, 1, 1], [0, 0, 0], [3, 3, 3]]
    assert embedder.encode([]).shape == (0, 3)
    many = ["x" * (n % 50) for n in range(5_000)]
    answers: list[list[float]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(embedder.encode(many)[:, 0].tolist()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[float(n % 50) for n in range(5_000)]] * 4
    assert starts(tmp_path) == 1


def test_a_query_does_not_wait_for_the_process(embedder):
    assert embedder.query_at_once("list") is None
    until_loaded(embedder)
    vector = embedder.query_at_once("list")
    assert vector is not None and vector.tolist() == [4, 4, 4]
    assert embedder.query_at_once("list") is vector and embedder.encode_query("list") is vector


def test_preparing_twice_starts_one(embedder, tmp_path):
    for _ in range(50):
        embedder.prepare()
    until_loaded(embedder)
    embedder.prepare()
    assert starts(tmp_path) == 1


def test_texts_are_tried_twice(embedder, tmp_path):
    assert embedder.encode(["die once"]).shape == (1, 3)
    assert starts(tmp_path) == 2
    for text in ("die", "die in the middle"):
        with pytest.raises(SoothsayIndexError, match="keeps ending: see") as caught:
            embedder.encode([text])
        assert "\n" not in str(caught.value)
    assert embedder.encode(["a"]).shape == (1, 3), "other texts are embedded as before"


def test_a_query_that_kills_it_has_no_vector(embedder):
    embedder.load()
    assert embedder.query_at_once("die") is None
    assert embedder.query_at_once("list") is None
    until_loaded(embedder)
    assert embedder.query_at_once("list") is not None


def test_one_that_keeps_dying_is_not_started_by_typing(embedder, tmp_path):
    now = 0.0
    embedder._backoff = Backoff(lambda: now)
    for _ in range(2):
        embedder.load()
        assert embedder.query_at_once("die") is None
    count = starts(tmp_path)
    for _ in range(5):
        embedder.prepare()
        time.sleep(0.05)
    assert starts(tmp_path) == count and embedder.process_id is None
    now = 61.0
    embedder.prepare()
    until_loaded(embedder)


def test_what_it_cannot_do_it_says(embedder, tmp_path):
    with pytest.raises(SoothsayIndexError, match="cannot be embedded: ValueError: no"):
        embedder.encode(["fail"])
    assert embedder.query_at_once("fail") is None
    assert embedder.loaded and starts(tmp_path) == 1


def test_a_model_that_does_not_load_is_said_once(embedder, tmp_path):
    (tmp_path / "broken").touch()
    with pytest.raises(SoothsayIndexError, match=r"^No torch here.$"):
        embedder.encode(["a"])
    assert starts(tmp_path) == 1 and not embedder.loaded
    assert embedder.query_at_once("list") is None


def test_a_process_that_cannot_be_started_is_one_clear_line(embedder):
    embedder._command = ["/no/such/program"]
    with pytest.raises(SoothsayIndexError, match="does not start") as caught:
        embedder.encode(["a"])
    assert "\n" not in str(caught.value)
    assert embedder.query_at_once("list") is None


@pytest.mark.timeout(100)
def test_one_search_waits_for_a_process_that_hangs_and_no_other(embedder, tmp_path, monkeypatch):
    monkeypatch.setattr(embedding_client, "_QUERY_SECONDS", 0.2)
    embedder.load()
    assert embedder.query_at_once("hang") is None
    monkeypatch.setattr(embedding_client, "_QUERY_SECONDS", 300.0)  # more than this test may take
    assert all(embedder.query_at_once(f"list {n}") is None for n in range(20))
    monkeypatch.setattr(embedding_client, "_QUERY_SECONDS", 0.2)
    (tmp_path / "go on").touch()
    deadline = time.monotonic() + 30
    while embedder.query_at_once("list") is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    remembered = embedder.query_at_once("hang")
    assert remembered is not None and np.array_equal(remembered, [4, 4, 4]), "though it came late"


@pytest.mark.timeout(100)
def test_nobody_hangs_with_a_process_that_does_not_read(embedder, monkeypatch):
    monkeypatch.setattr(embedding_client, "_QUERY_SECONDS", 0.2)
    embedder.load()
    said: list[str] = []

    def embed(text: str) -> None:
        try:
            embedder.encode([text])
        except SoothsayIndexError as error:
            said.append(str(error))

    threads = [threading.Thread(target=embed, args=(text,)) for text in ("hang", "x" * 2_000_000)]
    for thread in threads:
        thread.start()
        time.sleep(0.3)
    assert embedder.query_at_once("list") is None
    embedder.close()
    for thread in threads:
        thread.join(60)
    assert said == ["The index is closed."] * 2


def test_it_ends_when_idle_and_not_while_it_is_used(embedder, tmp_path):
    embedder._idle_seconds = 1.5
    embedder.load()
    for _ in range(30):  # typing
        embedder.prepare()
        time.sleep(0.1)
    assert starts(tmp_path) == 1 and embedder.loaded
    deadline = time.monotonic() + 30
    while embedder.process_id is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not embedder._backoff.left
    assert embedder.encode(["a"]).shape == (1, 3) and starts(tmp_path) == 2


def test_a_closed_one_says_so(embedder):
    embedder.load()
    embedder.close()
    with pytest.raises(SoothsayIndexError, match="closed"):
        embedder.encode(["a"])
