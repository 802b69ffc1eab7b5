"""Which token is next, and how sure the model is."""

import numpy as np
import pytest

from soothsay.model.local.sampling import pick

LOGITS = np.log(np.array([0.1, 0.6, 0.05, 0.25], dtype=np.float32)) + 3


def test_the_most_probable_of_all() -> None:
    choice = pick(LOGITS, None)
    assert choice.token == 1
    assert choice.probability == pytest.approx(0.6, abs=1e-5)
    assert choice.margin == pytest.approx(0.35, abs=1e-5)
    shares = np.array([0.1, 0.6, 0.05, 0.25])
    assert choice.entropy == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-5)


def test_the_most_probable_of_some() -> None:
    choice = pick(LOGITS, np.array([0, 3]))
    assert choice.token == 3
    assert choice.probability == pytest.approx(0.25 / 0.35, abs=1e-5)


def test_the_only_one_is_certain() -> None:
    choice = pick(LOGITS, np.array([2]))
    assert (choice.token, choice.probability, choice.margin, choice.entropy) == (2, 1.0, 1.0, 0.0)
