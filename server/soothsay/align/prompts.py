"""Prompts as texts for training, laid out as the product lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soothsay.engine.ground import ground
from soothsay.model.fim import Prompt, Window, build_prompt, place_anchor
from soothsay.model.local.vocab import Vocab
from soothsay.model.types import Model
from soothsay_index.types import Hit, Symbol
from soothsay_languages.base import Language

_TOKENS = 256  # of the document that a prompt shows: what the product reads first at a new place
_DOCUMENTS = 256  # tokens


@dataclass(frozen=True, slots=True)
class Markers:
    """The texts of a model's markers."""

    begin: str
    prefix: str
    suffix: str
    middle: str
    file: str

    @classmethod
    def of(cls, vocab: Vocab) -> Markers | None:
        """Return those of a vocabulary; None for a model that does not fill in the middle."""
        fim = vocab.fim
        if fim is None:
            return None
        begin = "" if vocab.bos is None else vocab.marker(vocab.bos)
        file = "" if fim.file is None else vocab.marker(fim.file)
        return cls(begin, vocab.marker(fim.prefix), vocab.marker(fim.suffix), vocab.marker(fim.middle), file)

    def stand_in(self, text: str) -> bool:
        """Return whether ``text`` holds one of them: it would be taken for a marker."""
        return any(
            each in text for each in (self.begin, self.prefix, self.suffix, self.middle, self.file) if each
        )

    def text_of(self, prompt: Prompt) -> str:
        """Return what a model is given of ``prompt``; what is forced belongs to the completion."""
        path = f"{self.file}{prompt.path}\n" if prompt.path and self.file else ""
        head = f"{self.begin}{path}{self.prefix}{prompt.prefix}"
        return f"{head}{self.suffix}{prompt.suffix}{self.middle}{prompt.middle}"


def prompt_at(text: str, offset: int, language: Language, documentation: str = "", path: str = "") -> Prompt:
    """Return the prompt for a cursor at ``offset`` of ``text``; ``documentation`` is whole comment lines."""
    anchor = place_anchor(text, offset, Window().near(_TOKENS), language, path=path)
    return build_prompt(anchor, text, offset, documentation)


def documents(symbols: Sequence[Symbol], receiver: str, indent: str, language: Language, model: Model) -> str:
    """Return the comment lines that the product shows of ``symbols``, members of ``receiver`` ("" for none)."""
    hits = [Hit("symbol", 1.0, each) for each in symbols]
    lead = f"{receiver}." if receiver else ""
    return ground(
        hits, lambda each: f"{lead}{each.name}", indent, language, _DOCUMENTS, model.count_tokens
    ).text


def remark(lines: Sequence[str], indent: str, language: Language) -> str:
    """Return ``lines`` as comments; "" in a language without."""
    mark = language.lexis.line_comment
    return "".join(f"{indent}{mark} {each}\n" for each in lines) if mark else ""
