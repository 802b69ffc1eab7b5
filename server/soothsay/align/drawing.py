"""Drawing calls from the model: the most probable one, and others at random."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from soothsay.model.fim import Prompt
from soothsay.model.local.decoding import allowed_tokens
from soothsay.model.local.runtime import LlamaRuntime
from soothsay_common.cancellation import Cancellation

Draw = Callable[[Prompt, float, random.Random, Callable[[str], bool]], str]
"""Writes behind a prompt at a temperature, until told that the text has ended; the text begins behind what is forced."""

_MOST = 64  # tokens
_LIKELIEST = 40  # tokens that are drawn from


def drawing_from(runtime: LlamaRuntime, cancel: Cancellation | None = None) -> Draw:
    """Return what draws from ``runtime``. Raises `Cancelled` once ``cancel`` is set."""

    def draw(prompt: Prompt, temperature: float, chance: random.Random, ended: Callable[[str], bool]) -> str:
        vocab, context = runtime.vocab, runtime.context
        must = prompt.forced.encode("utf-8")
        typed, written = len(must), b""
        with context.until(cancel):
            logits = context.read(context.find(runtime.encode(prompt)))
            for _ in range(_MOST):
                allowed = allowed_tokens(vocab, must, prompt.code_first and not written.strip())
                token = pick_at(logits, allowed, temperature, chance)
                if vocab.ends(token):
                    break
                piece = vocab.pieces[token]
                must = must[len(piece) :]
                written += piece
                text = written[typed:].decode("utf-8", errors="ignore")
                if ended(text):
                    return text
                logits = context.append([token])
        return written[typed:].decode("utf-8", errors="ignore")

    return draw


def pick_at(logits: np.ndarray, allowed: np.ndarray | None, temperature: float, chance: random.Random) -> int:
    """Return one of ``allowed`` ids (None: of all) of ``logits``: the likeliest at temperature 0."""
    scores = logits if allowed is None else logits[allowed]
    if temperature <= 0 or scores.size == 1:
        best = int(scores.argmax())
    else:
        few = min(_LIKELIEST, scores.size)
        top = np.sort(np.argpartition(scores, -few)[-few:])
        weights = np.exp((scores[top] - scores[top].max()) / temperature)
        best = int(top[np.searchsorted(np.cumsum(weights), chance.random() * float(weights.sum()))])
    return best if allowed is None else int(allowed[best])
