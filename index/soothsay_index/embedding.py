"""Sentences to vectors, on the CPU, from a model folder that is already there."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from .bert import Bert, Tokens
from .errors import SoothsayIndexError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

# The texts are a name and one sentence; a longer window only costs time.
_MAX_TOKENS = 64
_CACHED_QUERIES = 512
_BATCH_TOKENS = 1024  # enough to keep a core busy, small enough to stay in its cache


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def model_id(self) -> str:
        """What the vectors were made with; another model's vectors cannot be compared with them."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, as the rows of a matrix."""
        ...

    def encode_query(self, text: str) -> Vectors:
        """The vector of a query. Quick when it was asked before."""
        ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model of the BERT family in a local folder. Loading waits until the first use."""

    def __init__(
        self,
        folder: Path,
        model_id: str = "all-MiniLM-L6-v2",
        dimension: int = 384,
        threads: int | None = None,
    ) -> None:
        """``threads`` are the batches computed at once; None: one a processor."""
        if not (folder / "config.json").is_file():
            raise SoothsayIndexError(
                f"No embedding model in {folder}: run `soothsay models pull {model_id}`."
            )
        self._folder = folder
        self._model_id = model_id
        self._dimension = dimension
        self._threads = threads or os.cpu_count() or 1
        self._model: tuple[Bert, Tokenizer] | None = None
        self._lock = threading.Lock()
        self._queries: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def loaded(self) -> bool:
        """True once the model is in memory."""
        return self._model is not None

    def load(self) -> None:
        """Load the model now (about 0.2 s), so that the first query does not have to."""
        self._loaded()

    def _loaded(self) -> tuple[Bert, Tokenizer]:
        with self._lock:
            if self._model is None:
                # its own threads would fight with ours, and it warns when a process with them is forked
                os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
                tokenizer.no_padding()
                tokenizer.enable_truncation(_MAX_TOKENS)
                # OpenBLAS's threads spin while they wait for each other: on busy processors a query took 30 times
                # as long. Batches are spread over threads of ours instead, which wait for nobody.
                threadpool_limits(1, user_api="blas")
                self._model = (Bert(self._folder), tokenizer)
            return self._model

    def encode(self, texts: Sequence[str]) -> Vectors:
        model, tokenizer = self._loaded()
        tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        result = np.zeros((len(texts), self._dimension), dtype=np.float32)
        batches = list(_batches(tokens))

        def compute(batch: list[int]) -> None:
            result[batch] = model.encode([tokens[position] for position in batch])

        if len(batches) > 1 and self._threads > 1:
            with ThreadPoolExecutor(self._threads, "embed") as pool:
                list(pool.map(compute, batches))
        else:
            for batch in batches:
                compute(batch)
        return result / np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12)

    def encode_query(self, text: str) -> Vectors:
        with self._lock:
            known = self._queries.get(text)
            if known is not None:
                self._queries.move_to_end(text)
                return known
        vector = self.encode([text])[0]
        with self._lock:
            self._queries[text] = vector
            while len(self._queries) > _CACHED_QUERIES:
                self._queries.popitem(last=False)
        return vector


def _batches(tokens: Sequence[Tokens]) -> Iterator[list[int]]:
    """Positions of texts, those of like length together, about ``_BATCH_TOKENS`` tokens a batch."""
    batch: list[int] = []
    size = 0
    for position in sorted(range(len(tokens)), key=lambda each: len(tokens[each])):
        if batch and size + len(tokens[position]) > _BATCH_TOKENS:
            yield batch
            batch, size = [], 0
        batch.append(position)
        size += len(tokens[position])
    if batch:
        yield batch
