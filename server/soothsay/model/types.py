"""What a language model gives the engine: tokens with how sure it was of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token: its bytes, and how sure the model was, under the raw logits (given what was typed).

    ``margin`` is its probability less that of the runner-up, ``entropy`` that of the whole distribution in nats.
    """

    data: bytes
    probability: float
    margin: float = 1.0
    entropy: float = 0.0

    @property
    def text(self) -> str:
        """Return the bytes as text; half a character becomes a replacement character."""
        return self.data.decode("utf-8", errors="replace")
