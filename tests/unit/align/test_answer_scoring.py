"""How probable answers are: as if each was read by itself."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from soothsay.align.answer_scoring import IGNORED, SHARED, common_length, pack, score_answers_only


def test_rows_are_packed_behind_what_they_share() -> None:
    packed = pack([[1, 2, 3, 4], [1, 2, 5], [1, 2]])
    assert packed.ids == [1, 2, 3, 4, 5]
    assert packed.position == [0, 1, 2, 3, 2]
    assert packed.owner == [SHARED, SHARED, 0, 0, 1]
    assert packed.place == [[0, 1, 2, 3], [0, 1, 4], [0, 1]]
    assert common_length([[1, 2], [2, 1]]) == 0
    assert pack([[7, 8]]).owner == [SHARED, SHARED]


ROWS = [
    ([5, 6, 7, 8, 20, 21, 22, 0], [1, 1, 1, 1, 1, 1, 1, 0], 4),
    ([5, 6, 7, 8, 20, 31, 32, 33], [1, 1, 1, 1, 1, 1, 1, 1], 4),  # the answers begin alike as well
]
APART = [([5, 6, 7, 8, 20], [1] * 5, 3), ([9, 6, 7, 8, 20], [1] * 5, 3)]
LEFT_PADDED = [([0, 5, 6, 7], [0, 1, 1, 1], 2), ([5, 6, 8, 9], [1, 1, 1, 1], 2)]


@pytest.fixture(scope="module")
def plain() -> Any:
    """A model with TRL's own fused head, which reads each row by itself."""
    pytest.importorskip("trl")
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
    )  # fmt: skip
    return Qwen2ForCausalLM(config)


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], APART, LEFT_PADDED])
def test_they_are_as_probable_as_when_each_is_read_by_itself(plain: Any, rows: list[Any]) -> None:
    import torch
    from trl.trainer.utils import add_fused_lm_head

    ids, there = torch.tensor([row[0] for row in rows]), torch.tensor([row[1] for row in rows])
    labels = ids.masked_fill(there == 0, IGNORED)
    for number, row in enumerate(rows):
        labels[number, : row[2]] = IGNORED
    found: list[Any] = []
    for scored in (False, True):
        model = copy.deepcopy(plain)
        add_fused_lm_head(model, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
        if scored:
            score_answers_only(model)
        said = model(input_ids=ids, attention_mask=there, labels=labels, fused_lm_head=True)
        said.log_probs.sum().backward()
        gradient = model.model.layers[0].self_attn.k_proj.weight.grad
        found.append((said, gradient))
    (one, before), (other, after) = found
    for name in ("log_probs", "entropy", "mean_logits", "is_top1", "label_mask"):
        expected = getattr(one, name).masked_fill(labels[:, 1:] == IGNORED, 0)
        torch.testing.assert_close(getattr(other, name), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(other.loss, one.loss)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-6)
    assert before.abs().max() > 0


def test_logits_are_still_there_for_who_asks_for_them(plain: Any) -> None:
    import torch
    from trl.trainer.utils import add_fused_lm_head

    ids = torch.tensor([[1, 2, 3]])
    model = copy.deepcopy(plain)
    add_fused_lm_head(model)
    score_answers_only(model)
    assert model(input_ids=ids).logits.shape == (1, 3, 40)
