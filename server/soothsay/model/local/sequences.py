"""Which tokens are in the KV cache, and which of them the next prompt can go on from.

Several sequences share the cache's cells, so that going back to another file, or another place of a long one, does not
evaluate it again. llama.cpp counts a cell that two sequences share once; here it is counted twice, which is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WORTH_KEEPING = 64  # tokens; less than that is evaluated again in a moment


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
    lost = len(held[best]) - keep
    if lost <= max(_WORTH_KEEPING, len(held[best]) // 2) or len(held) == 1:
        chosen, copied_from = best, None
    else:
        others = [number for number in used if number != best]
        chosen = next((number for number in others if not held[number]), others[0])
        copied_from = best if keep else None
    emptied: list[int] = [chosen] if chosen != best and held[chosen] else []
    total = sum(len(each) for number, each in enumerate(held) if number != chosen)
    for number in used:
        if total + len(tokens) <= room:
            break
        if number in (chosen, best) or not held[number]:
            continue
        emptied.append(number)
        total -= len(held[number])
    if total + len(tokens) > room and chosen != best:
        return Plan(best, keep, None, tuple(n for n in range(len(held)) if n != best and held[n]))
    return Plan(chosen, keep, copied_from, tuple(emptied))


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """Return how many tokens two sequences have in common from their beginning."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))
