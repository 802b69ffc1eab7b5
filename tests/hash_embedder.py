"""An embedder for tests: its vectors are counts of hashed words, so it loads nothing and is the same everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from soothsay_index.embedding.embedder import Vectors
from soothsay_index.text import terms


class HashEmbedder:
    """Gives texts that share words near vectors, and the same text the same vector on every machine."""

    def __init__(self, dimension: int = 64, model_id: str = "hash") -> None:
        self.dimension = dimension
        self.model_id = model_id
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return (
            np.stack([self._vector(text) for text in texts])
            if texts
            else np.zeros((0, self.dimension), np.float32)
        )

    def encode_query(self, text: str) -> Vectors:
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for term in terms(text):
            vector[
                int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "big") % self.dimension
            ] += 1
        return vector / max(float(np.linalg.norm(vector)), 1e-9)
