"""The encoder against a plain reading of the paper, on a tiny model with random weights."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from soothsay_index.bert import Bert, gelu, read_safetensors
from soothsay_index.embedding import SentenceTransformerEmbedder
from soothsay_index.errors import SoothsayIndexError

HIDDEN, HEADS, LAYERS, WIDE, WORDS = 12, 3, 2, 20, 50


def tiny_weights() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(4)

    def some(*shape: int) -> np.ndarray:
        return chance.normal(0, 0.5, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": some(WORDS, HIDDEN),
        "embeddings.position_embeddings.weight": some(16, HIDDEN),
        "embeddings.token_type_embeddings.weight": some(2, HIDDEN),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        norms += [f"{prefix}attention.output.LayerNorm", f"{prefix}output.LayerNorm"]
        shapes = {
            "attention.self.query": (HIDDEN, HIDDEN),
            "attention.self.key": (HIDDEN, HIDDEN),
            "attention.self.value": (HIDDEN, HIDDEN),
            "attention.output.dense": (HIDDEN, HIDDEN),
            "intermediate.dense": (WIDE, HIDDEN),
            "output.dense": (HIDDEN, WIDE),
        }
        for name, shape in shapes.items():
            weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"] = some(*shape), some(shape[0])
    for name in norms:
        weights[f"{name}.weight"], weights[f"{name}.bias"] = some(HIDDEN), some(HIDDEN)
    return weights


def write_model(folder: Path, weights: dict[str, np.ndarray], kind: str = "bert") -> Path:
    config = {
        "model_type": kind, "hidden_act": "gelu", "hidden_size": HIDDEN, "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS, "layer_norm_eps": 1e-12,
    }  # fmt: skip
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, weight in weights.items():
        header[name] = {"dtype": "F32", "shape": weight.shape, "data_offsets": [at, at + weight.nbytes]}
        at += weight.nbytes
    head = json.dumps(header).encode()
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    data = b"".join(weight.tobytes() for weight in weights.values())
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
    return folder


def by_the_book(weights: dict[str, np.ndarray], tokens: list[int]) -> np.ndarray:
    """One text, one head at a time, in double precision."""
    w = {name: weight.astype(np.float64) for name, weight in weights.items()}

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        return (
            centred / np.sqrt((centred**2).mean(-1, keepdims=True)) * w[f"{name}.weight"] + w[f"{name}.bias"]
        )

    x = w["embeddings.word_embeddings.weight"][tokens]
    x = x + w["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        q, k, v = (linear(x, f"{prefix}attention.self.{each}") for each in ("query", "key", "value"))
        size = HIDDEN // HEADS
        heads = []
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            scores = np.exp(q[:, part] @ k[:, part].T / math.sqrt(size))
            heads.append(scores / scores.sum(-1, keepdims=True) @ v[:, part])
        x = norm(
            x + linear(np.hstack(heads), f"{prefix}attention.output.dense"),
            f"{prefix}attention.output.LayerNorm",
        )
        wide = linear(x, f"{prefix}intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(x + linear(wide, f"{prefix}output.dense"), f"{prefix}output.LayerNorm")
    return x.mean(0)


def test_the_encoder_computes_what_the_paper_says(tmp_path):
    weights = tiny_weights()
    bert = Bert(write_model(tmp_path / "tiny", weights))
    texts = [[1, 2, 3], [4, 5, 6], [7], [8, 9, 10, 11, 12], [13, 14, 15]]
    vectors = bert.encode(texts)
    assert vectors.shape == (5, HIDDEN)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(vector, by_the_book(weights, text), atol=2e-3)


def test_a_text_has_the_same_vector_alone_and_in_a_batch(tmp_path):
    bert = Bert(write_model(tmp_path / "tiny", tiny_weights()))
    texts = [[3, 1, 4], [1, 5], [9, 2], [6, 5, 3, 5]]
    together = bert.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(bert.encode([text])[0], vector, atol=1e-5)


def test_gelu_is_right_everywhere():
    x = np.array([-50.0, -8.0, -1.3, -0.01, 0.0, 0.7, 3.0, 7.999, 8.0, 400.0], dtype=np.float32)
    expected = [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x.tolist()]
    np.testing.assert_allclose(gelu(x.copy()), expected, atol=2e-4)


def test_tensors_are_read_where_the_header_says(tmp_path):
    weights = tiny_weights()
    folder = write_model(tmp_path / "tiny", weights)
    read = read_safetensors(folder / "model.safetensors")
    assert read.keys() == weights.keys()
    for name, weight in weights.items():
        np.testing.assert_array_equal(read[name], weight)


@pytest.mark.parametrize("damage", ["cut", "other kind", "no weights"])
def test_a_model_that_cannot_be_read_is_named(tmp_path, damage):
    folder = write_model(tmp_path / "tiny", tiny_weights(), kind="gpt2" if damage == "other kind" else "bert")
    weights = folder / "model.safetensors"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-500])
    elif damage == "no weights":
        weights.unlink()
    with pytest.raises(SoothsayIndexError, match="tiny"):
        Bert(folder)


def test_a_folder_without_a_model_says_what_to_run(tmp_path):
    with pytest.raises(SoothsayIndexError, match="soothsay models pull all-MiniLM-L6-v2"):
        SentenceTransformerEmbedder(tmp_path)
