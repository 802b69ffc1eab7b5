"""What the engine asks of a language model, whichever program runs it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from soothsay.model.constraint import Constraint
from soothsay.model.fim import Prompt
from soothsay_common.cancellation import Cancellation


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token: its bytes, and how sure the model was, under the raw logits (given what was typed).

    ``margin`` is its probability less that of the runner-up, ``entropy`` that of the whole distribution in nats. They
    mean nothing where the model lacks `Capabilities.full_distribution`. ``chosen`` is False for a token that a constraint
    has forced: the model was not asked for it.
    """

    data: bytes
    probability: float
    margin: float = 1.0
    entropy: float = 0.0
    chosen: bool = True

    @property
    def text(self) -> str:
        """Return the bytes as text; half a character becomes a replacement character."""
        return self.data.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter beside the weights: a GGUF file, its SHA-256, and how strongly it acts (0: not, 1: as trained)."""

    name: str
    path: Path
    sha256: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model, as it is run, can do beside writing text."""

    fill_in_the_middle: bool = False  # reads the suffix of a prompt
    full_distribution: bool = (
        False  # tokens tell their probability, margin and entropy over the whole vocabulary
    )
    token_constraints: bool = False  # asks a `TokenConstraint` for every token
    allowed_names: bool = False  # takes `AllowedNames`
    grammars: bool = False  # takes a `Grammar`
    cache_introspection: bool = False  # `OpenPrompt.unread` is counted, not estimated


class OpenPrompt(Protocol):
    """A prompt that was laid out and tokenised once, to be read and continued.

    It stays valid while other prompts are read: what is in the cache is looked up at each use.
    """

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        ...

    @property
    def unread(self) -> int:
        """How many of its tokens would have to be evaluated now."""
        ...

    @property
    def evaluated(self) -> int:
        """How many of its tokens the last `read` or `stream` has evaluated; the others were in the cache."""
        ...

    def read(self, cancel: Cancellation | None = None) -> None:
        """Evaluate the prompt, so that a stream begins at once. Raises `Cancelled` once ``cancel`` is set."""
        ...

    def stream(
        self,
        cancel: Cancellation | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]:
        """Generate greedily until the model ends or ``deadline`` (of `time.monotonic`) has come.

        The first tokens spell ``prompt.forced``. Close the iterator to stop early. Raises `Cancelled` once ``cancel`` is
        set, `SoothsayError` for a constraint of a kind that the model does not take.
        """
        ...


class Model(Protocol):
    """A language model that is loaded, or reached, and ready."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def open(self, prompt: Prompt) -> OpenPrompt:
        """Tokenise ``prompt``, as much of it as fits."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is made of."""
        ...


class OwnedModel(Model, Protocol):
    """A model as who opened it sees it."""

    @property
    def evaluated_in_all(self) -> int:
        """How many tokens it has evaluated in all."""
        ...

    @property
    def is_outdated(self) -> bool:
        """Whether it should be opened again: its file has changed."""
        ...

    def apply(self, adapters: Sequence[Adapter]) -> None:
        """Run with these adapters, and no others, from the next evaluation on. Raises `SoothsayError`, and changes nothing then."""
        ...

    def close(self) -> None:
        """Free what it holds. Calling it twice is harmless."""
        ...
