"""Values whose meaning is known: literals in place of what nobody knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from soothsay_languages.base import Blank
from soothsay_languages.parameters import Parameter
from soothsay_languages.plain_values import ValuesWithoutServices
from soothsay_languages.syntax import text_of

_INTEGER = re.compile(
    r"(?:std::)?(?:u?int\d*(?:_t)?|unsigned|signed|short|long|s?size_t|size_type|difference_type|ptrdiff_t|char\d*_t)"
    r"(?:\s+(?:int|long|short|char|unsigned))*"
)
_TEXT = re.compile(r"(?:std::)?(?:basic_)?(?:string(?:_view)?)\b.*|char\s*\*", re.DOTALL)


class CppValues(ValuesWithoutServices):
    """Reads values of C and C++."""

    def string(self, node: Node) -> str | None:
        """Return the value of a string literal, None for anything else."""
        if node.type != "string_literal" or any(
            each.type != "string_content" for each in node.named_children
        ):
            return None
        return "".join(text_of(each) for each in node.named_children)

    def strings(self, annotation: str) -> Sequence[str] | None:
        """Return None: no type is one of certain strings."""
        return None

    def blank(self, parameter: Parameter, quote: str, uri: str, name: str) -> Blank:
        """Return a literal for a value of ``parameter`` that nobody knows."""
        plain = parameter.annotation.replace("const ", "").replace("&", "").strip()
        text = _literal(plain)
        if text == '""':
            return Blank(text, ((1, 1, parameter.name),))
        return Blank(text, ((0, len(text), parameter.name),))


def _literal(plain: str) -> str:
    """Return a literal of the type ``plain``, which is without qualifiers and references; ``{}`` where it does not say one."""
    if _TEXT.fullmatch(plain):
        return '""'
    if plain.endswith("*"):
        return "nullptr"
    if plain == "bool":
        return "false"
    if plain in ("float", "double", "long double"):
        return "0.0"
    if plain == "char":
        return "'\\0'"
    return "0" if _INTEGER.fullmatch(plain) else "{}"
