"""Values whose meaning is known: strings of a literal type, and literals in place of what nobody knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from soothsay_languages.base import Blank
from soothsay_languages.parameters import Parameter
from soothsay_languages.plain_values import ValuesWithoutServices
from soothsay_languages.syntax import text_of

_LITERAL = re.compile(r"""\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*""")
_NOTHING = frozenset({"undefined", "null"})
_PLAIN = {"number": "0", "bigint": "0n", "boolean": "false", "null": "null", "undefined": "undefined"}


class ScriptValues(ValuesWithoutServices):
    """Reads values of TypeScript and JavaScript."""

    def string(self, node: Node) -> str | None:
        """Return the value of a string literal, None for anything else."""
        if node.type != "string" or any(each.type != "string_fragment" for each in node.named_children):
            return None
        return "".join(text_of(each) for each in node.named_children)

    def strings(self, annotation: str) -> Sequence[str] | None:
        """Return the strings that a parameter of the type ``annotation`` takes; None where it may take others."""
        parts = [_LITERAL.fullmatch(part) for part in _something(annotation).split("|")]
        values = [part[1] if part[1] is not None else part[2] for part in parts if part is not None]
        return values if len(values) == len(parts) else None

    def blank(self, parameter: Parameter, quote: str, uri: str, name: str) -> Blank:
        """Return a literal for a value of ``parameter`` that nobody knows, its strings between ``quote``."""
        wanted = _something(parameter.annotation)
        text, label = _literal(wanted), parameter.name
        if text:
            inside = len(text) // 2 if text in ("[]", "{}") else -1 if text.endswith("{}") else 0
            if inside == 0:
                return Blank(text, ((0, len(text), label),))
            at = inside if inside > 0 else len(text) - 1
            return Blank(text, ((at, at, label),))
        value = (self.strings(wanted) or ("",))[0]
        return Blank(f"{quote}{value}{quote}", ((len(quote), len(quote) + len(value), label),))


def _something(annotation: str) -> str:
    """Return a type without the parts of a union that stand for no value."""
    parts = [part.strip() for part in annotation.split("|")]
    return " | ".join(part for part in parts if part not in _NOTHING) or annotation


def _literal(annotation: str) -> str:
    """Return a literal of a type; "" for a string, and where the type does not say it."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if "=>" in annotation:
        return "() => {}"
    if annotation.endswith("[]") or annotation.startswith(("[", "Array<", "ReadonlyArray<", "readonly [")):
        return "[]"
    is_object = annotation.startswith(("{", "Record<", "Partial<")) or re.fullmatch(
        r"[A-Z]\w*(<.*>)?", annotation
    )
    return "{}" if is_object and not re.fullmatch(r"[A-Z]\d?|String", annotation) else ""
