"""The index's transformer against a static embedding of its vocabulary: what each costs, and the static one itself.

The static embedding is distilled here, from no other weights than MiniLM's: every token of the vocabulary goes through
the transformer alone, the vectors are cut to their principal components, and weighted by how rare a token is (SIF: Arora et
al. 2017; the frequency of a token is guessed from its place in the vocabulary). It runs as sentence-transformers'
``StaticEmbedding``. ``python -m bench.retrieval.embeddings NAME`` measures one model in a process of its own.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil
from bench.retrieval.tasks import read_tasks
from bench.retrieval.world import CACHE, HERE, minilm, read_owners

from soothsay.model.files.cache import model_path
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay_index.embedding.embedder import Embedder, Vectors
from soothsay_index.store.rows import embedding_text, has_vector

STATIC = "static-from-minilm"
NAMES = (EMBEDDING_MODEL, STATIC)
_DIMENSION = 256
_SIF = 1e-4
_DOCUMENTS, _QUERIES = 1024, 100


class StaticEmbedder:
    """A sum of token vectors, by sentence-transformers' ``StaticEmbedding``."""

    model_id = STATIC
    dimension = _DIMENSION

    def __init__(self) -> None:
        weights = static_vectors()
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(model_path(EMBEDDING_MODEL) / "tokenizer.json"))
        self._model = SentenceTransformer(
            modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu"
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    def encode_query(self, text: str) -> Vectors:
        return self.encode([text])[0]


def static_vectors() -> Vectors:
    """One vector a token of MiniLM's vocabulary; distilled at the first call, which takes minutes."""
    kept = CACHE / f"{STATIC}-{_DIMENSION}.npy"
    if not kept.exists():
        print("distilling a static embedding ...", flush=True)
        vectors = _through_the_transformer().astype(np.float64)
        vectors -= vectors.mean(axis=0)
        _, components = np.linalg.eigh(vectors.T @ vectors)
        vectors = vectors @ components[:, ::-1][:, :_DIMENSION]
        frequency = 1.0 / np.arange(2, len(vectors) + 2)
        vectors *= (_SIF / (_SIF + frequency / frequency.sum()))[:, None]
        np.save(kept, vectors.astype(np.float32))
    return np.load(kept)


def _through_the_transformer() -> Vectors:
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_path(EMBEDDING_MODEL)), device="cpu", local_files_only=True)
    tokenizer = model.tokenizer
    begin, end, size = tokenizer.cls_token_id, tokenizer.sep_token_id, len(tokenizer)
    rows = []
    for start in range(0, size, 512):
        ids = torch.tensor([[begin, token, end] for token in range(start, min(start + 512, size))])
        features = {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "token_type_ids": torch.zeros_like(ids),
        }
        with torch.inference_mode():
            rows.append(model[1](model[0](features))["sentence_embedding"].numpy())
    return np.concatenate(rows)


def open_embedder(name: str) -> Embedder:
    return StaticEmbedder() if name == STATIC else minilm()


def measure(name: str) -> dict[str, Any]:
    """Costs of model ``name`` in this process: seconds, documents a second, megabytes."""
    texts = sample_texts()
    before = psutil.Process().memory_info().rss
    began = time.perf_counter()
    embedder = open_embedder(name)
    embedder.encode_query("load what is loaded late")
    loaded = time.perf_counter() - began
    began = time.perf_counter()
    embedder.encode(texts)
    rate = len(texts) / (time.perf_counter() - began)
    queries = []
    for text in texts[:_QUERIES]:
        began = time.perf_counter()
        embedder.encode_query(f"please {text[:60]}")
        queries.append(1000 * (time.perf_counter() - began))
    return {
        "name": name, "load_s": round(loaded, 2), "documents_per_s": round(rate),
        "query_ms_p50": round(statistics.median(queries), 1), "query_ms_p95": round(sorted(queries)[int(0.95 * len(queries))], 1),
        "memory_mb": round((psutil.Process().memory_info().rss - before) / 1e6),
    }  # fmt: skip


def sample_texts() -> list[str]:
    """Descriptions of members as they are embedded, always the same ones."""
    kept = CACHE / "sample.json"
    if not kept.exists():
        owners = read_owners()
        names = sorted({task["owner"] for task in read_tasks() if task["split"] == "dev"} & owners.keys())
        texts = sorted({embedding_text(s) for name in names for s in owners[name] if has_vector(s)})
        chosen = np.random.default_rng(3).choice(texts, _DOCUMENTS, replace=False).tolist()
        kept.write_text(json.dumps(chosen), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def costs() -> list[dict[str, Any]]:
    """Each model measured in a process of its own."""
    static_vectors()
    sample_texts()
    found = []
    for name in NAMES:
        command = [sys.executable, "-m", "bench.retrieval.embeddings", name]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE.parents[1]).stdout
        found.append(json.loads(out.splitlines()[-1]))
    return found


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
