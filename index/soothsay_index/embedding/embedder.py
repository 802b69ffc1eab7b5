"""Embedder protocols, and an embedder that runs a local sentence-transformers model on the CPU."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from soothsay_index.errors import SoothsayIndexError

Vectors = npt.NDArray[np.float32]

# The texts are a name and one sentence; a longer window only costs time.
_MAX_TOKENS = 64
_CACHED_QUERIES = 512
_BATCH = 8  # of 8, 16 and 32 the quickest here, and 90 MB less after a thousand texts: oneDNN keeps buffers by shape


class Embedder(Protocol):
    """Embed texts as unit vectors."""

    @property
    def model_id(self) -> str:
        """Return the model's name; vectors of different models are not comparable."""
        ...

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (texts, dimension)."""
        ...

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a query, shape (dimension,). Repeated queries are cached."""
        ...


@runtime_checkable
class LoadingEmbedder(Embedder, Protocol):
    """An embedder whose model has to be loaded first, which takes seconds."""

    @property
    def loaded(self) -> bool:
        """Return True while the model is in memory."""
        ...

    def load(self) -> None:
        """Load the model now and wait for it."""
        ...

    def prepare(self) -> None:
        """Start loading the model because queries are expected. Returns at once."""
        ...

    def query_at_once(self, text: str) -> Vectors | None:
        """Return the vector of a query, or None if the model would have to be loaded."""
        ...


class QueryCache:
    """An LRU cache of query vectors. Thread-safe."""

    def __init__(self, kept: int = _CACHED_QUERIES) -> None:
        self._lock = threading.Lock()
        self._vectors: LRUCache[str, Vectors] = LRUCache(kept)

    def get(self, text: str) -> Vectors | None:
        """Return the cached vector of ``text``, or None."""
        with self._lock:
            return self._vectors.get(text)

    def put(self, text: str, vector: Vectors) -> None:
        """Cache the vector of ``text``."""
        with self._lock:
            self._vectors[text] = vector


def require_model(folder: Path, model_id: str) -> None:
    """Raise :class:`SoothsayIndexError` with the fix where ``folder`` has no embedding model."""
    if not (folder / "config.json").is_file():
        raise SoothsayIndexError(f"No embedding model in {folder}: run `soothsay models pull {model_id}`.")


def batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield positions of texts to embed together: of similar length, since padding is computed as well."""
    order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]


class SentenceTransformerEmbedder:
    """A sentence-transformers model in this process. Importing and loading wait until the first use."""

    def __init__(
        self,
        folder: Path,
        model_id: str = "all-MiniLM-L6-v2",
        dimension: int = 384,
        threads: int | None = None,
    ) -> None:
        require_model(folder, model_id)
        self._folder = folder
        self._model_id = model_id
        self._dimension = dimension
        self._threads = threads
        self._model: Any = None
        self._lock = threading.Lock()
        self._tokenizer_lock = threading.Lock()
        self._queries = QueryCache()

    @property
    def model_id(self) -> str:
        """Return the model's name."""
        return self._model_id

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return self._dimension

    @property
    def loaded(self) -> bool:
        """Return True once the model is in memory."""
        return self._model is not None

    def load(self) -> None:
        """Load the model now (about 5 s), so that the first query does not have to."""
        with self._lock:
            if self._model is not None:
                return
            # Nothing leaves the machine: the folder is complete, the hub is never asked.
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # the terminal belongs to the caller

            if self._threads:
                torch.set_num_threads(self._threads)
            model = SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
            model.max_seq_length = _MAX_TOKENS
            self._model = model

    def prepare(self) -> None:
        """Do nothing: callers load this model with :meth:`load`."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (texts, dimension); the model is loaded first if needed."""
        self.load()
        result = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for batch in batches(texts):
            result[batch] = self._forward([texts[position] for position in batch])
        return result

    def _forward(self, texts: list[str]) -> Vectors:
        import torch

        # The tokenizer cannot be used by two threads at once, the network can: a query need not wait for a batch.
        with self._tokenizer_lock:
            features = self._model.preprocess(texts)
        with torch.inference_mode():
            vectors = self._model(features)["sentence_embedding"].numpy()
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a query, from the cache if possible."""
        known = self._queries.get(text)
        if known is not None:
            return known
        vector = self.encode([text])[0]
        self._queries.put(text, vector)
        return vector

    def query_at_once(self, text: str) -> Vectors | None:
        """Return the vector of a query, or None if it is not cached and the model is not loaded."""
        return self.encode_query(text) if self.loaded else self._queries.get(text)
