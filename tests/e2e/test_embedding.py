"""The real embedding model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from soothsay.model.cache import model_path
from soothsay.model.registry import EMBEDDING_MODEL
from soothsay_index.embedding import SentenceTransformerEmbedder
from soothsay_index.errors import SoothsayIndexError

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


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(model_path(EMBEDDING_MODEL), threads=2)


def test_vectors_are_those_of_sentence_transformers(embedder):
    vectors = embedder.encode(TEXTS)
    assert vectors.shape == (4, 384) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[:, :6], KNOWN, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose((vectors @ vectors.T)[0], (1.0, -0.0263, 0.0304, 0.0848), atol=1e-4)


def test_many_threads_get_the_same_vectors_as_one(embedder):
    texts = [f"create the {n}th bucket {'of many ' * (n % 7)}" for n in range(300)]
    expected = SentenceTransformerEmbedder(model_path(EMBEDDING_MODEL), threads=1).encode(texts)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: embedder.encode(texts), range(4)):
            np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert embedder.encode([]).shape == (0, 384)


def test_a_query_that_was_asked_before_is_not_computed_again(embedder):
    first = embedder.encode_query("delete a bucket")
    assert embedder.encode_query("delete a bucket") is first


def test_a_folder_without_a_model_says_what_to_run(tmp_path):
    with pytest.raises(SoothsayIndexError, match="soothsay models pull"):
        SentenceTransformerEmbedder(tmp_path)
