"""The methods that are compared: what a user can set, and two that know more, or less, than any retriever."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from soothsay.config import PATIENT, CompletionSettings, Method, RetrievalSettings, Settings
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Hit, Index, Query, Symbol

# the first answer at a place where nothing has been read yet
HURRIED = replace(PATIENT, read_ms=CompletionSettings().read_ms)


@dataclass(frozen=True, slots=True)
class Variant:
    """A method, how many documents it may cite (0: the default), who answers its searches, how patient it is, and
    whether the place was read ahead, as it is when the cursor rests."""

    method: Method
    documents: int = 0
    retriever: Literal["search", "right", "random"] = "search"
    completion: CompletionSettings = PATIENT
    ahead: bool = False

    def settings(self) -> Settings:
        """The settings of an engine that completes like this."""
        retrieval = RetrievalSettings(documents=self.documents) if self.documents else RetrievalSettings()
        return Settings(method=self.method, retrieval=retrieval, completion=self.completion)


VARIANTS: Mapping[str, Variant] = {
    "base": Variant("base"),
    "dag, top 1": Variant("dag", 1),
    "dag, top 3": Variant("dag", 3),
    "index_lookup": Variant("index_lookup"),
    "confidence": Variant("confidence"),
    "dag++": Variant("dag++"),
    "full": Variant("full"),
    "oracle_document": Variant("dag", 1, "right"),
    "random_document": Variant("dag", 1, "random"),
}


class Bench:
    """An :class:`~soothsay_index.types.Index` that notes what it found, and answers searches as a variant wants it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._wanted: Symbol | None = None
        self._retriever = "search"
        self.found: list[str] = []  # names, of the last search
        self.members = index.members
        self.is_closed = index.is_closed
        self.lookup = index.lookup
        self.has_name = index.has_name
        self.package_state = index.package_state

    def ask_for(self, owner: str, name: str, variant: Variant) -> None:
        """What comes next is a task that asks for ``name``."""
        self.found = []
        self._retriever = variant.retriever
        members = [symbol for symbol in self._index.members(owner) if symbol.parameters is not None]
        wanted = [symbol for symbol in members if symbol.name == name]
        if variant.retriever == "random":
            others = [symbol for symbol in members if symbol.name != name]
            wanted = [random.Random(f"{owner} {name}").choice(others)] if others else []
        self._wanted = wanted[0] if wanted else None

    def search(self, query: Query) -> Sequence[Hit]:
        """The variant's hits."""
        if self._retriever == "search":
            hits = self._index.search(query)
        else:
            hits = [Hit("symbol", 1.0, self._wanted)] if self._wanted else []
        self.found = [hit.symbol.name if hit.symbol else "" for hit in hits]
        return hits

    def until(self, cancel: Cancellation | None) -> Index:
        """Itself: nobody cancels."""
        return self
