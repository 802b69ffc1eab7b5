"""How probable answers are, at the cost of what differs: a prompt that several answers have is read once, and only the tokens of
answers are held against the whole vocabulary.

The two answers of a preference differ in a dozen tokens of several hundred, and a vocabulary of 150,000 costs as much as a third
of the layers. Both give what reading every answer by itself would give.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

IGNORED = -100
"""The label of a token that is not learned."""
SHARED = -1
"""The owner of a token that all rows begin with."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Rows of token ids as one sequence: what all begin with, and the rest of each.

    ``position`` is a token's place in its own row, and ``owner`` the number of that row, `SHARED` for what all have. ``place``
    is, by row and place in the row, the place in the sequence.
    """

    ids: list[int]
    position: list[int]
    owner: list[int]
    place: list[list[int]]


def pack(rows: Sequence[Sequence[int]]) -> Packed:
    """Return ``rows`` as one sequence."""
    shared = common_length(rows)
    ids, position = list(rows[0][:shared]), list(range(shared))
    place: list[list[int]] = []
    owner = [SHARED] * shared
    for number, row in enumerate(rows):
        place.append([*range(shared), *range(len(ids), len(ids) + len(row) - shared)])
        ids += row[shared:]
        position += range(shared, len(row))
        owner += [number] * (len(row) - shared)
    return Packed(ids, position, owner, place)


def common_length(rows: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all ``rows`` begin with."""
    for number, tokens in enumerate(zip(*rows, strict=False)):
        if any(token != tokens[0] for token in tokens):
            return number
    return min(map(len, rows))


def score_answers_only(model: Any) -> None:
    """Have ``model``, to which TRL has added a fused head, score the tokens that have a label, and read shared beginnings once."""
    fused = model.forward

    @functools.wraps(fused)
    def forward(*args: Any, fused_lm_head: bool = False, **options: Any) -> Any:
        if not fused_lm_head:
            return fused(*args, **options)
        return _scored(model, options["input_ids"], options.get("attention_mask"), options["labels"])

    model.forward = forward


def _scored(model: Any, input_ids: Any, attention_mask: Any, labels: Any) -> Any:
    """Return TRL's output of ``model`` for a batch. The first token of a row is predicted by none."""
    import torch
    from trl.trainer.utils import FusedCausalLMOutput

    there = torch.ones_like(input_ids) if attention_mask is None else attention_mask
    columns = [mask.nonzero()[:, 0].tolist() for mask in there]
    packed = pack([row[kept].tolist() for row, kept in zip(input_ids, columns, strict=True)])
    wanted = labels[:, 1:] != IGNORED
    of_column = [
        dict(zip(kept, place, strict=True)) for kept, place in zip(columns, packed.place, strict=True)
    ]
    at = torch.tensor([of_column[row][column] for row, column in wanted.nonzero().tolist()], dtype=torch.long)
    found = model.base_model(**_read(packed, len(columns), model.dtype, input_ids.device), use_cache=False)
    logits = model.get_output_embeddings()(found.last_hidden_state[0, at.to(input_ids.device)]).float()
    sure = logits.log_softmax(-1)
    of_labels = sure.gather(-1, labels[:, 1:][wanted][:, None])[:, 0]

    def spread(values: Any) -> Any:
        return values.new_zeros(wanted.shape).masked_scatter(wanted, values)

    with torch.no_grad():
        entropy = -(sure.exp() * sure).sum(-1)
        is_best = logits.argmax(-1) == labels[:, 1:][wanted]
        mean = logits.mean(-1)
    log_probs = spread(of_labels)
    return FusedCausalLMOutput(
        loss=-log_probs.sum() / wanted.sum().clamp(min=1), log_probs=log_probs, entropy=spread(entropy),
        mean_logits=spread(mean), is_top1=spread(is_best), label_mask=wanted,
    )  # fmt: skip


def _read(packed: Packed, rows: int, dtype: Any, device: Any) -> dict[str, Any]:
    """Return what a model is given to read ``packed``; one row needs no mask."""
    import torch

    ids = torch.tensor([packed.ids], device=device)
    if rows == 1:
        return {"input_ids": ids}
    owner, order = torch.tensor(packed.owner, device=device), torch.arange(len(packed.ids), device=device)
    sees = (order[:, None] >= order) & ((owner == SHARED) | (owner[:, None] == owner))
    mask = torch.zeros(sees.shape, dtype=dtype, device=device).masked_fill(~sees, torch.finfo(dtype).min)
    position = torch.tensor([packed.position], device=device)
    return {"input_ids": ids, "position_ids": position, "attention_mask": mask[None, None]}
