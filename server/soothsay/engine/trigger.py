"""The decision to retrieve: only where the model is guessing.

Methods and confidence as in Jain et al. 2024 (CloudAPIBench, arXiv 2407.09726): *API invocation confidence* is the
minimum probability over the tokens of a predicted API name; DAG++ retrieves when the name is not in the API index or
its confidence is below a threshold. ``full`` goes by the *certainty* instead, which tells valid calls from invalid ones
better on the development splits of all three benchmarks (AUROC 0.64 against 0.53 on cloud APIs, 0.76 against 0.64 on
libraries, 0.71 against 0.63 on names in repositories).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from soothsay.config import Method
from soothsay.engine.types import ApiName, Reason, TriggerDecision
from soothsay.model.types import Capabilities, Token

Measure = Callable[[ApiName, Sequence[Token], int], float | None]
"""How sure the model was of a name, from the tokens and how many of their bytes were typed; None: it does not tell."""


def name_tokens(name: ApiName, tokens: Sequence[Token], typed: int) -> list[Token]:
    """Return the tokens that overlap the bytes of ``name``.

    ``typed`` is how many bytes at the start of ``tokens`` were already typed (token healing): a draft's byte 0 is
    byte ``typed`` of its tokens.
    """
    found: list[Token] = []
    at = -typed
    for token in tokens:
        end = at + len(token.data)
        if at < name.end and end > name.start:
            found.append(token)
        at = end
    return found


def confidence(name: ApiName, tokens: Sequence[Token], typed: int) -> float:
    """Return the minimum probability over the tokens of ``name`` (1.0 when none of them was generated)."""
    return min((token.probability for token in name_tokens(name, tokens, typed)), default=1.0)


def certainty(name: ApiName, tokens: Sequence[Token], typed: int) -> float:
    """Return ``exp(-H)``, H the mean entropy over the tokens of ``name`` in nats (1.0 when none of them was generated)."""
    found = name_tokens(name, tokens, typed)
    return math.exp(-sum(token.entropy for token in found) / len(found)) if found else 1.0


def unmeasured(_name: ApiName, _tokens: Sequence[Token], _typed: int) -> None:
    """Return None: the model does not tell how sure it was."""


def measure_of(method: Method, capabilities: Capabilities) -> Measure:
    """Return how ``method`` measures the confidence of a model with these ``capabilities``."""
    if not capabilities.full_distribution:
        return unmeasured
    return certainty if method == "full" else confidence


def decide(
    method: Method, name: str, confidence: float | None, in_index: bool, was_read: bool, threshold: float
) -> TriggerDecision:
    """Return whether ``method`` retrieves for a drafted ``name``; a ``confidence`` of None is never too low.

    A name of the workspace that exists ``was_read`` in the prompt, not guessed: ``full`` believes it, however unsure the
    model was. Its documents would only push others forward (`bench/repo`, development split).
    """
    reasons: list[Reason] = []
    if method == "dag":
        reasons.append("always")
    if method in ("index_lookup", "dag++", "full") and not in_index:
        reasons.append("not_in_index")
    believed = method == "full" and was_read
    is_low = confidence is not None and confidence < threshold
    if method in ("confidence", "dag++", "full") and is_low and not believed:
        reasons.append("low_confidence")
    return TriggerDecision(bool(reasons), tuple(reasons), confidence, threshold, name)
