"""Rows as token ids, as they are when a completion is written: the prompt, and behind it a text that begins a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

Encode = Callable[[str], list[int]]
Ids = dict[str, list[int]]


def pair_ids(row: Mapping[str, str], encode: Encode) -> Ids:
    """Return the ids of a preference."""
    texts = (row[name] for name in ("prompt", "chosen", "rejected"))
    prompt, chosen, rejected = map(encode, texts)
    return {"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected}


def completion_ids(row: Mapping[str, str], encode: Encode) -> Ids:
    """Return the ids of a completion, with a mask of those that are learned."""
    prompt, completion = encode(row["prompt"]), encode(row["completion"])
    mask = [0] * len(prompt) + [1] * len(completion)
    return {"input_ids": prompt + completion, "completion_mask": mask}


def with_labels(ids: Ids) -> Ids:
    """Return a preference as two sequences with labels; those of the prompt are -100, which is not learned."""
    prompt = ids["prompt_ids"]
    made: Ids = {"prompt_input_ids": prompt, "prompt_attention_mask": [1] * len(prompt)}
    for name in ("chosen", "rejected"):
        text = ids[f"{name}_ids"]
        made[f"{name}_input_ids"] = prompt + text
        made[f"{name}_attention_mask"] = [1] * (len(prompt) + len(text))
        made[f"{name}_labels"] = [-100] * len(prompt) + text
    return made


def unpaired(rows: Iterable[Ids]) -> list[dict[str, object]]:
    """Return each preference as two rows, a right and a wrong one; each with the completion of another, for the KL estimate."""
    singles = [
        {"prompt_ids": row["prompt_ids"], "completion_ids": row[f"{name}_ids"], "label": name == "chosen"}
        for row in rows
        for name in ("chosen", "rejected")
    ]
    others = [each["completion_ids"] for each in singles]
    return [
        {**each, "KL_completion_ids": other}
        for each, other in zip(singles, others[-2:] + others[:-2], strict=True)
    ]


def length_of(ids: Ids) -> int:
    """Return how many tokens the longest sequence of a row has."""
    if "input_ids" in ids:
        return len(ids["input_ids"])
    return len(ids["prompt_ids"]) + max(len(ids["chosen_ids"]), len(ids["rejected_ids"]))
