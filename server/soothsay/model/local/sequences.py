"""Which tokens are in the KV cache, and which of them the next prompt can go on from.

Several sequences share the cache's cells, so that going back to another file, or another place of a long one, does not
evaluate it again; nor does going back to a prompt without documents, or with the same documents once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WORTH_KEEPING = 64  # tokens; less than that is evaluated again in a moment
_A_BRANCH = 24  # tokens after those that two prompts share: fewer are the same line, typed on
_FEW = 8  # tokens that are not missed
_BRANCHES = 2  # sequences that may hold prompts for one place: without documents, and with them
_A_PLACE = 24  # tokens; prompts that begin alike with fewer are for different places


@dataclass(frozen=True, slots=True)
class Plan:
    """How the cache is made ready: the prompt's first ``keep`` tokens are in ``sequence`` then.

    Sequences are emptied first; then, where ``copied_from`` is set, what is kept is copied from there.
    """

    sequence: int
    keep: int
    copied_from: int | None = None
    emptied: tuple[int, ...] = ()


def plan(held: Sequence[Sequence[int]], used: Sequence[int], tokens: Sequence[int], room: int) -> Plan:
    """Choose the sequence that ``tokens`` are evaluated in.

    ``held`` are the tokens of each sequence, ``used`` their numbers, the longest unused one first. ``room`` is how many
    tokens all sequences may hold, those of the prompt among them.
    """
    shared = [common_prefix(each, tokens) for each in held]
    best = max(range(len(held)), key=lambda number: (shared[number], used.index(number)))
    keep = min(shared[best], len(tokens) - 1)  # the last one is evaluated: its logits are wanted
    if len(held) == 1 or not _is_branch(len(held[best]) - keep, len(tokens) - keep, len(held[best])):
        chosen, copied_from = best, None
    else:
        chosen = _branch(held, used, shared, best)
        copied_from = best if keep and chosen != best else None
    emptied: list[int] = [chosen] if chosen != best and held[chosen] else []
    others = [number for number in used if number not in (chosen, best) and held[number]]
    kept = [held[number] for number in others] + ([held[best]] if chosen != best else [])
    while others and cells([*kept, tokens]) > room:
        kept.pop(0)
        emptied.append(others.pop(0))
    if chosen != best and cells([*kept, tokens]) > room:
        return Plan(best, keep, None, tuple(n for n in range(len(held)) if n != best and held[n]))
    return Plan(chosen, keep, copied_from, tuple(emptied))


def _is_branch(lost: int, new: int, size: int) -> bool:
    """Return whether a sequence of ``size`` tokens should stay, of which ``lost`` would be replaced by ``new``."""
    return lost > max(_WORTH_KEEPING, size // 2) or (lost > _FEW and new > _A_BRANCH)


def _branch(held: Sequence[Sequence[int]], used: Sequence[int], shared: Sequence[int], best: int) -> int:
    """Return the sequence for a prompt that leaves the one of ``best``: of one place only the newest prompts stay."""
    same_place = [number for number in used if shared[number] == shared[best]]
    if shared[best] >= _A_PLACE and len(same_place) >= _BRANCHES:
        return same_place[0]
    others = [number for number in used if number != best]
    return next((number for number in others if not held[number]), others[0])


def cells(held: Sequence[Sequence[int]]) -> int:
    """Return how many cells of the cache sequences take: what they begin with in common is there once."""
    ordered = sorted(list(each) for each in held)
    return sum(
        len(each) - (common_prefix(ordered[number - 1], each) if number else 0)
        for number, each in enumerate(ordered)
    )


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """Return how many tokens two sequences have in common from their beginning."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))
