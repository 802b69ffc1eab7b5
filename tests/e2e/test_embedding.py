"""The real embedding model, in this process and in one of its own: both embed alike."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from soothsay.model.files.cache import model_path
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay_common.priority import lower_thread_priority
from soothsay_index.embedding.client import ProcessEmbedder
from soothsay_index.embedding.embedder import LoadingEmbedder, SentenceTransformerEmbedder
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.types import Query
from soothsay_index.worker.client import IndexClient

TEXTS = (
    "create model customization job. Creates a fine-tuning job to customize a base model.",
    "list buckets",
    "",
    "Ünïcode 漢字 and <tags>, " + "long " * 200,  # longer than the window
)
# the first six of 384 numbers a text
KNOWN = (
    (-0.02974, -0.02032, -0.03752, 0.04201, -0.03761, -0.03063),
    (0.00581, 0.02311, 0.02097, -0.01016, 0.04496, 0.00474),
    (-0.11884, 0.0483, -0.00255, -0.01101, 0.05195, 0.01029),
    (-0.03406, 0.02621, 0.01045, -0.0176, -0.04675, 0.02947),
)

pytestmark = pytest.mark.slow
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone says so much about processes")


@contextmanager
def apart(folder: Path, idle_seconds: float = 120.0) -> Iterator[ProcessEmbedder]:
    embedder = ProcessEmbedder(
        model_path(EMBEDDING_MODEL), threads=1, run_in=folder, idle_seconds=idle_seconds
    )
    try:
        yield embedder
    finally:
        embedder.close()


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# -- what both do ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["here", "apart"])
def embedder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LoadingEmbedder]:
    if request.param == "here":
        yield SentenceTransformerEmbedder(model_path(EMBEDDING_MODEL), threads=2)
    else:
        with apart(tmp_path_factory.mktemp("run")) as made:
            yield made


def test_a_search_does_not_wait_for_loading(embedder: LoadingEmbedder) -> None:
    assert isinstance(embedder, LoadingEmbedder)
    assert not embedder.loaded
    assert embedder.query_at_once("list the buckets") is None  # had it waited, there would be a vector
    embedder.load()
    assert embedder.loaded
    vector = embedder.query_at_once("list the buckets")
    assert vector is not None and embedder.query_at_once("list the buckets") is vector


def test_vectors_are_those_of_sentence_transformers(embedder: LoadingEmbedder) -> None:
    assert (embedder.model_id, embedder.dimension) == ("all-MiniLM-L6-v2", 384)
    vectors = embedder.encode(TEXTS)
    assert vectors.shape == (4, 384) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[:, :6], KNOWN, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose((vectors @ vectors.T)[0], (1.0, -0.0263, 0.0304, 0.0848), atol=1e-4)


def test_many_threads_get_the_same_vectors_as_one(embedder: LoadingEmbedder) -> None:
    texts = [f"create the {n}th bucket {'of many ' * (n % 7)}" for n in range(300)]
    expected = SentenceTransformerEmbedder(model_path(EMBEDDING_MODEL), threads=1).encode(texts)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: embedder.encode(texts), range(4)):
            np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert embedder.encode([]).shape == (0, 384)


def test_a_query_that_was_asked_before_is_not_computed_again(embedder: LoadingEmbedder) -> None:
    first = embedder.encode_query("delete a bucket")
    assert first.shape == (384,)
    assert embedder.encode_query("delete a bucket") is first
    assert embedder.query_at_once("delete a bucket") is first


def test_a_folder_without_a_model_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SoothsayIndexError, match="soothsay models pull"):
        SentenceTransformerEmbedder(tmp_path)
    with pytest.raises(SoothsayIndexError, match="soothsay models pull"):
        ProcessEmbedder(tmp_path, run_in=tmp_path)


# -- what its own process is for -------------------------------------------------------------------------------


def test_the_process_ends_when_it_is_idle(tmp_path: Path) -> None:
    with apart(tmp_path, idle_seconds=1.0) as embedder:
        assert embedder.process_id is None, "nothing is started before it is needed"
        known = embedder.encode_query("delete a bucket")
        process = psutil.Process(embedder.process_id)
        process.wait(20)
        assert embedder.process_id is None and not embedder.loaded
        assert embedder.query_at_once("delete a bucket") is known
        assert embedder.process_id is None, "a query that was asked before needs no process"
        assert embedder.query_at_once("delete an object") is None
        until(lambda: embedder.loaded)
        assert embedder.query_at_once("delete an object") is not None
        until(lambda: embedder.process_id is None)


def test_its_death_costs_vectors_for_a_moment(tmp_path: Path) -> None:
    with apart(tmp_path) as embedder:
        embedder.load()
        process = psutil.Process(embedder.process_id)
        process.kill()
        process.wait(20)
        assert embedder.query_at_once("list buckets") is None
        np.testing.assert_allclose(embedder.encode(TEXTS)[:, :6], KNOWN, atol=1e-4)
        assert embedder.process_id not in {None, process.pid}


def test_texts_that_were_being_embedded_are_given_to_another_process(tmp_path: Path) -> None:
    texts = [f"create the {n}th bucket" for n in range(600)]
    with apart(tmp_path) as embedder, ThreadPoolExecutor(1) as pool:
        embedder.load()
        vectors = pool.submit(embedder.encode, texts)
        time.sleep(0.3)
        assert embedder.process_id is not None
        os.kill(embedder.process_id, signal.SIGTERM)
        assert vectors.result(200).shape == (600, 384)


def test_a_query_overtakes_a_build(tmp_path: Path) -> None:
    texts = [f"create the {n}th bucket" for n in range(3_000)]
    with apart(tmp_path) as embedder, ThreadPoolExecutor(1) as pool:
        embedder.load()
        build = pool.submit(embedder.encode, texts)
        time.sleep(0.5)
        for number in range(5):
            embedder.encode_query(f"list {number} buckets")
        assert not build.done()
        assert build.result(600).shape == (3_000, 384)


@linux
def test_what_somebody_waits_for_keeps_its_priority(tmp_path: Path) -> None:
    """Though the process was started for a build, by a thread that stands far back."""
    with apart(tmp_path) as embedder:

        def build() -> None:
            lower_thread_priority()
            embedder.encode(["list buckets"])

        thread = threading.Thread(target=build)
        thread.start()
        thread.join(120)
        assert embedder.process_id is not None
        threads = Path(f"/proc/{embedder.process_id}/task").iterdir()
        niceness = [os.getpriority(os.PRIO_PROCESS, int(each.name)) for each in threads]
        assert niceness.count(10) >= 1 and niceness.count(0) >= 2


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from soothsay_index.embedding.client import ProcessEmbedder\n"
        "embedder = ProcessEmbedder(pathlib.Path(sys.argv[1]), run_in=pathlib.Path(sys.argv[2]))\n"
        "embedder.prepare()\n"
        "while embedder.process_id is None: pass\n"
        "print(embedder.process_id, flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, model_path(EMBEDDING_MODEL), tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        process = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    process.wait(20)  # in the middle of loading


# -- in the index worker ---------------------------------------------------------------------------------------


@pytest.fixture
def client(tmp_path: Path) -> Iterator[IndexClient]:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for name in ("ledger", "tax"):
        (workspace / f"{name}.py").write_text(
            f'def post_{name}(amount):\n    """Post an entry to the {name}."""\n'
        )
    model = model_path(EMBEDDING_MODEL)
    with IndexClient(tmp_path / "index", workspace, model, timeout=30.0, log_file=tmp_path / "log") as made:
        yield made


def embedding_processes(client: IndexClient) -> list[psutil.Process]:
    children = psutil.Process(client.process_id).children()
    return [child for child in children if "soothsay_index.embedding.process" in child.cmdline()]


def has_vectors(client: IndexClient, text: str) -> bool:
    return any("vector" in hit.scores for hit in client.search(Query(text)))


@linux
def test_the_worker_embeds_apart(client: IndexClient, tmp_path: Path) -> None:
    assert client.build(interpreter="/no/such/python").vectors == 2
    (process,) = embedding_processes(client)
    until(lambda: has_vectors(client, "book something"))
    process.kill()
    process.wait(20)
    assert has_vectors(client, "book something"), "it is remembered"
    hits = client.search(Query("post to the ledger"))
    assert hits and not any("vector" in hit.scores for hit in hits)
    mapped = {Path(each.path).name for each in psutil.Process(client.process_id).memory_maps()}
    assert not [name for name in mapped if "torch" in name]


def test_a_build_without_news_does_not_start_it_and_typing_does(client: IndexClient, tmp_path: Path) -> None:
    client.build(interpreter="/no/such/python")
    (process,) = embedding_processes(client)
    process.kill()
    process.wait(20)
    client.build(interpreter="/no/such/python")
    path = tmp_path / "workspace" / "tax.py"
    text = path.read_text()
    client.mirror(path, text)
    client.mirror(path, text)
    until(lambda: client.has_name("post_tax"))
    client.status()
    assert not embedding_processes(client), "a document was opened"
    client.mirror(path, text + "\n\ndef vat(): ...\n")
    until(lambda: client.has_name("vat"))
    until(lambda: embedding_processes(client), 20)
    until(lambda: has_vectors(client, "value added tax"))
