"""The language of a document, and whether documents of that language are completed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath

from soothsay.frontend.documents import Document
from soothsay_languages.base import Language
from soothsay_languages.registry import language_of_file, language_of_id, languages


def language_of(document: Document) -> Language | None:
    """Return the language that the client named for ``document``, else that of its file's name; None if unknown."""
    if document.language_id:
        return language_of_id(document.language_id)
    return None if document.file is None else language_of_file(document.file)


def enabled_language(document: Document, disabled: Collection[str]) -> Language | None:
    """Return the language of ``document``; None if it is unknown, or its id is among ``disabled``."""
    language = language_of(document)
    return None if language is None or is_disabled(language, disabled) else language


def is_disabled(language: Language, disabled: Collection[str]) -> bool:
    """Return whether the settings switch ``language`` off, by its id or by another of its names."""
    return language.id in disabled or not language.names.isdisjoint(disabled)


def language_refusal(document: Document, disabled: Collection[str]) -> str:
    """Return why documents of the language of ``document`` are not completed, as a sentence; "" if they are."""
    language = language_of(document)
    if language is None:
        return unknown(document.language_id or document.filename or "this document")
    if is_disabled(language, disabled):
        return f"{language.id} is disabled by the setting languages.disabled"
    return ""


def language_named(path: PurePath) -> tuple[Language | None, str]:
    """Return the language of a file by its name, and in a sentence why it is not completed ("" where it is)."""
    language = language_of_file(path)
    return language, "" if language else unknown(path.name)


def unknown(name: str) -> str:
    """Return the sentence that says that documents like ``name`` are not completed."""
    known = ", ".join(language.id for language in languages())
    return f"{name} is not completed: soothsay knows the languages {known}"
