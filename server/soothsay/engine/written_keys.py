"""The keys that a completion writes, and whether the schema of its file has them."""

from __future__ import annotations

from collections.abc import Sequence

from soothsay.engine.shadow import Shadow
from soothsay.oracle.types import Finding, Oracle
from soothsay_languages.base import KeySyntax


def first_unknown(
    shadow: Shadow, keys: KeySyntax, findings: Sequence[Finding], oracle: Oracle
) -> Finding | None:
    """Return the first of ``findings`` about a key that the schema does not have at its place.

    A key that is proposed there is one of a further way to write the object, which is not written yet; one that a template
    writes has no name yet.
    """
    unknown = (each for each in findings if each.kind == "unknown_argument")
    wrong = (each for each in unknown if not _is_of_template(shadow, keys, each.end))
    return next(
        (each for each in wrong if not _is_proposed(shadow, keys, each.start, each.end, oracle)), None
    )


def are_known(shadow: Shadow, keys: KeySyntax, oracle: Oracle) -> bool:
    """Return whether the completion writes something that a schema names, and nothing else: keys, or the value of one above."""
    spans = list(shadow.written_keys(keys))
    return bool(spans) and all(_is_proposed(shadow, keys, *span, oracle) for span in spans)


def _is_of_template(shadow: Shadow, keys: KeySyntax, end: int) -> bool:
    """Return whether a template begins in the line of a key, before its ``end``."""
    if keys.template is None:
        return False
    return keys.template.search(shadow.text, shadow.text.rfind("\n", 0, end) + 1, end) is not None


def _is_proposed(shadow: Shadow, keys: KeySyntax, start: int, end: int, oracle: Oracle) -> bool:
    """Return whether the server proposes what stands there in the shadow."""
    written = shadow.text[start:end].strip(keys.quotes)
    proposed = oracle.names(shadow.path, shadow.text, start) or ()
    return any(each.name == written for each in proposed)
