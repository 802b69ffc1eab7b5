"""A BERT sentence encoder in NumPy: six small layers need no deep-learning framework.

PyTorch, transformers and sentence-transformers cost about 450 MB of memory and 5 s to import before the first text is
read; the model itself is 90 MB of mapped weights. The vectors are those of sentence-transformers (cosine > 0.99999).
Devlin et al. 2019 (arXiv 1810.04805); mean pooling as in Reimers and Gurevych 2019 (arXiv 1908.10084).
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .errors import SoothsayIndexError

Matrix = npt.NDArray[np.float32]
Tokens = Sequence[int]

# GELU is looked up: NumPy has no erf, and a table of 256 KB stays in the cache. The error is below 2e-4.
_GELU_BOUND, _GELU_STEPS = 8, 4096
_GELU = np.array(
    [
        0.5 * x * (1 + math.erf(x / math.sqrt(2)))
        for x in np.arange(-_GELU_BOUND * _GELU_STEPS, _GELU_BOUND * _GELU_STEPS + 1) / _GELU_STEPS
    ],
    dtype=np.float32,
)


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: Matrix  # (inputs, outputs)
    bias: Matrix

    def __call__(self, x: Matrix) -> Matrix:
        y = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class _Norm:
    weight: Matrix
    bias: Matrix
    epsilon: float

    def __call__(self, x: Matrix) -> Matrix:
        x = x - x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x) / x.shape[1]
        x *= (1.0 / np.sqrt(variance + self.epsilon)).astype(np.float32)[:, None]
        x *= self.weight
        x += self.bias
        return x


@dataclass(frozen=True, slots=True)
class _Layer:
    attention_in: _Linear  # query, key and value side by side; the query is scaled already
    attention_out: _Linear
    attention_norm: _Norm
    widen: _Linear
    narrow: _Linear
    norm: _Norm


@dataclass(frozen=True, slots=True)
class _Run:
    """``count`` texts of ``length`` tokens, in the rows from ``start``: texts of one length need no padding, no mask."""

    start: int
    count: int
    length: int

    @property
    def rows(self) -> slice:
        return slice(self.start, self.start + self.count * self.length)


class Bert:
    """Token ids to sentence vectors. Immutable once loaded, so any number of threads may use it at once."""

    def __init__(self, folder: Path) -> None:
        """Map the weights in ``folder`` (``config.json``, ``model.safetensors``). Raises `SoothsayIndexError`."""
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
                raise SoothsayIndexError(f"The model in {folder} is no BERT: {config['model_type']}.")
            weights = read_safetensors(folder / "model.safetensors")
            self.dimension: int = config["hidden_size"]
            self._heads: int = config["num_attention_heads"]
            epsilon = float(config["layer_norm_eps"])
            self._words = weights["embeddings.word_embeddings.weight"]
            self._positions = (
                weights["embeddings.position_embeddings.weight"]
                + weights["embeddings.token_type_embeddings.weight"][0]
            )
            self._norm = _norm(weights, "embeddings.LayerNorm", epsilon)
            self._layers = tuple(
                _layer(weights, f"encoder.layer.{number}.", self.dimension // self._heads, epsilon)
                for number in range(config["num_hidden_layers"])
            )
        except (OSError, ValueError, KeyError, struct.error) as error:
            raise SoothsayIndexError(
                f"The embedding model in {folder} cannot be read ({error}): pull it again."
            ) from error

    def encode(self, texts: Sequence[Tokens]) -> Matrix:
        """The mean of the last layer's token vectors, one row a text, not normalised.

        Texts may come in any order of lengths, but runs of one length are computed together.
        """
        runs = list(_runs(texts))
        x = self._words[np.concatenate([np.asarray(text, dtype=np.intp) for text in texts])]
        for run in runs:
            x[run.rows].reshape(run.count, run.length, -1)[...] += self._positions[: run.length]
        x = self._norm(x)
        for layer in self._layers:
            y = layer.attention_out(self._attend(layer.attention_in(x), runs))
            y += x
            x = layer.attention_norm(y)
            y = layer.narrow(gelu(layer.widen(x)))
            y += x
            x = layer.norm(y)
        return np.concatenate([x[run.rows].reshape(run.count, run.length, -1).mean(axis=1) for run in runs])

    def _attend(self, qkv: Matrix, runs: Sequence[_Run]) -> Matrix:
        context = np.empty((len(qkv), self.dimension), dtype=np.float32)
        for run in runs:
            # (texts, heads, tokens, features of a head) for each of the three
            q, k, v = (
                qkv[run.rows].reshape(run.count, run.length, 3, self._heads, -1).transpose(2, 0, 3, 1, 4)
            )
            scores = q @ k.swapaxes(-1, -2)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            context[run.rows] = (scores @ v).swapaxes(1, 2).reshape(-1, self.dimension)
        return context


def gelu(x: Matrix) -> Matrix:
    """``x * P(X <= x)`` for a standard normal ``X``, from a table; changes ``x``."""
    above = x > _GELU_BOUND  # so far to the right it is x itself
    large = x[above]
    np.clip(x, -_GELU_BOUND, _GELU_BOUND, out=x)
    x += _GELU_BOUND + 0.5 / _GELU_STEPS
    x *= _GELU_STEPS
    y = _GELU.take(x.astype(np.int32), mode="clip")
    y[above] = large
    return y


def read_safetensors(path: Path) -> dict[str, Matrix]:
    """The float32 tensors of a safetensors file, mapped, not read: what no one touches costs nothing."""
    with path.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + size)
    tensors: dict[str, Matrix] = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            begin, end = entry["data_offsets"]
            flat = np.frombuffer(data, dtype=np.float32, count=(end - begin) // 4, offset=begin)
            tensors[name] = np.require(flat.reshape(entry["shape"]), requirements="A")
    return tensors


def _runs(texts: Iterable[Tokens]) -> Iterable[_Run]:
    start = count = length = 0
    for text in texts:
        if count and len(text) != length:
            yield _Run(start, count, length)
            start, count = start + count * length, 0
        length = len(text)
        count += 1
    if count:
        yield _Run(start, count, length)


def _layer(weights: Mapping[str, Matrix], prefix: str, head: int, epsilon: float) -> _Layer:
    query, key, value = (
        _linear(weights, f"{prefix}attention.self.{name}") for name in ("query", "key", "value")
    )
    scale = np.float32(1 / math.sqrt(head))
    together = _Linear(
        np.concatenate([query.weight * scale, key.weight, value.weight], axis=1),
        np.concatenate([query.bias * scale, key.bias, value.bias]),
    )
    return _Layer(
        together,
        _linear(weights, f"{prefix}attention.output.dense"),
        _norm(weights, f"{prefix}attention.output.LayerNorm", epsilon),
        _linear(weights, f"{prefix}intermediate.dense"),
        _linear(weights, f"{prefix}output.dense"),
        _norm(weights, f"{prefix}output.LayerNorm", epsilon),
    )


def _linear(weights: Mapping[str, Matrix], name: str) -> _Linear:
    # A copy the other way round: a query is a few tokens, and multiplying those by a transpose takes half as long again.
    return _Linear(np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"])


def _norm(weights: Mapping[str, Matrix], name: str, epsilon: float) -> _Norm:
    return _Norm(weights[f"{name}.weight"], weights[f"{name}.bias"], epsilon)
