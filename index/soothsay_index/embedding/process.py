"""The embedding model in a process of its own: ``python -m soothsay_index.embedding.process --folder …``.

The parent process writes ``{"id": 1, "do": "query", "texts": […]}``, a line each. The first answer is
``{"ready": true}``, once the model is loaded. Each other one is a line ``{"id": 1, "rows": 2}`` and behind it the rows as
float32 numbers, or ``{"id": 1, "error": "one line"}``. It ends when its standard input does, or its parent.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from soothsay_common.garbage import freeze_existing_objects
from soothsay_common.priority import lower_thread_priority, shorten_switch_interval
from soothsay_common.threads import run_on_new_thread
from soothsay_index.embedding.embedder import SentenceTransformerEmbedder, Vectors, batches
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.pipes import decode_line, encode_line, take_over_stdout

log = logging.getLogger(__name__)

_POLL_SECONDS = 5.0  # seconds between two looks whether the parent is still there


@dataclass(frozen=True, slots=True)
class _EmbeddingRequest:
    id: int
    texts: tuple[str, ...]


class _QueryPriority:
    """Pause the texts of a build between two batches while queries are answered."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._queries = 0

    @contextmanager
    def query(self) -> Iterator[None]:
        """Mark a query as being answered within the block."""
        with self._news:
            self._queries += 1
        try:
            yield
        finally:
            with self._news:
                self._queries -= 1
                self._news.notify_all()

    def wait(self) -> None:
        """Wait until no query is being answered."""
        with self._news:
            self._news.wait_for(lambda: not self._queries)


class EmbeddingServer:
    """Answer requests with ``embedder``, which is loaded first; queries overtake texts."""

    def __init__(self, embedder: SentenceTransformerEmbedder, output: BinaryIO) -> None:
        self._embedder = embedder
        self._output = output
        self._writing = threading.Lock()
        self._queries: queue.SimpleQueue[_EmbeddingRequest] = queue.SimpleQueue()
        self._texts: queue.SimpleQueue[_EmbeddingRequest] = queue.SimpleQueue()
        self._priority = _QueryPriority()

    def serve(self, requests: BinaryIO) -> None:
        """Answer requests until the input ends, even while texts are being embedded."""
        threading.Thread(target=self._run, name="query", daemon=True).start()
        for line in requests:
            message = decode_line(line)
            if message is None:
                continue
            request = _EmbeddingRequest(message["id"], tuple(message["texts"]))
            (self._queries if message["do"] == "query" else self._texts).put(request)

    def _run(self) -> None:
        """Answer queries, once the model is loaded. Clients wait for them, so this thread keeps its priority."""
        run_on_new_thread(self._load)
        self._send({"ready": True})
        threading.Thread(target=self._run_texts, name="texts", daemon=True).start()
        while True:
            request = self._queries.get()
            with self._priority.query():
                self._answer(request)

    def _load(self) -> None:
        """Load the model. Until then texts are searched by their words: completions, which are slower beside it, go first."""
        lower_thread_priority()
        try:
            self._embedder.load()
        except Exception as error:
            log.exception("the embedding model does not load")
            self._send(
                {
                    "failed": f"The embedding model does not load ({type(error).__name__}: {error})".splitlines()[
                        0
                    ]
                }
            )
            self._output.flush()
            os._exit(1)
        freeze_existing_objects()

    def _run_texts(self) -> None:
        lower_thread_priority()
        while True:
            self._answer(self._texts.get(), self._priority)

    def _answer(self, request: _EmbeddingRequest, priority: _QueryPriority | None = None) -> None:
        try:
            vectors = np.zeros((len(request.texts), self._embedder.dimension), dtype=np.float32)
            for batch in batches(request.texts):
                if priority is not None:
                    priority.wait()
                vectors[batch] = self._embedder.encode([request.texts[position] for position in batch])
        except Exception as error:
            log.exception("texts could not be embedded")
            self._send({"id": request.id, "error": f"{type(error).__name__}: {error}".splitlines()[0]})
        else:
            self._send({"id": request.id, "rows": len(vectors)}, vectors)

    def _send(self, message: dict[str, Any], vectors: Vectors | None = None) -> None:
        with self._writing:
            try:
                self._output.write(encode_line(message))
                if vectors is not None:
                    self._output.write(vectors.tobytes())
                self._output.flush()
            except OSError:  # the parent has ended
                os._exit(0)


def _follow_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process over standard input and output."""
    parser = argparse.ArgumentParser(prog="soothsay_index.embedding.process", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="folder of the model")
    parser.add_argument("--model-id", required=True)
    parser.add_argument("--dimension", type=int, required=True)
    parser.add_argument("--threads", type=int, help="processors for embedding")
    options = parser.parse_args(arguments)
    output = take_over_stdout()
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    shorten_switch_interval()
    threading.Thread(target=_follow_parent, args=(os.getppid(),), name="parent", daemon=True).start()
    try:
        embedder = SentenceTransformerEmbedder(
            options.folder, options.model_id, options.dimension, options.threads
        )
    except SoothsayIndexError as error:
        output.write(encode_line({"failed": str(error)}))
        output.flush()
        return 1
    EmbeddingServer(embedder, output).serve(sys.stdin.buffer)
    os._exit(0)  # nothing that is being embedded needs finishing


if __name__ == "__main__":
    sys.exit(main())
